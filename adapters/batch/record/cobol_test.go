package record_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Copybooks as found: what a record says, and the record that its values make.
func TestRecords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		source  string
		hex     string
		json    string
		options record.Options
	}{
		"numbers in UTF-16": {
			source: "       01 R GROUP-USAGE NATIONAL.\n          05 A PIC 9(3).\n          05 B PIC S9(3)V9 SIGN LEADING SEPARATE.\n          05 C PIC N(2).\n          05 D PIC ZZ9.99.\n",
			hex:    "003000310032" + "002D0030003000350035" + "00E40020" + "002000200031002E00350030",
			json:   `{"A":12,"B":-5.5,"C":"ä","D":1.50}`,
		},
		"numbers in UTF-16, little endian": {
			source:  "       01 R.\n          05 A PIC 9(3) USAGE NATIONAL.\n          05 B PIC N(2).\n",
			hex:     "300031003200" + "E4002000",
			json:    `{"A":12,"B":"ä"}`,
			options: record.Options{NationalLittle: true},
		},
		"double-byte text as bytes": {
			source: "       01 R.\n          05 A PIC G(2) USAGE DISPLAY-1.\n          05 B PIC N(1) DISPLAY-1.\n          05 C PIC X.\n",
			hex:    "428142824283" + "C1",
			json:   `{"A":"QoFCgg==","B":"QoM=","C":"A"}`,
		},
		"mixed text as bytes, and a tag that nobody has replaced": {
			source:  "       01 R.\n          05 :TAG:-A PIC X(4).\n          05 B PIC X.\n",
			hex:     "0E42810F" + "C1",
			json:    `{"TAG_A":"DkKBDw==","B":"A"}`,
			options: record.Options{CodePages: map[string]*record.CodePage{":TAG:-A": page(t, "bytes")}},
		},
		"alternatives chosen by a decimal": {
			source:  "       01 R.\n          05 ID PIC 9V9.\n          05 G1.\n             10 A PIC 99.\n          05 G2 REDEFINES G1.\n             10 B PIC X(2).\n",
			hex:     "F3F0" + "F1F2",
			json:    `{"ID":3.0,"G2":{"B":"12"}}`,
			options: record.Options{Rules: []record.Rule{{Field: "G1", Expression: "ID == 1.5"}, {Field: "G2", Expression: "ID == 3 && ID < 3.1"}}},
		},
		"usages and signs of groups": {
			source: "       01 R.\n          05 G COMP-3.\n             10 A PIC S9(3).\n             10 B PIC 9(2)V9.\n          05 H SIGN LEADING SEPARATE.\n             10 C PIC S99.\n          05 I USAGE INDEX.\n" +
				"             10 D.\n             10 E.\n          05 J COMP-X.\n             10 K PIC 99.\n",
			hex:  "012D" + "123F" + "60F1F2" + "00000001" + "00000002" + "07",
			json: `{"G":{"A":-12,"B":12.3},"H":{"C":-12},"I":{"D":1,"E":2},"J":{"K":7}}`,
		},
		"slack bytes": {
			source: "       01 R.\n          05 B PIC X(5).\n          05 C.\n             10 D PIC XX.\n             10 E PIC S9(6) COMP SYNC.\n          05 F PIC X.\n          05 T OCCURS 2.\n" +
				"             10 G PIC X.\n             10 H PIC S9(4) COMP SYNC.\n             10 I PIC XX.\n",
			hex:  "C1C1C1C1C1" + "C2C2" + "00" + "00000001" + "C3" + "C4" + "0002" + "C5C5" + "00" + "C6" + "0003" + "C7C7" + "00",
			json: `{"B":"AAAAA","C":{"D":"BB","E":1},"F":"C","T":[{"G":"D","H":2,"I":"EE"},{"G":"F","H":3,"I":"GG"}]}`,
		},
		"what level 66 renames": {
			source: "       01 R.\n          05 A PIC X(2).\n          05 G.\n             10 B PIC 9(2).\n             10 C PIC X(2).\n          05 D PIC X.\n" +
				"       66 FULL-KEY RENAMES A THRU B OF G.\n       66 NUMBER-OF RENAMES B.\n       66 NOT-ASKED RENAMES D.\n",
			hex:     "C1C2" + "F1F2" + "C3C4" + "C5",
			json:    `{"A":"AB","G":{"B":12,"C":"CD"},"D":"E","FULL_KEY":"AB12","NUMBER_OF":12}`,
			options: record.Options{GroupTexts: []string{"FULL-KEY", "number_of"}},
		},
		"constants": {
			source: "       78 WIDTH VALUE 3.\n       01 COUNT-OF CONSTANT AS 2.\n       01 R.\n          05 A PIC X(WIDTH) OCCURS COUNT-OF.\n",
			hex:    "C1C1C1" + "C2C2C2",
			json:   `{"A":["AAA","BBB"]}`,
		},
		"nested tables of depending length, and fields behind them": {
			source: "       01 R.\n          05 N PIC 9.\n          05 T OCCURS 0 TO 3 DEPENDING ON N.\n             10 M PIC 9.\n             10 U PIC X OCCURS 0 TO 4 DEPENDING ON M.\n          05 Z PIC X.\n",
			hex:    "F2" + "F1C1" + "F2C2C3" + "E9", json: `{"N":2,"T":[{"M":1,"U":["A"]},{"M":2,"U":["B","C"]}],"Z":"Z"}`,
			options: record.Options{Shift: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := test.options
			options.CodePage = page(t, "cp037")
			layout := compile(t, test.source, options)
			data, err := hex.DecodeString(test.hex)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decode(layout, data)
			if err != nil || got != test.json {
				t.Errorf("got %s (%v), want %s", got, err, test.json)
			}
			encoded, err := layout.Encode(nil, parsed(t, test.json))
			if err != nil || !bytes.Equal(encoded, data) {
				t.Errorf("got %X (%v), want %s", encoded, err, test.hex)
			}
		})
	}
}

// A field that has no value has that of its VALUE clause.
func TestValuesOfClauses(t *testing.T) {
	t.Parallel()
	layout := compile(t, "       01 R.\n          05 A PIC X(3) VALUE 'AB'.\n          05 FILLER PIC X VALUE '|'.\n          05 B PIC 9(3) VALUE 7.\n          05 C PIC X(2) VALUE ALL 'XY'.\n"+
		"          05 D PIC X(2) VALUE ZEROES.\n          05 E PIC X VALUE HIGH-VALUES.\n          05 F PIC X VALUE LOW-VALUE.\n          05 G PIC S9(3) COMP-3 VALUE -12.\n          05 H PIC X VALUE X'41'.\n"+
		"          05 I PIC N VALUE NX'00E4'.\n          05 J PIC X VALUE QUOTE.\n          05 K PIC X(2).\n          05 L PIC X VALUE 'TOO LONG'.\n", record.Options{CodePage: page(t, "ascii")})
	got, err := layout.Encode(nil, none{})
	if want := "AB |007XY00\xFF\x00\x01\x2DA\x00\xE4\"   "; err != nil || string(got) != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

// object is a source of values in JSON.
type object map[string]any

func parsed(t *testing.T, text string) object {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var o object
	if err := decoder.Decode(&o); err != nil {
		t.Fatal(err)
	}
	return o
}

// at is the member of this field, or its element.
func (o object) at(f *record.Field, index int) any {
	member := o[strings.NewReplacer("-", "_", ":", "").Replace(f.Name)]
	if list, ok := member.([]any); ok && index < len(list) {
		return list[index]
	}
	return member
}

func (o object) Value(f *record.Field, index int) (string, bool) {
	text := fmt.Sprint(o.at(f, index))
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil && f.Type == record.Bytes {
		text = string(raw)
	}
	return text, o.at(f, index) != nil
}

func (o object) Group(f *record.Field, index int) (record.Source, bool) {
	group, ok := o.at(f, index).(map[string]any)
	return object(group), ok
}

func (o object) Count(f *record.Field) int {
	list, _ := o[strings.ReplaceAll(f.Name, "-", "_")].([]any)
	return len(list)
}

// none is a source without values.
type none struct{}

func (none) Value(*record.Field, int) (string, bool)        { return "", false }
func (none) Group(*record.Field, int) (record.Source, bool) { return none{}, true }
func (none) Count(*record.Field) int                        { return 0 }
