package batch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
