package soap

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func text(value string) *string { return &value }

// secretFile puts a secret where a configuration can refer to it.
func secretFile(t testing.TB, value string) *configv1.Secret {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	return &configv1.Secret{Source: &configv1.Secret_File{File: path}}
}

// A callerWith has these headers and claims.
func callerWith(headers, claims map[string]string) adapters.Caller {
	return adapters.Caller{Claims: claims, Header: func(name string) []string {
		for key, value := range headers {
			if strings.EqualFold(key, name) {
				return []string{value, "a second value"}
			}
		}
		return nil
	}}
}

func TestConfiguredHeaders(t *testing.T) {
	t.Parallel()
	settings := []*configv1.SoapHeader{
		{
			Name: "{urn:session}Session", Role: "urn:next", MustUnderstand: true, Attributes: map[string]string{"{urn:x}b": `<"`, "a": "1"},
			Elements: []*configv1.SoapHeader{
				{Name: "{urn:session}Id", Value: text("a & b")},
				{Name: "{urn:session}Key", Secret: secretFile(t, "s<cret\n")},
				{Name: "{urn:other}Empty"},
				{Name: "Plain", FromClaim: "sub"},
			},
		},
		{Name: "Channel", FromHeader: "X-Channel"},
	}
	tests := []struct {
		name    string
		version wsdl.Version
		caller  adapters.Caller
		want    string
	}{
		{
			"SOAP 1.1", wsdl.SOAP11, callerWith(map[string]string{"x-channel": "<web>"}, map[string]string{"sub": "ada"}),
			`<h:Session xmlns:h="urn:session" soap:actor="urn:next" soap:mustUnderstand="1" a="1" xmlns:a1="urn:x" a1:b="&lt;&quot;"><h:Id>a &amp; b</h:Id>` +
				`<h:Key>s&lt;cret</h:Key><h:Empty xmlns:h="urn:other"></h:Empty><Plain>ada</Plain></h:Session><Channel>&lt;web&gt;</Channel>`,
		},
		{
			"SOAP 1.2, and a caller who says nothing", wsdl.SOAP12, adapters.Caller{},
			`<h:Session xmlns:h="urn:session" soap:role="urn:next" soap:mustUnderstand="1" a="1" xmlns:a1="urn:x" a1:b="&lt;&quot;"><h:Id>a &amp; b</h:Id>` +
				`<h:Key>s&lt;cret</h:Key><h:Empty xmlns:h="urn:other"></h:Empty></h:Session>`,
		},
	}
	compiled, findings := compileHeaders(settings, "")
	if len(findings) != 0 {
		t.Fatal(findings)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := compiled.appendConfigured(adapters.WithCaller(t.Context(), test.caller), nil, test.version)
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}

func TestHeadersThatXMLCannotCarry(t *testing.T) {
	t.Parallel()
	compiled, findings := compileHeaders([]*configv1.SoapHeader{{Name: "Channel", FromHeader: "X-Channel"}}, "")
	if len(findings) != 0 {
		t.Fatal(findings)
	}
	for _, value := range []string{"a\x00b", "a\xffb"} {
		caller := callerWith(map[string]string{"X-Channel": value}, nil)
		if _, err := compiled.appendConfigured(adapters.WithCaller(t.Context(), caller), nil, wsdl.SOAP11); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%q: the error is %v", value, err)
		}
	}
}

func TestHeaderMistakesAreFoundAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Adapter{}.Open(t.Context(), &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", Headers: []*configv1.SoapHeader{
		{Name: "1st"},
		{Name: "Outer", Value: text("\x01"), Attributes: map[string]string{"a b": "1", "xmlns": "urn:x"}},
		{Name: "Outer", Elements: []*configv1.SoapHeader{{Name: "Inner", Role: "urn:next"}, {Name: "Secret", Secret: &configv1.Secret{}}}},
	}}, adapters.Options{Name: "accounts", Dir: "testdata"})
	var config *adapters.ConfigError
	if !errors.As(err, &config) {
		t.Fatalf("the error is %v", err)
	}
	var got []string
	for _, finding := range config.Findings {
		got = append(got, finding.Field)
	}
	want := []string{
		"headers[0].name", `headers[1].attributes["a b"]`, `headers[1].attributes["xmlns"]`, "headers[1].value", "headers[2].elements[0]",
		"headers[2].elements[1].secret",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the findings are %v, wanted %v", got, want)
	}
}
