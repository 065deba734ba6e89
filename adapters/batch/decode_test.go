package batch_test

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/delimited"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// decodeText decodes a file of text with a copybook.
func decodeText(t *testing.T, copybook, data string, layout *configv1.BatchLayout, output batch.DecodeOutput) (string, error) {
	t.Helper()
	s := newSite(t)
	s.write(t, "book.cpy", []byte(copybook))
	s.write(t, "data", []byte(data))
	layout.Source, layout.CodePage = &configv1.BatchLayout_Copybook{Copybook: "book.cpy"}, "ascii"
	var out bytes.Buffer
	_, err := batch.Decode(t.Context(), &out, batch.DecodeOptions{Data: filepath.Join(s.dir, "data"), Dir: s.dir, Layout: layout, Output: output})
	return out.String(), err
}

// Several records as a sequence are one, also those of a copybook that leaves the level 01 to the program.
func TestDecodeSequence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		copybook, data string
		keep           bool
		want           string
	}{
		"levels 01":        {"       01 A.\n          05 X PIC X.\n       01 B.\n          05 Y PIC 9.\n", "k3", false, `{"X":"k","Y":3}`},
		"below 01":         {"       05 A.\n          10 X PIC X.\n       05 B.\n          10 Y PIC 9.\n", "k3", false, `{"X":"k","Y":3}`},
		"below 01, kept":   {"       05 A.\n          10 X PIC X.\n       05 B.\n          10 Y PIC 9.\n", "k3", true, `{"A":{"X":"k"},"B":{"Y":3}}`},
		"redefined":        {"       05 A.\n          10 X PIC X(2).\n       05 B REDEFINES A.\n          10 Y PIC 99.\n       05 C PIC X.\n", "12z", false, `{"X":"12","Y":12,"C":"z"}`},
		"fields":           {"       10 X PIC X.\n       10 Y PIC 9.\n", "k3", false, `{"X":"k","Y":3}`},
		"a table stays":    {"       05 A OCCURS 2.\n          10 X PIC X.\n", "kl", false, `{"A":[{"X":"k"},{"X":"l"}]}`},
		"its renames stay": {"       05 A.\n          10 X PIC X.\n       66 R RENAMES X.\n", "k", false, `{"A":{"X":"k"}}`},
	} {
		got, err := decodeText(t, test.copybook, test.data, &configv1.BatchLayout{Records: "sequence"}, batch.DecodeOutput{Bare: true, KeepRoot: test.keep})
		if err != nil || got != test.want+"\n" {
			t.Errorf("%s: got %s and %v, want %s", name, got, err, test.want)
		}
	}
}

// A hierarchy has the numbers of the record that it begins with, on the levels above it.
func TestDecodeNumberedHierarchy(t *testing.T) {
	t.Parallel()
	const copybook = "       01 R.\n          05 ID PIC X.\n          05 A.\n             10 X PIC X.\n          05 B REDEFINES A.\n             10 Y PIC X.\n"
	layout := &configv1.BatchLayout{Segments: &configv1.BatchSegments{
		Field: "ID", Prefix: "N", Levels: []string{"A", "B"},
		Kinds: []*configv1.BatchSegment{{Group: "A", Values: []string{"A"}}, {Group: "B", Values: []string{"B"}, Parent: "A"}},
	}}
	got, err := decodeText(t, copybook, "A1BxByA2Bz", layout, batch.DecodeOutput{Bare: true})
	want := `{"Seg_Id0":"N_0_0","ID":"A","A":{"X":"1","B":[{"Y":"x"},{"Y":"y"}]}}` + "\n" + `{"Seg_Id0":"N_0_3","ID":"A","A":{"X":"2","B":[{"Y":"z"}]}}` + "\n"
	if err != nil || got != want {
		t.Errorf("got %s and %v, want %s", got, err, want)
	}
}

// A last record that says more bytes than there are is kept or dropped if the settings say so, however long the layout is.
func TestDecodeCutLengths(t *testing.T) {
	t.Parallel()
	for incomplete, want := range map[string]string{"keep": `{"LEN":2,"X":"a"}` + "\n" + `{"LEN":3,"X":"b"}` + "\n", "drop": `{"LEN":2,"X":"a"}` + "\n", "": "record 2 at byte 2: the file ends 2 bytes into a record of 3"} {
		layout := &configv1.BatchLayout{Framing: &configv1.BatchFraming{Length: "LEN", Incomplete: incomplete}, LongRecords: "ignore"}
		got, err := decodeText(t, "       01 R.\n          05 LEN PIC 9.\n          05 X PIC X.\n", "2a3b", layout, batch.DecodeOutput{Bare: true})
		if incomplete == "" && (err == nil || !strings.Contains(err.Error(), want)) || incomplete != "" && (err != nil || got != want) {
			t.Errorf("%q: got %q and %v, want %q", incomplete, got, err, want)
		}
	}
}

// What stands around the records is said once.
func TestDecodeEdgesSaidTwice(t *testing.T) {
	t.Parallel()
	for want, framing := range map[string]*configv1.BatchFraming{
		"framing.file_start: first_record says": {FirstRecord: "A", FileStart: 1}, "framing.file_end: last_record says": {LastRecord: "A", FileEnd: 1},
		"framing.last_record: the copybook has no level 01 A": {FirstRecord: "A", LastRecord: "A"},
	} {
		_, err := decodeText(t, "       01 A.\n          05 X PIC X.\n       01 B.\n          05 Y PIC X.\n", "abc", &configv1.BatchLayout{Framing: framing}, batch.DecodeOutput{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Where storage bounds numbers, a digit may stand where the picture has a sign that the file's program left out.
func TestDecodeDigitForSign(t *testing.T) {
	t.Parallel()
	const copybook = "       01 R.\n          05 N PIC +9(2).\n          05 M PIC S9(18) SIGN TRAILING SEPARATE.\n          05 D PIC +9.9.\n"
	const data = "555" + "1234567890123456789" + "99.9" + "+07" + "000000000000000012-" + "-1.5"
	for bound, want := range map[string]string{
		"storage": `{"N":555,"M":1234567890123456789}` + "\n" + `{"N":7,"M":-12,"D":-1.5}` + "\n",
		"picture": `{}` + "\n" + `{"N":7,"M":-12,"D":-1.5}` + "\n",
	} {
		got, err := decodeText(t, copybook, data, &configv1.BatchLayout{NumberRange: bound, InvalidNumbers: "absent"}, batch.DecodeOutput{Bare: true})
		if err != nil || got != want {
			t.Errorf("%s: got %s and %v, want %s", bound, got, err, want)
		}
	}
}

// What a copybook says of its own encodings goes before the settings, and a currency sign before its symbol.
func TestDecodeOwnEncodings(t *testing.T) {
	t.Parallel()
	const copybook = "       ID DIVISION.\n       ENVIRONMENT DIVISION.\n       SPECIAL-NAMES. CURRENCY SIGN IS 'F' WITH PICTURE SYMBOL 'W'.\n       DATA DIVISION.\n" +
		"       01 R.\n          05 U PIC U BYTE-LENGTH 6.\n          05 F FLOAT-BINARY-32.\n          05 H COMP-1.\n          05 W PIC WZ9.99.\n          05 A PIC X(4).\n"
	data := "CAFÉ " + "\x3f\xc0\x00\x00" + "\x41\x18\x00\x00" + "F 2.50" + "abc "
	got, err := decodeText(t, copybook, data, &configv1.BatchLayout{Floats: "ibm"}, batch.DecodeOutput{Bare: true})
	if want := `{"U":"CAFÉ","F":1.5,"H":1.5,"W":2.50,"A":"abc"}` + "\n"; err != nil || got != want {
		t.Errorf("got %s and %v, want %s", got, err, want)
	}
}

// Records of a format are bare if asked for, and what only records of a copybook have is refused.
func TestDecodeFormatOutput(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "a.csv", []byte("n,m\n1,2\n"))
	s.write(t, "b.csv", []byte("n,m\n3,4\n5\n"))
	dialect := delimited.Standard()
	dialect.Header = true
	options := batch.DecodeFormatOptions{
		FormatOptions: batch.FormatOptions{Format: "csv", Dialect: dialect}, Data: filepath.Join(s.dir, "a.csv"), More: []string{filepath.Join(s.dir, "b.csv")},
		Output: batch.DecodeOutput{Bare: true},
	}
	var out bytes.Buffer
	summary, err := batch.DecodeFormat(t.Context(), &out, options)
	want := `{"n":"1","m":"2"}` + "\n" + `{"n":"3","m":"4"}` + "\n" + `{"record":3,"offset":8,"error":{`
	if err != nil || summary.Records != 3 || summary.Bad != 1 || !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %+v, %v and %s, want %s", summary, err, &out, want)
	}
	options.View = batch.ViewSummary
	if _, err := batch.DecodeFormat(t.Context(), io.Discard, options); err == nil || !strings.Contains(err.Error(), "a summary is of one file") {
		t.Errorf("a summary of two files: %v", err)
	}
	for _, output := range []batch.DecodeOutput{{RecordIDs: true}, {Bare: true, RecordBytes: true}, {FileName: "F"}, {HexBytes: true}, {KeepRoot: true}} {
		options := batch.DecodeFormatOptions{FormatOptions: options.FormatOptions, Data: options.Data, Output: output}
		if _, err := batch.DecodeFormat(t.Context(), io.Discard, options); err == nil || !strings.Contains(err.Error(), "for records of a copybook") {
			t.Errorf("%+v: %v", output, err)
		}
	}
}
