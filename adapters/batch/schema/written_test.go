package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/schema"
)

// given is a source of a text and a number.
type given map[string]string

func (g given) Value(f *record.Field, _ int) (string, bool) {
	text, ok := g[f.Name]
	return text, ok
}

func (g given) Group(*record.Field, int) (record.Source, bool) { return g, true }
func (g given) Count(*record.Field) int                        { return 0 }

// writeAndRead writes a record between two others, and reads the file's second record again as JSON. ok is false if it was refused.
func writeAndRead(t *testing.T, description string, values given) (read map[string]any, ok bool) {
	t.Helper()
	described, err := schema.Parse([]byte(description))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := described.Open(delimited.Standard(), false)
	if err != nil {
		t.Fatal(err)
	}
	written := opened.(format.Written)
	layout := format.Writable(opened.Layout().DecodedBy(opened.Decode, nil), opened.(format.Filled))
	envelope, err := written.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	file := bytes.Clone(envelope.Front)
	other := given{"text": "x", "number": "1"}
	for _, source := range []given{other, values, other} {
		data, err := layout.Encode(nil, source)
		var wrong record.EncodeErrors
		if errors.As(err, &wrong) {
			return nil, false
		}
		if err != nil {
			t.Fatal(err)
		}
		file = append(append(file, data...), envelope.End...)
	}
	reader := opened.Open(bytes.NewReader(append(file, envelope.Back...)))
	for number := 1; ; number++ {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) && number == 4 {
			return read, true
		}
		if err != nil {
			t.Fatalf("%q: record %d: %v", file, number, err)
		}
		var line record.JSONWriter
		line.Start()
		if err := opened.Decode(next.Data, &line); err != nil {
			t.Fatalf("%q: record %d: %v", file, number, err)
		}
		line.Finish()
		if number == 2 {
			if err := json.Unmarshal(line.Buffer, &read); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What is written of any text is refused, or read as that text, and it is one record.
func FuzzWritten(f *testing.F) {
	for _, seed := range []string{"", "a", " a ", "a,b", `"`, "a\nb", "\r", "\t", "<&>", "]]>", "\ufeff", "\x1a", "ä", "#", "1", "{", "'", "\u2028", "null"} {
		f.Add(seed)
	}
	const fields = "fields: [{name: text, length: 12}, {name: number, type: integer, length: 3}]\n"
	descriptions := map[string]string{"csv": "format: csv\n" + fields, "jsonl": "format: jsonl\n" + fields, "xml": "format: xml\nelement: A/B\n" + fields, "fixed": "format: fixed\n" + fields}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // which no message has
		}
		for name, description := range descriptions {
			read, ok := writeAndRead(t, description, given{"text": text, "number": "7"})
			got, _ := read["text"].(string)
			want := text
			if name == "fixed" { // blanks behind a text are its room
				got, want = strings.TrimRight(got, " "), strings.TrimRight(want, " ")
			}
			if ok && got != want {
				t.Errorf("%s: %q was read as %q", name, text, got)
			}
		}
	})
}
