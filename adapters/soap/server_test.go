package soap

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// accounts is the SOAP service of testdata/accounts.wsdl. What it does with a request depends on the account's id.
type accounts struct {
	*httptest.Server
	mutex    sync.Mutex
	requests []received
}

// received is a request as the service saw it.
type received struct {
	action, contentType, authorization string
	envelope                           string
}

func startAccounts(t testing.TB) *accounts {
	t.Helper()
	a := &accounts{}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// last returns the last request.
func (a *accounts) last() received {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.requests[len(a.requests)-1]
}

func (a *accounts) count() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return len(a.requests)
}

// host is the service's address, host:port.
func (a *accounts) host(t testing.TB) string {
	t.Helper()
	parsed, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}

// config is a configuration of a back end that reaches the service.
func (a *accounts) config() *configv1.SoapBackend {
	return &configv1.SoapBackend{
		Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: a.URL + "/accounts", TimeZone: "Europe/London",
		Faults: []*configv1.SoapFault{{
			Detail: "AccountNotFound", Code: "NOT_FOUND", Reason: "ACCOUNT_NOT_FOUND", Message: "There is no such account.",
		}},
	}
}

var _ adapters.Config = (*configv1.SoapBackend)(nil)

func (a *accounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var request struct {
		XMLName xml.Name
		Body    struct {
			Get *struct {
				ID string `xml:"urn:accounts id"`
			} `xml:"urn:accounts getAccount"`
			Close *struct {
				ID string `xml:"urn:accounts id"`
			} `xml:"urn:accounts closeAccount"`
			Notify *struct {
				Text string `xml:"urn:accounts text"`
			} `xml:"urn:accounts notify"`
		}
	}
	if err := xml.Unmarshal(content, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.mutex.Lock()
	a.requests = append(a.requests, received{
		action: r.Header.Get("SOAPAction"), contentType: r.Header.Get("Content-Type"), authorization: r.Header.Get("Authorization"),
		envelope: string(content),
	})
	a.mutex.Unlock()
	switch {
	case request.Body.Notify != nil && request.Body.Notify.Text == "refuse":
		respond(w, request.XMLName.Space, http.StatusOK, `<S:Fault><faultcode>S:Server</faultcode><faultstring>queue full</faultstring></S:Fault>`)
	case request.Body.Notify != nil:
		w.WriteHeader(http.StatusAccepted)
	case request.Body.Close != nil:
		respond(w, request.XMLName.Space, http.StatusOK, `<closeAccountResponse xmlns="urn:accounts"/>`)
	case request.Body.Get != nil:
		get(w, r, request.XMLName.Space, request.Body.Get.ID)
	default:
		fault11(w, "Client", "unknown operation", "")
	}
}

func respond(w http.ResponseWriter, namespace string, status int, body string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0"?><!-- legacy --><S:Envelope xmlns:S="%s"><S:Header><t:trace xmlns:t="urn:t">1</t:trace></S:Header><S:Body>%s</S:Body></S:Envelope>`, namespace, body)
}

func fault11(w http.ResponseWriter, code, text, detail string) {
	respond(w, envelope11, http.StatusInternalServerError, fmt.Sprintf(
		`<S:Fault><faultcode>S:%s</faultcode><faultstring>%s</faultstring><detail>%s</detail></S:Fault>`, code, text, detail))
}

const account = `<a:getAccountResponse xmlns:a="urn:accounts" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><a:account revision="7">
	<a:id>%s</a:id><a:balance>-1234.50</a:balance><a:band>N/A</a:band><a:opened>2020-02-29Z</a:opened>
	<a:changed>2026-07-01T12:00:00</a:changed><a:directDebit> 1 </a:directDebit><a:discount xsi:nil="1"/>
	<a:surprise><a:x/></a:surprise><a:note><![CDATA[first <]]></a:note><note>second &amp; last</note></a:account></a:getAccountResponse>`

func get(w http.ResponseWriter, r *http.Request, namespace, id string) {
	switch id {
	case "M000000":
		fault11(w, "Client", "row missing in TBL_ACC", `<AccountNotFound xmlns="urn:accounts"><id>M000000</id></AccountNotFound>`)
	case "L000000":
		fault11(w, "Server", "locked by BATCH01", `<AccountLocked xmlns="urn:accounts"/>`)
	case "S000000":
		fault11(w, "Server", "ORA-00942", "")
	case "T000000":
		respond(w, envelope12, http.StatusBadRequest, `<S:Fault><S:Code><S:Value>S:Sender</S:Value><S:Subcode><S:Value xmlns:x="urn:x">x:Bad</S:Value></S:Subcode></S:Code>`+
			`<S:Reason><S:Text xml:lang="en">bad</S:Text></S:Reason></S:Fault>`)
	case "H000000":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html><body>Welcome<br></body></html>")
	case "E000000":
		w.WriteHeader(http.StatusOK)
	case "U000000":
		w.Header().Set("Retry-After", "7")
		http.Error(w, "<html>down</html>", http.StatusServiceUnavailable)
	case "D000000":
		fmt.Fprint(w, `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`)
	case "B000000":
		respond(w, namespace, http.StatusOK, strings.Replace(fmt.Sprintf(account, id), "-1234.50", "12 pounds", 1))
	case "G000000":
		fmt.Fprint(w, strings.Repeat(" ", 1<<20))
	case "W000000":
		<-r.Context().Done()
	default:
		respond(w, namespace, http.StatusOK, fmt.Sprintf(account, id))
	}
}
