package batch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/transport"
	"github.com/postern-gateway/postern/adapters/batch/transporttest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A remoteSite is a site whose files are on a server: in the directories in and out.
type remoteSite struct {
	*site
	server  *transporttest.Server
	in, out transport.Directory // as the other side sees them
	adjust  func(*configv1.BatchBackend)
}

// servers are the kinds of them.
var servers = map[string]func(t *testing.T, root string) *transporttest.Server{
	"sftp": func(t *testing.T, root string) *transporttest.Server { return transporttest.SFTP(t, root, nil) },
	"ftp":  func(t *testing.T, root string) *transporttest.Server { return transporttest.FTP(t, root, "none", true) },
	"ftps": func(t *testing.T, root string) *transporttest.Server {
		return transporttest.FTP(t, root, "explicit", false)
	},
	"s3":    func(t *testing.T, _ string) *transporttest.Server { return transporttest.S3(t) },
	"gcs":   func(t *testing.T, _ string) *transporttest.Server { return transporttest.GCS(t) },
	"azure": func(t *testing.T, _ string) *transporttest.Server { return transporttest.Azure(t) },
}

// hasObjects tells of a kind of server that it keeps objects, which cannot be renamed.
func hasObjects(kind string) bool { return kind == "s3" || kind == "gcs" || kind == "azure" }

func newRemoteSite(t *testing.T, kind string) *remoteSite {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"in", "out"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	s := &remoteSite{site: newSite(t), server: servers[kind](t, root), adjust: func(*configv1.BatchBackend) {}}
	s.server.Config.Timeout = durationpb.New(10 * time.Second)
	open := func(name string) transport.Directory {
		if !hasObjects(kind) {
			return transport.Local(filepath.Join(root, name))
		}
		reached, err := transport.New(s.server.Config, "", "")
		if err != nil {
			t.Fatal(err)
		}
		directory, err := reached.Directory(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = directory.Close() })
		return directory
	}
	s.in, s.out = open("in"), open("out")
	return s
}

// open opens a back end whose inboxes and outbox are on the server.
func (s *remoteSite) open(t *testing.T) adapters.Backend {
	t.Helper()
	config := parse(t, settings)
	config.Transports = map[string]*configv1.BatchTransport{"mainframe": s.server.Config}
	config.Extracts[0].Inbox.Transport = "mainframe"
	config.Submissions[0].Outbox.Transport = "mainframe"
	config.Submissions[0].Acknowledgement.Inbox.Transport = "mainframe"
	s.adjust(config)
	backend, err := batch.Adapter{}.Open(t.Context(), config, s.options(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBackend(t, backend) })
	return backend
}

// put has the other side write a file.
func put(t *testing.T, d transport.Directory, name string, content []byte) {
	t.Helper()
	if err := d.Write(t.Context(), name, content); err != nil {
		t.Fatal(err)
	}
}

// files is what the other side sees in a directory.
// A file that the gateway renames or removes meanwhile is not among it.
func files(t *testing.T, d transport.Directory) map[string]string {
	t.Helper()
	listed, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for _, info := range listed {
		file, err := d.Open(t.Context(), info.Name())
		var content []byte
		if err == nil {
			content, err = io.ReadAll(file)
			err = errors.Join(err, file.Close())
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		found[info.Name()] = string(content)
	}
	return found
}

// drainSoon drains until it works: after a fault, a server is left alone for a while.
func drainSoon(t *testing.T, backend adapters.Backend) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		err := tryDrain(ctx, backend)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("Drain: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// A server is as good as a directory: files come in and go out byte for byte, and are archived.
func TestServers(t *testing.T) {
	t.Parallel()
	for kind := range servers {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newRemoteSite(t, kind)
			s.adjust = func(config *configv1.BatchBackend) {
				config.Submissions[0].Outbox.DoneFile = "{name}.done"
				config.Submissions[0].Outbox.Name = "CHG.{date:yyyymmdd}.{sequence:4}"
			}
			backend := s.open(t)
			put(t, s.in, "CLAIMS.1", extractOf("20261120", twoClaims...))
			drain(t, backend)
			message, _, err := call(t, backend, "GetClaim", `{"claimRef":"CL000001"}`)
			if err != nil {
				t.Fatal(err)
			}
			wantJSON(t, message, `{"recType":"D","claimRef":"CL000001","citizenId":"C000001","claimant":{"surname":"Doyle","born":"1961-02-14"},
				"claimStatus":"A","amount":"87.40","payments":12,"lastPaid":[87,87,85]}`)

			sent := submit(t, backend, aChange)
			drain(t, backend)
			name := "CHG." + time.Now().In(londonMidnight(t, "20261120").Location()).Format("20060102") + ".0001"
			out := files(t, s.out)
			if len(out) != 2 || len(out[name]) != 120 || !strings.Contains(out[name], string(ebcdic("D0000000001C000001"))) {
				t.Errorf("the outbox has %q, want %s of 120 bytes", out, name)
			}
			if done, ok := out[name+".done"]; !ok || done != "" {
				t.Errorf("the outbox has no empty done-file: %q", out)
			}
			put(t, s.in, "ACK.1", answers("1", "OK"))
			drain(t, backend)
			if _, metadata := operation(t, backend, sent.GetName()); metadata["state"] != "ACKNOWLEDGED" {
				t.Errorf("state %v, want ACKNOWLEDGED", metadata["state"])
			}
			if in := files(t, s.in); len(in) != 1 || in["CLAIMS.1"] == "" {
				t.Errorf("the inbox has %q, want the extract alone", in)
			}
			if _, err := s.in.Stat(t.Context(), "archive/ACK.1"); err != nil {
				t.Errorf("the acknowledgement is not archived: %v", err)
			}
		})
	}
}

// Whatever breaks at whatever step, and though the other side takes files at once: each submission leaves in one file.
func TestServersThatBreak(t *testing.T) {
	t.Parallel()
	operations := []string{transporttest.Login, transporttest.List, transporttest.Stat, transporttest.Open, transporttest.Read, transporttest.Write, transporttest.Rename, transporttest.Remove}
	for _, kind := range []string{"sftp", "ftp", "s3", "gcs", "azure"} {
		for _, operation := range operations {
			for _, fault := range []transporttest.Fault{transporttest.CutBefore, transporttest.CutAfter, transporttest.Refuse, transporttest.Full, transporttest.Hang} {
				t.Run(fmt.Sprintf("%s %s %d", kind, operation, fault), func(t *testing.T) {
					t.Parallel()
					s := newRemoteSite(t, kind)
					if fault == transporttest.Hang {
						s.server.Config.Timeout = durationpb.New(time.Second)
					}
					s.adjust = func(config *configv1.BatchBackend) {
						if hasObjects(kind) { // without, nobody could know of a copy that was taken at once
							config.Submissions[0].Outbox.DoneFile = "{name}.done"
						}
					}
					put(t, s.in, "CLAIMS.1", extractOf("20261120", twoClaims...))
					backend := s.open(t)
					drainSoon(t, backend)
					put(t, s.in, "CLAIMS.2", extractOf("20261121", twoClaims[0]))
					for range 4 {
						submit(t, backend, aChange)
					}
					s.server.FailOnce(operation, fault)
					seen := make(map[string]int)
					taken := func() {
						for name, content := range files(t, s.out) {
							if strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".done") {
								continue
							}
							if _, err := s.out.Stat(t.Context(), name+".done"); hasObjects(kind) && err != nil {
								continue
							}
							seen[content[40:]]++
							if err := s.out.Remove(t.Context(), name); err != nil {
								t.Error(err)
							}
						}
					}
					begun := time.Now()
					_ = tryDrain(t.Context(), backend) // whatever comes of it
					if took := time.Since(begun); took > 20*time.Second {
						t.Errorf("a server that does not answer held everything up for %v", took)
					}
					s.server.Fail(nil) // the gateway may have looked before it was to fail; the test is not to be hit in its place
					taken()
					drainSoon(t, backend)
					taken()
					checkExactlyOnce(t, seen, 4)
					_, _, err := call(t, backend, "GetClaim", `{"claimRef":"CL000002"}`)
					if status.Code(err) != codes.NotFound {
						t.Errorf("the newer extract is not in force: %v", err)
					}
					for name := range files(t, s.out) {
						if strings.HasPrefix(name, ".") && operation != transporttest.Remove { // the witness may then stay
							t.Errorf("the outbox still has %s", name)
						}
					}
				})
			}
		}
	}
}

// An object that may have been copied and taken, or not, is not sent again until somebody says so.
func TestUnknownDelivery(t *testing.T) {
	t.Parallel()
	for _, arrived := range []bool{false, true} {
		t.Run(fmt.Sprint(arrived), func(t *testing.T) {
			t.Parallel()
			s := newRemoteSite(t, "s3")
			put(t, s.in, "CLAIMS.1", extractOf("20261120", twoClaims...))
			backend := s.open(t)
			drain(t, backend)
			sent := submit(t, backend, aChange)
			s.server.FailOnce(transporttest.Rename, transporttest.CutBefore)
			for range 3 {
				if err := tryDrain(t.Context(), backend); err == nil {
					t.Fatal("draining worked")
				}
			}
			if err := backend.(adapters.Checker).Check(t.Context()); status.Code(err) != codes.FailedPrecondition {
				t.Errorf("Check: %v, want FAILED_PRECONDITION", err)
			}
			hidden := ""
			for name := range files(t, s.out) {
				if strings.HasSuffix(name, ".part") {
					hidden = name
				}
			}
			resolve := s.out.Rename(t.Context(), hidden, "CHG.0001")
			if arrived {
				resolve = errors.Join(resolve, s.out.Remove(t.Context(), "CHG.0001"))
			}
			if resolve != nil {
				t.Fatal(resolve)
			}
			drain(t, backend)
			if _, metadata := operation(t, backend, sent.GetName()); metadata["state"] != "DELIVERED" {
				t.Errorf("state %v, want DELIVERED", metadata["state"])
			}
			if out := files(t, s.out); len(out) != map[bool]int{false: 1, true: 0}[arrived] {
				t.Errorf("the outbox has %q", out)
			}
		})
	}
}

// A session is kept, and one that was lost in between costs nobody an error. A server that is away is told by Check until it is back.
func TestLostSessions(t *testing.T) {
	t.Parallel()
	s := newRemoteSite(t, "sftp")
	put(t, s.in, "CLAIMS.1", extractOf("20261120", twoClaims...))
	backend := s.open(t)
	drain(t, backend)
	logins := s.server.Logins()
	for range 5 {
		drain(t, backend)
	}
	if again := s.server.Logins(); again != logins {
		t.Errorf("%d logins after %d, want the sessions to be kept", again, logins)
	}
	s.server.Disconnect()
	put(t, s.in, "CLAIMS.2", extractOf("20261121", twoClaims[0]))
	drain(t, backend)
	s.server.Fail(func(string, string) transporttest.Fault { return transporttest.CutBefore })
	if err := tryDrain(t.Context(), backend); status.Code(err) != codes.Unavailable || strings.Contains(publicText(err), "127.0.0.1") {
		t.Errorf("Drain: %v, want UNAVAILABLE with no address", err)
	}
	if err := backend.(adapters.Checker).Check(t.Context()); status.Code(err) != codes.Unavailable {
		t.Errorf("Check: %v, want UNAVAILABLE", err)
	}
	if _, _, err := call(t, backend, "GetClaim", `{"claimRef":"CL000001"}`); err != nil {
		t.Errorf("what has been read is not served any more: %v", err)
	}
	s.server.Fail(nil)
	drainSoon(t, backend)
	if err := backend.(adapters.Checker).Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
}

func publicText(err error) string { return status.Convert(err).Message() }

// Files arrive as they are agreed to: with a done-file, with a date in the name, when they have settled; and they are deleted afterwards.
func TestArrival(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	config := strings.Replace(settings, `{directory: in, pattern: "CLAIMS.*"}`, `{directory: in, pattern: "CLAIMS.{date:yyyymmdd}.*", done_file: "{name}.ok", after: delete}`, 1)
	backend := s.open(t, config)
	names := func() string {
		var all bytes.Buffer
		entries, err := os.ReadDir(filepath.Join(s.dir, "in"))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			fmt.Fprintf(&all, "%s ", entry.Name())
		}
		return strings.TrimSpace(all.String())
	}
	s.write(t, "in/CLAIMS.20261120.A", extractOf("20261120", twoClaims...))
	s.write(t, "in/CLAIMS.20261320.A", extractOf("20261121", twoClaims...))
	s.write(t, "in/CLAIMS.20261320.A.ok", nil)
	drain(t, backend)
	if _, _, err := call(t, backend, "GetClaim", `{"claimRef":"CL000001"}`); status.Code(err) != codes.Unavailable {
		t.Errorf("a file without its done-file, or with no date, was read: %v", err)
	}
	s.write(t, "in/CLAIMS.20261120.A.ok", nil)
	drain(t, backend)
	if _, _, err := call(t, backend, "GetClaim", `{"claimRef":"CL000001"}`); err != nil {
		t.Errorf("the file with its done-file was not read: %v", err)
	}
	if got := names(); got != "CLAIMS.20261320.A CLAIMS.20261320.A.ok" {
		t.Errorf("the inbox has %s", got)
	}
	s.write(t, "in/CLAIMS.20261122.A.ok", nil)
	s.age(t, "in/CLAIMS.20261122.A.ok", time.Hour) // of the file before it
	s.write(t, "in/CLAIMS.20261122.A", extractOf("20261122", twoClaims[1]))
	drain(t, backend)
	if _, _, err := call(t, backend, "GetClaim", `{"claimRef":"CL000001"}`); err != nil {
		t.Errorf("a file was read by the done-file of the one before it: %v", err)
	}
}

// Mistakes in what is said of servers are told at load, each at its place.
func TestTransportMistakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	config := parse(t, strings.Replace(settings, `inbox: {directory: in, pattern: "CLAIMS.*"}`,
		`inbox: {directory: in, pattern: "CLAIMS.{date:yyyy}", transport: bank, done_file: "{name}", settle: 0s}`, 1)+`
transports:
  mainframe:
    sftp: {address: "mvs:22", user: batch, host_keys: [nonsense]}
  cloud:
    gcs: {bucket: files, credentials: {file: claims.cpy}, endpoint: "https://storage.example/files"}
  blobs:
    azure: {account: files, container: in, key: {file: claims.cpy}, endpoint: "ftp://blobs.example"}
  shared:
    azure: {account: files, container: in, sas: {file: claims.cpy}, endpoint: "http://blobs.example"}
  open:
    azure: {account: files, container: in, endpoint: "http://blobs.example"}
  store:
    s3: {bucket: files, access_key_id: {env: POSTERN_TEST_NOT_SET}}
`)
	_, err := batch.Adapter{}.Open(t.Context(), config, s.options(t))
	var wrong *adapters.ConfigError
	if !errors.As(err, &wrong) {
		t.Fatalf("Open: %v", err)
	}
	found := make(map[string]bool)
	for _, finding := range wrong.Findings {
		found[finding.Field] = true
	}
	for _, field := range []string{
		"extracts[0].inbox.transport", "extracts[0].inbox.pattern", "extracts[0].inbox.done_file", "extracts[0].inbox.settle",
		`transports["mainframe"].sftp`, `transports["mainframe"].sftp.host_keys[0]`, `transports["cloud"].gcs.credentials`, `transports["cloud"].gcs.endpoint`, `transports["store"].s3`,
		`transports["blobs"].azure.key`, `transports["blobs"].azure.endpoint`, `transports["shared"].azure.sas`, `transports["open"].azure.endpoint`,
		`transports["store"].s3.access_key_id.env`,
	} {
		if !found[field] {
			t.Errorf("no mistake at %s; there are %v", field, wrong.Findings)
		}
	}
}
