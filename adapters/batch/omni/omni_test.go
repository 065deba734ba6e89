package omni_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/omni"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

const people = `{
	"parser_settings": {"version": "omni.2.1", "file_format_type": "csv"},
	"file_declaration": {"delimiter": ",", "data_row_index": 1, "columns": [{"name": "name"}, {"name": "age"}]},
	"transform_declarations": {"FINAL_OUTPUT": {"object": {
		"who": {"custom_func": {"name": "upper", "args": [{"xpath": "name"}]}},
		"age": {"xpath": "age", "type": "int"},
		"next": {"custom_func": {"name": "javascript", "args": [{"const": "a + 1"}, {"const": "a"}, {"xpath": "age", "type": "int"}]}}
	}}}
}`

func parse(t testing.TB, schema string) *omni.Format {
	t.Helper()
	format, err := omni.Parse("people.json", []byte(schema))
	if err != nil {
		t.Fatal(err)
	}
	return format
}

// A record that the schema cannot transform is bad, and those behind it are read.
func TestRecords(t *testing.T) {
	t.Parallel()
	format := parse(t, people)
	reader := format.Open(strings.NewReader("ann,41\nbob,old\ncem,7\n"))
	want := []string{`{"age":41,"next":42,"who":"ANN"}`, "", `{"age":7,"next":8,"who":"CEM"}`}
	for i, text := range want {
		next, err := reader.Next()
		if err != nil || next.Number != int64(i+1) {
			t.Fatalf("record %d: got the number %d: %v", i+1, next.Number, err)
		}
		got, err := format.AppendJSON(nil, next.Data)
		var field *record.FieldError
		if string(got) != text || (text == "") != errors.As(err, &field) {
			t.Errorf("record %d: got %s, %v; want %s", i+1, got, err, text)
		}
		if field != nil && !strings.Contains(field.Reason, `"old"`) && !strings.Contains(field.Reason, "line 2") {
			t.Errorf("the reason does not place the mistake: %s", field.Reason)
		}
	}
	if _, err := reader.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("behind the last record: %v", err)
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	format := parse(t, people)
	got, err := format.Document(t.Context(), strings.NewReader("ann,41\n"))
	want := `[{"RawRecord":"{\"age\":\"41\",\"name\":\"ann\"}","RawRecordHash":"ce4ed1bd-8b84-31a9-9d10-01142e97fee6","TransformedRecord":{"age":41,"next":42,"who":"ANN"}}]`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if got, err := format.Document(t.Context(), strings.NewReader("")); err != nil || string(got) != "[]" {
		t.Errorf("an empty file: got %s, %v", got, err)
	}
	var place *framing.Error
	if _, err := format.Document(t.Context(), strings.NewReader("ann,41\nbob,old\n")); !errors.As(err, &place) || place.Number != 2 {
		t.Errorf("got %v, want an error of record 2", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := format.Document(ended, strings.NewReader("ann,41\n")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the caller went", err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ schema, want string }{
		"no JSON":          {`{`, "reading the schema"},
		"other version":    {strings.Replace(people, "omni.2.1", "omni.9", 1), "schema not supported"},
		"unknown function": {strings.Replace(people, `"upper"`, `"uppper"`, 1), "unknown custom_func 'uppper'"},
		"no output":        {strings.Replace(people, "FINAL_OUTPUT", "OUTPUT", 1), "FINAL_OUTPUT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := omni.Parse("people.json", []byte(test.schema)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	for schema, want := range map[string]bool{people: true, "format: csv": false, `{"format": "csv"}`: false, "": false} {
		if got := omni.IsSchema([]byte(schema)); got != want {
			t.Errorf("%s: got %v", schema, got)
		}
	}
}

// FuzzDocument reads anything with a schema of each kind that declares its file: whatever it holds, there is JSON or an error.
func FuzzDocument(f *testing.F) {
	output := `, "transform_declarations": {"FINAL_OUTPUT": {"object": {"a": {"xpath": "a"}}}}}`
	schemas := []*omni.Format{parse(f, people)}
	for kind, declaration := range map[string]string{
		"edi":          `{"element_delimiter": "*", "component_delimiter": ":", "segment_delimiter": "~", "release_character": "?", "segment_declarations": [{"name": "ISA", "is_target": true, "max": -1, "elements": [{"name": "a", "index": 1}]}]}`,
		"fixedlength2": `{"envelopes": [{"rows": 1, "columns": [{"name": "a", "start_pos": 1, "length": 3}]}]}`,
		"csv2":         `{"delimiter": ",", "records": [{"rows": 1, "columns": [{"name": "a", "index": 1}]}]}`,
	} {
		schemas = append(schemas, parse(f, `{"parser_settings": {"version": "omni.2.1", "file_format_type": "`+kind+`"}, "file_declaration": `+declaration+output))
	}
	for _, kind := range []string{"json", "xml"} {
		schemas = append(schemas, parse(f, `{"parser_settings": {"version": "omni.2.1", "file_format_type": "`+kind+`"}`+output))
	}
	for _, seed := range []string{"ann,41\n", "ISA*1:2*?*~ISA*3~", "<a><a>1</a></a>", `{"a": [1, {"a": null}]}`, "abcdef\nghi"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, schema := range schemas {
			got, err := schema.Document(t.Context(), strings.NewReader(string(data)))
			if (err == nil) != (len(got) > 0) {
				t.Fatalf("got %q and %v", got, err)
			}
		}
	})
}
