package benefits

import (
	"encoding/hex"
	"testing"
)

func TestPackedNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value  int64
		digits int
		want   string
	}{
		{0, 1, "0c"}, {7, 3, "007c"}, {-7, 3, "007d"}, {1234567, 7, "1234567c"}, {-1234567, 7, "1234567d"}, {12345678, 7, ""},
	}
	for _, test := range tests {
		var w recordWriter
		w.packed(test.value, test.digits)
		if got := hex.EncodeToString(w.bytes); got != test.want || (w.err != nil) != (test.want == "") {
			t.Errorf("%d in %d digits is %s, %v; want %s", test.value, test.digits, got, w.err, test.want)
		}
	}
}

func TestRecordWriterRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		write func(*recordWriter)
	}{
		{"text that is too long", func(w *recordWriter) { w.text("abc", 2) }},
		{"text that has no EBCDIC", func(w *recordWriter) { w.text("Łódź", 10) }},
		{"number that is too long", func(w *recordWriter) { w.zoned(100, 2) }},
		{"record that is too long", func(w *recordWriter) { w.fill(11) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var w recordWriter
			test.write(&w)
			if _, err := w.finish(10); err == nil {
				t.Error("it was written")
			}
		})
	}
}
