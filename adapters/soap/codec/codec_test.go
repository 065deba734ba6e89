package codec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// bodyOf maps the element "root" of a schema whose declarations are given. Its namespace is urn:t, with the prefix t.
func bodyOf(t testing.TB, declarations string) *Body {
	t.Helper()
	b, err := mapBody(t, declarations)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mapBody(t testing.TB, declarations string) (*Body, error) {
	t.Helper()
	d, err := document.Parse("t.xsd", []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">`+
		declarations+`</xs:schema>`), "")
	if err != nil {
		t.Fatal(err)
	}
	set := xsd.NewSet(&document.Loader{})
	if err := set.Add(t.Context(), d.Root); err != nil {
		t.Fatal(err)
	}
	root, err := set.Element(xsd.Name{Space: "urn:t", Local: "root"}, d.Root)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	file := mirror.NewFile("test")
	m := NewMapper(set, file, zone)
	b, err := m.Body(&wsdl.Message{Parts: []*wsdl.Part{{Name: "p", Element: root}}}, &wsdl.Operation{Name: "op"}, "Root", "op")
	if err != nil {
		return nil, err
	}
	linked, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	return b, m.Link(linked)
}

// decode reads a body to JSON.
func decode(b *Body, xml string) (string, error) {
	tokens := xmltoken.NewReader([]byte("<Body>"+xml+"</Body>"), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		return "", err
	}
	message, _, err := b.Decode(tokens, ReadOptions{})
	if err != nil {
		return "", err
	}
	out, err := protojson.Marshal(message)
	return string(out), err
}

// encode writes a body from JSON.
func encode(b *Body, text string) (string, error) {
	message := dynamicpb.NewMessage(b.Descriptor())
	if err := protojson.Unmarshal([]byte(text), message); err != nil {
		return "", err
	}
	w, err := b.Encode(message)
	if err != nil {
		return "", err
	}
	return string(w.Bytes()), nil
}

func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	var first, second any
	if err := errors.Join(json.Unmarshal([]byte(a), &first), json.Unmarshal([]byte(b), &second)); err != nil {
		t.Fatalf("%v: %s %s", err, a, b)
	}
	return reflect.DeepEqual(first, second)
}

// in wraps declarations of the root's content.
func in(content string) string {
	return `<xs:element name="root"><xs:complexType>` + content + `</xs:complexType></xs:element>`
}

// TestBothWays holds what a message is in XML and in JSON, both ways.
func TestBothWays(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, schema, xml, json string }{
		{
			"a list of one is a list", in(`<xs:sequence><xs:element name="a" type="xs:int" maxOccurs="unbounded"/></xs:sequence>`),
			`<n1:root><n1:a>1</n1:a></n1:root>`, `{"a":[1]}`,
		},
		{
			"empty, zero and absent stay apart", in(`<xs:sequence><xs:element name="a" type="xs:string" minOccurs="0"/><xs:element name="b" type="xs:int" minOccurs="0"/><xs:element name="c" type="xs:string" minOccurs="0"/></xs:sequence>`),
			`<n1:root><n1:a></n1:a><n1:b>0</n1:b></n1:root>`, `{"a":"","b":0}`,
		},
		{
			"nil is not absent", in(`<xs:sequence><xs:element name="a" type="xs:int" minOccurs="0" nillable="true"/><xs:element name="b" type="xs:string" maxOccurs="9" nillable="true"/></xs:sequence>`),
			`<n1:root><n1:a xsi:nil="true"/><n1:b>x</n1:b><n1:b xsi:nil="true"/></n1:root>`, `{"b":["x",""],"nilFields":["a","b[1]"]}`,
		},
		{
			"nil among elements that come twice", in(`<xs:sequence><xs:element name="a" type="xs:int" nillable="true"/><xs:element name="b" type="xs:string"/><xs:element name="a" type="xs:int" nillable="true"/></xs:sequence>`),
			`<n1:root><n1:a>1</n1:a><n1:b>2</n1:b><n1:a xsi:nil="true"/></n1:root>`, `{"a":[1,0],"b":"2","nilFields":["a[1]"]}`,
		},
		{
			"a list that is nil", in(`<xs:sequence><xs:element name="a" minOccurs="0" nillable="true"><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element></xs:sequence>`),
			`<n1:root><n1:a xsi:nil="true"/></n1:root>`, `{"nilFields":["a"]}`,
		},
		{
			"line ends and tabs in an attribute", in(`<xs:attribute name="a" type="xs:string"/>`),
			`<n1:root a="1&#xA;2&#x9;3&#xD;4"></n1:root>`, `{"a":"1\n2\t3\r4"}`,
		},
		{
			"nil that must be there", in(`<xs:sequence><xs:element name="a" type="xs:int" nillable="true"/></xs:sequence>`),
			`<n1:root><n1:a xsi:nil="true"/></n1:root>`, `{}`,
		},
		{
			"attributes and simple content", in(`<xs:simpleContent><xs:extension base="xs:decimal"><xs:attribute name="currency" type="xs:string"/><xs:attribute ref="xml:lang"/></xs:extension></xs:simpleContent>`),
			`<n1:root currency="GBP" xml:lang="en">12.50</n1:root>`, `{"value":"12.50","currency":"GBP","lang":"en"}`,
		},
		{
			"choice", in(`<xs:choice><xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string"/></xs:choice>`),
			`<n1:root><n1:b>x</n1:b></n1:root>`, `{"b":"x"}`,
		},
		{
			"choice between sequences", in(`<xs:choice><xs:sequence><xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string"/></xs:sequence><xs:sequence><xs:element name="a" type="xs:string"/><xs:element name="c" type="xs:string"/></xs:sequence></xs:choice>`),
			`<n1:root><n1:a>1</n1:a><n1:c>2</n1:c></n1:root>`, `{"a":"1","c":"2"}`,
		},
		{
			"the order in a repeated choice is kept", in(`<xs:choice maxOccurs="unbounded"><xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string"/></xs:choice>`),
			`<n1:root><n1:b>1</n1:b><n1:a>2</n1:a><n1:a>3</n1:a><n1:b>4</n1:b></n1:root>`, `{"choice":[{"b":"1"},{"a":"2"},{"a":"3"},{"b":"4"}]}`,
		},
		{
			"rounds of a repeated sequence", in(`<xs:sequence maxOccurs="unbounded"><xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string" minOccurs="0"/><xs:element name="c" type="xs:string" minOccurs="0" maxOccurs="2"/></xs:sequence>`),
			`<n1:root><n1:a>1</n1:a><n1:a>2</n1:a><n1:b>3</n1:b><n1:c>4</n1:c><n1:c>5</n1:c><n1:a>6</n1:a></n1:root>`,
			`{"sequence":[{"a":"1"},{"a":"2","b":"3","c":["4","5"]},{"a":"6"}]}`,
		},
		{
			"the same element twice", in(`<xs:sequence><xs:element name="a" type="xs:string"/><xs:element name="b" type="xs:string"/><xs:element name="a" type="xs:string"/></xs:sequence>`),
			`<n1:root><n1:a>1</n1:a><n1:b>2</n1:b><n1:a>3</n1:a></n1:root>`, `{"a":["1","3"],"b":"2"}`,
		},
		{
			"base type's elements first", `<xs:complexType name="B"><xs:sequence><xs:element name="a" type="xs:string"/></xs:sequence><xs:attribute name="x"/></xs:complexType>` +
				in(`<xs:complexContent><xs:extension base="t:B"><xs:sequence><xs:element name="b" type="xs:string"/></xs:sequence><xs:attribute name="y"/></xs:extension></xs:complexContent>`),
			`<n1:root x="1" y="2"><n1:a>3</n1:a><n1:b>4</n1:b></n1:root>`, `{"a":"3","b":"4","x":"1","y":"2"}`,
		},
		{
			"a derived type stands in", `<xs:complexType name="B" abstract="true"><xs:sequence><xs:element name="a" type="xs:string"/></xs:sequence></xs:complexType>` +
				`<xs:complexType name="D"><xs:complexContent><xs:extension base="t:B"><xs:sequence><xs:element name="b" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>` +
				in(`<xs:sequence><xs:element name="v" type="t:B" maxOccurs="2"/></xs:sequence>`),
			`<n1:root><n1:v xsi:type="n1:D"><n1:a>1</n1:a><n1:b>2</n1:b></n1:v></n1:root>`, `{"v":[{"d":{"a":"1","b":"2"}}]}`,
		},
		{
			"substitution group", `<xs:element name="h" type="xs:string" abstract="true"/><xs:element name="m" type="xs:string" substitutionGroup="t:h"/><xs:element name="n" type="xs:string" substitutionGroup="t:h"/>` +
				in(`<xs:sequence><xs:element ref="t:h"/></xs:sequence>`),
			`<n1:root><n1:n>x</n1:n></n1:root>`, `{"n":"x"}`,
		},
		{
			"recursion", `<xs:complexType name="N"><xs:sequence><xs:element name="n" type="t:N" minOccurs="0"/></xs:sequence><xs:attribute name="i" type="xs:int"/></xs:complexType>` +
				in(`<xs:sequence><xs:element name="n" type="t:N"/></xs:sequence>`),
			`<n1:root><n1:n i="1"><n1:n i="2"></n1:n></n1:n></n1:root>`, `{"n":{"i":1,"n":{"i":2}}}`,
		},
		{
			"lists", in(`<xs:sequence><xs:element name="a"><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element></xs:sequence><xs:attribute name="b" type="xs:NMTOKENS"/>`),
			`<n1:root b="x y"><n1:a>1 2 3</n1:a></n1:root>`, `{"a":[1,2,3],"b":["x","y"]}`,
		},
		{
			"unqualified by form", in(`<xs:sequence><xs:element name="a" type="xs:string" form="unqualified"/></xs:sequence><xs:attribute name="b" type="xs:string" form="qualified"/>`),
			`<n1:root n1:b="2"><a>1</a></n1:root>`, `{"a":"1","b":"2"}`,
		},
		{
			"anything", in(`<xs:sequence><xs:element name="v" type="xs:anyType"/><xs:any minOccurs="0" maxOccurs="unbounded"/></xs:sequence>`),
			`<n1:root><n1:v a="1"><n1:c>2</n1:c><n1:c>3</n1:c></n1:v><x1:x>4</x1:x></n1:root>`,
			`{"v":{"@a":"1","{urn:t}c":["2","3"]},"any":[{"{urn:x}x":"4"}]}`,
		},
		{
			"a fixed value goes without saying", in(`<xs:sequence><xs:element name="a" type="xs:string" fixed="v1"/></xs:sequence>`),
			`<n1:root><n1:a>v1</n1:a></n1:root>`, `{"a":"v1"}`,
		},
		{
			"a qualified name means the same everywhere", in(`<xs:sequence><xs:element name="a" type="xs:QName"/></xs:sequence>`),
			`<n1:root><n1:a>n1:thing</n1:a></n1:root>`, `{"a":"{urn:t}thing"}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := bodyOf(t, test.schema)
			written, err := encode(b, test.json)
			if err != nil || written != test.xml {
				var public *adapters.Error
				errors.As(err, &public)
				t.Errorf("written is (%v, %+v)\n%s, wanted\n%s", err, public, written, test.xml)
			}
			declared := strings.Replace(test.xml, "<n1:root", `<n1:root xmlns:n1="urn:t" xmlns:x1="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`, 1)
			read, err := decode(b, declared)
			if err != nil || !sameJSON(t, read, test.json) {
				t.Errorf("read is (%v)\n%s, wanted\n%s", err, read, test.json)
			}
		})
	}
}

// TestReadingIsTolerant holds replies that do not keep to their schema, and still say what they mean.
func TestReadingIsTolerant(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:string" minOccurs="0" default="dft"/><xs:element name="c" type="xs:decimal" minOccurs="0"/></xs:sequence>`))
	tests := []struct{ name, xml, json string }{
		{"no namespaces", `<root><a>1</a></root>`, `{"a":1}`},
		{"other prefix", `<x:root xmlns:x="urn:t"><x:a>1</x:a></x:root>`, `{"a":1}`},
		{"children unqualified", `<x:root xmlns:x="urn:t"><a>1</a></x:root>`, `{"a":1}`},
		{"wrong namespace", `<root xmlns="urn:other"><a>1</a></root>`, `{"a":1}`},
		{"out of order", `<root><b>x</b><a>1</a></root>`, `{"a":1,"b":"x"}`},
		{"unexpected elements and attributes", `<root z="1"><z><a>9</a></z><a q="1">1</a></root>`, `{"a":1}`},
		{"comments, white space, CDATA", "<root>\n <!-- x --><a> <![CDATA[1]]>\n</a></root>", `{"a":1}`},
		{"empty element with a default", `<root><a>1</a><b/></root>`, `{"a":1,"b":"dft"}`},
		{"empty number", `<root><a>1</a><c/></root>`, `{"a":1}`},
		{"missing what may be missing", `<root><a>1</a></root>`, `{"a":1}`},
		{"empty what must be there", `<root><a/></root>`, `{}`},
		{"nil where none is allowed", `<root xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><a i:nil="true"/><b i:nil="true"/></root>`, `{}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(b, test.xml)
			if err != nil || !sameJSON(t, got, test.json) {
				t.Errorf("read is %s (%v), wanted %s", got, err, test.json)
			}
		})
	}
}

// TestNothingIsOverwritten holds that of two values for one field none is lost in silence.
func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, schema, xml, says string }{
		{
			"an element twice", in(`<xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence>`),
			`<root><a>1</a><a>2</a></root>`, "more than once",
		},
		{
			"a list twice", in(`<xs:sequence><xs:element name="a" type="xs:NMTOKENS"/><xs:element name="b" type="xs:int" minOccurs="0"/></xs:sequence>`),
			`<root><a>1</a><b>2</b><b>3</b></root>`, "more than once",
		},
		{
			"two branches of a choice", in(`<xs:choice><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int"/></xs:choice>`),
			`<root><a>1</a><b>2</b></root>`, "beside a",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(bodyOf(t, test.schema), test.xml)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("read is %s (%v)", got, err)
			}
		})
	}
}

// TestNilOfAListThatAllowsNone holds that a nil item does not become a zero.
func TestNilOfAListThatAllowsNone(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="xs:int" maxOccurs="9"/></xs:sequence>`))
	got, err := decode(b, `<root xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><a>1</a><a i:nil="true"/></root>`)
	if err != nil || !sameJSON(t, got, `{"a":[1]}`) {
		t.Errorf("read is %s (%v)", got, err)
	}
}

func TestReadErrorsNameThePlace(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="p"><xs:complexType><xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence></xs:complexType></xs:element></xs:sequence>`))
	_, err := decode(b, "<root>\n<p><a>secret</a></p></root>")
	var read *ReadError
	if !errors.As(err, &read) || read.Path != "/root/p/a" || read.Line != 2 {
		t.Errorf("the error is %v", err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error holds the value: %v", err)
	}
	if _, err := decode(b, "<other/>"); err == nil || !strings.Contains(err.Error(), "root is missing") {
		t.Errorf("the error is %v", err)
	}
}

func TestWritingIsStrict(t *testing.T) {
	t.Parallel()
	const inner = `<xs:element name="p" minOccurs="0" maxOccurs="2"><xs:complexType><xs:sequence><xs:element name="a" type="xs:date"/></xs:sequence><xs:attribute name="k" use="required"/></xs:complexType></xs:element>`
	b := bodyOf(t, in(`<xs:sequence>`+inner+`<xs:choice minOccurs="0"><xs:sequence><xs:element name="x" type="xs:int"/><xs:element name="y" type="xs:int"/></xs:sequence><xs:element name="z" type="xs:int"/></xs:choice></xs:sequence>`))
	tests := []struct{ name, json, field string }{
		{"missing in a list", `{"p":[{"a":"2026-01-31","k":"1"},{"k":"2"}]}`, "p[1].a"},
		{"missing attribute", `{"p":[{"a":"2026-01-31"}]}`, "p[0].k"},
		{"too many", `{"p":[{},{},{}]}`, "p"},
		{"empty date", `{"p":[{"a":"","k":"1"}]}`, "p[0].a"},
		{"half a branch", `{"x":1}`, "y"},
		{"two branches", `{"x":1,"y":2,"z":3}`, "z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := encode(b, test.json)
			var public *adapters.Error
			if !errors.As(err, &public) || len(public.Violations) != 1 || public.Violations[0].Field != test.field {
				t.Errorf("the error is %+v, wanted one violation of %s", public, test.field)
			}
		})
	}
}

// TestFreeContent holds what callers may write where the schema leaves everything open.
func TestFreeContent(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:any maxOccurs="unbounded"/></xs:sequence>`))
	tests := []struct{ name, json, xml, violation string }{
		{"text, number, bool, nil", `{"any":[{"a":"<"},{"b":1.5},{"c":true},{"d":null}]}`, `<a>&lt;</a><b>1.5</b><c>true</c><d xsi:nil="true"/>`, ""},
		{"attributes of other namespaces", `{"any":[{"a":{"@{urn:p}x":"1","@{urn:q}x":"2","#text":"t"}}]}`, `<a x1:x="1" x2:x="2">t</a>`, ""},
		{"nested in other namespaces", `{"any":[{"{urn:p}a":{"{urn:q}b":["1","2"]}}]}`, `<x1:a><x2:b>1</x2:b><x2:b>2</x2:b></x1:a>`, ""},
		{"in the caller's order", `{"any":[{"a":{"@x":"1","#content":["t",{"c":"1"},{"b":{"#content":[{"z":""},2]}},true]}}]}`, `<a x="1">t<c>1</c><b><z></z>2</b>true</a>`, ""},
		{"no order", `{"any":[{"a":{"#content":"x"}}]}`, "", "is a list of texts"},
		{"no name", `{"any":[{"a b":"1"}]}`, "", "is no name of an element"},
		{"markup in a name", `{"any":[{"a><b":"1"}]}`, "", "is no name of an element"},
		{"a declaration is no attribute", `{"any":[{"a":{"@xmlns":"urn:x"}}]}`, "", "is no name of an attribute"},
		{"a character that XML cannot carry, in a namespace", `{"any":[{"{urn:\u0001}a":"1"}]}`, "", "is no name of an element"},
		{"a list in a list", `{"any":[{"a":[["1"]]}]}`, `<a>1</a>`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			written, err := encode(b, test.json)
			if test.violation == "" {
				if wanted := "<n1:root>" + test.xml + "</n1:root>"; err != nil || written != wanted {
					t.Errorf("written is %s (%v), wanted %s", written, err, wanted)
				}
				return
			}
			var public *adapters.Error
			if !errors.As(err, &public) || len(public.Violations) == 0 || !strings.Contains(public.Violations[0].Description, test.violation) {
				t.Errorf("the error is %+v", public)
			}
		})
	}
}

// What no schema declares is free content; that it is missing is for the reader of schemas to say.
func TestWhatIsNotDeclaredIsFree(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="t:Missing"/></xs:sequence>`))
	if got, err := encode(b, `{"a":{"{urn:x}b":"1"}}`); err != nil || got != `<n1:root><n1:a><x1:b>1</x1:b></n1:a></n1:root>` {
		t.Errorf("written is %s, %v", got, err)
	}
}
