package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/gateway/benchtest"
)

// The programs of BenchmarkSOAP, beside the gateway, as commands of the test binary.
const (
	soapService = "soap-service"
	soapByHand  = "soap-by-hand"
	// soapServiceAddress is the variable that tells the hand-written proxy where the service is.
	soapServiceAddress = "SOAP_SERVICE"
	// soapRequest is the one request, and soapParts the directory of the WSDL and of the reply, of 1.5 KB.
	soapRequest = "/customers/v1/getCustomer?id=C000001"
	soapParts   = "testdata/soapbench"
)

// BenchmarkSOAP measures the processor time of a GET that becomes a call of a SOAP service: of the gateway over an imported WSDL with all settings as they are, and
// of a proxy that one would write by hand, which fills a template and looks for tags in the reply. Each is a process of its own, and so is the service.
func BenchmarkSOAP(b *testing.B) {
	service := benchtest.Start(b, soapService, exec.Command(soapService))
	byHand := exec.Command(soapByHand)
	byHand.Env = append(os.Environ(), soapServiceAddress+"="+service.URL)
	programs := []*benchtest.Program{
		benchtest.Start(b, "hand-written", byHand),
		benchtest.Start(b, "gateway", serveCustomers(b, service.URL)),
	}
	wanted, got := getJSON(b, programs[0].URL+soapRequest), getJSON(b, programs[1].URL+soapRequest)
	if wanted != got {
		b.Fatalf("the programs answer differently:\n%s\n%s", wanted, got)
	}
	benchtest.Compare(b, benchtest.Request{Path: soapRequest}, programs...)
}

// serveCustomers imports the WSDL into an estate, and returns the command that serves it.
func serveCustomers(b *testing.B, endpoint string) *exec.Cmd {
	b.Helper()
	estate := b.TempDir()
	imported := exec.Command("postern", "import", "wsdl", filepath.Join(soapParts, "customers.wsdl"), "--into", estate, "--name", "customers")
	if output, err := imported.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	settings, err := os.OpenFile(filepath.Join(estate, "backends", "customers.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := fmt.Fprintf(settings, "\nendpoint: %s\n", endpoint); err != nil {
		b.Fatal(err)
	}
	if err := settings.Close(); err != nil {
		b.Fatal(err)
	}
	return exec.Command("postern", "serve", estate, "--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0")
}

// getJSON returns the answer with all members in order.
func getJSON(b *testing.B, url string) string {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.Fatalf("%s is answered %s", url, response.Status)
	}
	var value any
	if err := json.NewDecoder(response.Body).Decode(&value); err != nil {
		b.Fatal(err)
	}
	ordered, err := json.Marshal(value)
	if err != nil {
		b.Fatal(err)
	}
	return string(ordered)
}
