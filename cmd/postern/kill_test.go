package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters/database/postgrestest"
)

// killsSetting is the variable that says how often TestKills kills; the default keeps it short.
const (
	killsSetting = "POSTERN_KILLS"
	defaultKills = 15
	// unansweredExpireAfter is when a letter ends that has no answer.
	unansweredExpireAfter = "12s"
	// unanswered says which letters have none.
	unanswered = 11
)

const lettersCopybook = `       01 LETTER-HEADER.
          05 REC-TYPE PIC X.
          05 FILE-NO PIC 9(8).
       01 LETTER-RECORD.
          05 REC-TYPE PIC X.
          05 LETTER-REF PIC 9(10).
          05 BODY PIC X(20).
       01 LETTER-TRAILER.
          05 REC-TYPE PIC X.
          05 LETTER-COUNT PIC 9(7).
          05 REF-HASH PIC 9(6).
       01 LETTER-ANSWER.
          05 REC-TYPE PIC X.
          05 LETTER-REF PIC 9(10).
          05 RESULT PIC XX.
`

const lettersBackend = `kind: batch
publish: {}
poll: 0.2s
submissions:
  - name: letters
    layout: {copybook: letters.cpy, record: LETTER-RECORD, record_format: line, code_page: ascii}
    values: {REC-TYPE: D}
    reference: LETTER-REF
    required: [BODY]
    outbox: {directory: %[1]q, name: "LETTERS.{sequence:8}"}
    header: {record: LETTER-HEADER, values: {REC-TYPE: H}, sequence: FILE-NO}
    trailer: {record: LETTER-TRAILER, values: {REC-TYPE: T}, count: LETTER-COUNT, totals: [{of: LETTER-REF, equals: REF-HASH, digits: 6}]}
    cut: {count: %[3]d, age: %[4]s}
    acknowledgement:
      inbox: {directory: %[2]q, pattern: "ACK.*", after: archive}
      layout: {copybook: letters.cpy, record: LETTER-ANSWER, record_format: line, code_page: ascii}
      reference: LETTER-REF
      code: RESULT
      accepted: [OK]
      rejected: {"NO": "No such house."}
`

// A postOffice is the other side of gateways that are killed: it takes files from their outbox and answers them.
type postOffice struct {
	out, in string
	bodies  map[string]int // how often each letter came
	files   map[string]int
	answers int
	silent  bool // some letters are not answered
}

// lettersEstate writes an estate whose gateway sends letters.
func lettersEstate(tb testing.TB, out, in, gateway string, count int, age string) string {
	tb.Helper()
	estate := tb.TempDir()
	err := errors.Join(
		os.Mkdir(filepath.Join(estate, "backends"), 0o750),
		os.WriteFile(filepath.Join(estate, "gateway.yaml"), []byte(gateway), 0o600),
		os.WriteFile(filepath.Join(estate, "backends", "letters.cpy"), []byte(lettersCopybook), 0o600),
		os.WriteFile(filepath.Join(estate, "backends", "mail.yaml"), fmt.Appendf(nil, lettersBackend, out, in, count, age), 0o600),
	)
	if err != nil {
		tb.Fatal(err)
	}
	return estate
}

// collect takes what is in the outbox and answers it: every seventh letter with no, and every eleventh not at all.
func (p *postOffice) collect() error {
	entries, err := os.ReadDir(p.out)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := filepath.Join(p.out, entry.Name())
		content, err := os.ReadFile(path)
		if err = errors.Join(err, os.Remove(path)); err != nil {
			return err
		}
		if err := p.answer(entry.Name(), string(content)); err != nil {
			return err
		}
	}
	return nil
}

func (p *postOffice) answer(name, content string) error {
	p.files[name]++
	lines := strings.Split(strings.TrimSuffix(content, "\n"), "\n")
	last := len(lines) - 1
	hash, answers := 0, ""
	for _, line := range lines[1:last] {
		n, err := strconv.Atoi(line[1:11])
		if err != nil {
			return err
		}
		hash += n
		p.bodies[strings.TrimSpace(line[11:])]++
		result := "OK"
		if n%7 == 0 {
			result = "NO"
		}
		if p.silent && n%unanswered == 0 {
			continue
		}
		answers += fmt.Sprintf("D%010d%s\n", n, result)
	}
	if want := fmt.Sprintf("T%07d%06d", last-1, hash%1_000_000); lines[last] != want || "LETTERS."+lines[0][1:] != name {
		return fmt.Errorf("%s begins with %q and ends with %q, want %q", name, lines[0], lines[last], want)
	}
	p.answers++
	aside := filepath.Join(p.in, ".aside")
	if err := os.WriteFile(aside, []byte(answers), 0o600); err != nil {
		return err
	}
	return os.Rename(aside, filepath.Join(p.in, fmt.Sprintf("ACK.%06d", p.answers)))
}

// A victim is a gateway that is killed and started again.
type victim struct {
	estate string
	mu     sync.Mutex
	url    string // empty while it is dead
	admin  string
	cmd    *exec.Cmd
}

var anAddress = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

func (v *victim) start(ctx context.Context) error {
	command := exec.CommandContext(ctx, "postern", "serve", v.estate, "--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	v.cmd = command
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		found := anAddress.FindString(lines.Text())
		switch {
		case strings.HasPrefix(lines.Text(), "REST"):
			v.mu.Lock()
			v.url = found
			v.mu.Unlock()
		case strings.HasPrefix(lines.Text(), "admin"):
			v.admin = found
			return nil
		}
	}
	return fmt.Errorf("the gateway has printed no address: %w", lines.Err())
}

func (v *victim) kill() error {
	v.mu.Lock()
	v.url = ""
	v.mu.Unlock()
	err := v.cmd.Process.Kill()
	_ = v.cmd.Wait() // it was killed
	return err
}

func (v *victim) address() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.url
}

// A ledger is what callers know of the letters that they sent.
type ledger struct {
	mu       sync.Mutex
	accepted map[string]string // the operation of each body
	unknown  map[string]bool   // bodies whose calls broke
	wrong    []string
}

func (l *ledger) send(ctx context.Context, client *http.Client, address, body string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/mail/v1/letters", strings.NewReader(fmt.Sprintf(`{"body": %q}`, body)))
	if err != nil {
		panic(err) // of the test
	}
	request.Header.Set("Content-Type", "application/json")
	if len(body)%2 == 0 {
		request.Header.Set("Idempotency-Key", body)
	}
	response, err := client.Do(request)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.unknown[body] = true
		return
	}
	defer response.Body.Close()
	var operation struct {
		Name string `json:"name"`
	}
	err = json.NewDecoder(response.Body).Decode(&operation)
	switch {
	case response.StatusCode == http.StatusAccepted && err == nil:
		l.accepted[body] = operation.Name
	case response.StatusCode >= http.StatusInternalServerError, err != nil:
		l.unknown[body] = true
	default:
		l.wrong = append(l.wrong, fmt.Sprintf("%s: %s", body, response.Status))
	}
}

// Gateways are killed at any time: while they take letters, cut files, deliver them, read the answers, tell of ends, and read extracts. In the end every letter that was taken is in exactly one file, one whose
// caller was not told is in none or one, every file came once, every operation has ended as its answer says, or expired without one, and its end has been told; and every record of the extracts has been applied once.
func TestKills(t *testing.T) {
	t.Parallel()
	kills := defaultKills
	if text := os.Getenv(killsSetting); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("one gateway on SQLite", func(t *testing.T) {
		t.Parallel()
		killGateways(t, kills, "{}\n")
	})
	t.Run("two gateways on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server, err := postgrestest.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		secret := filepath.Join(t.TempDir(), "dsn")
		if err := os.WriteFile(secret, []byte(server.DSN(server.Database(t, ""), "")), 0o600); err != nil {
			t.Fatal(err)
		}
		settings := fmt.Sprintf("store: {postgres: {file: %q}}\n", secret)
		killGateways(t, kills, settings, settings)
	})
}

func killGateways(t *testing.T, kills int, gateways ...string) {
	t.Helper()
	office := &postOffice{out: t.TempDir(), in: t.TempDir(), bodies: make(map[string]int), files: make(map[string]int), silent: true}
	registry := &landRegistry{in: t.TempDir(), houses: make(map[int]string)}
	listener := newListener(t)
	var victims []*victim
	for _, settings := range gateways {
		v := &victim{estate: killedEstate(t, office, registry, listener, settings)}
		if err := v.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = v.kill() })
		victims = append(victims, v)
	}
	sent := &ledger{accepted: make(map[string]string), unknown: make(map[string]bool)}
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	for sender := range 6 {
		working.Go(func() { sent.keepSending(ctx, sender, victims) })
	}
	failed := make(chan error, 2)
	working.Go(func() {
		if err := registry.keepSending(ctx); err != nil {
			failed <- err
		}
	})
	collecting, stopCollecting := context.WithCancel(t.Context())
	var collector sync.WaitGroup
	collector.Go(func() {
		for collecting.Err() == nil {
			if err := office.collect(); err != nil && !errors.Is(err, fs.ErrNotExist) {
				failed <- err
				return
			}
			<-time.After(3 * time.Millisecond)
		}
	})
	for i := range kills {
		<-time.After(time.Duration(20+rand.IntN(180)) * time.Millisecond)
		v := victims[i%len(victims)]
		if err := errors.Join(v.kill(), v.start(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	working.Wait()
	ended := waitForEnds(t, victims[0].address())
	stopCollecting()
	collector.Wait()
	select {
	case err := <-failed:
		t.Fatal(err)
	default:
	}
	sent.check(t, office, ended)
	for _, v := range victims {
		registry.check(t, v, len(victims))
	}
	listener.check(t, ended)
	t.Logf("%d kills: %d letters taken, %d callers not told, %d files, %d ends told in %d calls; %d files of %d houses read",
		kills, len(sent.accepted), len(sent.unknown), len(office.files), len(listener.told), listener.calls, registry.files, len(registry.houses))
}

func (l *ledger) keepSending(ctx context.Context, sender int, victims []*victim) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	for i := 0; ctx.Err() == nil; i++ {
		if address := victims[i%len(victims)].address(); address != "" {
			l.send(context.WithoutCancel(ctx), client, address, fmt.Sprintf("s%d-%d", sender, i))
		}
		<-time.After(2 * time.Millisecond)
	}
}

// waitForEnds waits until every operation has ended, and returns the state of each by name.
func waitForEnds(t *testing.T, address string) map[string]string {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		states, open := operationStates(t, address)
		if open == 0 {
			return states
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d operations have not ended", open, len(states))
		}
		<-time.After(100 * time.Millisecond)
	}
}

func operationStates(t *testing.T, address string) (states map[string]string, open int) {
	t.Helper()
	states = make(map[string]string)
	for token, more := "", true; more; more = token != "" {
		var page struct {
			Operations []struct {
				Name     string `json:"name"`
				Done     bool   `json:"done"`
				Metadata struct {
					State string `json:"state"`
				} `json:"metadata"`
			} `json:"operations"`
			NextPageToken string `json:"nextPageToken"`
		}
		if err := json.Unmarshal([]byte(fetch(t, address+"/mail/v1/operations?pageSize=1000&pageToken="+url.QueryEscape(token))), &page); err != nil {
			t.Fatal(err)
		}
		for _, one := range page.Operations {
			if states[one.Name] != "" {
				t.Errorf("%s is listed twice", one.Name)
			}
			states[one.Name] = one.Metadata.State
			if !one.Done {
				open++
			}
		}
		token = page.NextPageToken
	}
	return states, open
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var content strings.Builder
	if _, err := bufio.NewReader(response.Body).WriteTo(&content); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s (%v)", address, response.Status, content.String(), err)
	}
	return content.String()
}

func (l *ledger) check(t *testing.T, office *postOffice, states map[string]string) {
	t.Helper()
	for _, text := range l.wrong {
		t.Error(text)
	}
	for body, name := range l.accepted {
		if n := office.bodies[body]; n != 1 {
			t.Errorf("the letter %s left %d times", body, n)
		}
		number, err := strconv.Atoi(name[strings.LastIndex(name, "-")+1:])
		want := "ACKNOWLEDGED"
		switch {
		case number%unanswered == 0:
			want = "EXPIRED"
		case number%7 == 0:
			want = "REJECTED"
		}
		if states[name] != want || err != nil {
			t.Errorf("%s is %q, want %s (%v)", name, states[name], want, err)
		}
	}
	total := 0
	for body, n := range office.bodies {
		total += n
		if _, taken := l.accepted[body]; !taken && (n != 1 || !l.unknown[body]) {
			t.Errorf("the letter %s, which nobody was told was taken, left %d times", body, n)
		}
	}
	if total != len(states) {
		t.Errorf("%d letters left, and there are %d operations", total, len(states))
	}
	for name, n := range office.files {
		if n != 1 {
			t.Errorf("%s came %d times", name, n)
		}
	}
	if len(l.accepted) == 0 || len(office.files) == 0 {
		t.Errorf("%d letters were taken, and %d files came", len(l.accepted), len(office.files))
	}
}
