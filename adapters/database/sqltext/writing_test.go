package sqltext_test

import (
	"testing"

	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

func TestWriting(t *testing.T) {
	t.Parallel()
	phrases := []string{"INTO", "NEXT VALUE FOR"}
	for text, want := range map[string]string{
		"SELECT a FROM t": "", "/* INTO */ with a as (SELECT 'INTO' AS \"into\") SELECT * FROM a": "", "DELETE FROM t": "DELETE", "SELECT * into u FROM t": "into",
		"SELECT next /* */ value\nfor s": "next value for", "SELECT next, value FROM t": "", "SELECT next value": "", "": "", "(SELECT 1)": "",
	} {
		if got := sqltext.Writing(text, sqltext.Options{}, phrases); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
