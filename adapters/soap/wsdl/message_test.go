package wsdl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// One operation of each kind of declaration that stands beside the body.
const beside = `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:m="http://schemas.xmlsoap.org/wsdl/mime/"
	xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" xmlns:p="http://schemas.xmlsoap.org/ws/2004/09/policy" xmlns:q="http://www.w3.org/ns/ws-policy"
	xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" xmlns:a="http://www.w3.org/2007/05/addressing/metadata"
	xmlns:b="http://www.w3.org/2006/05/addressing/wsdl" targetNamespace="urn:t">
	<w:types><x:schema targetNamespace="urn:t"><x:element name="e" type="x:string"/><x:element name="h" type="x:int"/></x:schema></w:types>
	<w:message name="In"><w:part name="body" element="t:e"/><w:part name="own" element="t:h"/><w:part name="file" type="x:base64Binary"/></w:message>
	<w:message name="Head"><w:part name="session" element="t:h"/><w:part name="typed" type="x:string"/></w:message>
	<w:message name="Out"/><w:message name="Bad"><w:part name="x" element="t:none"/></w:message>
	<w:message name="Typed"><w:part name="detail" type="x:int"/></w:message>
	<w:portType name="P" p:PolicyURIs="#onPortType"><w:operation name="op">
		<w:input message="t:In" a:Action="urn:explicit"/><w:output message="t:Out"/>
		<w:fault name="typed" message="t:Typed"/><w:fault name="lost" message="t:Bad"/><w:fault name="element" message="t:Head"/>
	</w:operation></w:portType>
	<w:binding name="B" type="t:P"><s:binding style="document"/><b:UsingAddressing w:required="true"/><p:PolicyReference URI="#onBinding"/>
		<w:operation name="op"><p:PolicyReference URI="#missing"/><s:operation soapAction="urn:op"/>
			<w:input><q:Policy><q:All/></q:Policy><m:multipartRelated>
				<m:part><s:body use="literal"/><s:header message="t:Head" part="session" use="literal"><s:headerfault message="t:Head" part="typed" namespace="urn:hf" use="literal"/></s:header></m:part>
				<m:part><m:content part="file" type="image/png"/><m:content part="file" type="image/jpeg"/></m:part></m:multipartRelated>
				<s:header message="t:In" part="own" use="literal"/><s:header message="t:Head" part="typed" use="encoded" namespace="urn:h"/><s:header message="t:None" part="lost"/>
			</w:input><w:output><s:body use="literal"/></w:output>
			<w:fault name="typed"><s:fault name="typed" use="literal" namespace="urn:f"/></w:fault>
		</w:operation></w:binding>
	<w:service name="S"><w:port name="Port" binding="t:B"><s:address location="http://legacy.invalid/"/></w:port></w:service>
	<p:Policy u:Id="onBinding"><p:ExactlyOne><p:All><p:PolicyReference URI="#inside"/></p:All></p:ExactlyOne></p:Policy><p:Policy u:Id="inside"/><q:Policy Name="urn:byName" u:Id="onPortType"/>
</w:definitions>`

func describeFaults(faults []*Fault) string {
	var out []string
	for _, f := range faults {
		out = append(out, fmt.Sprintf("%s %s %v", f.Name, f.Element, f.Part != nil))
	}
	return strings.Join(out, ", ")
}

func TestWhatStandsBesideTheBody(t *testing.T) {
	t.Parallel()
	d, err := Read(t.Context(), &document.Loader{}, files(t, "a.wsdl", map[string]string{"a.wsdl": beside}))
	if err != nil {
		t.Fatal(err)
	}
	port := d.Services[0].Ports[0]
	operation := port.Operations[0]
	input := operation.Input
	if input.Name != (document.Name{Space: "urn:t", Local: "In"}) || len(input.Parts) != 1 || input.Parts[0].Name != "body" {
		t.Errorf("the input is %+v", input)
	}
	var headers []string
	for _, h := range input.Headers {
		headers = append(headers, fmt.Sprintf("%s %q %v faults(%s)", h.Part.Name, h.Namespace, h.Encoded, describeFaults(h.Faults)))
	}
	if got, wanted := strings.Join(headers, "; "), `own "" false faults(); typed "urn:h" true faults(); session "" false faults(typed {urn:hf}typed true)`; got != wanted {
		t.Errorf("the headers are %s, wanted %s", got, wanted)
	}
	if len(input.Attachments) != 1 || input.Attachments[0].Part.Type == nil || strings.Join(input.Attachments[0].Types, " ") != "image/png image/jpeg" {
		t.Errorf("the attachments are %+v", input.Attachments)
	}
	if got, wanted := describeFaults(operation.Faults), "typed {urn:f}detail true, lost {urn:t}none false, element {urn:t}h true"; got != wanted {
		t.Errorf("the faults are %s, wanted %s", got, wanted)
	}
	if operation.InputAction != "urn:explicit" || operation.DefaultInputAction != "urn:t:P:opRequest" || !port.UsingAddressing || !port.AddressingRequired {
		t.Errorf("the actions are %q and %q", operation.InputAction, operation.DefaultInputAction)
	}
	if len(port.Policies) != 3 || len(operation.Policies) != 1 || len(input.Policies) != 1 {
		t.Errorf("there are %d, %d and %d policies", len(port.Policies), len(operation.Policies), len(input.Policies))
	}
	var skipped []string
	for _, s := range d.Skipped {
		skipped = append(skipped, s.Subject)
	}
	if got, wanted := strings.Join(skipped, ", "), "header lost of operation op, fault lost of operation op, policy #missing"; got != wanted {
		t.Errorf("skipped is %s, wanted %s", got, wanted)
	}
}
