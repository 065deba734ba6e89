package batch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
)

// submit sends a change and returns its operation.
func submit(t testing.TB, backend adapters.Backend, request string) *longrunningpb.Operation {
	t.Helper()
	message, _, err := call(t, backend, "SubmitChanges", request)
	if err != nil {
		t.Fatal(err)
	}
	return message.(*longrunningpb.Operation)
}

// operation reads an operation and its metadata.
func operation(t testing.TB, backend adapters.Backend, name string) (*longrunningpb.Operation, map[string]any) {
	t.Helper()
	message, _, err := call(t, backend, "GetOperation", fmt.Sprintf(`{"operationId": %q}`, strings.TrimPrefix(name, "operations/")))
	if err != nil {
		t.Fatal(err)
	}
	found := message.(*longrunningpb.Operation)
	return found, unpack(t, backend, found.GetMetadata().GetTypeUrl(), found.GetMetadata().GetValue())
}

// unpack reads an Any of the back end's own types.
func unpack(t testing.TB, backend adapters.Backend, url string, value []byte) map[string]any {
	t.Helper()
	file := backend.Services()[0].Descriptor.ParentFile()
	name, ok := strings.CutPrefix(url, "type.googleapis.com/"+string(file.Package())+".")
	if !ok {
		t.Fatalf("the type %q is not of the back end's package", url)
	}
	descriptor := file.Messages().ByName(protoreflect.Name(name))
	message := dynamicpb.NewMessage(descriptor)
	if err := proto.Unmarshal(value, message); err != nil {
		t.Fatal(err)
	}
	fields := make(map[string]any)
	message.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		fields[string(fd.Name())] = v.Interface()
		return true
	})
	return fields
}

func (s *site) outFiles(t testing.TB) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(s.dir, "out", entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(content)
	}
	return files
}

const aChange = `{"citizenId": "C000001", "newTown": "Riverside", "movedOn": "2026-11-20", "changeKind": "M"}`

// answers is an acknowledgement file of reference and result pairs.
func answers(pairs ...string) []byte {
	var out []byte
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, ebcdic(fmt.Sprintf("D%010s%s%27s", pairs[i], pairs[i+1], ""))...)
	}
	return out
}

func TestSubmissionLifeCycle(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	backend := s.open(t, settings)

	first, second := submit(t, backend, aChange), submit(t, backend, `{"citizenId": "C000002", "newTown": "Nowhere", "changeKind": "C"}`)
	if first.GetDone() || first.GetName() == second.GetName() || len(first.GetName()) < len("operations/")+26 {
		t.Fatalf("operations %q and %q, done %v", first.GetName(), second.GetName(), first.GetDone())
	}
	_, metadata := operation(t, backend, first.GetName())
	if metadata["state"] != "QUEUED" {
		t.Errorf("state %v, want QUEUED", metadata["state"])
	}

	drain(t, backend)
	_, metadata = operation(t, backend, second.GetName())
	if metadata["state"] != "DELIVERED" || metadata["file"] != "CHG.0001" || metadata["position"] != int32(2) {
		t.Errorf("metadata %v, want DELIVERED in CHG.0001 at 2", metadata)
	}
	files := s.outFiles(t)
	content := files["CHG.0001"]
	if len(files) != 1 || len(content) != 4*40 {
		t.Fatalf("files %v, want CHG.0001 of 160 bytes", files)
	}
	if got, want := content[40:80], string(ebcdic("D0000000001C000001Riverside 20261120M   ")); got != want {
		t.Errorf("the first record is %x, want %x", got, want)
	}
	trailer := append(ebcdic("T0000002"), packed(3, 15)...)
	if !strings.HasPrefix(content[120:], string(trailer)) {
		t.Errorf("the trailer is %x, want it to begin with %x", content[120:], trailer)
	}

	s.write(t, "in/ACK.1", answers("1", "OK", "2", "NO"))
	drain(t, backend)
	done, metadata := operation(t, backend, first.GetName())
	result := unpack(t, backend, done.GetResponse().GetTypeUrl(), done.GetResponse().GetValue())
	if !done.GetDone() || metadata["state"] != "ACKNOWLEDGED" || result["code"] != "OK" || result["reference"] != "1" {
		t.Errorf("done %v, metadata %v, result %v", done.GetDone(), metadata, result)
	}
	failed, metadata := operation(t, backend, second.GetName())
	if !failed.GetDone() || metadata["state"] != "REJECTED" || failed.GetError().GetMessage() != "The town is not known." {
		t.Errorf("done %v, metadata %v, error %v", failed.GetDone(), metadata, failed.GetError())
	}
	if _, err := os.Stat(filepath.Join(s.dir, "in", "archive", "ACK.1")); err != nil {
		t.Errorf("the acknowledgement was not archived: %v", err)
	}
}

func TestSubmissionIsHeldToItsLayout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	_, _, err := call(t, backend, "SubmitChanges", `{"citizenId": "C0000011", "newTown": "Ωmega", "movedOn": "2026-02-30"}`)
	public := status.Convert(err)
	if public.Code() != codes.InvalidArgument {
		t.Fatalf("got %v, want INVALID_ARGUMENT", err)
	}
	var fields []string
	for _, detail := range public.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetReason() != "INVALID_ARGUMENT" {
			t.Errorf("reason %s, want INVALID_ARGUMENT", info.GetReason())
		}
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, violation := range bad.GetFieldViolations() {
				fields = append(fields, violation.GetField())
			}
		}
	}
	if got, want := strings.Join(fields, " "), "citizenId newTown movedOn"; got != want {
		t.Errorf("violations of %q, want %q", got, want)
	}
	drain(t, backend)
	if files := s.outFiles(t); len(files) != 0 {
		t.Errorf("files %v, want none", files)
	}
}

func TestAnswersThatHaveNoEffect(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers []byte
		state   string
	}{
		"an unknown result":    {answers("1", "??"), "DELIVERED"},
		"an unknown reference": {answers("7", "OK"), "DELIVERED"},
		"a cut file":           {answers("1", "OK")[:39], "DELIVERED"},
		"two answers":          {answers("1", "OK", "1", "NO"), "ACKNOWLEDGED"},
		"the same twice":       {answers("1", "NO", "1", "NO"), "REJECTED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			backend := s.open(t, settings)
			sent := submit(t, backend, aChange)
			drain(t, backend)
			s.write(t, "in/ACK.1", test.answers)
			if err := tryDrain(t.Context(), backend); err != nil {
				t.Fatal(err)
			}
			if _, metadata := operation(t, backend, sent.GetName()); metadata["state"] != test.state {
				t.Errorf("state %v, want %s", metadata["state"], test.state)
			}
		})
	}
}

func TestFilesAreCutByCount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	for range 7 {
		submit(t, backend, aChange)
	}
	drain(t, backend)
	var lengths []int
	for _, name := range []string{"CHG.0001", "CHG.0002", "CHG.0003"} {
		lengths = append(lengths, len(s.outFiles(t)[name])/40)
	}
	if got := fmt.Sprint(lengths); got != "[5 5 3]" {
		t.Errorf("records in the files: %s, want [5 5 3]", got)
	}
}

// A crash is simulated by a store that stops working: from the n-th write on, nothing is written any more, and the back end is
// thrown away.
type crashingStore struct {
	adapters.Store
	left   atomic.Int64
	poison atomic.Value // a string: a value with it is not written
}

func newCrashingStore(s *site) *crashingStore {
	crashing := &crashingStore{Store: s.store}
	crashing.left.Store(1 << 30)
	crashing.poison.Store("")
	s.store = crashing
	return crashing
}

var errCrash = errors.New("crash")

func (c *crashingStore) Update(ctx context.Context, write func(adapters.Tx) error) error {
	if c.left.Add(-1) < 0 {
		return errCrash
	}
	return c.Store.Update(ctx, func(tx adapters.Tx) error { return write(poisonedTx{tx, c.poison.Load().(string)}) })
}

type poisonedTx struct {
	adapters.Tx
	poison string
}

func (p poisonedTx) Put(key string, value []byte) error {
	if p.poison != "" && bytes.Contains(value, []byte(p.poison)) {
		return errCrash
	}
	return p.Tx.Put(key, value)
}

// Whatever step the process dies at, every submission is in exactly one file, and each file comes once, even if the other side takes it away at once.
func TestCrashesLoseAndRepeatNothing(t *testing.T) {
	t.Parallel()
	for _, taken := range []bool{false, true} {
		for step := range 12 {
			t.Run(fmt.Sprintf("step %d, taken %v", step, taken), func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				crashing := newCrashingStore(s)
				backend := s.open(t, settings)
				for range 4 {
					submit(t, backend, aChange)
				}
				seen := make(map[string]int)
				take := func() {
					for name, content := range s.outFiles(t) {
						if strings.HasPrefix(name, ".") {
							continue
						}
						if taken {
							seen[content[40:]]++ // without the header, which has the date
							if err := os.Remove(filepath.Join(s.dir, "out", name)); err != nil {
								t.Fatal(err)
							}
						}
					}
				}
				closeBackend(t, backend)
				crashing.left.Store(int64(step))
				backend = s.open(t, settings)
				err := tryDrain(t.Context(), backend)
				if err != nil && status.Code(err) != codes.Internal {
					t.Fatal(err)
				}
				closeBackend(t, backend)
				take()

				crashing.left.Store(1 << 30)
				backend = s.open(t, settings)
				drain(t, backend)
				take()
				if !taken {
					for _, content := range s.outFiles(t) {
						seen[content[40:]]++
					}
				}
				checkExactlyOnce(t, seen, 4)
			})
		}
	}
}

// checkExactlyOnce counts the references 1 to n in the files.
func checkExactlyOnce(t *testing.T, seen map[string]int, n int) {
	t.Helper()
	all := ""
	for content, times := range seen {
		all += strings.Repeat(content, times)
	}
	for i := 1; i <= n; i++ {
		if got := strings.Count(all, string(ebcdic(fmt.Sprintf("D%010dC000001", i)))); got != 1 {
			t.Errorf("the submission %d left %d times", i, got)
		}
	}
}

// A file whose hidden name is all that reached the disk is sent, though the store knows nothing but the decision.
func TestUnfinishedFileIsWrittenAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	crashing := newCrashingStore(s)
	backend := s.open(t, settings)
	submit(t, backend, aChange)
	crashing.poison.Store(`"step":"WRITTEN"`) // the decision is stored; that the file was written is not
	if err := tryDrain(t.Context(), backend); err == nil {
		t.Fatal("draining worked in spite of the crash")
	}
	closeBackend(t, backend)
	found, err := filepath.Glob(filepath.Join(s.dir, "out", ".CHG.0001.*.part"))
	if err != nil || len(found) != 1 {
		t.Fatalf("hidden files %v (%v), want one", found, err)
	}
	hidden := found[0]
	content, err := os.ReadFile(hidden)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hidden, content[:50], 0o600); err != nil { // it had not all reached the disk
		t.Fatal(err)
	}
	crashing.poison.Store("")
	backend = s.open(t, settings)
	drain(t, backend)
	files := s.outFiles(t)
	if got := files["CHG.0001"]; !bytes.Equal([]byte(got), content) {
		t.Errorf("the file is %x, want %x", got, content)
	}
	if len(files) != 1 {
		t.Errorf("the outbox holds %d files, want nothing hidden beside CHG.0001", len(files))
	}
}

// A share that is not mounted looks like an outbox from which everything has been taken. What is on its way waits for it.
func TestOutboxIsNotMounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	crashing := newCrashingStore(s)
	backend := s.open(t, settings)
	s.write(t, "out/CHG.0001", []byte("in the way"))
	sent := submit(t, backend, aChange)
	if err := tryDrain(t.Context(), backend); err == nil {
		t.Fatal("the file was delivered over another")
	}
	crashing.left.Store(0)
	closeBackend(t, backend)
	crashing.left.Store(1 << 30)
	out, away := filepath.Join(s.dir, "out"), filepath.Join(s.dir, "away")
	if err := os.Rename(out, away); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(out, 0o750); err != nil { // the empty mount point
		t.Fatal(err)
	}
	backend = s.open(t, settings)
	if err := tryDrain(t.Context(), backend); status.Code(err) != codes.Unavailable {
		t.Errorf("Drain: %v, want UNAVAILABLE", err)
	}
	if _, metadata := operation(t, backend, sent.GetName()); metadata["state"] != "IN_FILE" {
		t.Errorf("state %v, want IN_FILE", metadata["state"])
	}
	if err := errors.Join(os.Remove(out), os.Rename(away, out), os.Remove(filepath.Join(out, "CHG.0001"))); err != nil {
		t.Fatal(err)
	}
	drain(t, backend)
	if got := len(s.outFiles(t)["CHG.0001"]); got != 3*40 {
		t.Errorf("the file has %d bytes, want 120", got)
	}
}

// Several gateways on one store and one outbox send everything once, though files are taken away as soon as they appear.
func TestSeveralGatewaysSendOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const gateways, changes = 4, 40
	var all []adapters.Backend
	for range gateways {
		s.data = t.TempDir()
		all = append(all, s.open(t, settings))
	}
	seen := make(map[string]int)
	take := func() {
		visible, err := filepath.Glob(filepath.Join(s.dir, "out", "CHG.*"))
		if err != nil {
			t.Error(err)
		}
		for _, path := range visible {
			content, err := os.ReadFile(path)
			if err == nil {
				err = os.Remove(path)
			}
			if err != nil {
				t.Error(err)
				continue
			}
			seen[string(content)]++
		}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				take()
			}
		}
	}()
	var senders sync.WaitGroup
	for _, backend := range all {
		senders.Go(func() {
			for range changes / gateways {
				submit(t, backend, aChange)
				drain(t, backend)
			}
		})
	}
	senders.Wait()
	close(stop)
	<-stopped
	take()
	checkExactlyOnce(t, seen, changes)
	if files := s.outFiles(t); len(files) != 0 {
		t.Errorf("the outbox still holds %d files", len(files))
	}
}

// A submission leaves by itself once it has waited long enough.
func TestFilesAreCutByAge(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, strings.Replace(settings, "age: 3600s", "age: 0.02s", 1))
	sent := submit(t, backend, aChange)
	deadline := time.After(20 * time.Second)
	for {
		_, metadata := operation(t, backend, sent.GetName())
		if metadata["state"] == "DELIVERED" {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("state %v, want DELIVERED", metadata["state"])
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// A name that another file has in the outbox is never written over.
func TestOutboxNameIsTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, settings)
	s.write(t, "out/CHG.0001", []byte("somebody else's"))
	submit(t, backend, aChange)
	if err := tryDrain(t.Context(), backend); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("Drain: %v, want FAILED_PRECONDITION", err)
	}
	if got := s.outFiles(t)["CHG.0001"]; got != "somebody else's" {
		t.Errorf("the file is now %q", got)
	}
	if err := os.Remove(filepath.Join(s.dir, "out", "CHG.0001")); err != nil {
		t.Fatal(err)
	}
	drain(t, backend)
	if got := len(s.outFiles(t)["CHG.0001"]); got != 3*40 {
		t.Errorf("the file has %d bytes, want 120", got)
	}
}

func TestNoSuchOperation(t *testing.T) {
	t.Parallel()
	backend := newSite(t).open(t, settings)
	if _, _, err := call(t, backend, "GetOperation", `{"operationId": "none"}`); status.Code(err) != codes.NotFound {
		t.Errorf("got %v, want NOT_FOUND", err)
	}
}
