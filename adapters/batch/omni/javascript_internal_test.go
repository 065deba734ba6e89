package omni

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestScripts(t *testing.T) {
	t.Parallel()
	patient, hasty := &scripts{most: time.Hour}, &scripts{most: 50 * time.Millisecond} // however busy the machine is, only what never ends is too long
	for text, test := range map[string]struct {
		arguments []any
		want      any
		fault     string
	}{
		"a + b.length":       {arguments: []any{"a", 2, "b", "xyz"}, want: int64(5)},
		"typeof a":           {want: "undefined"}, // what another call was given is gone
		"while (true) {}":    {fault: "ran longer than 50ms"},
		"f = x => f(x); f()": {fault: "more than 1000 calls"},
		"a b":                {fault: "invalid javascript"},
		"null":               {fault: "result is null"},
		"1":                  {arguments: []any{"a"}, fault: "number of args must be even"},
		"2":                  {arguments: []any{1, 1}, fault: "the name of an argument is no text"},
	} {
		s := patient
		if strings.Contains(test.fault, "ran longer") {
			s = hasty
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				got, err := s.plain(nil, text, test.arguments...)
				if fmt.Sprint(got) != fmt.Sprint(test.want) || (err != nil) != (test.fault != "") || err != nil && !strings.Contains(err.Error(), test.fault) {
					t.Errorf("%s: got %v and %v, want %v and %q", text, got, err, test.want, test.fault)
				}
			})
		}
		all.Wait()
	}
}

// A script that never ends makes a bad record, and the file goes on.
func TestEndlessScript(t *testing.T) {
	t.Parallel()
	const schema = `{"parser_settings": {"version": "omni.2.1", "file_format_type": "csv"}, "file_declaration": {"delimiter": ",", "data_row_index": 1, "columns": [{"name": "n"}]},
		"transform_declarations": {"FINAL_OUTPUT": {"object": {"n": {"custom_func": {"name": "javascript_with_context",
			"args": [{"const": "n = JSON.parse(_node).n; while (n == 'x') {} n"}]}}}}}}`
	s := &scripts{most: 3 * time.Second} // which the others do not take, however busy the machine is
	format, err := parse("endless.json", []byte(schema), s)
	if err != nil {
		t.Fatal(err)
	}
	reader := format.Open(strings.NewReader("1\nx\n2\n"))
	var got []string
	for range 3 {
		next, err := reader.Next()
		if err != nil {
			t.Fatal(err)
		}
		text, err := format.AppendJSON(nil, next.Data)
		if err != nil {
			text = []byte(err.Error())
		}
		got = append(got, string(text))
	}
	if got[0] != `{"n":"1"}` || got[2] != `{"n":"2"}` || !strings.Contains(got[1], "ran longer than 3s") {
		t.Errorf("got %q", got)
	}
}
