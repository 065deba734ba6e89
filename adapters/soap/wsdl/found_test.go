package wsdl

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// simple is a WSDL of one operation, whose parts tests replace: what stands where.
func simple(replacements ...string) string {
	return strings.NewReplacer(replacements...).Replace(`<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
	<!--imports--><w:types><x:schema targetNamespace="urn:t" elementFormDefault="qualified"><!--schema--><x:element name="in" type="x:string"/><x:element name="out" type="x:string"/></x:schema><!--schemas--></w:types>
	<w:message name="In"><w:part name="p" element="t:in"/></w:message><w:message name="Out"><w:part name="p" element="t:out"/></w:message>
	<w:portType name="P"><w:operation name="op"><w:input message="t:In"/><w:output message="t:Out"/></w:operation><!--abstract--></w:portType>
	<w:binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/><w:operation name="op"><s:operation soapAction="urn:op"/>
		<w:input><s:body use="literal"/></w:input><w:output><s:body use="literal"/></w:output></w:operation><!--bound--></w:binding><!--end-->
	<w:service name="S"><w:port name="Port" binding="t:B"><s:address location="http://legacy.invalid/s"/></w:port><!--ports--></w:service></w:definitions>`)
}

// offered writes down what a WSDL offers: the operations with their input's part, by port.
func offered(d *Definitions) string {
	var out []string
	for _, service := range d.Services {
		for _, port := range service.Ports {
			var operations []string
			for _, o := range port.Operations {
				parts := ""
				for _, p := range o.Input.Parts {
					switch {
					case p.Element != nil:
						parts += " " + p.Element.Name.Local
					default:
						parts += " :" + p.Type.Name.Local
					}
				}
				operations = append(operations, o.Name+"("+strings.TrimSpace(parts)+")")
			}
			if port.Address == "" {
				operations = append(operations, "nowhere")
			}
			out = append(out, port.Name+" "+strings.Join(operations, " "))
		}
	}
	return strings.Join(out, "; ")
}

func TestAsFound(t *testing.T) {
	t.Parallel()
	const plain = "Port op(in)"
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(`<?xml version="1.0" encoding="utf-16"?>` + simple())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		files   map[string]string // a.wsdl first
		wanted  string
		skipped []string // what is said, in order
	}{
		{"as it should be", map[string]string{"a.wsdl": simple()}, plain, nil},
		{"UTF-16", map[string]string{"a.wsdl": utf16}, plain, nil},
		{"byte order mark", map[string]string{"a.wsdl": "\ufeff" + simple()}, plain, nil},
		{"blanks before the declaration", map[string]string{"a.wsdl": "\n  <?xml version='1.0'?>" + simple()}, plain, nil},
		{"no encoding said", map[string]string{"a.wsdl": simple("<!--end-->", "<w:documentation>gr\xf6\xdfe</w:documentation>")}, plain, nil},
		{"entities", map[string]string{"a.wsdl": `<!DOCTYPE d [<!ENTITY ns "urn:t"><!ENTITY x SYSTEM "file:///etc/passwd">]>` + simple(`targetNamespace="urn:t"`, `targetNamespace="&ns;"`)}, plain, nil},
		{"service only in an import", map[string]string{"a.wsdl": `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><import namespace="urn:t" location="sub/b.wsdl"/></definitions>`, "sub/b.wsdl": simple()}, plain, nil},
		{"imports in a circle", map[string]string{"a.wsdl": simple("<!--imports-->", `<w:import namespace="urn:t" location="b.wsdl"/>`), "b.wsdl": `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><import location="a.wsdl"/><import location="./b.wsdl"/></definitions>`}, plain, nil},
		{"import without location", map[string]string{"a.wsdl": simple("<!--imports-->", `<w:import namespace="urn:none"/>`)}, plain, nil},
		{"import of a file that is missing", map[string]string{"a.wsdl": simple("<!--imports-->", `<w:import namespace="urn:n" location="none.wsdl"/>`)}, plain, []string{"import of none.wsdl: reading"}},
		{"schema that is missing", map[string]string{"a.wsdl": simple("<!--schema-->", `<x:import namespace="urn:n" schemaLocation="none.xsd"/>`)}, plain, nil},
		{"schema in another case of letters", map[string]string{"a.wsdl": simple("<!--schema-->", `<x:include schemaLocation="MORE.xsd"/>`, "t:in\"", "t:more\""), "more.xsd": `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t"><element name="more" type="string"/></schema>`}, "Port op(more)", nil},
		{"well-known schema from elsewhere", map[string]string{"a.wsdl": simple("<!--schema-->", `<x:import namespace="http://www.w3.org/2005/08/addressing" schemaLocation="http://www.w3.org/2006/03/addressing/ws-addr.xsd"/>`, `element="t:in"`, `element="a:EndpointReference" xmlns:a="http://www.w3.org/2005/08/addressing"`)}, "Port op(EndpointReference)", nil},
		{"import of a WSDL as schema", map[string]string{"a.wsdl": simple("<!--schema-->", `<x:import namespace="urn:u" schemaLocation="b.wsdl"/>`, `element="t:in"`, `element="u:in" xmlns:u="urn:u"`), "b.wsdl": `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><types><schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:u"><element name="in"/></schema></types></definitions>`}, plain, nil},
		{"schema outside of the types", map[string]string{"a.wsdl": simple("<!--end-->", `<x:schema targetNamespace="urn:u"><x:element name="in"/></x:schema>`, `element="t:in"`, `element="u:in" xmlns:u="urn:u"`)}, plain, nil},
		{"prefixes that nobody declares", map[string]string{"a.wsdl": simple(`binding="t:B"`, `binding="tns:B"`, `type="t:P"`, `type="tns:P"`, `element="t:in"`, `type="xsd:string"`)}, "Port op(:string)", nil},
		{"no prefixes", map[string]string{"a.wsdl": simple(`binding="t:B"`, `binding="B"`, `type="t:P"`, `type="P"`, `message="t:In"`, `message="In"`, `element="t:in"`, `type="string"`)}, "Port op(:string)", nil},
		{"names in another case", map[string]string{"a.wsdl": simple(`binding="t:B"`, `binding="t:b"`, `message="t:In"`, `message="t:IN"`)}, plain, nil},
		{"blanks in names", map[string]string{"a.wsdl": simple(`binding="t:B"`, `binding=" t:B "`, `name="In"`, `name=" In"`, `name="in"`, `name="in "`)}, plain, nil},
		{"extensions that are required", map[string]string{"a.wsdl": simple("<!--end-->", `<e:ext xmlns:e="urn:e" w:required="true"/><p:partnerLinkType xmlns:p="http://docs.oasis-open.org/wsbpel/2.0/plnktype" name="L"/>`)}, plain, nil},
		{"namespace of the binding without its slash", map[string]string{"a.wsdl": simple(`"http://schemas.xmlsoap.org/wsdl/soap/"`, `"http://schemas.xmlsoap.org/wsdl/soap"`)}, plain, nil},
		{"ports of other kinds", map[string]string{"a.wsdl": simple(
			"<!--ports-->", `<w:port name="J" binding="t:J"><s:address location="jms:queue"/></w:port><w:port name="T" binding="t:B"><s:address location="net.tcp://h/s"/></w:port><w:port name="N" binding="t:B"/><w:port name="H" binding="t:H"/>`,
			"<!--end-->", `<w:binding name="J" type="t:P"><s:binding transport="http://www.w3.org/2010/soapjms/"/></w:binding><w:binding name="H" type="t:P"><h:binding xmlns:h="http://schemas.xmlsoap.org/wsdl/http/" verb="GET"/></w:binding>`,
		)}, "Port op(in); N op(in) nowhere; J nowhere; T op(in) nowhere", []string{"port J: its transport is not HTTP", "port T: its address is not http", "port H: its binding is not for SOAP"}},
		{"only ports of other transports", map[string]string{"a.wsdl": simple(`"http://legacy.invalid/s"`, `"local://C:/legacy/war?Port"`,
			"<!--ports-->", `<w:port name="J" binding="t:J"><s:address location="http://jndi.invalid/"/></w:port>`,
			"<!--end-->", `<w:binding name="J" type="t:P"><s:binding transport="http://www.w3.org/2010/soapjms/"/></w:binding>`,
		)}, "Port op(in) nowhere; J nowhere", []string{"port Port: its address is not http", "port J: its transport is not HTTP"}},
		{"kinds of operations", map[string]string{"a.wsdl": simple(
			"<!--abstract-->", `<w:operation name="one"><w:input message="t:In"/></w:operation><w:operation name="event"><w:output message="t:Out"/></w:operation><w:operation name="ask"><w:output message="t:Out"/><w:input message="t:In"/></w:operation><w:operation name="lost"><w:input message="t:None"/></w:operation>`,
			"<!--bound-->", `<w:operation name="one"/><w:operation name="event"/><w:operation name="ask"><w:input/></w:operation><w:operation name="lost"/><w:operation name="none"/>`,
		)}, "Port op(in) one(in) event() ask(in)", []string{"operation lost: the message {urn:t}None is not defined", "operation none: the portType has no operation"}},
		{"neither input nor output", map[string]string{"a.wsdl": simple("<!--abstract-->", `<w:operation name="void"/>`, "<!--bound-->", `<w:operation name="void"/>`)}, plain, []string{"operation void: it has neither"}},
		{"overloaded by order", map[string]string{"a.wsdl": simple(
			"<!--abstract-->", `<w:operation name="op"><w:input message="t:Out"/></w:operation>`,
			"<!--bound-->", `<w:operation name="op"><w:input><s:body use="literal"/></w:input></w:operation>`,
		)}, "Port op(in) op(out)", nil},
		{"element and type", map[string]string{"a.wsdl": simple(`element="t:in"`, `element="t:in" type="x:int"`)}, plain, nil},
		{"a type where an element should be", map[string]string{"a.wsdl": simple(`element="t:in"`, `element="x:int"`)}, "Port op(:int)", nil},
		{"an element where a type should be", map[string]string{"a.wsdl": simple(`element="t:in"`, `type="t:in"`)}, plain, nil},
		{"part of nothing", map[string]string{"a.wsdl": simple(`element="t:in"`, ``)}, "Port ", []string{"operation op: the part p has neither element nor type"}},
		{"namespace without schema", map[string]string{"a.wsdl": simple(`element="t:in"`, `element="u:thing" xmlns:u="urn:u"`)}, "Port op(thing)", nil},
		{"element in no namespace", map[string]string{"a.wsdl": simple(`<x:schema targetNamespace="urn:t"`, `<x:schema`)}, plain, nil},
		{"message forgotten, but not its element", map[string]string{"a.wsdl": simple(`message="t:In"`, `message="t:in"`, `<w:message name="In"><w:part name="p" element="t:in"/></w:message>`, "")}, plain, nil},
		{"the only binding, by another name", map[string]string{"a.wsdl": simple(`binding="t:B"`, `binding="t:SoapB"`)}, plain, []string{"port Port: its binding {urn:t}SoapB is not defined; the only one"}},
		{"address without a scheme", map[string]string{"a.wsdl": simple(`"http://legacy.invalid/s"`, `"localhost:8080/s"`)}, plain, nil},
		{"placeholder for the address", map[string]string{"a.wsdl": simple(`"http://legacy.invalid/s"`, `"REPLACE:WITH/address"`)}, plain, nil},
		{"service without ports", map[string]string{"a.wsdl": simple(`<w:port name="Port" binding="t:B"><s:address location="http://legacy.invalid/s"/></w:port>`, "")}, "B op(in) nowhere", nil},
		{"no prefix, in two namespaces", map[string]string{"a.wsdl": simple("<!--schemas-->", `<x:schema targetNamespace="urn:u"><x:element name="in"/></x:schema>`, `element="t:in"`, `element="in"`)}, plain, nil},
		{"neither of two bindings", map[string]string{"a.wsdl": simple(`binding="t:B"`, `binding="t:None"`, "<!--end-->", `<w:binding name="C" type="t:P"><s:binding/></w:binding>`)}, "", []string{"port Port: its binding {urn:t}None is not defined"}},
		{"prefix of the schema forgotten", map[string]string{"a.wsdl": simple(` xmlns:x="http://www.w3.org/2001/XMLSchema"`, "", "<x:", "<xsd:", "</x:", "</xsd:", `"x:string"`, `"xsd:string"`)}, plain, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read(t.Context(), &document.Loader{Client: &http.Client{Transport: network{}}}, files(t, "a.wsdl", test.files))
			if err != nil {
				t.Fatal(err)
			}
			if got := offered(d); got != test.wanted {
				t.Errorf("offered is %q, wanted %q", got, test.wanted)
			}
			var skipped []string
			for _, s := range d.Skipped {
				skipped = append(skipped, s.Subject+": "+s.Reason)
				if s.Position.Line == 0 {
					t.Errorf("%+v has no place", s)
				}
			}
			if !slices.EqualFunc(skipped, test.skipped, strings.HasPrefix) {
				t.Errorf("skipped is %q, wanted %q", skipped, test.skipped)
			}
		})
	}
}

// TestOverTheNetwork reads a WSDL as JAX-WS serves it: ?wsdl imports ?wsdl=1, whose schemas are at ?xsd=1 and refer to each other and back.
func TestOverTheNetwork(t *testing.T) {
	t.Parallel()
	const base = "http://legacy.invalid/ws/service"
	schema := func(namespace, content string) []byte {
		return []byte(`<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="` + namespace + `" xmlns:o="urn:o">` + content + `</schema>`)
	}
	network := network{
		base + "?wsdl":   []byte(`<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><import namespace="urn:t" location="?wsdl=1"/></definitions>`),
		base + "?wsdl=1": []byte(simple("<!--schema-->", `<x:include schemaLocation="`+base+`?xsd=1"/>`, `element="t:in"`, `element="t:typed"`)),
		base + "?xsd=1":  schema("urn:t", `<import namespace="urn:o" schemaLocation="service?xsd=2"/><element name="typed" type="o:T"/>`),
		base + "?xsd=2":  schema("urn:o", `<import namespace="urn:t" schemaLocation="?xsd=1"/><complexType name="T"/>`),
	}
	d, err := Read(t.Context(), &document.Loader{Client: &http.Client{Transport: network}}, base+"?wsdl")
	if err != nil {
		t.Fatal(err)
	}
	if got := offered(d); got != "Port op(typed)" {
		t.Errorf("offered is %s", got)
	}
	if typ, err := d.Services[0].Ports[0].Operations[0].Input.Parts[0].Element.Type(); err != nil || typ.Name.Space != "urn:o" {
		t.Errorf("the type is %+v (%v)", typ, err)
	}
	delete(network, base+"?xsd=2")
	if _, err := Read(t.Context(), &document.Loader{Client: &http.Client{Transport: network}}, base+"?wsdl"); err == nil || !strings.Contains(err.Error(), base+"?xsd=2") {
		t.Errorf("the error is %v", err)
	}
}

func TestLaughs(t *testing.T) {
	t.Parallel()
	var entities strings.Builder
	for i := range 10 {
		fmt.Fprintf(&entities, `<!ENTITY l%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	bomb := `<!DOCTYPE d [<!ENTITY l0 "lol">` + entities.String() + `]>` + simple("<!--end-->", "<w:documentation>&l10;</w:documentation>")
	if _, err := Read(t.Context(), &document.Loader{}, files(t, "a.wsdl", map[string]string{"a.wsdl": bomb})); err == nil || !strings.Contains(err.Error(), "expand to more than") {
		t.Errorf("the error is %v", err)
	}
}
