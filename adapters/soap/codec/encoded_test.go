package codec

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// encodedSchema declares types as toolkits for SOAP encoding do.
const encodedSchema = `
<xs:complexType name="Point"><xs:sequence><xs:element name="x" type="xs:int"/><xs:element name="label" type="e:string" nillable="true"/></xs:sequence></xs:complexType>
<xs:complexType name="Point3"><xs:complexContent><xs:extension base="t:Point"><xs:sequence><xs:element name="z" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Strings"><xs:complexContent><xs:restriction base="e:Array"><xs:attribute ref="e:arrayType" w:arrayType="xs:string[]"/></xs:restriction></xs:complexContent></xs:complexType>
<xs:complexType name="Points"><xs:complexContent><xs:restriction base="e:Array"><xs:attribute ref="e:arrayType" w:arrayType="t:Point[]"/></xs:restriction></xs:complexContent></xs:complexType>
<xs:complexType name="Matrix"><xs:complexContent><xs:restriction base="e:Array"><xs:attribute ref="e:arrayType" w:arrayType="xs:int[,]"/></xs:restriction></xs:complexContent></xs:complexType>
<xs:complexType name="Jagged"><xs:complexContent><xs:restriction base="e:Array"><xs:attribute ref="e:arrayType" w:arrayType="xs:int[][]"/></xs:restriction></xs:complexContent></xs:complexType>
<xs:complexType name="Named"><xs:complexContent><xs:restriction base="e:Array"><xs:attribute ref="e:arrayType" w:arrayType="t:Strings[]"/></xs:restriction></xs:complexContent></xs:complexType>
<xs:simpleType name="Colour"><xs:restriction base="xs:string"/></xs:simpleType>
<xs:complexType name="Line"><xs:all><xs:element name="points" type="t:Points"/><xs:element name="colour" type="t:Colour" minOccurs="0"/></xs:all></xs:complexType>`

// encodedBody maps an rpc message whose parts have the types that are named, as in "in0=xs:string in1=t:Strings".
func encodedBody(t testing.TB, parts string) *Body {
	t.Helper()
	d, err := document.Parse("t.xsd", []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/"`+
		` xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:a="http://xml.apache.org/xml-soap" elementFormDefault="qualified">`+encodedSchema+`</xs:schema>`), "")
	if err != nil {
		t.Fatal(err)
	}
	set := xsd.NewSet(&document.Loader{})
	if err := set.Add(t.Context(), d.Root); err != nil {
		t.Fatal(err)
	}
	message := &wsdl.Message{Namespace: "urn:op", Encoded: true}
	for part := range strings.FieldsSeq(parts) {
		name, qname, _ := strings.Cut(part, "=")
		typeName, err := d.Root.QName(qname)
		if err != nil {
			t.Fatal(err)
		}
		typ, err := set.Type(typeName, d.Root)
		if err != nil {
			t.Fatal(err)
		}
		message.Parts = append(message.Parts, &wsdl.Part{Name: name, Type: typ})
	}
	file := mirror.NewFile("test")
	m := NewMapper(set, file, time.UTC)
	b, err := m.Body(message, &wsdl.Operation{Name: "op", RPC: true}, "opRequest", "op")
	if err != nil {
		t.Fatal(err)
	}
	linked, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Link(linked); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEncoded(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, parts, json, xml string }{
		{"scalars", "a=xs:string b=xs:long", `{"a":"x","b":"7"}`, `<a xsi:type="xsd:string">x</a><b xsi:type="xsd:long">7</b>`},
		{
			"a struct", "p=t:Point", `{"p":{"x":1,"label":"l"}}`,
			`<p xsi:type="n2:Point"><x xsi:type="xsd:int">1</x><label xsi:type="soapenc:string">l</label></p>`,
		},
		{
			"a derived struct", "p=t:Point", `{"p":{"point3":{"x":1,"label":null,"z":2}}}`,
			`<p xsi:type="n2:Point3"><x xsi:type="xsd:int">1</x><label xsi:nil="true"/><z xsi:type="xsd:int">2</z></p>`,
		},
		{
			"an array", "a=t:Strings", `{"a":["x","y"]}`,
			`<a xsi:type="soapenc:Array" soapenc:arrayType="xsd:string[2]"><item xsi:type="xsd:string">x</item><item xsi:type="xsd:string">y</item></a>`,
		},
		{"an empty array", "a=t:Strings", `{}`, `<a xsi:type="soapenc:Array" soapenc:arrayType="xsd:string[0]"></a>`},
		{
			"an array with a nil", "a=t:Strings", `{"a":["x",""],"nilFields":["a[1]"]}`,
			`<a xsi:type="soapenc:Array" soapenc:arrayType="xsd:string[2]"><item xsi:type="xsd:string">x</item><item xsi:nil="true"/></a>`,
		},
		{
			"an array in a struct", "l=t:Line", `{"l":{"points":[{"x":1}],"colour":"red"}}`,
			`<l xsi:type="n2:Line"><points xsi:type="soapenc:Array" soapenc:arrayType="n2:Point[1]"><item xsi:type="n2:Point"><x xsi:type="xsd:int">1</x><label xsi:nil="true"/></item></points>` +
				`<colour xsi:type="n2:Colour">red</colour></l>`,
		},
		{
			"two dimensions", "m=t:Matrix", `{"m":{"items":[1,2],"dimensions":[1,2]}}`,
			`<m xsi:type="soapenc:Array" soapenc:arrayType="xsd:int[1,2]"><item xsi:type="xsd:int">1</item><item xsi:type="xsd:int">2</item></m>`,
		},
		{
			"arrays of arrays", "j=t:Jagged", `{"j":[{"items":[1]},{}]}`,
			`<j xsi:type="soapenc:Array" soapenc:arrayType="xsd:int[][2]"><item xsi:type="soapenc:Array" soapenc:arrayType="xsd:int[1]"><item xsi:type="xsd:int">1</item></item>` +
				`<item xsi:type="soapenc:Array" soapenc:arrayType="xsd:int[0]"></item></j>`,
		},
		{
			"arrays of named arrays", "n=t:Named", `{"n":[{"items":["x"]}]}`,
			`<n xsi:type="soapenc:Array" soapenc:arrayType="n2:Strings[1]"><item xsi:type="soapenc:Array" soapenc:arrayType="xsd:string[1]"><item xsi:type="xsd:string">x</item></item></n>`,
		},
		{
			"anything", "v=xs:anyType w=e:Array", `{"v":true,"w":["x",1,1.5]}`,
			`<v xsi:type="xsd:boolean">true</v><w xsi:type="soapenc:Array" soapenc:arrayType="xsd:anyType[3]"><item xsi:type="xsd:string">x</item>` +
				`<item xsi:type="xsd:int">1</item><item xsi:type="xsd:double">1.5</item></w>`,
		},
		{
			"a list in anything", "v=xs:anyType", `{"v":[1,{"a":"x"}]}`,
			`<v xsi:type="soapenc:Array" soapenc:arrayType="xsd:anyType[2]"><item xsi:type="xsd:int">1</item><item><a xsi:type="xsd:string">x</a></item></v>`,
		},
		{
			"a map", "m=a:Map", `{"m":{"item":[{"key":"k","value":5}]}}`,
			`<m xsi:type="n2:Map"><item xsi:type="n2:mapItem"><key xsi:type="xsd:string">k</key><value xsi:type="xsd:int">5</value></item></m>`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := encodedBody(t, test.parts)
			got, err := encode(b, test.json)
			if err != nil {
				t.Fatal(err)
			}
			wanted := `<n1:op>` + test.xml + `</n1:op>`
			if got != wanted {
				t.Errorf("got    %s\nwanted %s", got, wanted)
			}
		})
	}
}

func TestEncoded12(t *testing.T) {
	t.Parallel()
	b := encodedBody(t, "m=t:Matrix a=t:Strings")
	message := dynamicpb.NewMessage(b.Descriptor())
	if err := protojson.Unmarshal([]byte(`{"m":{"items":[1,2],"dimensions":[2,1]}}`), message); err != nil {
		t.Fatal(err)
	}
	w, err := b.EncodeWith(message, WriteOptions{Version: wsdl.SOAP12})
	if err != nil {
		t.Fatal(err)
	}
	wanted := `<n1:op env:encodingStyle="http://www.w3.org/2003/05/soap-encoding"><m xsi:type="enc:Array" enc:itemType="xsd:int" enc:arraySize="2 1"><item xsi:type="xsd:int">1</item>` +
		`<item xsi:type="xsd:int">2</item></m><a xsi:type="enc:Array" enc:itemType="xsd:string" enc:arraySize="0"></a></n1:op>`
	if got := string(w.Bytes()); got != wanted {
		t.Errorf("got    %s\nwanted %s", got, wanted)
	}
	if w.EncodingStyle() != "" {
		t.Error("SOAP 1.2 allows no encodingStyle on the body")
	}
	if got := string(w.AppendNamespaces(nil)); !strings.Contains(got, ` xmlns:env="http://www.w3.org/2003/05/soap-envelope"`) || !strings.Contains(got, " xmlns:n1=\"urn:op\"") {
		t.Errorf("the namespaces are %s", got)
	}
}

func TestSizesThatDoNotFit(t *testing.T) {
	t.Parallel()
	b := encodedBody(t, "m=t:Matrix")
	for _, dimensions := range []string{"[]", "[2]", "[1,3]", "[-1,-2]", "[1,2,1]", "[1000000000,1000000000]"} {
		if _, err := encode(b, `{"m":{"items":[1,2],"dimensions":`+dimensions+`}}`); err == nil {
			t.Errorf("the sizes %s are accepted for two items", dimensions)
		}
	}
}
