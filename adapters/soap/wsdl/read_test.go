package wsdl

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// files writes documents into a directory of their own and returns the path of the first.
func files(t testing.TB, first string, contents map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, filepath.FromSlash(first))
}

const head = `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:h="http://schemas.xmlsoap.org/wsdl/http/"
	xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" xmlns:m="urn:m" targetNamespace="urn:t">`

// A service in one document; the abstract part, which imports back, in another; a schema imported by wsdl:import.
var spread = map[string]string{
	"service.wsdl": head + `<w:import namespace="urn:m" location="parts/abstract.wsdl"/><w:import namespace="urn:s" location="types.xsd"/>
		<w:binding name="B" type="m:P"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/>
			<w:operation name="call"><s:operation soapAction="urn:call"/><w:input name="one"><s:body use="literal"/></w:input><w:output><s:body use="literal"/></w:output></w:operation>
			<w:operation name="call"><s:operation soapAction="urn:call2"/><w:input name="two"><s:body use="literal"/></w:input></w:operation>
			<w:operation name="event"><w:output/></w:operation>
			<w:operation name="lost"><w:input><s:body use="literal"/></w:input></w:operation>
			<w:operation name="encoded"><w:input><s:body use="encoded"/></w:input></w:operation>
		</w:binding>
		<w:binding name="G" type="m:P"><h:binding verb="GET"/></w:binding>
		<w:binding name="J" type="m:P"><s:binding transport="http://schemas.xmlsoap.org/soap/jms"/></w:binding>
		<w:service name="S"><w:documentation>The  service.</w:documentation>
			<w:port name="P1" binding="t:B"><s:address location="http://legacy.invalid/s"/></w:port>
			<w:port name="P2" binding="t:G"/><w:port name="P3" binding="t:J"/><w:port name="P4" binding="t:None"/>
		</w:service></w:definitions>`,
	"parts/abstract.wsdl": strings.Replace(head, `targetNamespace="urn:t"`, `targetNamespace="urn:m" xmlns:y="urn:s"`, 1) + `<w:import namespace="urn:t" location="../service.wsdl"/>
		<w:message name="In"><w:part name="p" element="y:in"/></w:message><w:message name="In2"><w:part name="p" type="x:int"/></w:message>
		<w:message name="Out"><w:part name="p" element="y:out"/></w:message><w:message name="Bad"><w:part name="p" element="y:none"/></w:message>
		<w:portType name="P">
			<w:operation name="call"><w:documentation>Calls.</w:documentation><w:input name="one" message="m:In"/><w:output message="m:Out"/><w:fault name="F" message="m:Out"/></w:operation>
			<w:operation name="call"><w:input name="two" message="m:In2"/></w:operation>
			<w:operation name="event"><w:output message="m:Out"/></w:operation>
			<w:operation name="lost"><w:input message="m:Bad"/></w:operation>
			<w:operation name="encoded"><w:input message="m:In"/></w:operation>
		</w:portType></w:definitions>`,
	"types.xsd": `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:s"><element name="in" type="string"/><element name="out" type="string"/></schema>`,
}

func TestReadWhatIsSpreadOverDocuments(t *testing.T) {
	t.Parallel()
	d, err := Read(t.Context(), &document.Loader{}, files(t, "service.wsdl", spread))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Services) != 1 || len(d.Services[0].Ports) != 2 || d.Services[0].Doc != "The service." {
		t.Fatalf("the services are %+v", d.Services)
	}
	port := d.Services[0].Ports[0]
	if port.Name != "P1" || port.Address != "http://legacy.invalid/s" || port.Version != SOAP11 || len(port.Operations) != 4 {
		t.Fatalf("the port is %+v", port)
	}
	first, second := port.Operations[0], port.Operations[1]
	if event := port.Operations[2]; event.Name != "event" || event.OneWay || len(event.Input.Parts) != 0 || event.DefaultInputAction != "urn:m:P:eventRequest" {
		t.Errorf("the operation without input is %+v", event)
	}
	if !port.Operations[3].Input.Encoded || first.Input.Encoded {
		t.Error("which operation is encoded is not seen")
	}
	if first.Action != "urn:call" || first.Doc != "Calls." || first.OneWay || first.Input.Parts[0].Element.Name.Local != "in" ||
		len(first.Faults) != 1 || first.Faults[0].Element != (document.Name{Space: "urn:s", Local: "out"}) {
		t.Errorf("the first operation is %+v", first)
	}
	if second.Action != "urn:call2" || !second.OneWay || second.Input.Parts[0].Type.Value.Builtin != "int" {
		t.Errorf("the overloaded operation is %+v", second)
	}
	wanted := []struct{ subject, reason, file string }{
		{"operation lost", "{urn:s}none is not declared", "abstract.wsdl"},
		{"port P2", "not for SOAP", "service.wsdl"},
		{"port P3", "not HTTP", "service.wsdl"},
		{"port P4", "{urn:t}None is not defined", "service.wsdl"},
	}
	if len(d.Skipped) != len(wanted) {
		t.Fatalf("skipped is %+v", d.Skipped)
	}
	for i, w := range wanted {
		got := d.Skipped[i]
		if got.Subject != w.subject || !strings.Contains(got.Reason, w.reason) || filepath.Base(got.Position.File) != w.file || got.Position.Line == 0 {
			t.Errorf("skipped is %+v, wanted %+v", got, w)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, content, says string }{
		{"no WSDL", `<html/>`, "its root element is html"},
		{"description of something else", `<description xmlns="http://www.w3.org/other"/>`, "its root element is"},
		{"not XML", `kind: soap`, "text outside"},
		{"import from nowhere", head + `<w:import location="classpath:none.wsdl"/></w:definitions>`, "classpath:none.wsdl"},
		{"two from nowhere", head + `<w:import location="classpath:none.wsdl"/><w:import location="classpath:nor.wsdl"/></w:definitions>`, "nor.wsdl"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(t.Context(), &document.Loader{}, files(t, "a.wsdl", map[string]string{"a.wsdl": test.content}))
			var located *document.Error
			if !errors.As(err, &located) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// FuzzRead reads any bytes as a WSDL, from a network that has nothing else.
func FuzzRead(f *testing.F) {
	for _, content := range spread {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		const location = "http://legacy.invalid/a.wsdl"
		loader := &document.Loader{Client: &http.Client{Transport: network{location: content}}}
		d, err := Read(t.Context(), loader, location)
		if err != nil {
			return
		}
		for _, service := range d.Services {
			for _, port := range service.Ports {
				for _, operation := range port.Operations {
					for _, part := range operation.Input.Parts {
						if part.Element != nil {
							_, _ = part.Element.Type()
						}
					}
				}
			}
		}
	})
}

// A network has documents by URL.
type network map[string][]byte

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	content, ok := n[r.URL.String()]
	if !ok {
		return nil, errors.New("there is nothing at this address")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(content)), Request: r}, nil
}
