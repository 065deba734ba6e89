package soaptest

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestServersAnswer starts every server and has it add in the style that it offers.
func TestServersAnswer(t *testing.T) {
	t.Parallel()
	servers := New(filepath.Join("..", "..", "..", "..", "shared", "corpus", "soap-servers"))
	t.Cleanup(func() {
		if err := servers.Stop(); err != nil {
			t.Error(err)
		}
	})
	const (
		version11 = "http://schemas.xmlsoap.org/soap/envelope/"
		version12 = "http://www.w3.org/2003/05/soap-envelope"
		qualified = `<n:add xmlns:n="urn:calc"><n:a>2</n:a><n:b>3</n:b></n:add>`
		plain     = `<n:add xmlns:n="urn:calc"><a>2</a><b>3</b></n:add>`
	)
	tests := []struct {
		name      string
		endpoint  func() (Endpoint, error)
		namespace string
		body      string
	}{
		{"PHP doclit", func() (Endpoint, error) { return servers.PHP("doclit") }, version11, qualified},
		{"PHP doclit12", func() (Endpoint, error) { return servers.PHP("doclit12") }, version12, qualified},
		{"PHP rpclit", func() (Endpoint, error) { return servers.PHP("rpclit") }, version11, plain},
		{"PHP rpcenc", func() (Endpoint, error) { return servers.PHP("rpcenc") }, version11, plain},
		{"gSOAP doclit", func() (Endpoint, error) { return servers.GSOAP("doclit") }, version11, plain},
		{"gSOAP doclit12", func() (Endpoint, error) { return servers.GSOAP("doclit12") }, version12, plain},
		{"gSOAP rpclit", func() (Endpoint, error) { return servers.GSOAP("rpclit") }, version11, plain},
		{"gSOAP rpcenc", func() (Endpoint, error) { return servers.GSOAP("rpcenc") }, version11, plain},
		{"SOAP::Lite 1.1", servers.SOAPLite, version11, plain},
		{"SOAP::Lite 1.2", servers.SOAPLite, version12, plain},
		{"spyne soap11", func() (Endpoint, error) { return servers.Spyne("soap11") }, version11, qualified},
		{"spyne soap12", func() (Endpoint, error) { return servers.Spyne("soap12") }, version12, qualified},
		{"node-soap doclit", func() (Endpoint, error) { return servers.Node("doclit") }, version11, qualified},
		{"node-soap rpcenc", func() (Endpoint, error) { return servers.Node("rpcenc") }, version11, plain},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			endpoint, err := test.endpoint()
			if err != nil {
				t.Fatal(err)
			}
			envelope := `<s:Envelope xmlns:s="` + test.namespace + `"><s:Body>` + test.body + `</s:Body></s:Envelope>`
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint.URL, strings.NewReader(envelope))
			if err != nil {
				t.Fatal(err)
			}
			request.Close = true
			request.Header.Set("Content-Type", "text/xml; charset=utf-8")
			if test.namespace == version12 {
				request.Header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="urn:calc#add"`)
			}
			request.Header["SOAPAction"] = []string{`"urn:calc#add"`}
			reply, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer reply.Body.Close()
			content, err := io.ReadAll(reply.Body)
			if err != nil {
				t.Fatal(err)
			}
			if reply.StatusCode != http.StatusOK || !strings.Contains(string(content), ">5") {
				t.Errorf("the answer is %d %s", reply.StatusCode, content)
			}
		})
	}
}

// TestAServerThatCannotStart says what is wrong.
func TestAServerThatCannotStart(t *testing.T) {
	t.Parallel()
	servers := New(t.TempDir())
	_, err := servers.Spyne("soap11")
	if err == nil || !strings.Contains(err.Error(), "server.py") {
		t.Errorf("the error is %v", err)
	}
	if err := servers.Stop(); err != nil {
		t.Error(err)
	}
}
