package codec

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// encodedReply is a body with the namespaces that toolkits declare on it.
func encodedReply(content string) string {
	return `<Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/"` +
		` xmlns:e2="http://www.w3.org/2003/05/soap-encoding" xmlns:t="urn:t">` + content + `</Body>`
}

// read decodes a whole body to JSON.
func read(b *Body, xml string, options ReadOptions) (string, ReadReport, error) {
	tokens := xmltoken.NewReader([]byte(xml), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		return "", ReadReport{}, err
	}
	message, report, err := b.Decode(tokens, options)
	if err != nil {
		return "", report, err
	}
	out, err := protojson.Marshal(message)
	return string(out), report, err
}

func jsonOf(t testing.TB, message proto.Message) string {
	t.Helper()
	out, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestReferences holds what SOAP toolkits send where the rules of encoding let a value stand elsewhere.
func TestReferences(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, parts, xml, json string }{
		{
			"Axis: every value elsewhere", "r=t:Point",
			`<ns1:opResponse e:encodingStyle="" xmlns:ns1="urn:op"><r href="#id0"/></ns1:opResponse>` +
				`<multiRef id="id0" e:root="0" xsi:type="ns2:Point" xmlns:ns2="urn:t"><x href="#id1"/><label xsi:type="xsd:string">l</label></multiRef><multiRef id="id1" e:root="0" xsi:type="xsd:int">7</multiRef>`,
			`{"r":{"x":7,"label":"l"}}`,
		},
		{"a derived type", "r=t:Point", `<op><r href="#a"/></op><m id="a" xsi:type="t:Point3"><x>1</x><z>2</z></m>`, `{"r":{"point3":{"x":1,"z":2}}}`},
		{"backwards", "r=t:Point s=t:Point", `<op><r id="a"><x>1</x></r><s href="#a"/></op>`, `{"r":{"x":1},"s":{"x":1}}`},
		{"before the root", "r=xs:int", `<m id="a" e:root="0">1</m><op><r href="#a"/></op>`, `{"r":1}`},
		{"shared in an array", "a=t:Points", `<op><a href="#l"/></op><x id="l" e:arrayType="t:Point[2]"><i href="#p"/><i href="#p"/></x><y id="p"><x>1</x></y>`, `{"a":[{"x":1},{"x":1}]}`},
		{"a chain", "r=xs:string", `<op><r href="#a"/></op><m id="a" href="#b"/><m id="b">v</m>`, `{"r":"v"}`},
		{"nil elsewhere", "p=t:Point", `<op><p><x>1</x><label href="#n"/></p></op><m id="n" xsi:nil="1"/>`, `{"p":{"x":1}}`},
		{"null of the drafts", "p=t:Point", `<op xmlns:i="http://www.w3.org/1999/XMLSchema-instance"><p><x>1</x><label i:null="1"/></p></op>`, `{"p":{"x":1}}`},
		{"SOAP 1.2", "r=t:Point", `<op><r e2:ref="a"/></op><m e2:id="a"><x>1</x></m>`, `{"r":{"x":1}}`},
		{"the root is elsewhere", "r=xs:int", `<x href="#a"/><op id="a" e:root="0"><r>1</r></op>`, `{"r":1}`},
		{"prefixes of the place, not of the reference", "v=xs:QName", `<op xmlns:q="urn:wrong"><v href="#a"/></op><m id="a" xmlns:q="urn:right">q:n</m>`, `{"v":"{urn:right}n"}`},
		{"in anything", "v=xs:anyType", `<op><v href="#a"/></op><m id="a"><k href="#b"/></m><m id="b" xsi:type="xsd:int">5</m>`, `{"v":{"@id":"a","k":{"@id":"b","#text":"5"}}}`},
		{"accessors qualified and in any order", "a=xs:int b=xs:int", `<op xmlns="urn:q"><b>2</b><a>1</a></op>`, `{"a":1,"b":2}`},
		{"nothing at all where nothing is to be said", "", ``, `{}`},
		{"any name of the root", "a=xs:int", `<whatever><a>1</a></whatever>`, `{"a":1}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := encodedBody(t, test.parts)
			got, report, err := read(b, encodedReply(test.xml), ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got = strings.ReplaceAll(got, `,"nilFields":["label"]`, "")
			if !sameJSON(t, got, test.json) || report.Unexpected != 0 {
				t.Errorf("read is %s with %d unexpected elements, wanted %s", got, report.Unexpected, test.json)
			}
		})
	}
}

func TestReferencesThatLeadNowhere(t *testing.T) {
	t.Parallel()
	b := encodedBody(t, "r=t:Point s=t:Point")
	_, _, err := read(b, encodedReply(`<op><r href="#a"/><s><x>1</x></s></op>`), ReadOptions{})
	var located *ReadError
	if !errors.As(err, &located) || located.Path != "/op/r" || !strings.Contains(located.Message, "not there") {
		t.Errorf("the error is %v", err)
	}
	got, report, err := read(b, encodedReply(`<op><r href="#a"/><s><x>1</x></s></op>`), ReadOptions{Lenient: true})
	if err != nil || !sameJSON(t, got, `{"s":{"x":1}}`) || report.LeftOut != 1 {
		t.Errorf("read is %s with %+v (%v)", got, report, err)
	}
	_, _, err = read(b, encodedReply(`<op><r href="#a"/></op><m id="a"><x>no</x></m>`), ReadOptions{})
	if !errors.As(err, &located) || located.Path != "/op/r/x" {
		t.Errorf("the error is %v", err)
	}
}

// TestCycles holds that references that lead back to themselves end.
func TestCycles(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, `<xs:complexType name="N"><xs:sequence><xs:element name="name" type="xs:string"/><xs:element name="parent" type="t:N" minOccurs="0"/><xs:element name="child" type="t:N" minOccurs="0" maxOccurs="9"/></xs:sequence></xs:complexType>`+
		in(`<xs:sequence><xs:element name="n" type="t:N"/></xs:sequence>`))
	got, report, err := read(b, `<Body><root><n href="#1"/></root><m id="1"><name>p</name><child href="#2"/><child href="#3"/></m>`+
		`<m id="2"><name>a</name><parent href="#1"/></m><m id="3"><name>b</name><parent href="#1"/></m></Body>`, ReadOptions{})
	if err != nil || !sameJSON(t, got, `{"n":{"name":"p","child":[{"name":"a"},{"name":"b"}]}}`) || report.Cycles != 2 {
		t.Errorf("read is %s with %+v (%v)", got, report, err)
	}
}

// TestReferencesAreBounded holds that a small reply cannot become a large message.
func TestReferencesAreBounded(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, `<xs:complexType name="N"><xs:sequence><xs:element name="c" type="t:N" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>`+
		in(`<xs:sequence><xs:element name="c" type="t:N"/></xs:sequence>`))
	var xml strings.Builder
	xml.WriteString(`<Body><root><c href="#a"/></root>`)
	for c := byte('a'); c < 'z'; c++ {
		xml.WriteString(`<m id="` + string(c) + `">` + strings.Repeat(`<c href="#`+string(c+1)+`"/>`, 10) + `</m>`)
	}
	xml.WriteString(`<m id="z"/></Body>`)
	if _, _, err := read(b, xml.String(), ReadOptions{}); err == nil || !strings.Contains(err.Error(), "so often") {
		t.Errorf("the error is %v", err)
	}
	xml.Reset()
	xml.WriteString(`<Body><root><c href="#0"/></root>`)
	for i := range 300 {
		xml.WriteString(`<m id="` + strings.Repeat("x", i) + `0"><c href="#` + strings.Repeat("x", i+1) + `0"/></m>`)
	}
	xml.WriteString(`<m id="` + strings.Repeat("x", 300) + `0"/></Body>`)
	if _, _, err := read(b, xml.String(), ReadOptions{}); err == nil || !strings.Contains(err.Error(), "deep") {
		t.Errorf("the error is %v", err)
	}
}

// TestArraysAsFound holds how arrays come that are not as this package writes them.
func TestArraysAsFound(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, parts, xml, json string }{
		{"items of any name", "a=t:Strings", `<a e:arrayType="xsd:string[2]"><string>x</string><foo>y</foo></a>`, `{"a":["x","y"]}`},
		{"of no type at all", "a=t:Strings", `<a><item>x</item></a>`, `{"a":["x"]}`},
		{"qualified items", "a=t:Strings", `<a><e:string>x</e:string></a>`, `{"a":["x"]}`},
		{"partial", "a=t:Strings", `<a e:arrayType="xsd:string[5]" e:offset="[2]"><i>c</i><i>d</i></a>`, `{"a":["","","c","d"],"nilFields":["a[0]","a[1]"]}`},
		{"sparse", "a=t:Strings", `<a e:arrayType="xsd:string[5]"><i e:position="[1]">b</i><i>c</i></a>`, `{"a":["","b","c"],"nilFields":["a[0]"]}`},
		{"two dimensions", "m=t:Matrix", `<m e:arrayType="xsd:int[2,2]"><i>1</i><i>2</i><i>3</i><i>4</i></m>`, `{"m":{"items":[1,2,3,4],"dimensions":[2,2]}}`},
		{"a place in two dimensions", "m=t:Matrix", `<m e:arrayType="xsd:int[2,2]"><i e:position="[1,0]">3</i><i>4</i></m>`, `{"m":{"items":[0,0,3,4],"dimensions":[2,2],"nilFields":["items[0]","items[1]"]}}`},
		{"rows", "m=t:Matrix", `<m e:arrayType="xsd:int[2,3]"><r><i>1</i><i>2</i><i>3</i></r><r e:arrayType="xsd:int[3]"><i>4</i><i xsi:nil="1"/><i>6</i></r></m>`, `{"m":{"items":[1,2,3,4,0,6],"dimensions":[2,3],"nilFields":["items[4]"]}}`},
		{"rows elsewhere", "m=t:Matrix", `<m e:arrayType="xsd:int[][2]"><r href="#a"/><r href="#a"/></m><x id="a"><i>1</i></x>`, `{"m":{"items":[1,1],"dimensions":[2,1]}}`},
		{"SOAP 1.2", "m=t:Matrix", `<m e2:itemType="xsd:int" e2:arraySize="* 2"><i>1</i><i>2</i></m>`, `{"m":{"items":[1,2],"dimensions":[1,2]}}`},
		{"nil", "a=t:Strings", `<a xsi:nil="true"/>`, `{}`},
		{"of arrays", "j=t:Jagged", `<j e:arrayType="xsd:int[][1]"><i e:arrayType="xsd:int[2]"><n>1</n><n>2</n></i></j>`, `{"j":[{"items":[1,2]}]}`},
		{"of derived types", "p=t:Points", `<p><i xsi:type="t:Point3"><z>1</z></i></p>`, `{"p":[{"point3":{"z":1}}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := read(encodedBody(t, test.parts), encodedReply(`<op>`+test.xml+`</op>`), ReadOptions{})
			if err != nil || !sameJSON(t, got, test.json) {
				t.Errorf("read is %s (%v), wanted %s", got, err, test.json)
			}
		})
	}
	ragged := encodedReply(`<op><m><r><i>1</i></r><r><i>1</i><i>2</i></r></m></op>`)
	if got, _, err := read(encodedBody(t, "m=t:Matrix"), ragged, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "a row of the array has 2 members, and another one 1") {
		t.Errorf("rows of two lengths are read as %s (%v)", got, err)
	}
	for _, xml := range []string{`<a e:offset="[99999999]"/>`, `<a e:offset="x"/>`, `<a><i e:position="[5000]"/><i e:position="[10003]"/></a>`, `<a><i e:position="[1]"/><i e:position="[0]"/></a>`} {
		if got, _, err := read(encodedBody(t, "a=t:Strings"), encodedReply(`<op>`+xml+`</op>`), ReadOptions{}); err == nil {
			t.Errorf("%s is read as %d bytes", xml, len(got))
		}
	}
}

// TestAttachmentsInReplies holds the three ways to refer to a MIME part.
func TestAttachmentsInReplies(t *testing.T) {
	t.Parallel()
	const xop = `<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:1@a"/>`
	options := ReadOptions{Attachments: func(reference string) ([]byte, bool) {
		return []byte{0, 1, 2}, reference == "cid:1@a"
	}}
	b := bodyOf(t, `<xs:complexType name="B"><xs:simpleContent><xs:extension base="xs:base64Binary"><xs:attribute name="contentType"/></xs:extension></xs:simpleContent></xs:complexType>`+
		in(`<xs:sequence><xs:element name="a" type="xs:base64Binary" minOccurs="0"/><xs:element name="b" type="t:B" minOccurs="0"/><xs:element name="c" type="xs:anyType" minOccurs="0"/><xs:element name="d" type="xs:string" minOccurs="0"/></xs:sequence>`))
	tests := []struct{ name, xml, json string }{
		{"XOP", `<a>` + xop + `</a>`, `{"a":"AAEC"}`},
		{"XOP with white space", "<a>\n " + xop + "\n</a>", `{"a":"AAEC"}`},
		{"XOP in a type with attributes", `<b contentType="image/png">` + xop + `</b>`, `{"b":{"value":"AAEC","contentType":"image/png"}}`},
		{"XOP in anything", `<c>` + xop + `</c>`, `{"c":"AAEC"}`},
		{"by attribute", `<a href="cid:1@a"/>`, `{"a":"AAEC"}`},
		{"by text", `<a>cid:1@a</a>`, `{"a":"AAEC"}`},
		{"text stays text", `<d>cid:1@a</d>`, `{"d":"cid:1@a"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, report, err := read(b, `<Body><root>`+test.xml+`</root></Body>`, options)
			if err != nil || !sameJSON(t, got, test.json) || report.Unexpected != 0 {
				t.Errorf("read is %s with %+v (%v), wanted %s", got, report, err, test.json)
			}
		})
	}
	for _, xml := range []string{`<a>` + xop + `</a>`, `<a href="cid:1@a"/>`, `<a>cid:1@a</a>`, `<b>` + xop + `</b>`} {
		if got, _, err := read(b, `<Body><root>`+xml+`</root></Body>`, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "attachment") {
			t.Errorf("without the attachment %s is read as %s (%v)", xml, got, err)
		}
		got, report, err := read(b, `<Body><root>`+xml+`<d>x</d></root></Body>`, ReadOptions{Lenient: true})
		if err != nil || report.LeftOut != 1 || !bytes.Contains([]byte(got), []byte(`"x"`)) {
			t.Errorf("leniently %s is read as %s with %+v (%v)", xml, got, report, err)
		}
	}
}
