package batch_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch"
)

// Segments of an interchange that is cut off are written, and the file is refused behind them; a lenient reading takes it as it is.
func TestSegmentsCutOff(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cut.edi")
	if err := os.WriteFile(file, []byte("UNB+UNOA:3+A+B+1:2+9'UNH+1+X'\nUNT+2+1'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, lenient := range []bool{false, true} {
		var out bytes.Buffer
		summary, err := batch.DecodeFormat(t.Context(), &out, batch.DecodeFormatOptions{
			FormatOptions: batch.FormatOptions{Format: "edi", Lenient: lenient}, Data: file, View: batch.ViewSegments,
		})
		if want := `["UNB",["UNOA","3"],["A"],["B"],["1","2"],"9"]` + "\n" + `["UNH","1",["X"]]` + "\n" + `["UNT","2","1"]` + "\n"; out.String() != want || summary.Records != 3 {
			t.Errorf("got %d segments\n%s", summary.Records, out.String())
		}
		if want := "record 4 at byte 39: the file ends, and its interchange does not"; lenient != (err == nil) || err != nil && err.Error() != want {
			t.Errorf("got %v", err)
		}
	}
}
