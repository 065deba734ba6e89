package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const housesCopybook = `       01 HOUSE-HEADER.
          05 REC-TYPE PIC X.
          05 FILE-NO PIC 9(8).
       01 HOUSE-RECORD.
          05 REC-TYPE PIC X.
          05 CHANGE PIC X.
          05 HOUSE-NO PIC 9(8).
          05 STREET PIC X(20).
       01 HOUSE-TRAILER.
          05 REC-TYPE PIC X.
          05 HOUSE-COUNT PIC 9(7).
`

const housesBackend = `kind: batch
publish: {}
poll: 0.2s
extracts:
  - plural: houses
    singular: house
    layout: {copybook: houses.cpy, record: HOUSE-RECORD, record_format: line, code_page: ascii}
    inbox: {directory: %q, pattern: "HOUSES.*", after: archive}
    header: {record: HOUSE-HEADER, when: {field: REC-TYPE, equals: H}, sequence: FILE-NO}
    detail: {when: {field: REC-TYPE, equals: D}}
    trailer: {record: HOUSE-TRAILER, when: {field: REC-TYPE, equals: T}, count: HOUSE-COUNT}
    key: [HOUSE-NO]
    indexes: [STREET]
    delta: {pattern: "HOUSES.D*", action: CHANGE, insert: [A], update: [C], delete: [D]}
    out_of_sequence: hold
`

// A landRegistry is the source of an extract of gateways that are killed: it sends what has changed, again and again, and now and then all that there is. A change that is made twice, or never,
// shows: an insert of what is there, and a change of what is not, are rejects.
type landRegistry struct {
	in     string
	houses map[int]string // what is true
	files  int
	next   int // house number
}

// keepSending sends files until ctx ends. It waits while many have not been read, so that gateways that are slow have little left to do in the end.
func (l *landRegistry) keepSending(ctx context.Context) error {
	const many = 10
	for ctx.Err() == nil {
		waiting, err := filepath.Glob(filepath.Join(l.in, "HOUSES.*"))
		if err == nil && len(waiting) < many {
			err = l.send()
		}
		if err != nil {
			return err
		}
		<-time.After(80 * time.Millisecond)
	}
	return nil
}

// send sends one file: three new houses, another street for one of them, and one less. Every thirtieth has all houses instead.
func (l *landRegistry) send() error {
	l.files++
	kind, lines := "D", []string{}
	if l.files%30 == 1 {
		kind = "F"
	} else {
		line := func(change string, house int) {
			lines = append(lines, fmt.Sprintf("D%s%08d%-20s", change, house, l.houses[house]))
		}
		for range 3 {
			l.next++
			l.houses[l.next] = fmt.Sprintf("NEW IN %d", l.files)
			line("A", l.next)
		}
		l.houses[l.next] = fmt.Sprintf("CHANGED IN %d", l.files)
		line("C", l.next)
		line("D", l.next-1)
		delete(l.houses, l.next-1)
	}
	if kind == "F" {
		for _, house := range slices.Sorted(maps.Keys(l.houses)) {
			lines = append(lines, fmt.Sprintf("D %08d%-20s", house, l.houses[house]))
		}
	}
	text := fmt.Sprintf("H%08d\n%s\nT%07d\n", l.files, strings.Join(lines, "\n"), len(lines))
	if len(lines) == 0 {
		text = fmt.Sprintf("H%08d\nT0000000\n", l.files)
	}
	aside := filepath.Join(l.in, ".aside")
	if err := os.WriteFile(aside, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(aside, filepath.Join(l.in, fmt.Sprintf("HOUSES.%s%08d", kind, l.files)))
}

// check waits until a gateway serves what is true, and looks at what it remembers of the files: each was read once, with nothing to reject.
func (l *landRegistry) check(t *testing.T, v *victim, gateways int) {
	t.Helper()
	var got map[int]string
	deadline := time.Now().Add(3 * time.Minute)
	for {
		if got = l.served(t, v); maps.Equal(got, l.houses) {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("a gateway serves %d houses, want %d, after %d files; its extract: %s", len(got), len(l.houses), l.files, fetch(t, v.admin+"/admin/v1/backends/land/extracts"))
			break
		}
		<-time.After(100 * time.Millisecond)
	}
	var page struct {
		Runs []struct{ File, Outcome, Reason, Rejects string }
	}
	if err := json.Unmarshal([]byte(fetch(t, v.admin+"/admin/v1/backends/land/runs?pageSize=1000")), &page); err != nil {
		t.Fatal(err)
	}
	times := make(map[string]int)
	for _, run := range page.Runs {
		switch {
		case run.Outcome == "held": // it came before others, and was read later
		case run.Outcome != "served" || run.Rejects != "" && run.Rejects != "0":
			t.Errorf("a run of %s: %s, %s rejects: %s", run.File, run.Outcome, run.Rejects, run.Reason)
		default:
			times[run.File]++
		}
	}
	for file, n := range times {
		if n > gateways {
			t.Errorf("%s was read %d times by %d gateways", file, n, gateways)
		}
	}
	if len(times) == 0 {
		t.Error("no file was read")
	}
}

func (l *landRegistry) served(t *testing.T, v *victim) map[int]string {
	t.Helper()
	found := make(map[int]string)
	for token, more := "", true; more; more = token != "" {
		var page struct {
			Houses []struct {
				HouseNo int
				Street  string
			}
			NextPageToken string
		}
		answer := send(t, http.MethodGet, v.address()+"/land/v1/houses?pageSize=1000&pageToken="+url.QueryEscape(token), "")
		if answer.status != http.StatusOK {
			return nil // nothing has been read yet
		}
		if err := json.Unmarshal([]byte(answer.body), &page); err != nil {
			t.Fatal(err)
		}
		for _, house := range page.Houses {
			found[house.HouseNo] = house.Street
		}
		token = page.NextPageToken
	}
	return found
}

// A listener is who is told of the ends of operations.
type listener struct {
	server *httptest.Server
	mu     sync.Mutex
	told   map[string]string // the state of each operation, by its name
	calls  int
	wrong  []string
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{told: make(map[string]string)}
	l.server = httptest.NewServer(l)
	t.Cleanup(l.server.Close)
	return l
}

// ServeHTTP implements [http.Handler]. Every tenth call fails.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var operation struct {
		Name     string
		Done     bool
		Metadata struct{ State string }
	}
	err := json.NewDecoder(r.Body).Decode(&operation)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	id := r.Header.Get("Webhook-Id")
	before, again := l.told[operation.Name]
	switch {
	case err != nil && r.Context().Err() != nil: // the gateway was killed
	case err != nil || !operation.Done || operation.Name != "operations/"+id:
		l.wrong = append(l.wrong, fmt.Sprintf("%s: %+v (%v)", id, operation, err))
	case again && before != operation.Metadata.State:
		l.wrong = append(l.wrong, fmt.Sprintf("%s was %s, and is %s", id, before, operation.Metadata.State))
	case l.calls%10 == 0:
		http.Error(w, "not now", http.StatusServiceUnavailable)
	default:
		l.told[operation.Name] = operation.Metadata.State
	}
}

// check waits until every operation has been told of, and holds that against the operations' states.
func (l *listener) check(t *testing.T, states map[string]string) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		l.mu.Lock()
		told := maps.Clone(l.told)
		l.mu.Unlock()
		if len(told) >= len(states) {
			break
		}
		if time.Now().After(deadline) {
			t.Errorf("%d of %d ends were told", len(told), len(states))
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, text := range l.wrong {
		t.Errorf("a webhook said %s", text)
	}
	if !maps.Equal(l.told, states) {
		for name, state := range states {
			if l.told[name] != state {
				t.Errorf("%s was told as %q, and is %s", name, l.told[name], state)
			}
		}
	}
}

// killedEstate is an estate of letters and houses, whose operations expire, and whose ends are told.
func killedEstate(t *testing.T, office *postOffice, registry *landRegistry, listener *listener, gateway string) string {
	t.Helper()
	estate := lettersEstate(t, office.out, office.in, gateway, 20, "0.02s")
	backends := filepath.Join(estate, "backends")
	mail, err := os.ReadFile(filepath.Join(backends, "mail.yaml"))
	mail = fmt.Appendf(mail, "    expire_after: %s\n    webhook: {url: %q, secret: {file: webhook.key}}\n", unansweredExpireAfter, listener.server.URL)
	err = errors.Join(err,
		os.WriteFile(filepath.Join(backends, "mail.yaml"), mail, 0o600),
		os.WriteFile(filepath.Join(backends, "webhook.key"), []byte("a key of the test"), 0o600),
		os.WriteFile(filepath.Join(backends, "houses.cpy"), []byte(housesCopybook), 0o600),
		os.WriteFile(filepath.Join(backends, "land.yaml"), fmt.Appendf(nil, housesBackend, registry.in), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	return estate
}
