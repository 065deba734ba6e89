package counciltax_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/deploy/demo/counciltax"
	"github.com/postern-gateway/postern/deploy/demo/population"
)

const (
	username = "postern"
	password = "pass & <word>"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A system is a running council tax system.
type system struct {
	address  string
	service  *counciltax.Service
	contacts string
	client   *http.Client
}

func start(t *testing.T) *system {
	t.Helper()
	description, err := os.ReadFile("../estate/backends/counciltax/AccountService.wsdl")
	if err != nil {
		t.Fatal(err)
	}
	contacts := filepath.Join(t.TempDir(), "contacts.jsonl")
	service, err := counciltax.New(counciltax.Options{
		Citizens: population.Generate(1, 400), WSDL: description, Username: username, Password: password,
		ContactsFile: contacts, SlowDelay: 20 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return &system{address: server.URL + counciltax.Path, service: service, contacts: contacts, client: server.Client()}
}

const plainToken = `<wsse:UsernameToken><wsse:Username>postern</wsse:Username><wsse:Password>pass &amp; &lt;word&gt;</wsse:Password></wsse:UsernameToken>`

func envelope(token, body string) string {
	return `<?xml version="1.0"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header>` +
		`<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"` +
		` xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">` + token + `</wsse:Security></S:Header>` +
		`<S:Body xmlns:a="http://revenues.riverside.example/account/v3">` + body + `</S:Body></S:Envelope>`
}

func (s *system) post(t *testing.T, contentType, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := s.client.Do(request)
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

func (s *system) call(t *testing.T, body string) (int, string) {
	t.Helper()
	return s.post(t, "text/xml; charset=utf-8", envelope(plainToken, body))
}

func TestGetAccount(t *testing.T) {
	t.Parallel()
	status, got := start(t).call(t, `<a:getAccount><a:citizenId>C000001</a:citizenId></a:getAccount>`)
	want, err := os.ReadFile("testdata/getAccount.xml")
	if err != nil {
		t.Fatal(err)
	}
	if status != http.StatusOK || got != string(want) {
		t.Errorf("status %d and body\n%s\nwant testdata/getAccount.xml", status, got)
	}
}

func TestEveryAccountIsWellFormed(t *testing.T) {
	t.Parallel()
	s := start(t)
	var unpaid int
	for number := 1; number <= 400; number++ {
		_, got := s.call(t, `<a:getAccount><a:citizenId>`+population.ID(number)+`</a:citizenId></a:getAccount>`)
		var reply struct {
			Account struct {
				CitizenID   string `xml:"citizenId"`
				Balance     string `xml:"balance"`
				Instalments []struct {
					Amount string `xml:"amount"`
				} `xml:"instalment"`
			} `xml:"Body>getAccountResponse>account"`
		}
		if err := xml.Unmarshal([]byte(got), &reply); err != nil {
			t.Fatalf("%s: %v\n%s", population.ID(number), err, got)
		}
		if reply.Account.CitizenID != population.ID(number) || len(reply.Account.Instalments) != 10 || reply.Account.Balance == "" {
			t.Errorf("%s has the account %+v", population.ID(number), reply.Account)
		}
		if strings.Contains(got, `<acc:lastPaymentOn xsi:nil="true"/>`) {
			unpaid++
		}
	}
	if unpaid == 0 {
		t.Error("nobody's last payment is nil")
	}
}

func TestFindAccounts(t *testing.T) {
	t.Parallel()
	s := start(t)
	find := func(request string) (ids []string, more bool) {
		status, got := s.call(t, `<a:findAccounts>`+request+`</a:findAccounts>`)
		var reply struct {
			Matches []struct {
				ID      string `xml:"citizenId"`
				Surname string `xml:"holder>surname"`
			} `xml:"Body>findAccountsResponse>match"`
			More bool `xml:"Body>findAccountsResponse>moreAvailable"`
		}
		if err := xml.Unmarshal([]byte(got), &reply); err != nil || status != http.StatusOK {
			t.Fatalf("status %d, %v:\n%s", status, err, got)
		}
		for _, match := range reply.Matches {
			if !strings.HasPrefix(match.Surname, "O") {
				t.Errorf("%s is called %s", match.ID, match.Surname)
			}
			ids = append(ids, match.ID)
		}
		return ids, reply.More
	}
	all, more := find(`<a:lastName>o</a:lastName><a:maxResults>100</a:maxResults>`)
	if len(all) < 3 || all[0] != "C000001" || more {
		t.Fatalf("found %v, more %t", all, more)
	}
	first, more := find(`<a:lastName>O</a:lastName><a:maxResults>2</a:maxResults>`)
	if len(first) != 2 || !more {
		t.Errorf("the first page is %v, more %t", first, more)
	}
	rest, more := find(`<a:lastName>O</a:lastName><a:startAfter>` + first[1] + `</a:startAfter>`)
	if len(rest) != len(all)-2 || rest[0] != all[2] || more {
		t.Errorf("the second page is %v, more %t; all are %v", rest, more, all)
	}
	if none, more := find(`<a:lastName>Oxyzzy</a:lastName>`); none != nil || more {
		t.Errorf("found %v, more %t", none, more)
	}
}

func TestRecordContact(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, want := range []string{"CON-000001", "CON-000002"} {
		status, got := s.call(t, `<a:recordContact><a:citizenId>C000002</a:citizenId><a:channel>e-mail</a:channel><a:note>Moves soon &amp; far</a:note></a:recordContact>`)
		if status != http.StatusOK || !strings.Contains(got, "<acc:contactReference>"+want+"</acc:contactReference>") {
			t.Errorf("status %d:\n%s\nwant %s", status, got, want)
		}
	}
	content, err := os.ReadFile(s.contacts)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	var last struct{ Reference, CitizenID, Channel, Note string }
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 2 || last.Reference != "CON-000002" || last.CitizenID != "C000002" || last.Note != "Moves soon & far" {
		t.Errorf("the file holds\n%s", content)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := start(t)
	getAccount := func(id string) string { return `<a:getAccount><a:citizenId>` + id + `</a:citizenId></a:getAccount>` }
	tests := []struct{ name, request, want string }{
		{"unknown citizen", envelope(plainToken, getAccount("C999999")), `<acc:AccountNotFound xmlns:acc="http://revenues.riverside.example/account/v3"><acc:citizenId>C999999</acc:citizenId></acc:AccountNotFound>`},
		{"bad citizen id", envelope(plainToken, getAccount("x")), "<faultcode>soap:Client</faultcode>"},
		{"wrong namespace", envelope(plainToken, `<getAccount><citizenId>C000001</citizenId></getAccount>`), "no operation of this service"},
		{"unqualified field", envelope(plainToken, `<a:getAccount><citizenId>C000001</citizenId></a:getAccount>`), "citizenId must be"},
		{"no name", envelope(plainToken, `<a:findAccounts/>`), "lastName must have"},
		{"too many results", envelope(plainToken, `<a:findAccounts><a:lastName>A</a:lastName><a:maxResults>101</a:maxResults></a:findAccounts>`), "maxResults must be"},
		{"bad channel", envelope(plainToken, `<a:recordContact><a:citizenId>C000001</a:citizenId><a:channel>fax</a:channel><a:note>x</a:note></a:recordContact>`), "channel is none of"},
		{"contact of nobody", envelope(plainToken, `<a:recordContact><a:citizenId>C999999</a:citizenId><a:channel>web</a:channel><a:note>x</a:note></a:recordContact>`), "AccountNotFound"},
		{"no XML", "hello", "<faultcode>soap:Client</faultcode>"},
		{"cut off", envelope(plainToken, getAccount("C000001"))[:500], "<faultcode>soap:Client</faultcode>"},
		{"two documents", envelope(plainToken, getAccount("C000001")) + "<more/>", "second element"},
		{"SOAP 1.2", strings.ReplaceAll(envelope(plainToken, getAccount("C000001")), "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"), "<faultcode>soap:Client</faultcode>"},
		{"no token", envelope("", getAccount("C000001")), "<faultcode>wsse:InvalidSecurity</faultcode>"},
		{"wrong password", envelope(strings.Replace(plainToken, "pass &amp;", "fail &amp;", 1), getAccount("C000001")), "<faultcode>wsse:FailedAuthentication</faultcode>"},
		{"wrong user", envelope(strings.Replace(plainToken, "postern", "root", 1), getAccount("C000001")), "<faultcode>wsse:FailedAuthentication</faultcode>"},
		{"stale digest", envelope(digestToken(password, time.Now().Add(-time.Hour)), getAccount("C000001")), "<faultcode>wsse:FailedAuthentication</faultcode>"},
		{"wrong digest", envelope(digestToken("other", time.Now()), getAccount("C000001")), "<faultcode>wsse:FailedAuthentication</faultcode>"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, got := s.post(t, "text/xml", test.request)
			if status != http.StatusInternalServerError || !strings.Contains(got, test.want) {
				t.Errorf("status %d:\n%s\nwant 500 with %s", status, got, test.want)
			}
		})
	}
}

func digestToken(password string, created time.Time) string {
	nonce, at := []byte("0123456789abcdef"), created.UTC().Format(time.RFC3339)
	digest := sha1.Sum([]byte(string(nonce) + at + password))
	return `<wsse:UsernameToken><wsse:Username>postern</wsse:Username>` +
		`<wsse:Password Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest">` +
		base64.StdEncoding.EncodeToString(digest[:]) + `</wsse:Password><wsse:Nonce>` + base64.StdEncoding.EncodeToString(nonce) +
		`</wsse:Nonce><wsu:Created>` + at + `</wsu:Created></wsse:UsernameToken>`
}

func TestPasswordDigest(t *testing.T) {
	t.Parallel()
	status, got := start(t).post(t, "text/xml", envelope(digestToken(password, time.Now()), `<a:getAccount><a:citizenId>C000003</a:citizenId></a:getAccount>`))
	if status != http.StatusOK {
		t.Errorf("status %d:\n%s", status, got)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	if status, _ := s.post(t, "application/json", "{}"); status != http.StatusUnsupportedMediaType {
		t.Errorf("JSON was answered %d", status)
	}
	response, err := s.client.Get(s.address)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "POST" {
		t.Errorf("GET was answered %d", response.StatusCode)
	}
	response, err = s.client.Get(s.address + "?wsdl")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	description, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(description), `<soap:address location="`+s.address+`"/>`) {
		t.Errorf("the description does not name %s:\n%s", s.address, description)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	s := start(t)
	const request = `<a:getAccount><a:citizenId>C000001</a:citizenId></a:getAccount>`
	s.service.Switch().Set(counciltax.Failing)
	if status, got := s.call(t, request); status != http.StatusServiceUnavailable || !strings.Contains(got, "503") {
		t.Errorf("failing: status %d:\n%s", status, got)
	}
	s.service.Switch().Set(counciltax.Slow)
	before := time.Now()
	if status, got := s.call(t, request); status != http.StatusOK || time.Since(before) < 20*time.Millisecond {
		t.Errorf("slow: status %d after %s:\n%s", status, time.Since(before), got)
	}
	s.service.Switch().Set(counciltax.OK)
	if status, got := s.call(t, request); status != http.StatusOK {
		t.Errorf("ok: status %d:\n%s", status, got)
	}
}

func TestSlowEndsWhenTheCallerGoes(t *testing.T) {
	t.Parallel()
	service, err := counciltax.New(counciltax.Options{
		Citizens: population.Generate(1, 1), Username: username, Password: password,
		ContactsFile: filepath.Join(t.TempDir(), "contacts"), SlowDelay: time.Hour, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	service.Switch().Set(counciltax.Slow)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, counciltax.Path, strings.NewReader(envelope(plainToken, "")))
	recorder := httptest.NewRecorder()
	service.ServeHTTP(recorder, request)
	if recorder.Body.Len() != 0 {
		t.Errorf("answered %s", recorder.Body)
	}
}

func FuzzServeHTTP(f *testing.F) {
	service, err := counciltax.New(counciltax.Options{
		Citizens: population.Generate(1, 3), Username: username, Password: password,
		ContactsFile: filepath.Join(f.TempDir(), "contacts"), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(envelope(plainToken, `<a:getAccount><a:citizenId>C000001</a:citizenId></a:getAccount>`)))
	f.Add([]byte(envelope(plainToken, `<a:findAccounts><a:lastName>&lt;O'</a:lastName><a:maxResults>5</a:maxResults></a:findAccounts>`)))
	f.Add([]byte(envelope(digestToken(password, time.Now()), "<x/>")))
	f.Add([]byte("<!DOCTYPE x [<!ENTITY e 'e'>]><x>&e;</x>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequest(http.MethodPost, counciltax.Path, bytes.NewReader(body))
		request.Header.Set("Content-Type", "text/xml")
		recorder := httptest.NewRecorder()
		service.ServeHTTP(recorder, request)
		var reply struct {
			Body struct {
				Content []byte `xml:",innerxml"`
			} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
		}
		if err := xml.Unmarshal(recorder.Body.Bytes(), &reply); err != nil || len(reply.Body.Content) == 0 {
			t.Errorf("status %d, %v:\n%s", recorder.Code, err, recorder.Body)
		}
	})
}
