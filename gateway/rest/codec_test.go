package rest

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
)

// Answers are the same bytes from every build of the program.
func TestAnswersHoldNoWhiteSpace(t *testing.T) {
	t.Parallel()
	message, err := structpb.NewStruct(map[string]any{"a b": "x \" , : \\", "n": []any{1.0, "  ", nil, map[string]any{"k": "\\\""}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := newCodec(nil).Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"a b":"x \" , : \\","n":[1,"  ",null,{"k":"\\\""}]}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzCompact(f *testing.F) {
	f.Add(`{"a": [1, "b \" c", {"d":  null}], "\\": " "}`)
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || strings.ContainsAny(text, "\t\r\n") {
			return // protojson writes no such thing
		}
		var want strings.Builder
		var raw json.RawMessage
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if json.Unmarshal([]byte(text), &raw) != nil || encoder.Encode(raw) != nil {
			t.Fatal("valid JSON cannot be read")
		}
		if got := string(compact([]byte(text))); got+"\n" != want.String() {
			t.Errorf("got %s, want %s", got, want.String())
		}
	})
}
