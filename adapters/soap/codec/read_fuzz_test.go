package codec

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/wire"
)

// fuzzSchema has all that decides where a value goes. %s is free content.
const fuzzSchema = customerTypes + `<xs:complexType name="D"><xs:complexContent><xs:extension base="t:Address"><xs:choice minOccurs="0" maxOccurs="unbounded">` +
	`<xs:element name="x" type="xs:QName" nillable="true"/><xs:sequence><xs:element name="l"><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType></xs:element><xs:element name="r" type="t:D" minOccurs="0"/></xs:sequence></xs:choice>` +
	`<xs:attribute name="b" type="xs:base64Binary"/></xs:extension></xs:complexContent></xs:complexType>` +
	`<xs:complexType name="M" mixed="true"><xs:choice><xs:element name="f" type="xs:float"/><xs:element name="g" type="xs:dateTime"/><xs:element name="h" type="xs:hexBinary" nillable="true"/></xs:choice></xs:complexType>` +
	`<xs:element name="root"><xs:complexType><xs:sequence><xs:element name="customer" type="t:Customer" minOccurs="0" maxOccurs="unbounded"/><xs:element name="m" type="t:M" minOccurs="0"/>` +
	`<xs:element name="n" type="xs:unsignedLong" nillable="true" minOccurs="0" maxOccurs="9"/><xs:element name="m2" type="t:M" minOccurs="0"/>`

const fuzzEnd = `</xs:sequence></xs:complexType></xs:element>`

// seeds are replies that have a bit of everything.
var seeds = []string{
	customers(1),
	`<root xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:t="urn:t"><customer revision="1"><address i:type="t:D" b="AA=="><line/><x i:nil="1"/><l>1 2</l><r><l>3</l></r><x>t:q</x></address></customer></root>`,
	`<root xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><m>a<f>1.5</f>b</m><n i:nil="true"/><n>18446744073709551615</n><m2><g>0001-01-01T00:00:00+01:00</g></m2></root>`,
	`<root><customer href="#1"/></root><x id="1"><address href="#2"/></x><y id="2"><line href="#2"/></y>`,
	`<root><any xmlns="urn:x" a="1">2<b/><c/><b>3</b></any><v><a/></v><v>1</v></root>`,
	`<root><h href="cid:1"/><customer revision=""><visits/></customer>`,
}

func fuzzOptions(lenient bool) ReadOptions {
	return ReadOptions{Lenient: lenient, Attachments: func(string) ([]byte, bool) { return []byte("attached"), true }}
}

// checkWire holds what readers of a [wire.Message] rely on: its fields are those of its type, a field that is no list is there once, and the items of a list stand together.
func checkWire(t *testing.T, descriptor protoreflect.MessageDescriptor, data []byte) {
	t.Helper()
	last := protowire.Number(0)
	seen := make(map[protowire.Number]bool)
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		field := descriptor.Fields().ByNumber(number)
		if n < 0 || field == nil {
			t.Fatalf("the bytes are no %s", descriptor.FullName())
		}
		if seen[number] && (last != number || !field.IsList() && !field.IsMap()) {
			t.Fatalf("the field %s is there more than once", field.FullName())
		}
		seen[number], last = true, number
		data = data[n:]
		size := protowire.ConsumeFieldValue(number, kind, data)
		if size < 0 {
			t.Fatalf("the field %s does not end", field.FullName())
		}
		if field.Message() != nil {
			content, _ := protowire.ConsumeBytes(data)
			checkWire(t, field.Message(), content)
		}
		data = data[size:]
	}
}

// FuzzDecode reads any bytes as a reply, strictly and leniently, and holds what the message's readers rely on.
func FuzzDecode(f *testing.F) {
	body := bodyOf(f, fuzzSchema+`<xs:element name="v" type="xs:anyType" minOccurs="0" maxOccurs="9"/><xs:any minOccurs="0" maxOccurs="unbounded"/>`+fuzzEnd)
	for _, seed := range seeds {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, xml []byte, lenient bool) {
		holdDecode(t, body, "<Body>"+string(xml)+"</Body>", lenient)
	})
}

// FuzzArrays reads any bytes as an encoded reply that holds arrays.
func FuzzArrays(f *testing.F) {
	body := encodedBody(f, "m=t:Matrix a=t:Strings j=t:Jagged p=t:Points v=xs:anyType")
	for _, seed := range []string{
		`<m e:arrayType="xsd:int[2,2]"><i>1</i><i e:position="[1,0]">2</i></m><a e:offset="[2]"><i>c</i></a><p><i xsi:type="t:Point3"><z>1</z></i></p>`,
		`<m><r><i>1</i><i>2</i></r><r href="#a"/></m><j><i><n>1</n><n>2</n></i></j><v xsi:type="e:Array"><i id="a"><i>1</i><i>2</i></i><i/></v>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, xml []byte) { holdDecode(t, body, encodedReply("<op>"+string(xml)+"</op>"), false) })
}

// holdDecode reads a SOAP body, and holds what the message's readers rely on.
func holdDecode(t *testing.T, body *Body, xml string, lenient bool) {
	t.Helper()
	tokens := xmltoken.NewReader([]byte(xml), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		return
	}
	message, _, err := body.Decode(tokens, fuzzOptions(lenient))
	if err != nil {
		return
	}
	raw, ok := message.(*wire.Message)
	if !ok {
		t.Fatalf("the message is a %T", message)
	}
	if limit := 16*(len(xml)+10)*8 + referenceBudget*4; len(raw.Bytes()) > limit {
		t.Errorf("%d bytes have become %d", len(xml), len(raw.Bytes()))
	}
	checkWire(t, body.Descriptor(), raw.Bytes())
	if err := proto.Unmarshal(raw.Bytes(), message.ProtoReflect().New().Interface()); err != nil {
		t.Error(err)
	}
	_, _ = body.Encode(message)
}

// FuzzRoundTrip holds that a message that has been read is the same once it has been written and read again.
func FuzzRoundTrip(f *testing.F) {
	body := bodyOf(f, fuzzSchema+fuzzEnd)
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, xml []byte) { holdRoundTrip(t, body, string(xml)) })
}

// holdRoundTrip reads, writes and reads what stands in a SOAP body. What cannot be read or written holds nothing.
func holdRoundTrip(t *testing.T, body *Body, xml string) {
	t.Helper()
	first, err := decodeMessage(body, "<Body>"+xml+"</Body>")
	if err != nil {
		return
	}
	written, err := body.Encode(first)
	if err != nil {
		return // it lacks something that must be there
	}
	second, err := decodeMessage(body, "<Body"+string(written.AppendNamespaces(nil))+">"+string(written.Bytes())+"</Body>")
	if err != nil {
		t.Fatalf("reading %s: %v", written.Bytes(), err)
	}
	if !proto.Equal(first, second) {
		t.Errorf("%s\nbecomes %v\nis written as %s\nand becomes %v", xml, first, written.Bytes(), second)
	}
}

func decodeMessage(body *Body, xml string) (proto.Message, error) {
	tokens := xmltoken.NewReader([]byte(xml), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		return nil, err
	}
	message, _, err := body.Decode(tokens, fuzzOptions(false))
	return message, err
}

// FuzzFreeContent holds the same of content that no schema describes, with the order of the elements of one parent.
func FuzzFreeContent(f *testing.F) {
	body := bodyOf(f, in(`<xs:sequence><xs:element name="v" type="xs:anyType" minOccurs="0" maxOccurs="unbounded"/><xs:any minOccurs="0" maxOccurs="unbounded"/></xs:sequence>`))
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Add([]byte(`<v k="1">some <b>x</b> text<b><c/> <c/></b></v><p xmlns="urn:x"><q/><r/><q>1<q/></q></p>`))
	f.Fuzz(func(t *testing.T, xml []byte) {
		if bytes.Contains(xml, []byte("type")) || bytes.Contains(xml, []byte("array")) || bytes.Contains(xml, []byte("item")) {
			return // a number is written without its type, and an array only in an encoded body
		}
		holdRoundTrip(t, body, "<root>"+string(xml)+"</root>")
	})
}
