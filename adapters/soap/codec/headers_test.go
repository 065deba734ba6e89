package codec

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

const headersSchema = `
<xs:element name="get"><xs:complexType><xs:sequence><xs:element name="id" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
<xs:complexType name="Session"><xs:sequence><xs:element name="token" type="xs:string"/></xs:sequence></xs:complexType>
<xs:element name="session" type="t:Session"/>
<xs:element name="lang" type="xs:language"/>
<xs:element name="notFound"><xs:complexType><xs:sequence><xs:element name="id" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="busy" type="xs:string"/>`

type fixture struct {
	schemas *xsd.Set
	node    *document.Node
	file    *mirror.File
	mapper  *Mapper
}

func newFixture(t testing.TB, declarations string) *fixture {
	t.Helper()
	d, err := document.Parse("t.xsd", []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" xmlns:m="http://www.w3.org/2005/05/xmlmime"`+
		` targetNamespace="urn:t" elementFormDefault="qualified">`+declarations+`</xs:schema>`), "")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{schemas: xsd.NewSet(&document.Loader{}), node: d.Root, file: mirror.NewFile("test")}
	if err := f.schemas.Add(t.Context(), d.Root); err != nil {
		t.Fatal(err)
	}
	f.mapper = NewMapper(f.schemas, f.file, time.UTC)
	return f
}

func (f *fixture) part(t testing.TB, name string) *wsdl.Part {
	t.Helper()
	e, err := f.schemas.Element(xsd.Name{Space: "urn:t", Local: name}, f.node)
	if err != nil {
		t.Fatal(err)
	}
	return &wsdl.Part{Name: name, Element: e}
}

func (f *fixture) body(t testing.TB, message *wsdl.Message, name string) *Body {
	t.Helper()
	b, err := f.mapper.Body(message, &wsdl.Operation{Name: "get"}, name, "get")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (f *fixture) link(t testing.TB) {
	t.Helper()
	linked, err := f.file.Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.mapper.Link(linked); err != nil {
		t.Fatal(err)
	}
}

func fromJSON(t testing.TB, b *Body, text string) proto.Message {
	t.Helper()
	message := dynamicpb.NewMessage(b.Descriptor())
	if err := protojson.Unmarshal([]byte(text), message); err != nil {
		t.Fatal(err)
	}
	return message
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	f := newFixture(t, headersSchema)
	session := f.part(t, "session")
	sessionType, err := session.Element.Type()
	if err != nil {
		t.Fatal(err)
	}
	byType := &wsdl.Part{Name: "trace", Type: sessionType}
	message := &wsdl.Message{
		Parts:   []*wsdl.Part{f.part(t, "get")},
		Headers: []*wsdl.Header{{Part: session}, {Part: f.part(t, "lang")}, {Part: byType, Namespace: "urn:h"}, {Part: &wsdl.Part{Name: "lost"}}},
	}
	plain := f.body(t, &wsdl.Message{Parts: message.Parts}, "Plain")
	b := f.body(t, message, "getRequest")
	f.link(t)
	if plain.Descriptor().Fields().ByName("soap_headers") != nil || plain.Headers() != nil {
		t.Error("the message of the type has the headers of one binding")
	}
	w, err := b.Encode(fromJSON(t, b, `{"id":"7","soapHeaders":{"session":{"token":"s"},"lang":"en","trace":{"token":"t"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	wanted := `<n1:session><n1:token>s</n1:token></n1:session><n1:lang>en</n1:lang><n2:trace><n1:token>t</n1:token></n2:trace>`
	if got := string(w.Headers()); got != wanted {
		t.Errorf("the header blocks are %s", got)
	}
	if got := string(w.Bytes()); got != `<n1:get><n1:id>7</n1:id></n1:get>` {
		t.Errorf("the body is %s", got)
	}
	if got := string(w.AppendNamespaces(nil)); got != ` xmlns:n1="urn:t" xmlns:n2="urn:h"` {
		t.Errorf("the namespaces are %s", got)
	}
	if _, err := b.Encode(fromJSON(t, b, `{"id":"7","soapHeaders":{"session":{}}}`)); err == nil {
		t.Error("a header block without what it must hold is accepted")
	}

	tokens := xmltoken.NewReader([]byte(`<Header><Other/><t:lang xmlns:t="urn:t">de</t:lang></Header>`), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		t.Fatal(err)
	}
	headers, report, err := b.Headers().Decode(tokens, ReadOptions{})
	if err != nil || report.Unexpected != 1 {
		t.Errorf("the header is read with %+v, %v", report, err)
	}
	complete, err := b.Complete(fromJSON(t, b, `{"id":"8"}`), headers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := protojson.Marshal(complete); err != nil || !sameJSON(t, string(got), `{"id":"8","soapHeaders":{"lang":"de"}}`) {
		t.Errorf("the complete reply is %s, %v", got, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	f := newFixture(t, headersSchema)
	notFound := f.part(t, "notFound")
	faults := f.mapper.Faults(&wsdl.Operation{Name: "get", Faults: []*wsdl.Fault{
		{Name: "missing", Part: notFound}, {Name: "again", Part: notFound}, {Name: "busy", Part: f.part(t, "busy")}, {Name: "unknown"},
	}})
	none := f.mapper.Faults(&wsdl.Operation{Name: "other", Faults: []*wsdl.Fault{{Name: "unknown"}}})
	f.link(t)
	if none != nil {
		t.Error("there is a message for faults that are not known")
	}
	if name := faults.Descriptor().Name(); name != "GetFaults" {
		t.Errorf("the message is %s", name)
	}
	read, err := decode(faults, `<t:notFound xmlns:t="urn:t"><t:id>7</t:id></t:notFound>`)
	if err != nil || !sameJSON(t, read, `{"missing":{"id":"7"}}`) {
		t.Errorf("the detail is %s, %v", read, err)
	}
	if written, err := encode(faults, `{"busy":"x"}`); err != nil || written != `<n1:busy>x</n1:busy>` {
		t.Errorf("the detail is written %s, %v", written, err)
	}
}

func TestBoundAttachments(t *testing.T) {
	t.Parallel()
	f := newFixture(t, headersSchema)
	b := f.body(t, &wsdl.Message{Parts: []*wsdl.Part{f.part(t, "get")}, Attachments: []*wsdl.Attachment{
		{Part: &wsdl.Part{Name: "photo"}, Types: []string{"image/png", "image/jpeg"}}, {Part: &wsdl.Part{Name: "scan"}},
	}}, "getRequest")
	f.link(t)
	w, err := b.Encode(fromJSON(t, b, `{"id":"7","photo":"AQI=","scan":"Aw=="}`))
	if err != nil {
		t.Fatal(err)
	}
	attachments := w.Attachments()
	if len(attachments) != 2 || attachments[0].ContentType != "image/png" || !bytes.Equal(attachments[0].Data, []byte{1, 2}) ||
		!strings.HasPrefix(attachments[0].ContentID, "photo=") || attachments[1].ContentType != "application/octet-stream" {
		t.Errorf("the attachments are %+v", attachments)
	}
	tests := []struct {
		name  string
		given []Attachment
		json  string
	}{
		{"by name", []Attachment{{ContentID: "scan=1@x", Data: []byte{3}}, {ContentID: "photo=2@x", Data: []byte{4}}}, `{"id":"8","photo":"BA==","scan":"Aw=="}`},
		{"in order", []Attachment{{ContentID: "a", Data: []byte{5}}, {ContentID: "b", Data: []byte{6}}, {ContentID: "c"}}, `{"id":"8","photo":"BQ==","scan":"Bg=="}`},
		{"one by name", []Attachment{{ContentID: "b", Data: []byte{6}}, {ContentID: "photo=1", Data: []byte{5}}}, `{"id":"8","photo":"BQ==","scan":"Bg=="}`},
		{"none", nil, `{"id":"8"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			complete, err := b.Complete(fromJSON(t, b, `{"id":"8"}`), nil, test.given)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := protojson.Marshal(complete); err != nil || !sameJSON(t, string(got), test.json) {
				t.Errorf("the reply is %s, %v", got, err)
			}
		})
	}
}

func TestMTOM(t *testing.T) {
	t.Parallel()
	f := newFixture(t, in(`<xs:sequence><xs:element name="small" type="xs:base64Binary"/><xs:element name="large" type="xs:base64Binary"/><xs:element name="hex" type="xs:hexBinary"/>
		<xs:element name="typed"><xs:complexType><xs:simpleContent><xs:extension base="xs:base64Binary"><xs:attribute ref="m:contentType"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
		</xs:sequence><xs:attribute name="a" type="xs:base64Binary"/>`))
	media, err := document.Parse("m.xsd", []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/2005/05/xmlmime"><xs:attribute name="contentType" type="xs:string"/></xs:schema>`), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.schemas.Add(t.Context(), media.Root); err != nil {
		t.Fatal(err)
	}
	b := f.body(t, &wsdl.Message{Parts: []*wsdl.Part{f.part(t, "root")}}, "Root")
	f.link(t)
	w, err := b.EncodeWith(fromJSON(t, b, `{"a":"AQIDBA==","small":"AQ==","large":"AQIDBA==","hex":"AQIDBA==","typed":{"value":"AQIDBQ==","contentType":"image/png"}}`), WriteOptions{MTOM: true, Threshold: 4})
	if err != nil {
		t.Fatal(err)
	}
	attachments := w.Attachments()
	if len(attachments) != 2 || attachments[0].ContentType != "application/octet-stream" || attachments[1].ContentType != "image/png" || attachments[0].ContentID == attachments[1].ContentID {
		t.Fatalf("the attachments are %+v", attachments)
	}
	got := string(w.Bytes())
	for _, wanted := range []string{
		` a="AQIDBA=="`, `<n1:small>AQ==</n1:small>`, `<n1:large><xop:Include href="cid:` + attachments[0].ContentID + `"/></n1:large>`, `<n1:hex>01020304</n1:hex>`,
		`contentType="image/png"><xop:Include href="cid:` + attachments[1].ContentID + `"/></n1:typed>`,
	} {
		if !strings.Contains(got, wanted) {
			t.Errorf("%s is not in %s", wanted, got)
		}
	}
	if spaces := string(w.AppendNamespaces(nil)); !strings.Contains(spaces, ` xmlns:xop="http://www.w3.org/2004/08/xop/include"`) {
		t.Errorf("the namespaces are %s", spaces)
	}
}

func TestAttachmentReferences(t *testing.T) {
	t.Parallel()
	f := newFixture(t, strings.ReplaceAll(in(`<xs:sequence><xs:element name="file" type="w:swaRef" maxOccurs="3"/></xs:sequence>`), "<xs:complexType>", `<xs:complexType xmlns:w="http://ws-i.org/profiles/basic/1.1/xsd">`))
	profile, err := document.Parse("w.xsd", []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://ws-i.org/profiles/basic/1.1/xsd"><xs:simpleType name="swaRef"><xs:restriction base="xs:anyURI"/></xs:simpleType></xs:schema>`), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.schemas.Add(t.Context(), profile.Root); err != nil {
		t.Fatal(err)
	}
	b := f.body(t, &wsdl.Message{Parts: []*wsdl.Part{f.part(t, "root")}}, "Root")
	f.link(t)
	w, err := b.Encode(fromJSON(t, b, `{"file":["data:image/png;base64,AQ==","data:;base64,Ag==","http://x/y?a&b"]}`))
	if err != nil {
		t.Fatal(err)
	}
	attachments := w.Attachments()
	if len(attachments) != 2 || !bytes.Equal(attachments[1].Data, []byte{2}) || attachments[0].ContentType != "image/png" || attachments[1].ContentType != "application/octet-stream" {
		t.Fatalf("the attachments are %+v", attachments)
	}
	wanted := `<n1:root><n1:file>cid:` + attachments[0].ContentID + `</n1:file><n1:file>cid:` + attachments[1].ContentID + `</n1:file><n1:file>http://x/y?a&amp;b</n1:file></n1:root>`
	if got := string(w.Bytes()); got != wanted {
		t.Errorf("written is %s, wanted %s", got, wanted)
	}
	for _, wrong := range []string{"data:x", "data:,x", "data:;base64,%"} {
		if _, err := b.Encode(fromJSON(t, b, `{"file":["`+wrong+`"]}`)); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
	tokens := xmltoken.NewReader([]byte(`<Body><root xmlns="urn:t"><file>cid:a</file><file>cid:b</file><file>cid:c</file></root></Body>`), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		t.Fatal(err)
	}
	read, _, err := b.Decode(tokens, ReadOptions{
		Attachments: func(reference string) ([]byte, bool) { return []byte{1}, reference != "cid:b" },
		ContentType: func(reference string) string { return map[string]string{"cid:c": "image/png; name=c"}[reference] },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := protojson.Marshal(read); err != nil || !sameJSON(t, string(got), `{"file":["data:application/octet-stream;base64,AQ==","cid:b","data:image/png;base64,AQ=="]}`) {
		t.Errorf("read is %s, %v", got, err)
	}
}
