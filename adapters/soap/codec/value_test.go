package codec

import (
	"regexp"
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
		patterns          []string
		accepted, refused string // words
	}{
		{[]string{"[A-Z]{3}"}, "ABC", "AB ABCD abc"},
		{[]string{"^a|b$", "c"}, "a b c", "ab d"},
		{[]string{"^a$|^(^b|c$)$"}, "a b c", "ab d ^a a$ ^b"},
		{[]string{`a{,2}`}, "", ""},
		{[]string{`\d+`}, "1 ٣", "a"},
		{[]string{`\\d`}, `\d`, "1"},
		{[]string{"[a-z-[aeiou]]+"}, "xyz", "a xa A"},
		{[]string{`[\p{L}-[A-Z]]+`}, "aé", "A"},
		{[]string{"[^a-z-[1]]"}, "2 A", "1 a"},
		{[]string{`[a-f0-9]{2}-[a-f0-9]{2}`}, "a0-1b", "a0_1b g0-00"},
		{[]string{`\p{IsBasicLatin}*`}, "a~", "é"},
		{[]string{`\P{IsBasicLatin}`}, "é", "a"},
		{[]string{`\p{Lu}\P{Lu}`}, "Aa A1", "aA AA"},
		{[]string{`\i\c*`}, "a:b-1 _x", "1a -"},
		{[]string{`[\i-[:]][\c-[:]]*`}, "ab _x", "a:b 1a"},
		{[]string{`\I\C`}, "1/", "a/ 11"},
		{[]string{`[\w\-.]+@\w+`}, "a.b-c@d", "a@ @"},
		{[]string{`\W\S\D`}, "-ax", "aaa --1"},
		{[]string{`a.c`}, "abc", "ac"},
		{[]string{`\$1^2`}, "$1^2", "1"},
		{[]string{`[a^]`}, "a ^", "b"},
		{[]string{`[[a]`}, "[ a", "b"},
		{[]string{`(ab|c)?d{0,2}`}, "ab cdd d", "abab ddd"},
		{[]string{"a{2000}"}, "", ""},
		{[]string{`\p{IsKlingon}`}, "", ""},
		{[]string{`[\I]`}, "", ""},
		{[]string{`[a`}, "", ""},
		{[]string{`[a-[b]`}, "", ""},
		{[]string{`a\`}, "", ""},
		{[]string{`(a)\1`}, "", ""},
		{[]string{`(?=a)`}, "", ""},
		{nil, "", ""},
	}
	for _, test := range tests {
		got, ok := translate(test.patterns)
		if ok != (test.accepted != "") {
			t.Errorf("%q becomes %q, %v", test.patterns, got, ok)
			continue
		}
		if !ok {
			continue
		}
		accepts := regexp.MustCompile(got)
		for text := range strings.FieldsSeq(test.accepted) {
			if !accepts.MatchString(text) {
				t.Errorf("%q becomes %q, which refuses %q", test.patterns, got, text)
			}
		}
		for text := range strings.FieldsSeq(test.refused) {
			if accepts.MatchString(text) {
				t.Errorf("%q becomes %q, which accepts %q", test.patterns, got, text)
			}
		}
		if sample(got) == "" && !accepts.MatchString("") {
			t.Errorf("there is no sample of %q", test.patterns)
		}
	}
}

func FuzzTranslate(f *testing.F) {
	for _, seed := range []string{`[a-z-[aeiou]]{1,3}`, `\i\c*|\p{IsGreek}`, `^[^\d-[5]]$`, `[`, `\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		translated, ok := translate([]string{pattern})
		if !ok {
			return
		}
		if text := sample(translated); text != "" && !regexp.MustCompile(translated).MatchString(text) {
			t.Errorf("%q is no sample of %q", text, translated)
		}
	})
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
