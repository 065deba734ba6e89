package idempotency_test

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/idempotency"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 255)
	good := map[string]string{
		`"8e03978e-40d5"`: "8e03978e-40d5", "8e03978e-40d5": "8e03978e-40d5", `"a\"b\\c"`: `a"b\c`, "a,b": "a,b", long: long, `"` + long + `"`: long,
	}
	for text, want := range good {
		if got, err := idempotency.ParseKey([]string{text}); err != nil || got != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	if got, err := idempotency.ParseKey(nil); got != "" || err != nil {
		t.Errorf("no header: %q, %v", got, err)
	}
	bad := [][]string{{""}, {`""`}, {"a b"}, {`"a b"`}, {`"a`}, {`"a"b"`}, {`"a";p=1`}, {`"a\b"`}, {`"a\`}, {"ä"}, {"a\x7f"}, {long + "k"}, {"a", "a"}}
	for _, values := range bad {
		if got, err := idempotency.ParseKey(values); err == nil {
			t.Errorf("%q was read as %q", values, got)
		}
	}
}
