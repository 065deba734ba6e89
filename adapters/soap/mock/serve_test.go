package mock

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
)

// accounts is a WSDL with a schema beside it: getAccount, closeAccount and notify.
func accounts(t *testing.T, replies ...Reply) *Server {
	t.Helper()
	location, err := filepath.Abs(filepath.Join("..", "testdata", "accounts.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	return open(t, location, replies...)
}

func get(t *testing.T, address string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

// TestDocuments reads the WSDL back by URL, with what it imports: it describes the same, at the mock's own address.
func TestDocuments(t *testing.T) {
	t.Parallel()
	s := accounts(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	path := s.Endpoints()[0].Path
	loader := &document.Loader{Client: server.Client()}
	read, err := wsdl.Read(t.Context(), loader, server.URL+path+"?WSDL")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(loader.Documents()); got != 2 {
		t.Errorf("%d documents were read", got)
	}
	port := read.Services[0].Ports[0]
	if port.Address != server.URL+path || len(port.Operations) != 3 {
		t.Errorf("the port is at %s with %d operations", port.Address, len(port.Operations))
	}
	for query, want := range map[string]int{"?xsd=1": 200, "?xsd=2": 404, "?wsdl=x": 404, "": 200} {
		if status, _ := get(t, server.URL+path+query); status != want {
			t.Errorf("%s answers %d, want %d", query, status, want)
		}
	}
	if _, list := get(t, server.URL); !strings.Contains(list, "getAccount, closeAccount, notify") || !strings.Contains(list, server.URL+path+"?wsdl") {
		t.Errorf("the list is %s", list)
	}
}

const accountsSpace = ` xmlns:a="urn:test:accounts"`

func TestAnswers(t *testing.T) {
	t.Parallel()
	s := accounts(t, Reply{Operation: "closeAccount", Fault: &Fault{Code: "Client", Text: "no <such> account", Detail: `<x xmlns="urn:x"/>`}})
	port := s.ports[0]
	operation := port.operations[0]
	w := &sampler{schemas: s.schemas}
	if err := w.message(operation.Input, false, ""); err != nil {
		t.Fatal(err)
	}
	request := w.out.String()
	closing := &sampler{schemas: s.schemas, spaces: w.spaces}
	if _, closes := s.named("", "closeAccount"); closing.message(closes.Input, false, "") != nil || w.namespaces() != closing.namespaces() {
		t.Fatal("closeAccount cannot be made up")
	}
	send := func(version wsdl.Version, namespaces, body string) (int, string) {
		answer := post(s, port.Path, version, "", namespaces, body)
		return answer.Code, answer.Body.String()
	}
	status, first := send(port.Version, w.namespaces(), request)
	_, second := send(port.Version, w.namespaces(), request)
	if status != 200 || first != second {
		t.Errorf("%d %s, and then %s", status, first, second)
	}
	for _, test := range []struct {
		name, body string
		version    wsdl.Version
		status     int
		says       string
	}{
		{"other operation", `<a:nothing` + accountsSpace + `/>`, port.Version, 500, "No operation of SOAP"},
		{"unknown element", strings.Replace(request, "</", "<b/></", 1), port.Version, 500, "breaks the schema"},
		{"nothing", "", port.Version, 500, "an empty body"},
		{"given fault", closing.out.String(), port.Version, 500, `no &lt;such&gt; account</faultstring><detail><x xmlns="urn:x"/></detail>`},
		{"no XML", "<a", port.Version, 500, "no SOAP"},
	} {
		status, body := send(test.version, w.namespaces(), test.body)
		if test.status != 0 && status != test.status || !strings.Contains(body, test.says) || !strings.Contains(body, "Fault>") {
			t.Errorf("%s: %d %s", test.name, status, body)
		}
	}
}

func TestGivenReplies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const described = `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t" xmlns:xs="http://www.w3.org/2001/XMLSchema"
      xmlns:s="http://schemas.xmlsoap.org/wsdl/soap12/" targetNamespace="urn:t">
    <w:types><xs:schema targetNamespace="urn:t" elementFormDefault="qualified">
      <xs:element name="get"><xs:complexType><xs:sequence><xs:element name="id" type="xs:int"/></xs:sequence></xs:complexType></xs:element>
      <xs:element name="got"><xs:complexType><xs:sequence><xs:element name="id" type="xs:int"/><xs:element name="name" minOccurs="0">
        <xs:simpleType><xs:restriction base="xs:string"><xs:maxLength value="5"/></xs:restriction></xs:simpleType></xs:element></xs:sequence></xs:complexType></xs:element>
    </xs:schema></w:types>
    <w:message name="in"><w:part name="p" element="t:get"/></w:message><w:message name="out"><w:part name="p" element="t:got"/></w:message>
    <w:portType name="P"><w:operation name="get"><w:input message="t:in"/><w:output message="t:out"/></w:operation></w:portType>
    <w:binding name="B" type="t:P"><s:binding transport="http://schemas.xmlsoap.org/soap/http"/>
      <w:operation name="get"><s:operation/><w:input><s:body use="literal"/></w:input><w:output><s:body use="literal"/></w:output></w:operation></w:binding>
    <w:service name="S"><w:port name="P1" binding="t:B"><s:address location="REPLACE"/></w:port></w:service></w:definitions>`
	location := filepath.Join(dir, "s.wsdl")
	if err := os.WriteFile(location, []byte(described), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, location,
		Reply{Operation: "get", When: map[string]string{"id": "1"}, Message: []byte(`{"id": 1, "name": "Ada"}`)},
		Reply{Operation: "get", When: map[string]string{"id": "2"}, Fault: &Fault{Text: "down"}},
	)
	if got := s.Endpoints()[0]; got.Path != "/P1" || got.Port != "P1" || got.Service != "S" || got.Version != wsdl.SOAP12 {
		t.Errorf("the endpoint is %+v", got)
	}
	for id, want := range map[string]string{
		"1": "<n1:got><n1:id>1</n1:id><n1:name>Ada</n1:name></n1:got>", "2": "<soap:Value>soap:Receiver</soap:Value>", "37": "<n1:got><n1:id>37</n1:id><n1:name>name</n1:name></n1:got>",
		"x": "<soap:Value>soap:Sender</soap:Value>",
	} {
		if answer := post(s, "/P1", wsdl.SOAP12, "", ` xmlns="urn:t"`, "<get><id>"+id+"</id></get>"); !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s answers %s", id, answer.Body)
		}
	}
	if answer := post(s, "/P1", wsdl.SOAP11, "", ` xmlns="urn:t"`, "<get><id>1</id></get>"); !strings.Contains(answer.Body.String(), "VersionMismatch") {
		t.Errorf("SOAP 1.1 answers %s", answer.Body)
	}
	_, err := New(t.Context(), &document.Loader{}, location, []Reply{
		{Operation: "put"}, {Operation: "get", Message: []byte(`{"name": "Ada"}`)}, {Operation: "get", Message: []byte(`{"nam": "Ada"}`)},
	})
	for _, says := range []string{"no operation put", "reply 2, of get: id", "reply 3, of get: it does not fit"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("the error is %v, and does not say %q", err, says)
		}
	}
}
