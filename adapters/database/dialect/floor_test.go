package dialect

import (
	"testing"
	"time"
)

func TestFloor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value, want string
		digits      int
		cut         bool
	}{
		{"1.25", "1.25", 2, false}, {"1.2500", "1.2500", 2, false}, {"1.251", "1.25", 2, true}, {"-1.251", "-1.26", 2, true}, {"-.001", "-0.01", 2, true}, {".001", "0.00", 2, true},
		{"-0.0500000001", "-0.06", 2, true}, {"9.999", "9.99", 2, true}, {"-9.999", "-10.00", 2, true}, {"1.5", "1", 0, true}, {"-1.5", "-2", 0, true}, {"-.5", "-1", 0, true}, {"+.5", "0", 0, true},
		{"99999999999999999999999999999999999999.5", "99999999999999999999999999999999999999", 0, true}, {"7", "7", 0, false}, {"7.", "7.", 0, false},
	} {
		got, cut := floor(test.value, test.digits)
		if got != test.want || cut != test.cut {
			t.Errorf("%s of %d digits: %v, %v; want %s, %v", test.value, test.digits, got, cut, test.want, test.cut)
		}
	}
	for text, want := range map[string]string{
		"2026-01-31T10:00:00.0005Z": "2026-01-31T10:00:00Z", "2026-01-31T10:00:00.001Z": "", "1960-01-31T10:00:00.0019Z": "1960-01-31T10:00:00.001Z", "0001-01-01T00:00:00.000000001Z": "0001-01-01T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		below, cut := floor(at, 3)
		if got, _ := below.(time.Time); cut != (want != "") || cut && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v, %v; want %s", text, below, cut, want)
		}
	}
}
