package codec

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// TestValues holds every built-in type, both ways: text, its JSON, and the text that is sent again ("" for the same).
func TestValues(t *testing.T) {
	t.Parallel()
	tests := []struct{ builtin, text, json, again string }{
		{"string", " a  b ", `" a  b "`, ""},
		{"token", " a ", `"a"`, "a"},
		{"anyURI", "http://a/b?c&amp;d", `"http://a/b?c&d"`, ""},
		{"boolean", "true", "true", ""},
		{"boolean", " 1 ", "true", "true"},
		{"boolean", "0", "false", "false"},
		{"byte", "-128", "-128", ""},
		{"int", "+2147483647", "2147483647", "2147483647"},
		{"unsignedInt", "4294967295", "4294967295", ""},
		{"long", "-9223372036854775808", `"-9223372036854775808"`, ""},
		{"unsignedLong", "18446744073709551615", `"18446744073709551615"`, ""},
		{"integer", "123456789012345678901234567890", `"123456789012345678901234567890"`, ""},
		{"decimal", "-0012.3400", `"-0012.3400"`, ""},
		{"decimal", ".5", `".5"`, ""},
		{"float", "1.5E10", "15000000000", "1.5E+10"},
		{"double", "-INF", `"-Infinity"`, ""},
		{"double", "NaN", `"NaN"`, ""},
		{"date", "2026-02-28", `"2026-02-28"`, ""},
		{"date", "2026-02-28+01:00", `"2026-02-28"`, "2026-02-28"},
		{"dateTime", "2026-01-31T12:00:00Z", `"2026-01-31T12:00:00Z"`, ""},
		{"dateTime", "2026-07-31T12:00:00", `"2026-07-31T11:00:00Z"`, "2026-07-31T12:00:00+01:00"},
		{"dateTime", "2026-01-31T12:00:00.123456789+05:30", `"2026-01-31T06:30:00.123456789Z"`, "2026-01-31T06:30:00.123456789Z"},
		{"dateTime", "1800-01-01T12:00:00", `"1800-01-01T12:01:15Z"`, "1800-01-01T12:01:15Z"},
		{"dateTime", "2026-01-31T24:00:00Z", `"2026-02-01T00:00:00Z"`, "2026-02-01T00:00:00Z"},
		{"dateTime", "2026-01-31T12:00:00.1000000000000Z", `"2026-01-31T12:00:00.100Z"`, "2026-01-31T12:00:00.1Z"},
		{"time", "12:00:00", `"12:00:00"`, ""},
		{"duration", "P1Y2M3DT4H", `"P1Y2M3DT4H"`, ""},
		{"gYear", "2026", `"2026"`, ""},
		{"base64Binary", "aGVs\nbG8=", `"aGVsbG8="`, "aGVsbG8="},
		{"base64Binary", "aGVsbG8", `"aGVsbG8="`, "aGVsbG8="},
		{"hexBinary", "0aFF", `"Cv8="`, "0AFF"},
	}
	for _, test := range tests {
		t.Run(test.builtin+" "+test.text, func(t *testing.T) {
			t.Parallel()
			b := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="xs:`+test.builtin+`"/></xs:sequence>`))
			read, err := decode(b, `<root><a>`+test.text+`</a></root>`)
			if err != nil {
				t.Fatal(err)
			}
			if wanted := `{"a":` + test.json + `}`; !sameJSON(t, read, wanted) {
				t.Errorf("read is %s, wanted %s", read, wanted)
			}
			written, err := encode(b, read)
			again := test.again
			if again == "" {
				again = test.text
			}
			if wanted := `<n1:root><n1:a>` + again + `</n1:a></n1:root>`; err != nil || written != wanted {
				t.Errorf("written is %s (%v), wanted %s", written, err, wanted)
			}
		})
	}
}

func TestValuesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for builtin, texts := range map[string][]string{
		"boolean":      {"yes", "2"},
		"int":          {"2147483648", "1.0", "x", "1_000", "0x10"},
		"unsignedByte": {"-1"},
		"integer":      {"1.5", "1.", "x", "-"},
		"decimal":      {"1e5", "1,5", "12 pounds", ".", "-", "--1"},
		"double":       {"inf", "0x1p-2", "1_0"},
		"date":         {"2026-02-30", "31.1.2026", "2026-01-31x", "2026"},
		"dateTime":     {"2026-01-31 12:00", "noon", "2026-01-31T25:00:00", "2026-01-31T12:00:00.1234567891Z", "10000-01-01T00:00:00Z"},
		"base64Binary": {"*", "aGVsbG8=aGVs"},
		"hexBinary":    {"0", "xy"},
		"QName":        {"p:x"},
	} {
		b := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="xs:`+builtin+`"/></xs:sequence>`))
		for _, text := range texts {
			if got, err := decode(b, `<root><a>`+text+`</a></root>`); err == nil || !strings.Contains(err.Error(), "cannot be read") {
				t.Errorf("%s %q is read as %s (%v)", builtin, text, got, err)
			}
		}
	}
}

func TestTranslatePatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		patterns []string
		wanted   string
	}{
		{[]string{"[A-Z]{3}"}, "^(?:[A-Z]{3})$"},
		{[]string{"^a|b$", "c"}, "^(?:a|b|c)$"},
		{[]string{`\d+`}, `^(?:\p{Nd}+)$`},
		{[]string{`\\d`}, `^(?:\\d)$`},
		{[]string{"[a-z-[aeiou]]"}, ""},
		{[]string{`\p{IsBasicLatin}*`}, ""},
		{[]string{"a{2000}"}, ""},
		{nil, ""},
	}
	for _, test := range tests {
		got, ok := translate(test.patterns)
		if got != test.wanted || ok != (test.wanted != "") {
			t.Errorf("%q becomes %q, wanted %q", test.patterns, got, test.wanted)
		}
	}
}

func TestForbidsZone(t *testing.T) {
	t.Parallel()
	for pattern, wanted := range map[string]bool{
		`[0-9-]+T[0-9:]+`: true, `[0-9-]+T[0-9:]+Z`: false, `.*`: false, `[0-9-]+T[0-9:]+Z?`: false,
	} {
		if got := forbidsZone([]string{pattern}); got != wanted {
			t.Errorf("%s: %v, wanted %v", pattern, got, wanted)
		}
	}
	if (&Mapper{}).value(&xsd.Value{Builtin: "dateTime"}).zoneless {
		t.Error("a dateTime without a pattern is sent without its zone")
	}
}
