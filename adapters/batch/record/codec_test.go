package record_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

func page(t testing.TB, name string) *record.CodePage {
	t.Helper()
	p, err := record.LookUpCodePage(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compile(t testing.TB, source string, options record.Options) *record.Layout {
	t.Helper()
	book, err := copybook.Parse("test.cpy", []byte(source), copybook.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := record.Compile(book.Records[0], options)
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

// decode decodes a record to JSON.
func decode(layout *record.Layout, data []byte) (string, error) {
	var w record.JSONWriter
	w.Start()
	if err := layout.NewDecoder().Decode(data, &w); err != nil {
		return "", err
	}
	w.Finish()
	return string(w.Buffer), nil
}

// one is a source with one field.
type one string

func (o one) Value(*record.Field, int) (string, bool)        { return string(o), true }
func (o one) Group(*record.Field, int) (record.Source, bool) { return o, true }
func (o one) Count(*record.Field) int                        { return 0 }

// Bytes to value and back: what a field holds, in both directions.
func TestFields(t *testing.T) {
	t.Parallel()
	little := record.Options{LittleEndian: true}
	ieee := record.Options{IEEE: true}
	for _, test := range []struct {
		picture string
		hex     string
		json    string // "" for an absent value
		text    string // what encodes to the same bytes
		options record.Options
	}{
		{picture: "X(4)", hex: "C1C24040", json: `"AB"`, text: "AB"},
		{picture: "X(4)", hex: "40C14040", json: `" A"`, text: " A"},
		{picture: "X(4) JUST", hex: "4040C1C2", json: `"AB"`, text: "AB"},
		{picture: "X(4)", hex: "40404040", json: `""`, text: ""},
		{picture: "N(2)", hex: "00E40020", json: `"ä"`, text: "ä"},
		{picture: "9(3)", hex: "F0F1F2", json: `12`, text: "12"},
		{picture: "S9(3)", hex: "F0F1D2", json: `-12`, text: "-12"},
		{picture: "S9(3)", hex: "F0F1C2", json: `12`, text: "12"},
		{picture: "S9(3) SIGN LEADING", hex: "D0F1F2", json: `-12`, text: "-12"},
		{picture: "S9(3) SIGN TRAILING SEPARATE", hex: "F0F1F260", json: `-12`, text: "-12"},
		{picture: "S9(3) SIGN LEADING SEPARATE", hex: "4EF0F1F2", json: `12`, text: "+12"},
		{picture: "S9(3)V99", hex: "F0F1F2F3D4", json: `-12.34`, text: "-12.34"},
		{picture: "VPP99", hex: "F1F2", json: `0.0012`, text: "0.0012"},
		{picture: "99PP", hex: "F1F2", json: `1200`, text: "1200"},
		{picture: "9(20)", hex: strings.Repeat("F9", 20), json: strings.Repeat("9", 20), text: strings.Repeat("9", 20)},
		{picture: "ZZ9.99", hex: "4040F14BF5F0", json: `1.50`, text: "1.5"},
		{picture: "-9(3)", hex: "60F0F1F2", json: `-12`, text: "-12"},
		{picture: "S9(5) COMP-3", hex: "01234D", json: `-1234`, text: "-1234"},
		{picture: "9(5) COMP-3", hex: "01234F", json: `1234`, text: "1234"},
		{picture: "S9(5)V99 COMP-3", hex: "0000005D", json: `-0.05`, text: "-0.05"},
		{picture: "9(4) COMP-6", hex: "1234", json: `1234`, text: "1234"},
		{picture: "S9(31) COMP-3", hex: "1234567890123456789012345678901C", json: `1234567890123456789012345678901`, text: "1234567890123456789012345678901"},
		{picture: "S9(4) COMP", hex: "FFFE", json: `-2`, text: "-2"},
		{picture: "9(9) COMP", hex: "00000102", json: `258`, text: "258"},
		{picture: "S9(9) COMP-5", hex: "FEFFFFFF", json: `-2`, text: "-2", options: little},
		{picture: "S9(7)V99 COMP", hex: "FFFFFFFF", json: `-0.01`, text: "-0.01"},
		{picture: "S9(18) COMP", hex: "FFFFFFFFFFFFFFFF", json: `-1`, text: "-1"},
		{picture: "COMP-1", hex: "C276A000", json: `-118.625`, text: "-118.625"},
		{picture: "COMP-2", hex: "4110000000000000", json: `1`, text: "1"},
		{picture: "COMP-1", hex: "C2ED4000", json: `-118.625`, text: "-118.625", options: ieee},
		{picture: "COMP-2", hex: "000000000000F03F", json: `1`, text: "1", options: record.Options{IEEE: true, LittleEndian: true}},
	} {
		source := "       01 R.\n          05 F PIC " + test.picture + ".\n"
		if strings.HasPrefix(test.picture, "COMP") {
			source = "       01 R.\n          05 F " + test.picture + ".\n"
		}
		options := test.options
		options.CodePage = page(t, "cp037")
		layout := compile(t, source, options)
		data, err := hex.DecodeString(test.hex)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(layout, data)
		if want := `{"F":` + test.json + `}`; err != nil || got != want {
			t.Errorf("%s of %s: got %s (%v), want %s", test.picture, test.hex, got, err, want)
		}
		encoded, err := layout.Encode(nil, one(test.text))
		if err != nil || !bytes.Equal(encoded, data) {
			t.Errorf("%s of %q: got %X (%v), want %s", test.picture, test.text, encoded, err, test.hex)
		}
	}
}

// What is no value, and what the policies make of it.
func TestBadNumbers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ picture, hex, reason string }{
		{"9(3)", "F0C1F2", "holds what is no number"},
		{"9(3)", "F0F1D2", "holds a negative number, and has no sign"},
		{"S9(3)", "60F1C2", "holds what is no number"}, // two signs
		{"S9(5) COMP-3", "012340", "holds what is no number"},
		{"S9(4) COMP-3", "12345C", "holds a number that is larger than its picture allows"},
		{"9(9) COMP", "FFFFFFFF", "holds a number that is larger than its picture allows"},
		{"S9(3)P(15) COMP", "7FFF", "holds a number that is larger than its picture allows"},
	} {
		data, err := hex.DecodeString(test.hex)
		if err != nil {
			t.Fatal(err)
		}
		source := "       01 R.\n          05 F PIC " + test.picture + ".\n"
		for policy, want := range map[record.Policy]string{record.Absent: `{}`, record.Zero: `{"F":0}`} {
			got, err := decode(compile(t, source, record.Options{CodePage: page(t, "cp037"), Invalid: policy}), data)
			if err != nil || got != want {
				t.Errorf("%s of %s: got %s (%v), want %s", test.picture, test.hex, got, err, want)
			}
		}
		_, err = decode(compile(t, source, record.Options{CodePage: page(t, "cp037")}), data)
		var field *record.FieldError
		if !errors.As(err, &field) || field.Reason != test.reason || field.Path != "F" || field.Offset != 0 {
			t.Errorf("%s of %s: %v, want F at byte 0 %s", test.picture, test.hex, err, test.reason)
		}
	}
}

// Encoding never rounds, cuts or replaces.
func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ picture, text, reason string }{
		{"X(3)", "abcd", "is 4 bytes long in the code page cp037, and there is room for 3"},
		{"X(3)", "Ω", "the character 'Ω' is not in the code page cp037"},
		{"9(3)", "1234", "has more than the 3 digits that there is room for in front of the point"},
		{"9(3)", "-1", "is negative, and there is no room for a sign"},
		{"9(3)V9", "1.25", "has more than 1 digits behind the point"},
		{"99PP", "1250", "is no multiple of 100"},
		{"S9(4) COMP", "ten", "is no decimal number, such as -12.50"},
		{"S9(4) COMP-3", "1e3", "is no decimal number, such as -12.50"},
	} {
		layout := compile(t, "       01 R.\n          05 F PIC "+test.picture+".\n", record.Options{CodePage: page(t, "cp037")})
		_, err := layout.Encode(nil, one(test.text))
		var mistakes record.EncodeErrors
		if !errors.As(err, &mistakes) || mistakes[0].Reason != test.reason {
			t.Errorf("%s of %q: %v, want %s", test.picture, test.text, err, test.reason)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ picture, format, data, json, text string }{
		{"9(8)", "yyyymmdd", "20260131", `"2026-01-31"`, "2026-01-31"},
		{"X(10)", "dd/mm/yyyy", "31/01/2026", `"2026-01-31"`, "2026-01-31"},
		{"9(6)", "yymmdd", "490131", `"2049-01-31"`, "2049-01-31"},
		{"9(5)", "yyddd", "99365", `"1999-12-31"`, "1999-12-31"},
		{"9(7)", "yyyyddd", "2024366", `"2024-12-31"`, "2024-12-31"},
		{"9(14)", "yyyymmddhhmiss", "20260701120000", `"2026-07-01T11:00:00Z"`, "2026-07-01T11:00:00Z"},
		{"9(8)", "yyyymmdd", "00000000", ``, ""},
		{"X", "boolean:Y/N", "Y", `true`, "true"},
		{"9", "boolean:1/0", "0", `false`, "false"},
	} {
		layout := compile(t, "       01 R.\n          05 F PIC "+test.picture+".\n", record.Options{
			CodePage: page(t, "ascii"), Formats: map[string]string{"F": test.format}, Location: london,
		})
		want := `{"F":` + test.json + `}`
		if test.json == "" {
			want = `{}`
		}
		if got, err := decode(layout, []byte(test.data)); err != nil || got != want {
			t.Errorf("%s of %s: got %s (%v), want %s", test.format, test.data, got, err, want)
		}
		if got, err := layout.Encode(nil, one(test.text)); err != nil || string(got) != test.data {
			t.Errorf("%s of %q: got %q (%v), want %q", test.format, test.text, got, err, test.data)
		}
	}
	bad := compile(t, "       01 R.\n          05 F PIC 9(8).\n", record.Options{CodePage: page(t, "ascii"), Formats: map[string]string{"F": "yyyymmdd"}})
	for _, data := range []string{"20260230", "20261301", "2026013X", "99999999"} {
		if got, err := decode(bad, []byte(data)); err == nil {
			t.Errorf("%s is %s, want an error", data, got)
		}
	}
}

func TestTablesAndAlternatives(t *testing.T) {
	t.Parallel()
	const source = `
       01 R.
          05 KIND PIC X.
          05 N PIC 9.
          05 T OCCURS 0 TO 3 TIMES DEPENDING ON N.
             10 V PIC 9(2).
          05 A PIC X(2).
          05 B REDEFINES A PIC 9(2).
`
	options := record.Options{CodePage: page(t, "ascii"), Choices: []record.Choice{{Field: "B", When: record.When{Field: "KIND", Values: []string{"B"}}}}}
	shift := options
	shift.Shift = true
	for _, test := range []struct {
		options record.Options
		data    string
		want    string
	}{
		{options, "A1110000xy", `{"KIND":"A","N":1,"T":[{"V":11}],"A":"xy"}`},
		{options, "B3112233" + "07", `{"KIND":"B","N":3,"T":[{"V":11},{"V":22},{"V":33}],"B":7}`},
		{shift, "B11107", `{"KIND":"B","N":1,"T":[{"V":11}],"B":7}`},
		{shift, "A0xy", `{"KIND":"A","N":0,"T":[],"A":"xy"}`},
	} {
		got, err := decode(compile(t, source, test.options), []byte(test.data))
		if err != nil || got != test.want {
			t.Errorf("%s: got %s (%v), want %s", test.data, got, err, test.want)
		}
	}
	for data, want := range map[string]string{
		"A9000000xy":  "N at byte 1 is no number of elements that T can have",
		"A111":        "A at byte 8 is cut off: the record is too short",
		"A1110000xy!": "the record is longer than its layout",
	} {
		if _, err := decode(compile(t, source, options), []byte(data)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", data, err, want)
		}
	}
}

func TestDelimited(t *testing.T) {
	t.Parallel()
	columns := []record.Column{{Name: "ID", Type: record.Integer}, {Name: "NAME", Type: record.Text, MaxLength: 10}, {Name: "AMOUNT", Type: record.Decimal}}
	layout, err := record.CompileDelimited(columns, record.Delimiter{Separator: ','}, record.Options{CodePage: page(t, "utf-8"), Blank: record.Absent})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		`1,Ann,2.50`:            `{"ID":1,"NAME":"Ann","AMOUNT":2.50}`,
		`-1,"A ""b"", c",-0.10`: `{"ID":-1,"NAME":"A \"b\", c","AMOUNT":-0.10}`,
		`,,`:                    `{"NAME":""}`,
		`1,a`:                   "the line has 2 values, and there are 3 columns",
		`x,a,1`:                 "ID holds what is no number",
		`1.5,a,1`:               "ID is no whole number",
		`1,"a"b,1`:              "a quoted value is not closed, or something stands behind its closing quote",
		`1,abcdefghijk,1`:       "NAME is 11 bytes long, and at most 10 are allowed",
		"1,\xff,1":              "NAME is not UTF-8",
	} {
		got, err := decode(layout, []byte(line))
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}

// Keys sort as values do, and a caller's spelling finds the record's bytes.
func TestKeys(t *testing.T) {
	t.Parallel()
	layout := compile(t, "       01 R.\n          05 N PIC S9(5)V99 COMP-3.\n          05 X PIC X(3).\n", record.Options{CodePage: page(t, "cp037"), Blank: record.Absent})
	number, err := layout.Lookup("N")
	if err != nil {
		t.Fatal(err)
	}
	var last []byte
	var value record.Value
	for _, text := range []string{"-99999.99", "-1.00", "-0.01", "0", "0.01", "2", "10", "99999.99"} {
		data, err := layout.Encode(nil, fields{"N": text})
		if err != nil {
			t.Fatal(err)
		}
		key, _, err := layout.AppendKey(nil, data, number, &value)
		if err != nil {
			t.Fatal(err)
		}
		asked, err := layout.AppendKeyText(nil, number, text)
		if err != nil || !bytes.Equal(key, asked) {
			t.Errorf("%s: the record's key is %x, and the caller's %x (%v)", text, key, asked, err)
		}
		if bytes.Compare(last, key) >= 0 {
			t.Errorf("%s does not sort behind the one before", text)
		}
		last = key
	}
}

// The keys of a record that a function decodes are those of its fields, in any order, with one decoding.
func TestDescribedKeys(t *testing.T) {
	t.Parallel()
	a, b, c := &record.Field{Name: "A", Type: record.Text, Length: 3}, &record.Field{Name: "B", Type: record.Integer}, &record.Field{Name: "C", Type: record.Boolean}
	decoded := 0
	layout := record.Describe([]*record.Field{a, b, c}).DecodedBy(func(raw []byte, to record.Sink) error {
		decoded++
		for _, f := range []struct {
			field *record.Field
			value record.Value
		}{{a, record.Value{Text: raw}}, {b, record.Value{Integer: 7}}, {a, record.Value{Text: []byte("again")}}} {
			if err := to.Value(f.field, &f.value); err != nil {
				return err
			}
		}
		return nil
	}, nil)
	for raw, none := range map[string]bool{"xy": false, "": true} {
		var want []byte
		var value record.Value
		for _, f := range []*record.Field{a, c, b, a} {
			var err error
			if want, _, err = layout.AppendKey(want, []byte(raw), f, &value); err != nil {
				t.Fatal(err)
			}
		}
		decoded = 0
		got, empty, err := layout.AppendKeys(nil, []byte(raw), []*record.Field{a, c, b, a}, &value)
		if err != nil || !bytes.Equal(got, want) || empty != none || decoded != 1 {
			t.Errorf("%q: got %x, %v, %v with %d decodings, want %x", raw, got, empty, err, decoded, want)
		}
	}
}

// fields is a source of fields by name.
type fields map[string]string

func (s fields) Value(f *record.Field, _ int) (string, bool) {
	text, ok := s[f.Name]
	return text, ok
}
func (s fields) Group(*record.Field, int) (record.Source, bool) { return s, true }
func (s fields) Count(*record.Field) int                        { return 0 }

const fuzzed = `
       01 R.
          05 N PIC 9.
          05 T OCCURS 0 TO 3 TIMES DEPENDING ON N.
             10 V PIC S9(3)V9 COMP-3.
          05 A PIC X(4).
          05 B REDEFINES A COMP-1.
          05 C PIC S9(9) COMP.
          05 D PIC 9(20).
          05 E PIC -ZZ9.99.
`

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\xf1\x00\x1c\x11\xc1\xc2\xc3\xc4\x00\x00\x00\x01"), true)
	f.Add(bytes.Repeat([]byte{0xF0}, 60), false)
	strict := record.Options{CodePage: page(f, "cp037"), AllAlternatives: true}
	mild := strict
	mild.Shift, mild.Pad, mild.Invalid, mild.Blank = true, true, record.Absent, record.Zero
	layouts := map[bool]*record.Layout{false: compile(f, fuzzed, strict), true: compile(f, fuzzed, mild)}
	f.Fuzz(func(t *testing.T, data []byte, lenient bool) {
		text, err := decode(layouts[lenient], data)
		if err == nil && !strings.HasPrefix(text, "{") {
			t.Errorf("decoded to %s", text)
		}
	})
}

func FuzzDelimited(f *testing.F) {
	f.Add([]byte(`1,"a ""b""",2`))
	delimiter := record.Delimiter{Separator: ','}
	f.Fuzz(func(t *testing.T, line []byte) {
		cells, err := delimiter.Split(line, nil)
		if err == nil && len(cells) == 0 {
			t.Error("a line has no value")
		}
	})
}

// BenchmarkDecode decodes records of 200 bytes and 12 fields to JSON.
func BenchmarkDecode(b *testing.B) {
	layout := compile(b, `
       01 R.
          05 ID PIC 9(9).
          05 NAME PIC X(40).
          05 STREET PIC X(40).
          05 TOWN PIC X(30).
          05 POSTCODE PIC X(10).
          05 BORN PIC 9(8).
          05 BALANCE PIC S9(9)V99 COMP-3.
          05 LIMIT PIC S9(9)V99 COMP-3.
          05 VISITS PIC S9(4) COMP.
          05 SCORE PIC S9(9) COMP.
          05 STATUS PIC X.
          05 NOTE PIC X(44).
`, record.Options{CodePage: page(b, "cp037")})
	data, err := layout.Encode(nil, fields{
		"ID": "123456789", "NAME": "Adaeze Okafor", "STREET": "12 Mill Lane", "TOWN": "Riverside", "POSTCODE": "RV4 7QT", "BORN": "19610214",
		"BALANCE": "1234.56", "LIMIT": "-5", "VISITS": "12", "SCORE": "99999", "STATUS": "A", "NOTE": "none",
	})
	if err != nil {
		b.Fatal(err)
	}
	decoder := layout.NewDecoder()
	var w record.JSONWriter
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		w.Buffer = w.Buffer[:0]
		w.Start()
		if err := decoder.Decode(data, &w); err != nil {
			b.Fatal(err)
		}
		w.Finish()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
