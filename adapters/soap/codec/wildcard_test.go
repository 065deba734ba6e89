package codec

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters"
)

// holdViolation holds that a message is refused, with this in what is said of one field.
func holdViolation(t *testing.T, b *Body, json, field, says string) {
	t.Helper()
	written, err := encode(b, json)
	var public *adapters.Error
	if !errors.As(err, &public) {
		t.Fatalf("%s is written as %s (%v)", json, written, err)
	}
	if len(public.Violations) != 1 || public.Violations[0].Field != field || !strings.Contains(public.Violations[0].Description, says) {
		t.Errorf("the violations of %s are %+v, wanted one of %s: %s", json, public.Violations, field, says)
	}
}

// TestWildcards holds what may stand where a schema leaves elements open (XML Schema part 1 section 3.10).
func TestWildcards(t *testing.T) {
	t.Parallel()
	tests := []struct{ namespace, accepted, refused, says string }{
		{"", "{urn:t}a {urn:x}a a", "", ""},
		{"##any", "{urn:t}a {urn:x}a a", "", ""},
		{"##other", "{urn:x}a", "{urn:t}a a", "every namespace but urn:t, no namespace"},
		{"##targetNamespace", "{urn:t}a", "{urn:x}a a", "one of urn:t"},
		{"##local", "a", "{urn:x}a {urn:t}a", "one of no namespace"},
		{" urn:x  ##local ", "{urn:x}a a", "{urn:t}a", "one of urn:x, no namespace"},
	}
	for _, test := range tests {
		t.Run(test.namespace, func(t *testing.T) {
			t.Parallel()
			attribute := ""
			if test.namespace != "" {
				attribute = ` namespace="` + test.namespace + `"`
			}
			b := bodyOf(t, in(`<xs:sequence><xs:any minOccurs="0" maxOccurs="2"`+attribute+`/></xs:sequence><xs:anyAttribute`+attribute+`/>`))
			for name := range strings.FieldsSeq(test.accepted) {
				if _, err := encode(b, `{"any":[{"`+name+`":"1"}],"anyAttributes":{"`+name+`":"1"}}`); err != nil {
					t.Errorf("%s is refused: %v", name, err)
				}
			}
			for name := range strings.FieldsSeq(test.refused) {
				holdViolation(t, b, `{"any":[{"`+name+`":"1"}]}`, "any[0]", test.says)
				holdViolation(t, b, `{"anyAttributes":{"`+name+`":"1"}}`, "anyAttributes", test.says)
			}
		})
	}
}

// TestNothingIsLeftUnsent holds that what has no place in the content model is refused, and not passed over.
func TestNothingIsLeftUnsent(t *testing.T) {
	t.Parallel()
	const a, b = `<xs:element name="a" type="xs:string"/>`, `<xs:element name="b" type="xs:string"/>`
	tests := []struct{ name, schema, json, field, says string }{
		{"two elements for one wildcard", `<xs:sequence><xs:any/></xs:sequence>`, `{"any":{"a":"1","b":"2"}}`, "any", "it has 2 elements"},
		{"a list for one wildcard", `<xs:sequence><xs:any/></xs:sequence>`, `{"any":{"a":["1","2"]}}`, "any", "it has 2 elements"},
		{"three elements for two wildcards", `<xs:sequence><xs:any/>` + a + `<xs:any/></xs:sequence>`, `{"a":"1","any":[{"x":""},{"x":""},{"x":""}]}`, "any", "at most 2"},
		{"an element too often for its places", `<xs:sequence>` + a + b + a + `</xs:sequence>`, `{"a":["1","2","3"],"b":"1"}`, "a", "at most 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			holdViolation(t, bodyOf(t, in(test.schema)), test.json, test.field, test.says)
		})
	}
}

// TestAnySimpleType holds that a value of any simple type can say of which it is.
func TestAnySimpleType(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="v" type="xs:anySimpleType" maxOccurs="3"/></xs:sequence>`))
	const types = `{"@{http://www.w3.org/2001/XMLSchema-instance}type":"{http://www.w3.org/2001/XMLSchema}`
	written, err := encode(b, `{"v":["x",5,`+types+`date","#text":"2026-01-31"}]}`)
	if want := `<n1:root><n1:v>x</n1:v><n1:v>5</n1:v><n1:v xsi:type="xsd:date">2026-01-31</n1:v></n1:root>`; err != nil || written != want {
		t.Errorf("written is %s (%v), wanted %s", written, err, want)
	}
	read, _, err := read(b, encodedReply(`<root><v>x</v><v xsi:type="xsd:int">5</v><v xsi:type="t:Code">c</v></root>`), ReadOptions{})
	if want := `{"v":["x",5,{"@{http://www.w3.org/2001/XMLSchema-instance}type":"{urn:t}Code","#text":"c"}]}`; err != nil || !sameJSON(t, read, want) {
		t.Errorf("read is %s (%v), wanted %s", read, err, want)
	}
	for _, json := range []string{`{"a":"1"}`, `["1"]`, `{"#content":["1"]}`, `{"@k":"1","#text":"x"}`} {
		holdViolation(t, b, `{"v":[`+json+`]}`, "v[0]", "text, a number")
	}
	required := bodyOf(t, in(`<xs:sequence><xs:element name="v" type="xs:anySimpleType"/></xs:sequence>`))
	holdViolation(t, required, `{}`, "v", "required")
}
