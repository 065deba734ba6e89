package delimited_test

import (
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

func TestSniff(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data, delimiter, charset string
		header                   bool
		types                    []record.Type
		key                      int
		confidence               float64
	}{
		"semicolons":     {"Name;Sum, net\n\"a;b\";1,50\nc;2\n", ";", "utf-8", true, []record.Type{record.Text, record.Text}, 0, 1},
		"no header":      {"1,x\n2,y\n", ",", "utf-8", false, []record.Type{record.Integer, record.Text}, 0, 1},
		"zeros in front": {"id,code,price\n1,007,1.5\n2,008,-2\n", ",", "utf-8", true, []record.Type{record.Integer, record.Text, record.Decimal}, 0, 1},
		"ragged":         {"a|b\n1|2\n1|3\n4\n", "|", "utf-8", true, []record.Type{record.Integer, record.Integer}, 1, 0.75},
		"Latin":          {"a\tb\nM\xfcller\t1\n", "\t", "windows-1252", true, []record.Type{record.Text, record.Integer}, 0, 1},
		"UTF-16":         {"\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00", ",", "UTF-16", true, []record.Type{record.Integer, record.Integer}, 0, 1},
		"no key":         {"a,b\n1,\n1,\n", ",", "utf-8", true, []record.Type{record.Integer, record.Text}, -1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guess, err := delimited.Sniff([]byte(test.data), true)
			if err != nil {
				t.Fatal(err)
			}
			if guess.Dialect.Delimiter != test.delimiter || guess.Charset != test.charset || guess.Dialect.Header != test.header ||
				guess.Key != test.key || guess.Confidence != test.confidence || len(guess.Columns) != len(test.types) {
				t.Fatalf("got %+v", guess)
			}
			for i, column := range guess.Columns {
				if column.Type != test.types[i] {
					t.Errorf("column %s is of type %d, want %d", column.Name, column.Type, test.types[i])
				}
			}
		})
	}
	if _, err := delimited.Sniff([]byte("hello\nworld\n"), true); err == nil {
		t.Error("a file without delimiters was guessed")
	}
}
