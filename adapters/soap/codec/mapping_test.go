package codec

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentedMapping holds what the package document says of the JSON that callers see.
func TestDocumentedMapping(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	const abc = `<xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string"/>`
	sequence := func(elements string) string { return in(`<xs:sequence>` + elements + `</xs:sequence>`) }
	tests := []struct{ name, schema, xml, json string }{
		{"element of a simple type", sequence(`<xs:element name="n" type="xs:int"/>`), `<n1:n>5</n1:n>`, `{"n":5}`},
		{"maxOccurs over 1, or twice", sequence(`<xs:element name="n" type="xs:int" maxOccurs="2"/>`), `<n1:n>5</n1:n>`, `{"n":[5]}`},
		{"xs:list", sequence(`<xs:element name="n"><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element>`), `<n1:n>1 2</n1:n>`, `{"n":[1,2]}`},
		{
			"xs:list", sequence(`<xs:element name="n" maxOccurs="2"><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element>`),
			`<n1:n>1 2</n1:n><n1:n>3</n1:n>`, `{"n":["1 2","3"]}`,
		},
		{
			"element of a complex type", sequence(`<xs:element name="a"><xs:complexType><xs:sequence><xs:element name="n" type="xs:int"/></xs:sequence></xs:complexType></xs:element>`),
			`<n1:a><n1:n>5</n1:n></n1:a>`, `{"a":{"n":5}}`,
		},
		{"attribute", sequence(`<xs:element name="a"><xs:complexType><xs:attribute name="n" type="xs:int"/></xs:complexType></xs:element>`), `<n1:a n="5"></n1:a>`, `{"a":{"n":5}}`},
		{
			"simple content", sequence(`<xs:element name="p"><xs:complexType><xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="cur" type="xs:string"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>`),
			`<n1:p cur="GBP">1.50</n1:p>`, `{"p":{"value":"1.50","cur":"GBP"}}`,
		},
		{"empty element", sequence(`<xs:element name="a"><xs:complexType><xs:attribute name="n"/></xs:complexType></xs:element>`), `<n1:a></n1:a>`, `{"a":{}}`},
		{"choice", in(`<xs:choice>` + abc + `</xs:choice>`), `<n1:b>x</n1:b>`, `{"b":"x"}`},
		{"choice that repeats", in(`<xs:choice maxOccurs="9">` + abc + `</xs:choice>`), `<n1:b>x</n1:b><n1:a>y</n1:a>`, `{"choice":[{"b":"x"},{"a":"y"}]}`},
		{
			"sequence that repeats", in(`<xs:sequence maxOccurs="9"><xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string" minOccurs="0"/></xs:sequence>`),
			`<n1:a>1</n1:a><n1:b>2</n1:b><n1:a>3</n1:a>`, `{"sequence":[{"a":"1","b":"2"},{"a":"3"}]}`,
		},
		{
			"substitution group", `<xs:element name="head" type="xs:string"/><xs:element name="member" type="xs:string" substitutionGroup="t:head"/>` + sequence(`<xs:element ref="t:head"/>`),
			`<n1:member>x</n1:member>`, `{"member":"x"}`,
		},
		{
			"substitution group", `<xs:element name="head" type="xs:string"/><xs:element name="member" type="xs:string" substitutionGroup="t:head"/>` + sequence(`<xs:element ref="t:head" maxOccurs="2"/>`),
			`<n1:member>x</n1:member>`, `{"head":[{"member":"x"}]}`,
		},
		{
			"derived type", `<xs:complexType name="B"><xs:sequence><xs:element name="a" type="xs:string"/></xs:sequence></xs:complexType>` +
				`<xs:complexType name="D"><xs:complexContent><xs:extension base="t:B"><xs:sequence><xs:element name="b" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>` +
				sequence(`<xs:element name="v" type="t:B"/>`),
			`<n1:v xsi:type="n1:D"><n1:a>1</n1:a><n1:b>2</n1:b></n1:v>`, `{"v":{"d":{"a":"1","b":"2"}}}`,
		},
		{"nil that must be there", sequence(`<xs:element name="n" type="xs:int" nillable="true"/>`), `<n1:n xsi:nil="true"/>`, `{}`},
		{"nil that could be absent", sequence(`<xs:element name="n" type="xs:int" nillable="true" minOccurs="0"/>`), `<n1:n xsi:nil="true"/>`, `{"nilFields":["n"]}`},
		{
			"nil item of a list", sequence(`<xs:element name="n" type="xs:int" nillable="true" maxOccurs="2"/>`), `<n1:n>5</n1:n><n1:n xsi:nil="true"/>`,
			`{"n":[5,0],"nilFields":["n[1]"]}`,
		},
		{"xs:any", sequence(`<xs:any/>`), `<x1:b>1</x1:b>`, `{"any":{"{urn:x}b":"1"}}`},
		{"xs:any", sequence(`<xs:any maxOccurs="2"/>`), `<x1:b>1</x1:b>`, `{"any":[{"{urn:x}b":"1"}]}`},
		{
			"xs:anyAttribute", sequence(`<xs:element name="a"><xs:complexType><xs:anyAttribute/></xs:complexType></xs:element>`), `<n1:a x1:k="1"></n1:a>`,
			`{"a":{"anyAttributes":{"{urn:x}k":"1"}}}`,
		},
		{"xs:anyType", sequence(`<xs:element name="v" type="xs:anyType"/>`), `<n1:v>1</n1:v>`, `{"v":"1"}`},
		{"xs:anyType", sequence(`<xs:element name="v" type="xs:anyType"/>`), `<n1:v k="1"><x1:b>2</x1:b></n1:v>`, `{"v":{"@k":"1","{urn:x}b":"2"}}`},
		{"xs:anyType, mixed", sequence(`<xs:element name="v" type="xs:anyType"/>`), `<n1:v>t <b>x</b></n1:v>`, `{"v":{"#content":["t ",{"b":"x"}]}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if text := string(document); !strings.Contains(text, "//\t"+test.name+" ") || !strings.Contains(text, test.json) {
				t.Errorf("the document does not say %s of %s", test.json, test.name)
			}
			b := bodyOf(t, test.schema)
			wanted := "<n1:root>" + test.xml + "</n1:root>"
			if written, err := encode(b, test.json); err != nil || written != wanted {
				t.Errorf("written is %s (%v), wanted %s", written, err, wanted)
			}
			declared := strings.Replace(wanted, "<n1:root", `<n1:root xmlns:n1="urn:t" xmlns:x1="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, 1)
			if read, err := decode(b, declared); err != nil || !sameJSON(t, read, test.json) {
				t.Errorf("read is %s (%v), wanted %s", read, err, test.json)
			}
		})
	}
}
