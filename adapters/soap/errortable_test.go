package soap

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/transport"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A promise is a row of the tables of errors in doc.go.
type promise struct{ table, what, code, http, reason string }

var (
	betweenColumns = regexp.MustCompile(` {2,}`)
	tableRow       = regexp.MustCompile(`(?m)^//\t(.+)$`)
)

// promises reads the tables.
func promises(t *testing.T) []promise {
	t.Helper()
	content, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(content), "// # Errors\n")
	text, _, found := strings.Cut(text, "// # Design\n")
	if !found {
		t.Fatal("doc.go has no section on errors")
	}
	var out []promise
	table := ""
	for _, line := range tableRow.FindAllStringSubmatch(text, -1) {
		cells := append(betweenColumns.Split(line[1], -1), "")
		if len(cells) < 4 {
			t.Fatalf("%q is no row", line[1])
		}
		if cells[1] == "gRPC code" {
			table = cells[0]
			continue
		}
		out = append(out, promise{table, cells[0], cells[1], cells[2], cells[3]})
	}
	return out
}

// check holds an error against the row.
func (p promise) check(t *testing.T, what string, code codes.Code, reason string) {
	t.Helper()
	// As gateway/rest has it.
	status := runtime.HTTPStatusFromCode(code)
	if code == codes.DataLoss {
		status = http.StatusBadGateway
	}
	if got := (promise{p.table, p.what, adapters.CodeName(code), strconv.Itoa(status), reason}); got != p {
		t.Errorf("%s becomes %+v; the table says %+v", what, got, p)
	}
}

// tablePrefixes are the namespaces of fault codes in the table.
var tablePrefixes = map[string]string{
	"wsse": securityNamespace, "wsa": addressing10, "wsa04": addressing2004, "wsrm": "http://docs.oasis-open.org/ws-rx/wsrm/200702", "wcf": dispatcher,
}

// TestErrorTables holds the tables of errors in doc.go against what happens: all rows are true, and no code is missing.
func TestErrorTables(t *testing.T) {
	t.Parallel()
	rows := promises(t)
	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		checkFaultTable(t, slices.DeleteFunc(slices.Clone(rows), func(p promise) bool { return p.table != "fault" }))
	})
	t.Run("statuses", func(t *testing.T) {
		t.Parallel()
		checkStatusTable(t, slices.DeleteFunc(slices.Clone(rows), func(p promise) bool { return p.table != "HTTP status without a fault" }))
	})
	t.Run("other failures", func(t *testing.T) {
		t.Parallel()
		checkFailureTable(t, slices.DeleteFunc(slices.Clone(rows), func(p promise) bool { return p.table != "other failure" }))
	})
}

func checkFaultTable(t *testing.T, rows []promise) {
	t.Helper()
	locked := document.Name{Space: "urn:accounts", Local: "AccountLocked"}
	declared := []*wsdl.Fault{{Element: locked}}
	said := make(map[document.Name]bool)
	for _, row := range rows {
		switch row.what {
		case "declared by the WSDL for the operation":
			row.reason = "ACCOUNT_LOCKED"
			v := verdictOfFault(&fault{codes: in(envelope11, "Client"), detail: []document.Name{locked}}, nil, declared)
			row.check(t, row.what, v.code, v.reason)
			continue
		case "any other":
			v := verdictOfFault(&fault{codes: in("urn:own", "E42")}, nil, declared)
			row.check(t, row.what, v.code, v.reason)
			continue
		}
		for _, text := range strings.Split(row.what, ", ") {
			name := document.Name{Local: strings.ToLower(text)}
			if prefix, local, found := strings.Cut(text, ":"); found {
				name = document.Name{Space: tablePrefixes[prefix], Local: local}
			}
			said[name] = true
			v := verdictOfFault(&fault{codes: []document.Name{name}}, nil, declared)
			row.check(t, text, v.code, v.reason)
		}
	}
	for local := range faultVerdicts {
		if !said[document.Name{Local: local}] {
			t.Errorf("the table does not have %s", local)
		}
	}
	for space, known := range knownFaults {
		for local := range known {
			if !said[document.Name{Space: space, Local: local}] {
				t.Errorf("the table does not have {%s}%s", space, local)
			}
		}
	}
}

func checkStatusTable(t *testing.T, rows []promise) {
	t.Helper()
	rowOf := make(map[string]promise)
	for _, row := range rows {
		for _, status := range strings.Split(row.what, ", ") {
			rowOf[status] = row
		}
	}
	for status := 300; status < 600; status++ {
		row, exact := rowOf[strconv.Itoa(status)]
		if !exact {
			row = rowOf[strconv.Itoa(status/100)+"xx"]
		}
		refused := statusError(&transport.Reply{Status: status}, nil)
		row.check(t, fmt.Sprint(status), refused.Code, refused.Reason)
	}
}

// checkFailureTable makes every other failure happen.
func checkFailureTable(t *testing.T, rows []promise) {
	t.Helper()
	service := startAccounts(t)
	certificate, key := identity(t)
	call := func(ctx context.Context, config *configv1.SoapBackend, id string) error {
		config.Kind, config.Wsdl = "soap", "accounts.wsdl"
		config.Endpoint = firstOf(config.GetEndpoint(), service.URL)
		_, err := invoke(ctx, t, openBackend(t, config), "GetAccount", `{"id": "`+id+`"}`)
		return err
	}
	good := func(ctx context.Context, config *configv1.SoapBackend) error { return call(ctx, config, "C000001") }
	calledWith := func(name, value string) context.Context {
		return adapters.WithCaller(t.Context(), adapters.Caller{Header: func(asked string) []string {
			if asked == name {
				return []string{value}
			}
			return nil
		}})
	}
	saml := &configv1.SoapSecurity{Saml: &configv1.SoapSaml{FromHeader: "X-Assertion"}}
	late, end := context.WithTimeout(t.Context(), 0)
	t.Cleanup(end)
	failures := map[string]func() error{
		"the request is not valid, by field path": func() error { return call(t.Context(), &configv1.SoapBackend{}, `\u0001`) },
		"a caller's header that a SOAP header cannot hold": func() error {
			return good(calledWith("X-User", "\x01"), &configv1.SoapBackend{Headers: []*configv1.SoapHeader{{Name: "User", FromHeader: "X-User"}}})
		},
		"a caller without the SAML assertion that is passed on": func() error { return good(t.Context(), &configv1.SoapBackend{Security: saml}) },
		"an assertion that cannot be read":                      func() error { return good(calledWith("X-Assertion", "??"), &configv1.SoapBackend{Security: saml}) },
		"the service cannot be reached, or hangs up":            func() error { return good(t.Context(), &configv1.SoapBackend{Endpoint: "http://127.0.0.1:1/"}) },
		"no address for the port":                               errNoEndpoint,
		"the time is over":                                      func() error { return good(late, &configv1.SoapBackend{}) },
		"the reply is no SOAP, too large, or breaks its schema": func() error {
			return good(t.Context(), &configv1.SoapBackend{Endpoint: answer(t, http.StatusOK, nil, "<html>"), MaxReplyBytes: proto.Uint64(1024)})
		},
		"the reply lacks the signature that is demanded, or the like": func() error {
			return good(t.Context(), &configv1.SoapBackend{Security: &configv1.SoapSecurity{
				Signature: &configv1.SoapSignature{CertificateFile: certificate, Key: key}, Replies: &configv1.SoapReplySecurity{TrustedFile: certificate},
			}})
		},
		"the policy demands WS-ReliableMessaging": errReliable,
	}
	for _, row := range rows {
		fail := failures[row.what]
		if fail == nil {
			t.Errorf("nothing makes %q happen", row.what)
			continue
		}
		delete(failures, row.what)
		err := fail()
		refused, ok := err.(*adapters.Error) //nolint:errorlint // adapters return it as it is
		if !ok {
			t.Errorf("%s: the error is %v", row.what, err)
			continue
		}
		row.check(t, row.what, refused.Code, refused.Reason)
	}
	for what := range failures {
		t.Errorf("the table does not have %q", what)
	}
}
