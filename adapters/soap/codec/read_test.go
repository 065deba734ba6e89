package codec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/wire"
)

// TestLenientReading holds that what breaks its schema is left out, counted and located, and nothing else is lost.
func TestLenientReading(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="xs:int" minOccurs="0"/><xs:element name="b" type="xs:int" minOccurs="0" maxOccurs="9"/><xs:choice minOccurs="0"><xs:element name="c" type="xs:int"/><xs:element name="d" type="xs:int"/></xs:choice>`+
		`<xs:element name="l" minOccurs="0"><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element></xs:sequence><xs:attribute name="k" type="xs:date"/>`))
	tests := []struct {
		name, xml, json, path string
		leftOut               int
	}{
		{"a value", `<root><a>secret</a><b>1</b></root>`, `{"b":[1]}`, "/root/a", 1},
		{"an item", `<root><b>1</b><b>x</b><b>3</b></root>`, `{"b":[1,3]}`, "/root/b", 1},
		{"an empty item", `<root><b>1</b><b/></root>`, `{"b":[1]}`, "/root/b", 1},
		{"the second of two", `<root><a>1</a><a>2</a></root>`, `{"a":1}`, "/root/a", 1},
		{"the first of two", `<root><a>x</a><a>2</a></root>`, `{"a":2}`, "/root/a", 1},
		{"the other branch", `<root><c>1</c><d>2</d></root>`, `{"c":1}`, "/root/d", 1},
		{"a list with one bad item", `<root><l>1 x 3</l></root>`, `{}`, "/root/l", 1},
		{"an attribute", `<root k="secret"><a>1</a></root>`, `{"a":1}`, "/root/k", 1},
		{"more than are described", `<root>` + strings.Repeat(`<b>x</b>`, 30) + `<a>1</a></root>`, `{"a":1}`, "/root/b", 30},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, report, err := read(b, "<Body>"+test.xml+"</Body>", ReadOptions{Lenient: true})
			if err != nil || !sameJSON(t, got, test.json) || report.LeftOut != test.leftOut || len(report.Problems) != min(test.leftOut, maxProblems) {
				t.Fatalf("read is %s with %+v (%v), wanted %s", got, report, err, test.json)
			}
			var located *ReadError
			if !errors.As(report.Problems[0], &located) || located.Path != test.path || strings.Contains(located.Error(), "secret") {
				t.Errorf("the problem is %v, wanted one of %s", report.Problems[0], test.path)
			}
			if _, _, err := read(b, "<Body>"+test.xml+"</Body>", ReadOptions{}); !errors.As(err, &located) || located.Path != test.path {
				t.Errorf("read strictly, the error is %v", err)
			}
		})
	}
	if _, _, err := read(b, "<Body><root><a></root></Body>", ReadOptions{Lenient: true}); err == nil {
		t.Error("a reply that is not well-formed is read")
	}
}

// TestReadingEndsWithItsContext holds that nobody reads on who is not waited for.
func TestReadingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="xs:int" maxOccurs="unbounded"/><xs:any minOccurs="0" maxOccurs="unbounded"/></xs:sequence>`))
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	for _, item := range []string{`<a>1</a>`, `<free><x/></free>`} {
		if _, _, err := read(b, "<Body><root>"+strings.Repeat(item, 2*pace)+"</root></Body>", ReadOptions{Context: ctx}); !errors.Is(err, gone) {
			t.Errorf("reading %s ends with %v", item, err)
		}
	}
}

// TestListsStandTogether holds that the items of a list follow each other on the wire, however the reply mixes them.
func TestListsStandTogether(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="xs:int" maxOccurs="9"/><xs:element name="b" type="xs:string" maxOccurs="9"/><xs:sequence maxOccurs="9"><xs:element name="c" type="xs:int"/><xs:element name="d" type="xs:int" minOccurs="0"/></xs:sequence></xs:sequence>`))
	tokens := xmltoken.NewReader([]byte(`<Body><root><c>1</c><a>1</a><b>x</b><d>2</d><a>2</a><c>3</c><b>y</b><a>3</a></root></Body>`), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		t.Fatal(err)
	}
	message, _, err := b.Decode(tokens, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	raw, ok := message.(*wire.Message)
	if !ok {
		t.Fatalf("the message is a %T", message)
	}
	var numbers []protowire.Number
	for data := raw.Bytes(); len(data) > 0; {
		number, _, n := protowire.ConsumeField(data)
		if n < 0 {
			t.Fatal("the bytes are no message")
		}
		numbers, data = append(numbers, number), data[n:]
	}
	left := make(map[protowire.Number]bool)
	for i, number := range numbers {
		if i > 0 && numbers[i-1] != number {
			left[numbers[i-1]] = true
		}
		if left[number] {
			t.Fatalf("the fields are %v", numbers)
		}
	}
	const wanted = `{"a":[1,2,3],"b":["x","y"],"sequence":[{"c":1,"d":2},{"c":3}]}`
	if got, err := decode(b, `<root><c>1</c><a>1</a><b>x</b><d>2</d><a>2</a><c>3</c><b>y</b><a>3</a></root>`); err != nil || !sameJSON(t, got, wanted) {
		t.Errorf("read is %s (%v), wanted %s", got, err, wanted)
	}
}

// TestDecodeElement reads single elements: header blocks, and what stands in a fault's detail.
func TestDecodeElement(t *testing.T) {
	t.Parallel()
	complexBody := bodyOf(t, in(`<xs:sequence><xs:element name="a" type="xs:int"/></xs:sequence>`))
	simpleBody := bodyOf(t, `<xs:element name="root" type="xs:int"/>`)
	for _, test := range []struct {
		name, xml, json string
		body            *Body
	}{
		{"complex", `<detail><root><a>1</a></root><next/></detail>`, `{"a":1}`, complexBody},
		{"simple", `<detail><root>1</root><next/></detail>`, `{"root":1}`, simpleBody},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tokens := xmltoken.NewReader([]byte(test.xml), xmltoken.Options{})
			for range 2 {
				if _, err := tokens.Next(); err != nil {
					t.Fatal(err)
				}
			}
			message, _, err := test.body.DecodeElement(tokens, ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := jsonOf(t, message); !sameJSON(t, got, test.json) {
				t.Errorf("read is %s, wanted %s", got, test.json)
			}
			if kind, err := tokens.Next(); err != nil || kind != xmltoken.Start || string(tokens.Local()) != "next" {
				t.Errorf("behind the element comes %q (%v)", tokens.Local(), err)
			}
		})
	}
	tokens := xmltoken.NewReader([]byte(`<detail><root><a>x</a></root></detail>`), xmltoken.Options{})
	for range 2 {
		if _, err := tokens.Next(); err != nil {
			t.Fatal(err)
		}
	}
	var located *ReadError
	if _, _, err := complexBody.DecodeElement(tokens, ReadOptions{}); !errors.As(err, &located) || located.Path != "/root/a" {
		t.Errorf("the error is %v", err)
	}
}

// TestFreeValues holds what content that no schema describes becomes in JSON.
func TestFreeValues(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="v" type="xs:anyType"/></xs:sequence>`))
	tests := []struct{ name, xml, json string }{
		{"text", `<v>a</v>`, `"a"`},
		{"nothing", `<v/>`, `""`},
		{"an int", `<v xsi:type="xsd:int"> 42 </v>`, `42`},
		{"a boolean", `<v xsi:type="xsd:boolean">1</v>`, `true`},
		{"a double", `<v xsi:type="xsd:double">1.5E3</v>`, `1500`},
		{"a double that JSON has no number for", `<v xsi:type="xsd:double">INF</v>`, `"INF"`},
		{"exact numbers stay text", `<v xsi:type="xsd:decimal">1.10</v>`, `"1.10"`},
		{"large numbers stay text", `<v xsi:type="xsd:long">9007199254740993</v>`, `"9007199254740993"`},
		{"what is no value of its type", `<v xsi:type="xsd:int">x</v>`, `"x"`},
		{"a type of SOAP encoding", `<v xsi:type="e:int">5</v>`, `5`},
		{"a type of the service", `<v xsi:type="t:Thing">5</v>`, `{"@{http://www.w3.org/2001/XMLSchema-instance}type":"{urn:t}Thing","#text":"5"}`},
		{"an array", `<v e:arrayType="xsd:anyType[3]" xsi:type="e:Array"><item xsi:type="xsd:int">1</item><item>x</item><item xsi:nil="1"/></v>`, `[1,"x",null]`},
		{
			"a map of Apache toolkits", `<v xmlns:m="http://xml.apache.org/xml-soap" xsi:type="m:Map"><item><key xsi:type="xsd:string">k</key><value xsi:type="xsd:int">1</value></item><item><key>l</key><value/></item></v>`,
			`{"@{http://www.w3.org/2001/XMLSchema-instance}type":"{http://xml.apache.org/xml-soap}Map","item":[{"key":"k","value":1},{"key":"l","value":""}]}`,
		},
		{"one child", `<v><a>1</a></v>`, `{"a":"1"}`},
		{"children of one name, before others", "<v> <a>1</a>\n<a>3</a><a>4</a><b>2</b><c/></v>", `{"a":["1","3","4"],"b":"2","c":""}`},
		{"children of one name, among others", "<v k='1'> <a>1</a><b>2</b>\n<a>3</a><c/><a>4</a></v>", `{"@k":"1","#content":[{"a":"1"},{"b":"2"},{"a":"3"},{"c":""},{"a":"4"}]}`},
		{"many children of one name", `<v><h/>` + strings.Repeat(`<a x="1"/>`, 10) + strings.Repeat(`<b>2</b>`, 10) + `</v>`, `{"h":"","a":[` + strings.TrimSuffix(strings.Repeat(`{"@x":"1"},`, 10), ",") + `],"b":[` + strings.TrimSuffix(strings.Repeat(`"2",`, 10), ",") + `]}`},
		{"many children in turn", `<v>` + strings.Repeat(`<a x="1"/><b>2</b>`, 10) + `</v>`, `{"#content":[` + strings.TrimSuffix(strings.Repeat(`{"a":{"@x":"1"}},{"b":"2"},`, 10), ",") + `]}`},
		{"long children", `<v><a>` + strings.Repeat("x", 200) + `</a><a>z</a><b>` + strings.Repeat("y", 20000) + `</b></v>`, `{"a":["` + strings.Repeat("x", 200) + `","z"],"b":"` + strings.Repeat("y", 20000) + `"}`},
		{"long children in turn", `<v><a>` + strings.Repeat("x", 200) + `</a><b>` + strings.Repeat("y", 20000) + `</b><a>z</a></v>`, `{"#content":[{"a":"` + strings.Repeat("x", 200) + `"},{"b":"` + strings.Repeat("y", 20000) + `"},{"a":"z"}]}`},
		{"deep", `<v><a><b><c>1</c><c>2</c></b><b/></a></v>`, `{"a":{"b":[{"c":["1","2"]},""]}}`},
		{"mixed", `<v>x<a/>y</v>`, `{"#content":["x",{"a":""},"y"]}`},
		{"mixed, with blanks between", `<v><a>see <b>1</b> <b>2</b>, <c k="2">or <b/></c> </a></v>`, `{"a":{"#content":["see ",{"b":"1"}," ",{"b":"2"},", ",{"c":{"@k":"2","#content":["or ",{"b":""}]}}," "]}}`},
		{"CDATA and comments", `<v><a><![CDATA[<]]><!-- c -->&amp;</a></v>`, `{"a":"<&"}`},
		{"namespaces", `<v><t:a t:b="1"/></v>`, `{"{urn:t}a":{"@{urn:t}b":"1"}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := read(b, encodedReply(`<root>`+test.xml+`</root>`), ReadOptions{})
			if err != nil || !sameJSON(t, got, `{"v":`+test.json+`}`) {
				t.Errorf("read is %s (%v), wanted %s", got, err, test.json)
			}
		})
	}
}

// TestFreeContentComesBack holds that free content is written as it was read, with the order of its children and the text between them.
func TestFreeContentComesBack(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, in(`<xs:sequence><xs:element name="v" type="xs:anyType"/><xs:any minOccurs="0" maxOccurs="unbounded"/></xs:sequence>`))
	for _, content := range []string{
		`<n1:v><a>1</a><b>2</b><a>3</a></n1:v>`,
		`<n1:v k="1">some <b>x</b> and <b><i></i>y<i></i></b> text</n1:v><x1:p>x <x1:q></x1:q></x1:p><x1:o></x1:o><x1:p></x1:p>`,
		`<n1:v><a></a><a><c></c><b></b><c></c></a></n1:v>`,
		`<n1:v></n1:v><x1:p><x1:q>1</x1:q> <x1:q>2</x1:q>.</x1:p>`,
	} {
		xml := `<n1:root xmlns:n1="urn:t" xmlns:x1="urn:x">` + content + `</n1:root>`
		text, err := decode(b, xml)
		if err != nil {
			t.Fatal(err)
		}
		written, err := encode(b, text)
		if want := `<n1:root>` + content + `</n1:root>`; err != nil || written != want {
			t.Errorf("%s is written as (%v)\n%s, wanted\n%s", text, err, written, want)
		}
	}
}

// TestMissingElements holds that an element that the schema demands must be there, also in the types of children, and that nothing is demanded of a choice, a base type
// that another may stand in for, or an encoded message.
func TestMissingElements(t *testing.T) {
	t.Parallel()
	b := bodyOf(t, `<xs:complexType name="Inner"><xs:sequence><xs:element name="x" type="xs:int"/><xs:choice><xs:element name="y" type="xs:int"/><xs:element name="z" type="xs:int"/></xs:choice></xs:sequence></xs:complexType>
		<xs:element name="root"><xs:complexType><xs:sequence><xs:element name="a" type="t:Inner" minOccurs="0"/><xs:element name="b" type="xs:int" nillable="true"/>
		<xs:element name="c" type="xs:int" maxOccurs="2"/></xs:sequence></xs:complexType></xs:element>`)
	for _, test := range []struct{ xml, says, json string }{
		{`<root><b>1</b><c>2</c></root>`, "", `{"b":1,"c":[2]}`},
		{`<root><c>2</c></root>`, "/root (1:21): the element of the field b is missing", `{"c":[2]}`},
		{`<root><b>1</b></root>`, "/root (1:21): the element of the field c is missing", `{"b":1}`},
		{`<root><a><y>1</y></a><b>1</b><c>2</c></root>`, "/root/a (1:24): the element of the field x is missing", `{"a":{"y":1},"b":1,"c":[2]}`},
		{`<root><a><x>1</x></a><b>1</b><c>2</c></root>`, "", `{"a":{"x":1},"b":1,"c":[2]}`},
	} {
		_, _, err := read(b, "<Body>"+test.xml+"</Body>", ReadOptions{})
		if said := fmt.Sprint(err); said != test.says && (err != nil || test.says != "") {
			t.Errorf("%s: %v, wanted %s", test.xml, err, test.says)
		}
		got, report, err := read(b, "<Body>"+test.xml+"</Body>", ReadOptions{Lenient: true})
		if err != nil || !sameJSON(t, got, test.json) || (report.LeftOut > 0) != (test.says != "") {
			t.Errorf("%s leniently: %s, %+v, %v", test.xml, got, report, err)
		}
	}
}
