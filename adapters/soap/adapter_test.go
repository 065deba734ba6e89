package soap

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestOpenDescribesTheService(t *testing.T) {
	t.Parallel()
	b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", ReadOnly: []string{"closeAccount"}, Writes: []string{"getAccount"}})
	services := b.Services()
	if len(services) != 1 || services[0].Descriptor.FullName() != "accounts.v1.AccountService" {
		t.Fatalf("the services are %v", services)
	}
	wanted := map[string]descriptorpb.MethodOptions_IdempotencyLevel{
		"GetAccount":   descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN,
		"CloseAccount": descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		"Notify":       descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN,
	}
	methods := services[0].Descriptor.Methods()
	if methods.Len() != len(wanted) {
		t.Errorf("there are %d methods", methods.Len())
	}
	for i := range methods.Len() {
		options, _ := methods.Get(i).Options().(*descriptorpb.MethodOptions)
		if level := wanted[string(methods.Get(i).Name())]; options.GetIdempotencyLevel() != level {
			t.Errorf("%s is %v, wanted %v", methods.Get(i).Name(), options.GetIdempotencyLevel(), level)
		}
	}
	account := services[0].Descriptor.ParentFile().Messages().ByName("Account")
	comment := account.ParentFile().SourceLocations().ByDescriptor(account.Fields().ByName("balance")).LeadingComments
	if !strings.Contains(comment, "negative when the council owes") {
		t.Errorf("the comment of balance is %q", comment)
	}
}

func TestReportSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	b, ok := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl"}).(Reporter)
	if !ok {
		t.Fatal("the back end is no Reporter")
	}
	report := b.Report()
	wanted := ReportedOperation{
		Service: "AccountService", Port: "Soap11", Operation: "getAccount", Method: "accounts.v1.AccountService.GetAccount",
		Version: "1.1", Endpoint: "http://legacy.invalid/accounts", Style: "document", Use: "literal", Action: "urn:accounts#getAccount",
	}
	if len(report.Operations) != 3 || report.Operations[0] != wanted {
		t.Errorf("the operations are %+v", report.Operations)
	}
	if len(report.Skipped) != 1 {
		t.Fatalf("skipped is %v", report.Skipped)
	}
	gap := report.Skipped[0]
	if gap.Subject != "operation broken" || filepath.Base(gap.File) != "accounts.wsdl" || gap.Line == 0 || !strings.Contains(gap.Reason, "missing is not defined") {
		t.Errorf("the gap is %v", gap)
	}
}

// TestRulesComeFromFacets holds the validation rules of mirrored messages.
func TestRulesComeFromFacets(t *testing.T) {
	t.Parallel()
	b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl"})
	file := b.Services()[0].Descriptor.ParentFile()
	good := `"id": "C000001", "balance": "1.5", "band": "A", "opened": "2026-01-31", "changed": "2026-01-31T00:00:00Z", "directDebit": false`
	tests := []struct{ name, message, value, violated string }{
		{"good", "Account", `{` + good + `}`, ""},
		{"pattern", "GetAccountRequest", `{"id": "c1"}`, "id"},
		{"required", "GetAccountRequest", `{}`, "id"},
		{"date", "GetAccountRequest", `{"id": "C000001", "asOf": "31.1.2026"}`, "as_of"},
		{"fraction digits", "Account", `{` + strings.Replace(good, `"1.5"`, `"1.555"`, 1) + `}`, "balance"},
		{"no number", "Account", `{` + strings.Replace(good, `"1.5"`, `"much"`, 1) + `}`, "balance"},
		{"enumeration", "Account", `{` + strings.Replace(good, `"A"`, `"C"`, 1) + `}`, "band"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			message := dynamicpb.NewMessage(file.Messages().ByName(protoreflect.Name(test.message)))
			if err := protojson.Unmarshal([]byte(test.value), message); err != nil {
				t.Fatal(err)
			}
			err := protovalidate.Validate(message)
			var invalid *protovalidate.ValidationError
			switch {
			case test.violated == "" && err != nil:
				t.Error(err)
			case test.violated == "":
			case !errors.As(err, &invalid):
				t.Errorf("the error is %v", err)
			case !slices.ContainsFunc(invalid.Violations, func(v *protovalidate.Violation) bool {
				return protovalidate.FieldPathString(v.Proto.GetField()) == test.violated
			}):
				t.Errorf("the violations are %v", invalid)
			}
		})
	}
}

func TestConfigurationMistakesAreFoundAtOnce(t *testing.T) {
	t.Parallel()
	missing := &configv1.Secret{Source: &configv1.Secret_File{File: "no-such-file"}}
	tests := []struct {
		name   string
		config *configv1.SoapBackend
		fields []string
	}{
		{"settings", &configv1.SoapBackend{
			Wsdl: "accounts.wsdl", TimeZone: "Mars/Olympus",
			Faults:   []*configv1.SoapFault{{FaultString: "(", Code: "NOT_FOUND"}},
			Security: &configv1.SoapSecurity{Basic: &configv1.SoapBasicAuth{Username: "u", Password: missing}},
			Tls:      &configv1.SoapTls{CaFile: "no-such-file"},
		}, []string{"time_zone", "faults[0].fault_string", "security.basic.password.file", "tls.ca_file"}},
		{"no such WSDL", &configv1.SoapBackend{Wsdl: "missing.wsdl"}, []string{"wsdl"}},
		{"no such port", &configv1.SoapBackend{Wsdl: "accounts.wsdl", Ports: []string{"Soap11", "Soap13"}}, []string{"ports[1]"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Adapter{}.Open(t.Context(), test.config, adapters.Options{Name: "accounts", Dir: "testdata"})
			var config *adapters.ConfigError
			if !errors.As(err, &config) {
				t.Fatalf("the error is %v", err)
			}
			var fields []string
			for _, finding := range config.Findings {
				fields = append(fields, finding.Field)
			}
			slices.Sort(fields)
			if !slices.Equal(fields, slices.Sorted(slices.Values(test.fields))) {
				t.Errorf("the findings are %v, wanted fields %v", config.Findings, test.fields)
			}
		})
	}
}

func TestMistakesInTheWsdlAreLocated(t *testing.T) {
	t.Parallel()
	original, err := os.ReadFile(filepath.Join("testdata", "accounts.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, from, to string
		line           int
		says           string
	}{
		{"not well-formed", "</wsdl:types>", "</types>", 83, "</types> stands where <wsdl:types> should end"},
		{"import of what cannot be read", "money.xsd", "jar:money.xsd", 7, "only files and http(s) URLs can"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
				t.Fatal(err)
			}
			broken := strings.ReplaceAll(string(original), test.from, test.to)
			if err := os.WriteFile(filepath.Join(dir, "broken.wsdl"), []byte(broken), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Adapter{}.Open(t.Context(), &configv1.SoapBackend{Wsdl: "broken.wsdl"}, adapters.Options{Name: "accounts", Dir: dir})
			var config *adapters.ConfigError
			if !errors.As(err, &config) || len(config.Findings) != 1 {
				t.Fatalf("the error is %v", err)
			}
			if got := config.Findings[0]; got.Line != test.line || !strings.Contains(got.Message, test.says) {
				t.Errorf("the finding is %v, wanted line %d and %q", got, test.line, test.says)
			}
		})
	}
}

// TestSchemasThatAreMissing holds that a schema that cannot be had is said, and costs nothing but what it describes.
func TestSchemasThatAreMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "money.xsd")); err != nil {
		t.Fatal(err)
	}
	b, err := Adapter{}.Open(t.Context(), &configv1.SoapBackend{Wsdl: "accounts.wsdl"}, adapters.Options{Name: "accounts", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got := len(b.Services()[0].Methods); got != 3 {
		t.Errorf("there are %d methods", got)
	}
	notes := b.(adapters.Noter).Notes()
	if !slices.ContainsFunc(notes, func(note string) bool {
		return strings.Contains(note, "accounts.wsdl:7:") && strings.Contains(note, "money.xsd")
	}) {
		t.Errorf("the notes are %q", notes)
	}
}

func TestWithoutAnAddressNothingIsSent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	original, err := os.ReadFile(filepath.Join(dir, "accounts.wsdl"))
	if err != nil {
		t.Fatal(err)
	}
	placeholder := strings.ReplaceAll(string(original), "http://legacy.invalid/accounts", "REPLACE_WITH_ACTUAL_URL")
	if err := os.WriteFile(filepath.Join(dir, "accounts.wsdl"), []byte(placeholder), 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := Adapter{}.Open(t.Context(), &configv1.SoapBackend{Wsdl: "accounts.wsdl"}, adapters.Options{Name: "accounts", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	b := opened.(*backend)
	if len(b.Notes()) == 0 || !strings.Contains(b.Notes()[0], "say in `endpoint` where requests go") {
		t.Errorf("the notes are %q", b.Notes())
	}
	var failed *adapters.Error
	if err := b.Check(t.Context()); !errors.As(err, &failed) || failed.Reason != reasonNoEndpoint {
		t.Errorf("Check: %v", err)
	}
	if _, err := b.Services()[0].Methods[0].Unary(t.Context(), nil); !errors.As(err, &failed) || failed.Reason != reasonNoEndpoint || !failed.Unsent {
		t.Errorf("a call: %v", err)
	}

	report, err := Import(t.Context(), ImportOptions{Source: filepath.Join(dir, "accounts.wsdl"), Dir: filepath.Join(dir, "backends"), Name: "copy", Endpoint: "http://legacy.invalid/real"})
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(dir, "backends", report.Files[0]))
	if err != nil || !strings.Contains(string(written), "endpoint: \"http://legacy.invalid/real\"") {
		t.Errorf("the configuration is %s (%v)", written, err)
	}
}

func TestWsdlByURL(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(server.Close)
	b := openBackend(t, &configv1.SoapBackend{Wsdl: server.URL + "/accounts.wsdl"})
	if len(b.Services()) != 1 {
		t.Errorf("the services are %v", b.Services())
	}
	server.Close()
	_, err := Adapter{}.Open(t.Context(), &configv1.SoapBackend{Wsdl: server.URL + "/accounts.wsdl"}, adapters.Options{Name: "accounts"})
	if status.Code(err) != codes.Unavailable {
		t.Errorf("the error is %v", err)
	}
	if strings.Contains(status.Convert(err).Message(), "127.0.0.1") {
		t.Errorf("the public error names the host: %v", status.Convert(err))
	}
}

func TestReadsByName(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string]bool{
		"getAccount": true, "GetAccount": true, "get_account": true, "GET_ACCOUNT": true, "get": true, "listAll": true, "isValid": true, "hasDebt": true,
		"lookupX": true, "check2": true, "searchAccounts": true, "QueryState": true, "findAccount": true,
		"getaway": false, "issueInvoice": false, "ISSUE": false, "hashPassword": false, "listen": false, "checkout": false, "setAccount": false, "": false,
	} {
		if got := readsByName(name); got != wanted {
			t.Errorf("%q: %v, wanted %v", name, got, wanted)
		}
	}
}

// TestConfigurationRules holds the rules of the configuration message itself.
func TestConfigurationRules(t *testing.T) {
	t.Parallel()
	good := func() *configv1.SoapBackend { return &configv1.SoapBackend{Kind: "soap", Wsdl: "a.wsdl"} }
	tests := []struct {
		name   string
		change func(*configv1.SoapBackend)
		valid  bool
	}{
		{"smallest", func(*configv1.SoapBackend) {}, true},
		{"endpoint", func(c *configv1.SoapBackend) { c.Endpoint = "https://host/path" }, true},
		{"endpoint that is no http", func(c *configv1.SoapBackend) { c.Endpoint = "jms:queue" }, false},
		{"fault that fits everything", func(c *configv1.SoapBackend) { c.Faults = []*configv1.SoapFault{{Code: "NOT_FOUND"}} }, false},
		{"fault with a code that is none", func(c *configv1.SoapBackend) { c.Faults = []*configv1.SoapFault{{Detail: "A", Code: "OK"}} }, false},
		{"certificate without key", func(c *configv1.SoapBackend) { c.Tls = &configv1.SoapTls{CertificateFile: "a.pem"} }, false},
		{"tiny replies", func(c *configv1.SoapBackend) { c.MaxReplyBytes = proto.Uint64(1) }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			config := good()
			test.change(config)
			if err := protovalidate.Validate(config); (err == nil) != test.valid {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
