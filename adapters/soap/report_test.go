package soap

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// twoVersions is a service with a port of either version of SOAP, and one that speaks neither.
const twoVersions = `<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:s11="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:s12="http://schemas.xmlsoap.org/wsdl/soap12/" targetNamespace="urn:t">
  <w:message name="in"><w:part name="id" type="xs:string"/></w:message>
  <w:portType name="P">
    <w:operation name="get"><w:input message="t:in"/><w:output message="t:in"/></w:operation>
    <w:operation name="tell"><w:input message="t:in"/></w:operation>
  </w:portType>
  <w:binding name="B11" type="t:P">
    <s11:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
    <w:operation name="get"><s11:operation soapAction="urn:t#get"/><w:input><s11:body use="literal" namespace="urn:t"/></w:input>
      <w:output><s11:body use="literal" namespace="urn:t"/></w:output></w:operation>
    <w:operation name="tell"><s11:operation soapAction="urn:t#tell"/><w:input><s11:body use="literal" namespace="urn:t"/></w:input></w:operation>
  </w:binding>
  <w:binding name="B12" type="t:P">
    <s12:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
    <w:operation name="get"><s12:operation soapAction="urn:t#get"/><w:input><s12:body use="literal" namespace="urn:t"/></w:input>
      <w:output><s12:body use="literal" namespace="urn:t"/></w:output></w:operation>
  </w:binding>
  <w:service name="S">
    <w:port name="S11" binding="t:B11"><s11:address location="http://legacy.example/s"/></w:port>
    <w:port name="S12" binding="t:B12"><s12:address location="http://legacy.example/s12"/></w:port>
    <w:port name="Nowhere" binding="t:Missing"/>
  </w:service>
</w:definitions>`

func writeTwoVersions(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "two.wsdl"), []byte(twoVersions), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	dir := writeTwoVersions(t)
	report, err := Describe(t.Context(), &configv1.SoapBackend{Wsdl: "two.wsdl"}, adapters.Options{Name: "two", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	operations := []ReportedOperation{
		{Service: "S", Port: "S11", Operation: "get", Method: "two.v1.S.Get", Version: "1.1", Endpoint: "http://legacy.example/s", Style: "rpc", Use: "literal", Action: "urn:t#get"},
		{Service: "S", Port: "S11", Operation: "tell", Method: "two.v1.S.Tell", Version: "1.1", Endpoint: "http://legacy.example/s", Style: "rpc", Use: "literal", Action: "urn:t#tell", OneWay: true},
	}
	if !slices.Equal(report.Operations, operations) {
		t.Errorf("the operations are %+v", report.Operations)
	}
	if len(report.Ports) != 2 || !report.Ports[0].Used || report.Ports[1].Used || !strings.HasPrefix(report.Ports[1].Reason, "port S11 offers the same") ||
		report.Ports[1].Address != "http://legacy.example/s12" || !slices.Equal(report.Ports[0].Operations, []string{"get", "tell"}) {
		t.Errorf("the ports are %+v", report.Ports)
	}
	if len(report.Skipped) != 1 || report.Skipped[0].Subject != "port Nowhere" || report.Skipped[0].Line == 0 {
		t.Errorf("skipped is %v", report.Skipped)
	}
}

func TestDescribeByOtherSettings(t *testing.T) {
	t.Parallel()
	dir := writeTwoVersions(t)
	config := &configv1.SoapBackend{Wsdl: "two.wsdl", Ports: []string{"S12"}, Endpoint: "https://elsewhere.example/", Security: &configv1.SoapSecurity{
		Bearer: &configv1.Secret{Source: &configv1.Secret_Env{Env: "NOBODY_HAS_SET_THIS"}},
	}}
	report, err := Describe(t.Context(), config, adapters.Options{Name: "two", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Operations) != 1 || report.Operations[0].Port != "S12" || report.Operations[0].Endpoint != "https://elsewhere.example/" {
		t.Errorf("the operations are %+v", report.Operations)
	}
	if report.Ports[0].Used || !strings.Contains(report.Ports[0].Reason, "`ports`") {
		t.Errorf("the first port is %+v", report.Ports[0])
	}
	if _, err := Describe(t.Context(), &configv1.SoapBackend{Wsdl: "https://legacy.example/?wsdl"}, adapters.Options{Name: "two"}); !errors.Is(err, ErrRemote) {
		t.Errorf("by URL: %v", err)
	}
	var wrong *adapters.ConfigError
	if _, err := Describe(t.Context(), &configv1.SoapBackend{Wsdl: "three.wsdl"}, adapters.Options{Name: "two", Dir: dir}); !errors.As(err, &wrong) {
		t.Errorf("no such file: %v", err)
	}
}

// TestReportedPortsCountOverloads holds that operations of one name are counted.
func TestReportedPortsCountOverloads(t *testing.T) {
	t.Parallel()
	overloaded := strings.Replace(twoVersions, `<w:operation name="tell"><w:input message="t:in"/></w:operation>`,
		`<w:operation name="tell"><w:input message="t:in"/></w:operation><w:operation name="get"><w:input name="other" message="t:in"/></w:operation>`, 1)
	overloaded = strings.Replace(overloaded, `</w:operation>
  </w:binding>`, `</w:operation>
    <w:operation name="get"><s11:operation soapAction="urn:t#other"/><w:input name="other"><s11:body use="literal" namespace="urn:t"/></w:input></w:operation>
  </w:binding>`, 1)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "two.wsdl"), []byte(overloaded), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := Describe(t.Context(), &configv1.SoapBackend{Wsdl: "two.wsdl"}, adapters.Options{Name: "two", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Ports[0].Operations; !slices.Equal(got, []string{"get", "tell", "get"}) {
		t.Errorf("the operations of the port are %v", got)
	}
}
