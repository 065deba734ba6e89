package record_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

const ruled = `       01 R.
          05 KIND      PIC X.
          05 N         PIC 9.
          05 A.
             10 A1     PIC 9(3).
          05 B REDEFINES A.
             10 B1     PIC X(3).
          05 T OCCURS 0 TO 3 DEPENDING ON N.
             10 T1     PIC X(2).
          05 LAST      PIC S9(3)V9 COMP-3.
`

func ruledOptions(tb testing.TB) record.Options {
	return record.Options{
		CodePage: page(tb, "cp037"), Partial: true, Excess: true, Shift: true, Blank: record.Absent, Invalid: record.Absent, Signs: record.SignsStrict,
		Trim: record.TrimBoth, AllAlternatives: true,
		Rules: []record.Rule{{Field: "A", Expression: "KIND == 'A'"}, {Field: "B", Expression: "KIND != 'A' || N == null"}},
	}
}

// Rules decide between alternatives, and what is cut off is absent.
func TestRulesAndPartialRecords(t *testing.T) {
	t.Parallel()
	layout := compile(t, ruled, ruledOptions(t))
	for _, test := range []struct{ data, want string }{
		{"\xC1\xF1\xF0\xF1\xF2\xC1\xC2\x01\x2C", `{"KIND":"A","N":1,"A":{"A1":12},"T":[{"T1":"AB"}]}`},
		{"\xC1\xF1\xF0\xF1\xF2\xC1\xC2\x00\x12\x3C", `{"KIND":"A","N":1,"A":{"A1":12},"T":[{"T1":"AB"}],"LAST":12.3}`},
		{"\xC2\xF0\xC1\xC2\x40\x00\x12\x3C", `{"KIND":"B","N":0,"B":{"B1":"AB"},"T":[],"LAST":12.3}`},
		{"\xC2\xF0\xC1\xC2", `{"KIND":"B","N":0,"B":{"B1":"AB"},"T":[]}`},
		{"\xC2", `{"KIND":"B","B":{},"T":[{},{},{}]}`},
	} {
		got, err := decode(layout, []byte(test.data))
		if err != nil || got != test.want {
			t.Errorf("%X:\ngot  %s %v\nwant %s", test.data, got, err, test.want)
		}
	}
}

// FuzzPartial decodes any bytes as a record of which anything may be missing: there is no mistake left, and no crash.
func FuzzPartial(f *testing.F) {
	f.Add([]byte("\xC1\xF1\xF0\xF1\xF2\xC1\xC2\x01\x2C"))
	f.Add(bytes.Repeat([]byte{0xF3}, 20))
	layout := compile(f, ruled, ruledOptions(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, err := decode(layout, data)
		if err != nil || !strings.HasPrefix(text, "{") {
			t.Errorf("decoded to %s, %v", text, err)
		}
		if n, err := layout.NewDecoder().Measure(data); err != nil || n < 0 {
			t.Errorf("measured as %d, %v", n, err)
		}
	})
}
