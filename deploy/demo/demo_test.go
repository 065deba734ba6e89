package demo_test

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/deploy/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, directory string) *demo.Demo {
	t.Helper()
	d, err := demo.Start(t.Context(), demo.Options{DataDir: directory, Logger: slog.New(slog.DiscardHandler), Citizens: 50})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDemo(t, d) })
	return d
}

func closeDemo(t *testing.T, d *demo.Demo) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

var address = regexp.MustCompile(`<soap:address location="(http://127\.0\.0\.1:[0-9]+/AccountService)"/>`)

// endpoint is the address that the WSDL of the laid-out estate names.
func endpoint(t *testing.T, d *demo.Demo) string {
	t.Helper()
	description := read(t, filepath.Join(d.EstateDir(), "backends", "counciltax", "AccountService.wsdl"))
	found := address.FindStringSubmatch(description)
	if found == nil {
		t.Fatalf("the WSDL names no address:\n%s", description)
	}
	return found[1]
}

const envelope = `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header>
<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><w:UsernameToken>
<w:Username>postern</w:Username><w:Password>PASSWORD</w:Password></w:UsernameToken></w:Security></S:Header>
<S:Body><getAccount xmlns="http://revenues.riverside.example/account/v3"><citizenId>C000001</citizenId></getAccount></S:Body></S:Envelope>`

// getAccount calls the council tax service with what the estate says about it.
func getAccount(t *testing.T, d *demo.Demo) (status int, body string) {
	t.Helper()
	password := strings.TrimSpace(read(t, filepath.Join(d.EstateDir(), "secrets", "counciltax-password")))
	response, err := http.Post(endpoint(t, d), "text/xml", strings.NewReader(strings.Replace(envelope, "PASSWORD", password, 1)))
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

func TestStartLaysEverythingOut(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	d := start(t, directory)
	for _, path := range []string{"legacy/housing/housing.db", "legacy/benefits/from-mainframe/BEN.CLAIMS.G0324V00"} {
		if _, err := os.Stat(filepath.Join(directory, filepath.FromSlash(path))); err != nil {
			t.Error(err)
		}
	}
	for _, part := range []string{".gitignore", "gateway.yaml", "apis", "backends"} {
		compare(t, filepath.Join("estate", part), filepath.Join(d.EstateDir(), part))
	}
	if status, body := getAccount(t, d); status != http.StatusOK || !strings.Contains(body, "<acc:balance>428.46</acc:balance>") {
		t.Errorf("status %d:\n%s", status, body)
	}
}

// compare holds every file under want against the one that was laid out. The WSDL differs, by its address.
func compare(t *testing.T, want, got string) {
	t.Helper()
	err := filepath.WalkDir(want, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) == ".wsdl" {
			return err
		}
		rest, err := filepath.Rel(want, path)
		if err == nil && read(t, path) != read(t, filepath.Join(got, rest)) {
			t.Errorf("%s was not laid out as it is", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestHandlerSwitchesTheMode(t *testing.T) {
	t.Parallel()
	d := start(t, t.TempDir())
	recorder := httptest.NewRecorder()
	d.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/demo/counciltax", strings.NewReader(`{"mode": "failing"}`)))
	if status, body := getAccount(t, d); recorder.Code != http.StatusOK || status != http.StatusServiceUnavailable {
		t.Errorf("the switch answered %d, and the service %d:\n%s", recorder.Code, status, body)
	}
}

func TestSecondStartKeepsState(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	first := start(t, directory)
	password := read(t, filepath.Join(first.EstateDir(), "secrets", "counciltax-password"))
	edited := filepath.Join(first.EstateDir(), "gateway.yaml")
	if err := os.WriteFile(edited, []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	closeDemo(t, first)

	second := start(t, directory)
	if got := read(t, edited); got != "# mine\n" {
		t.Errorf("an edit was written over: %q", got)
	}
	if got := read(t, filepath.Join(second.EstateDir(), "secrets", "counciltax-password")); got != password {
		t.Error("the password has changed")
	}
	if status, body := getAccount(t, second); status != http.StatusOK {
		t.Errorf("status %d:\n%s", status, body)
	}
}

func TestCloseCutsSlowAnswersShort(t *testing.T) {
	t.Parallel()
	d := start(t, t.TempDir())
	d.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/demo/counciltax", strings.NewReader(`{"mode": "slow"}`)))
	sent, answered := make(chan struct{}), make(chan string, 1)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint(t, d), strings.NewReader(envelope))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/xml")
	go func() {
		defer close(answered)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return // the connection was cut before the request was read
		}
		defer response.Body.Close()
		content, _ := io.ReadAll(response.Body) // what came is what counts
		answered <- string(content)
	}()
	<-sent
	closeDemo(t, d)
	closeDemo(t, d) // a second call does nothing
	if body := <-answered; body != "" {
		t.Errorf("the slow answer was not cut short:\n%s", body)
	}
	if _, err := http.Post(endpoint(t, d), "text/xml", nil); err == nil {
		t.Error("the service still answers")
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.Start(t.Context(), demo.Options{DataDir: file, Logger: slog.New(slog.DiscardHandler), Citizens: 1}); err == nil {
		t.Error("a file was taken for a directory")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := demo.Start(ctx, demo.Options{DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler), Citizens: 1}); err == nil {
		t.Error("it started after the caller had gone")
	}
}
