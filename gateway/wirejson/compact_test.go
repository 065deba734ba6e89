package wirejson

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzCompact(f *testing.F) {
	f.Add(`{"a": [1, "b \" c", {"d":  null}], "\\": " "}`)
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || strings.ContainsAny(text, "\t\r\n\u2028\u2029") {
			return // protojson writes no such thing, and encoding/json spells the last two its own way
		}
		var want strings.Builder
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if encoder.Encode(json.RawMessage(text)) != nil {
			t.Fatal("valid JSON cannot be read")
		}
		if got := string(appendCompact(nil, []byte(text))); got+"\n" != want.String() {
			t.Errorf("got %s, want %s", got, want.String())
		}
	})
}
