package soap

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A recording is what a SOAP stack that cannot run here says (or one might say), in testdata/recorded: its documents ("GET path"), and calls in order. Each call has what must be
// in its request ("sent"), the reply, and either what becomes of it ("want") or the error: code, reason, and a part of the cause, with its detail.
type recording struct {
	first     string // path of the WSDL
	documents map[string]string
	notes     []string
	calls     []*recordedCall
}

type recordedCall struct {
	method, request string
	sent            []string
	status          int
	contentType     string
	reply           string
	want, detail    string
	failure         []string
}

func readRecording(t *testing.T, path string) *recording {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &recording{documents: make(map[string]string)}
	for _, file := range archive.Files {
		kind, rest, _ := strings.Cut(file.Name, " ")
		content := strings.TrimSuffix(string(file.Data), "\n")
		switch kind {
		case "GET":
			if r.first == "" {
				r.first = rest
			}
			r.documents[rest] = content
			continue
		case "notes":
			r.notes = strings.Split(content, "\n")
			continue
		case "call":
			r.calls = append(r.calls, &recordedCall{method: rest, request: content})
			continue
		}
		call := r.calls[len(r.calls)-1]
		switch kind {
		case "sent":
			call.sent = strings.Split(content, "\n")
		case "reply":
			status, contentType, _ := strings.Cut(rest, " ")
			if call.status, err = strconv.Atoi(status); err != nil {
				t.Fatal(err)
			}
			call.contentType, call.reply = contentType, content
			if strings.HasPrefix(contentType, "multipart/") {
				call.reply = strings.ReplaceAll(content, "\n", "\r\n")
			}
		case "want":
			call.want = content
		case "error":
			call.failure = strings.Split(content, "\n")
		case "detail":
			call.detail = content
		default:
			t.Fatalf("%s: there is no kind of file %q", path, file.Name)
		}
	}
	return r
}

// A player serves a recording.
type player struct {
	*recording
	mutex   sync.Mutex
	next    *recordedCall
	request string // headers and body of the last one
}

var messageID = regexp.MustCompile(`<wsa:MessageID[^>]*>([^<]*)<`)

func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if r.Method == http.MethodGet {
		document, ok := p.documents[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/xml; charset=utf-8")
		fmt.Fprint(w, strings.ReplaceAll(document, "$HOST", r.Host))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.request = "SOAPAction: " + r.Header.Get("SOAPAction") + "\nContent-Type: " + r.Header.Get("Content-Type") + "\n" + string(body)
	reply := p.next.reply
	if id := messageID.FindStringSubmatch(p.request); id != nil {
		reply = strings.ReplaceAll(reply, "$MESSAGEID", id[1])
	}
	w.Header().Set("Content-Type", p.next.contentType)
	w.WriteHeader(p.next.status)
	fmt.Fprint(w, reply)
}

// play sets the call that the next request belongs to.
func (p *player) play(call *recordedCall) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.next = call
}

func (p *player) last() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.request
}

func TestRecordedStacks(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("testdata", "recorded", "*.txtar"))
	if err != nil || len(paths) != 6 {
		t.Fatalf("the recordings are %v, %v", paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			p := &player{recording: readRecording(t, path)}
			server := httptest.NewServer(p)
			t.Cleanup(server.Close)
			b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: server.URL + p.first})
			notes := strings.Join(b.(adapters.Noter).Notes(), "\n")
			for _, note := range p.notes {
				if !strings.Contains(notes, note) {
					t.Errorf("the notes are %s, and do not say %s", notes, note)
				}
			}
			for _, call := range p.calls {
				p.play(call)
				reply, err := invoke(t.Context(), t, b, call.method, call.request)
				call.check(t, reply, err)
				for _, part := range call.sent {
					part = strings.ReplaceAll(part, "$HOST", strings.TrimPrefix(server.URL, "http://"))
					if !strings.Contains(p.last(), part) {
						t.Errorf("the request is\n%s\nand does not hold\n%s", p.last(), part)
					}
				}
			}
		})
	}
}

func (c *recordedCall) check(t *testing.T, reply proto.Message, err error) {
	t.Helper()
	if c.failure == nil {
		if err != nil {
			t.Fatalf("%s %s: %v", c.method, c.request, err)
		}
		wantReply(t, reply, c.want)
		return
	}
	var refused *adapters.Error
	if !errors.As(err, &refused) {
		t.Fatalf("%s %s: the error is %v", c.method, c.request, err)
	}
	name := adapters.CodeName(refused.Code)
	if refused.Reason != "" {
		name += " " + refused.Reason
	} else {
		name += " " + name
	}
	if name != c.failure[0] || !strings.Contains(refused.Error(), c.failure[1]) {
		t.Errorf("%s %s: the error is %s, %v", c.method, c.request, name, refused)
	}
	switch {
	case c.detail != "" && refused.Detail == nil:
		t.Error("the error has no detail")
	case c.detail != "":
		wantReply(t, refused.Detail, c.detail)
	case refused.Detail != nil:
		t.Errorf("the error's detail is %s", protojson.Format(refused.Detail))
	}
}
