package jsonrecord_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/batch/jsonrecord"
)

func read(data string) (rows []string, err error) {
	format := jsonrecord.New(nil)
	reader := format.Open(strings.NewReader(data))
	for {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		row, err := format.AppendJSON(nil, next.Data)
		if err != nil {
			return rows, err
		}
		rows = append(rows, string(row))
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	want := []string{`{"a":1.50,"b":"}{\""}`, `{"c":[{}]}`}
	for _, data := range []string{
		"{\"a\":1.50,\"b\":\"}{\\\"\"}\r\n\n{\"c\": [{}]}", "\ufeff[ {\"a\":1.50,\"b\":\"}{\\\"\"},\n{\"c\":[{}]}]\n", "\x1e{\"a\":1.50,\"b\":\"}{\\\"\"}\n\x1e{\"c\":[{}]}\n\x1a",
	} {
		got, err := read(data)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: error %v, -want +got\n%s", data, err, diff)
		}
	}
	for data, reason := range map[string]string{
		"{\"a\":1}\n{\"a\":":           "record 2 at byte 8: the file ends within an object",
		"[{},{}":                       "record 3 at byte 6: the file ends within its array",
		"[{}]{}":                       "record 2 at byte 4: something stands behind the array",
		"{} 7":                         "record 2 at byte 3: an object begins with a brace",
		"{\"a\":\"\xff\"}":             "record 1 at byte 0: the object is not UTF-8",
		"{" + strings.Repeat("[", 200): "record 1 at byte 0: the object is nested deeper than 100 times",
		"{\"a\" 1}":                    "is no JSON object",
	} {
		if _, err := read(data); err == nil || err.Error() != reason {
			t.Errorf("%.40q: got %v, want %s", data, err, reason)
		}
	}
}

// Whatever encoding/json takes for objects one behind the other is read as them.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("{\"a\":[1,\"}\"]}\n{}"))
	f.Add([]byte("[{},{}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		decoder := json.NewDecoder(bytes.NewReader(data))
		var want int
		for {
			var object map[string]json.RawMessage
			err := decoder.Decode(&object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || object == nil {
				return
			}
			want++
		}
		got, err := read(string(data))
		if err == nil && len(got) != want {
			t.Errorf("%q: got %d records, want %d", data, len(got), want)
		}
	})
}
