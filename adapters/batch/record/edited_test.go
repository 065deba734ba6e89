package record_test

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Numbers as people read them, most of them the examples of the Enterprise COBOL Language Reference (PICTURE clause, "Editing rules"), in both directions and in both
// kinds of code pages.
func TestEditedNumbers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ picture, value, text string }{
		{"$$$.99", "0.12", "  $.12"},
		{"$$$9.99", "0.12", "  $0.12"},
		{"$,$$$,999.99", "1234.56", "   $1,234.56"},
		{"+,+++,999.99", "-123456.78", " -123,456.78"},
		{"$$,$$$,$$$.99CR", "-1234567.00", "$1,234,567.00CR"},
		{"$$,$$$,$$$.99CR", "1234567.00", "$1,234,567.00  "},
		{"++,+++,+++.+++", "0.000", "              "},
		{"--,---,--9", "-1234", "    -1,234"},
		{"--,---,--9", "1234", "     1,234"},
		{"ZZZZ.ZZ", "0.00", "       "},
		{"****.**", "0.00", "****.**"},
		{"ZZZZ.99", "0.00", "    .00"},
		{"****.99", "0.00", "****.00"},
		{"ZZ99.99", "0.00", "  00.00"},
		{"Z,ZZZ.ZZ+", "123.45", "  123.45+"},
		{"Z,ZZZ.ZZ-", "123.45", "  123.45 "},
		{"*,***.**+", "-123.45", "**123.45-"},
		{"**,***,***.**", "12345678.90", "12,345,678.90"},
		{"$Z,ZZZ,ZZZ.ZZCR", "12345.67", "$   12,345.67  "},
		{"$B*,***,***.**BBDB", "-12345.67", "$ ***12,345.67  DB"},
		{"99/99/9999", "1312026", "01/31/2026"},
		{"99B999B000", "10987", "10 987 000"},
		{"999,999.00", "12345", "012,345.00"},
		{"-9(3)", "12", " 012"},
		{"+9(3)", "12", "+012"},
		{"9(3)-", "-12", "012-"},
		{"ZZ,ZZ9PP", "123400", " 1,234"},
		{"PPP009999CR", "-0.0001234", "001234CR"},
		{"Z(3)VZ(2)-", "-0.05", "   05-"},
		{"9(5) BLANK WHEN ZERO", "0", "     "},
		{"9(5) BLANK WHEN ZERO", "7", "00007"},
		{"ZZ,ZZ9.99 BLANK ZERO", "0.00", "         "},
		{"£££9.99", "0.50", "  £0.50"},
		{"Z(18)9,99", "1234", strings.Repeat(" ", 17) + "12,34"},
		{"Z(20)9.99", "123456789012345678901.25", "123456789012345678901.25"},
	} {
		for _, name := range []string{"cp1146", "latin1"} {
			code := page(t, name)
			layout := compile(t, "       01 R.\n          05 F PIC "+test.picture+".\n", record.Options{CodePage: code})
			encoded, err := layout.Encode(nil, one(test.value))
			if got := code.Text(encoded); err != nil || got != test.text {
				t.Errorf("%s of %s: got %q (%v), want %q", test.picture, test.value, got, err, test.text)
				continue
			}
			got, err := decode(layout, encoded)
			if want := `{"F":` + test.value + `}`; err != nil || got != want {
				t.Errorf("%s of %q: got %s (%v), want %s", test.picture, test.text, got, err, want)
			}
		}
	}
}

// What no edited number is, is a bad value, and a number that is too large is refused.
func TestEditedNumbersThatAreNone(t *testing.T) {
	t.Parallel()
	for picture, texts := range map[string][]string{
		"$ZZ,ZZ9.99": {"$12,345:67", "$12 345.67", "1234567890", "$ A,345.67", "$1 ,345.67", "$         "},
		"--,--9":     {" 1-234", "1,234-", "      ", "     -"},
		"9(3)CR":     {"123CX", "123DB", "1 3CR"},
		"***9":       {"*1*2", "1**2"},
	} {
		layout := compile(t, "       01 R.\n          05 F PIC "+picture+".\n", record.Options{CodePage: page(t, "ascii")})
		for _, text := range texts {
			if got, err := decode(layout, []byte(text)); err == nil {
				t.Errorf("%s of %q: got %s, want an error", picture, text, got)
			}
		}
		if got, err := layout.Encode(nil, one("123456789")); err == nil {
			t.Errorf("%s of 123456789: got %q, want an error", picture, got)
		}
		if got, err := layout.Encode(nil, one("0.001")); err == nil {
			t.Errorf("%s of 0.001: got %q, want an error", picture, got)
		}
	}
}

// With DECIMAL-POINT IS COMMA, the comma is the point and the point an insertion; CURRENCY SIGN names the symbol of the currency.
func TestEditedNumbersBySettings(t *testing.T) {
	t.Parallel()
	book, err := copybook.Parse("test.cpy", []byte("       01 R.\n          05 F PIC FFF.FF9,99-.\n"), copybook.Options{DecimalComma: true, Currency: "F"})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := record.Compile(book.Records[0], record.Options{CodePage: page(t, "cp273")})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := layout.Encode(nil, one("-1234.5"))
	if got := page(t, "cp273").Text(encoded); err != nil || got != " F1.234,50-" {
		t.Errorf("got %q (%v)", got, err)
	}
	if got, err := decode(layout, encoded); err != nil || got != `{"F":-1234.50}` {
		t.Errorf("got %s (%v)", got, err)
	}
}

// What an edited number is read as is written so that it is read as the same again.
func FuzzEdited(f *testing.F) {
	f.Add("$$,$$9.99CR", "$1,234.50CR")
	f.Add("-(5)9", "    -1")
	f.Add("***,**9.99", "**1,234.50")
	f.Add("ZZ/99BP", "  /12 ")
	f.Add("+Z(3)VZZ", "-  105")
	f.Fuzz(func(t *testing.T, picture, text string) {
		if strings.ContainsAny(picture, " ,;.'\"\n\r\t:=*>") && strings.Trim(picture, "$+-9ZBVPCRD,.*/0()12345678") != "" {
			return
		}
		book, err := copybook.Parse("f", []byte("       01 R.\n          05 F PIC "+picture+"\n             .\n"), copybook.Options{})
		if err != nil || book.Records[0].Length > 100 || len(book.Records) != 1 || len(book.Records[0].Children) != 1 {
			return
		}
		layout, err := record.Compile(book.Records[0], record.Options{CodePage: page(t, "ascii")})
		if err != nil || book.Records[0].Children[0].Picture.Edit == nil {
			return
		}
		got, err := decode(layout, []byte(text))
		value, ok := strings.CutPrefix(strings.TrimSuffix(got, "}"), `{"F":`)
		if err != nil || !ok {
			return
		}
		encoded, err := layout.Encode(nil, one(value))
		if err != nil {
			t.Fatalf("%s of %q is %s, which cannot be written: %v", picture, text, value, err)
		}
		if again, err := decode(layout, encoded); err != nil || again != got {
			t.Errorf("%s of %q is %s; written as %q it is %s (%v)", picture, text, got, encoded, again, err)
		}
	})
}
