package copybook_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
)

// texts is a library of texts by name.
type texts map[string]string

func (t texts) find(name, _ string) (string, []byte, error) {
	text, ok := t[name]
	if !ok {
		return "", nil, errors.New("there is no such text")
	}
	return name + ".cpy", []byte(text), nil
}

func TestCopy(t *testing.T) {
	t.Parallel()
	library := texts{
		"ADDRESS": "       05 :TAG:-STREET PIC X(20).\n       05 :TAG:-TOWN PIC X(10).\n",
		"PLAIN":   "           10 OLD-A PIC X.\n           10 OLD-B PIC 9(3).\n",
		"OUTER":   "       COPY PLAIN.\n",
		"LOOP":    "       COPY LOOP.\n",
	}
	for name, test := range map[string]struct{ source, want string }{
		"as it is":       {"       01 R.\n       COPY PLAIN.\n", "OLD-A OLD-B"},
		"nested":         {"       01 R.\n       COPY OUTER.\n", "OLD-A OLD-B"},
		"a tag":          {"       01 R.\n       COPY ADDRESS REPLACING ==:TAG:== BY ==HOME==.\n", "HOME-STREET HOME-TOWN"},
		"a word":         {"       01 R.\n       COPY PLAIN REPLACING OLD-A BY NEW-A.\n", "NEW-A OLD-B"},
		"several words":  {"       01 R.\n       COPY PLAIN REPLACING ==PIC X== BY ==PIC X(7)==.\n", "OLD-A(7) OLD-B"},
		"in front":       {"       01 R.\n       COPY PLAIN REPLACING LEADING ==OLD== BY ==NEW==.\n", "NEW-A NEW-B"},
		"at the end":     {"       01 R.\n       COPY PLAIN REPLACING TRAILING ==-B== BY ==-C==.\n", "OLD-A OLD-C"},
		"REPLACE":        {"       REPLACE ==:T:== BY ==X==.\n       01 R.\n       05 :T:-A PIC X.\n       REPLACE OFF.\n       05 B PIC X.\n", "X-A B"},
		"of a library":   {"       01 R.\n       COPY PLAIN OF LIB SUPPRESS.\n", "OLD-A OLD-B"},
		"none":           {"       01 R.\n       COPY NONE.\n", "x.cpy:2:13: COPY NONE: there is no such text"},
		"without an end": {"       01 R.\n       COPY LOOP.\n", "LOOP.cpy:1:8: COPY LOOP cannot be followed: no directory is given for it, or texts copy each other"},
	} {
		book, err := copybook.Parse("x.cpy", []byte(test.source), copybook.Options{Library: library.find})
		var got string
		if err != nil {
			got = strings.Split(err.Error(), "\n")[0]
		} else {
			var names []string
			for _, item := range book.Records[0].Children {
				label := item.Name
				if item.Length > 3 && item.Length < 10 {
					label += "(7)"
				}
				names = append(names, label)
			}
			got = strings.Join(names, " ")
		}
		if got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

// Lengths of binary numbers by the rule of the compiler, and alignment.
func TestDialects(t *testing.T) {
	t.Parallel()
	source := "       01 R.\n       05 A PIC 9(2) COMP.\n       05 B PIC 9(5) COMP.\n       05 C PIC 9(10) COMP SYNC.\n       05 D PIC 9(3) COMP-X.\n       05 E POINTER.\n"
	for name, test := range map[string]struct {
		options copybook.Options
		length  int
	}{
		"IBM":         {copybook.Options{}, 2 + 4 + 2 + 8 + 2 + 4},
		"GnuCOBOL":    {copybook.Options{BinarySizes: copybook.Bytes1248, SyncMax: 8, PointerBytes: 8}, 1 + 4 + 3 + 8 + 2 + 8},
		"Micro Focus": {copybook.Options{BinarySizes: copybook.BytesFewest, NoSync: true}, 1 + 3 + 5 + 2 + 4},
	} {
		book, err := copybook.Parse("x.cpy", []byte(source), test.options)
		if err != nil {
			t.Fatal(err)
		}
		if got := book.Records[0].Length; got != test.length {
			t.Errorf("%s: the record has %d bytes, want %d", name, got, test.length)
		}
	}
}

// Texts that copy each other more than once end all the same.
func TestCopyWithoutEnd(t *testing.T) {
	t.Parallel()
	library := texts{"A": "       COPY A. COPY A.\n"}
	_, err := copybook.Parse("x.cpy", []byte("       01 R.\n       COPY A.\n"), copybook.Options{Library: library.find})
	if err == nil || !strings.Contains(err.Error(), "A.cpy:1:16: COPY A is not followed: there are more than 4096 of them") {
		t.Errorf("got %v", err)
	}
}

// Every name of the library is the same text, which may copy itself.
func FuzzCopy(f *testing.F) {
	f.Add([]byte("       01 R.\n       COPY A REPLACING ==:T:== BY ==X==, LEADING ==O== BY ==N==.\n"), []byte("       05 :T:-A PIC X.\n"))
	f.Add([]byte("       REPLACE ==A== BY ==B==.\n       01 A.\n       COPY A OF B.\n"), []byte("       COPY C. COPY D.\n"))
	f.Fuzz(func(t *testing.T, source, text []byte) {
		find := func(string, string) (string, []byte, error) { return "text", text, nil }
		book, err := copybook.Parse("fuzz", source, copybook.Options{Library: find})
		if err != nil {
			return
		}
		for _, r := range book.Records {
			if r.Size() < 0 {
				t.Errorf("%s is %d bytes long", r.Name, r.Size())
			}
		}
	})
}
