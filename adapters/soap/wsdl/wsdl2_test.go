package wsdl

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

var hotel = map[string]string{
	"hotel.wsdl": `<description xmlns="http://www.w3.org/ns/wsdl" targetNamespace="http://hotel.invalid/wsdl" xmlns:t="http://hotel.invalid/wsdl" xmlns:g="http://hotel.invalid/xsd"
	xmlns:wsoap="http://www.w3.org/ns/wsdl/soap" xmlns:whttp="http://www.w3.org/ns/wsdl/http">
	<include location="more.wsdl"/>
	<types><xs:import xmlns:xs="http://www.w3.org/2001/XMLSchema" namespace="http://hotel.invalid/xsd" schemaLocation="hotel.xsd"/></types>
	<interface name="Rooms" extends="t:Base">
		<fault name="invalid" element="g:invalid"/>
		<operation name="check" pattern="http://www.w3.org/ns/wsdl/in-out"><input messageLabel="In" element="g:check"/><output element="g:answer"/><outfault ref="t:invalid"/><outfault ref="t:none"/></operation>
		<operation name="tell" pattern="http://www.w3.org/ns/wsdl/in-only"><input element="g:check"/></operation>
		<operation name="ping" pattern="http://www.w3.org/ns/wsdl/robust-in-only"><input element="#none"/></operation>
		<operation name="open" pattern="http://www.w3.org/ns/wsdl/in-out"><input element="#any"/><output element="#other"/></operation>
		<operation name="event" pattern="http://www.w3.org/ns/wsdl/out-only"><output element="g:answer"/></operation>
		<operation name="lost" pattern="http://www.w3.org/ns/wsdl/in-only"><input element="g:none"/></operation>
	</interface>
	<binding name="Soap" interface="t:Rooms" type="http://www.w3.org/ns/wsdl/soap" wsoap:protocol="http://www.w3.org/2003/05/soap/bindings/HTTP/">
		<operation ref="t:check" wsoap:action="urn:check"><input><wsoap:header element="g:session"/></input></operation>
	</binding>
	<binding name="Soap11" type="http://www.w3.org/ns/wsdl/soap" wsoap:version="1.1" wsoap:protocol="http://www.w3.org/2006/01/soap11/bindings/HTTP/"/>
	<binding name="Http" interface="t:Rooms" type="http://www.w3.org/ns/wsdl/http"/>
	<service name="Hotel" interface="t:Rooms"><documentation>Rooms to let.</documentation>
		<endpoint name="E12" binding="t:Soap" address="http://hotel.invalid/12"/><endpoint name="E11" binding="t:Soap11" address="http://hotel.invalid/11"/>
		<endpoint name="EH" binding="t:Http" address="http://hotel.invalid/h"/><endpoint name="EN" binding="t:Nothing"/>
	</service></description>`,
	"more.wsdl": `<description xmlns="http://www.w3.org/ns/wsdl" targetNamespace="http://hotel.invalid/wsdl" xmlns:g="http://hotel.invalid/xsd" xmlns:t="http://hotel.invalid/wsdl">
		<include location="hotel.wsdl"/><interface name="Base" extends="t:Rooms"><operation name="base" pattern="http://www.w3.org/ns/wsdl/in-out"><input element="g:check"/><output element="g:answer"/></operation></interface></description>`,
	"hotel.xsd": `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="http://hotel.invalid/xsd"><element name="check" type="string"/><element name="answer" type="string"/>
		<element name="invalid" type="string"/><element name="session" type="string"/></schema>`,
}

func TestWSDL2(t *testing.T) {
	t.Parallel()
	d, err := Read(t.Context(), &document.Loader{}, files(t, "hotel.wsdl", hotel))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Services) != 1 || len(d.Services[0].Ports) != 2 || d.Services[0].Doc != "Rooms to let." {
		t.Fatalf("the services are %+v, skipped is %+v", d.Services, d.Skipped)
	}
	p12, p11 := d.Services[0].Ports[0], d.Services[0].Ports[1]
	if p12.Version != SOAP12 || p12.Address != "http://hotel.invalid/12" || p11.Version != SOAP11 || p11.PortType.Local != "Rooms" {
		t.Errorf("the ports are %+v and %+v", p12, p11)
	}
	var names []string
	for _, o := range p11.Operations {
		names = append(names, o.Name)
	}
	if got := strings.Join(names, " "); got != "check tell ping event base" {
		t.Errorf("the operations are %s", got)
	}
	check, tell, ping := p12.Operations[0], p12.Operations[1], p12.Operations[2]
	if check.Action != "urn:check" || check.OneWay || check.Input.Parts[0].Element.Name.Local != "check" || check.Output.Parts[0].Element.Name.Local != "answer" ||
		len(check.Input.Headers) != 1 || check.Input.Headers[0].Part.Element.Name.Local != "session" || check.DefaultInputAction != "http://hotel.invalid/wsdl/Rooms/checkRequest" {
		t.Errorf("check is %+v", check)
	}
	if got := describeFaults(check.Faults); got != "invalid {http://hotel.invalid/xsd}invalid true, none  false" {
		t.Errorf("the faults are %s", got)
	}
	if !tell.OneWay || !ping.OneWay || len(ping.Input.Parts) != 0 || tell.DefaultInputAction != "http://hotel.invalid/wsdl/Rooms/tell" {
		t.Errorf("tell is %+v, ping %+v", tell, ping)
	}
	wanted := []string{"#any", "{http://hotel.invalid/xsd}none", "not for SOAP", "not defined"}
	reasons := ""
	for _, s := range d.Skipped {
		reasons += s.Reason + "\n"
		if s.Position.Line == 0 {
			t.Errorf("%+v has no place", s)
		}
	}
	for _, w := range wanted {
		if !strings.Contains(reasons, w) {
			t.Errorf("nothing is said of %s in %s", w, reasons)
		}
	}
}
