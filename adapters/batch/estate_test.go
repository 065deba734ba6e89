package batch_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"buf.build/go/protoyaml"
	"go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"
	"golang.org/x/text/encoding/charmap"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	"github.com/postern-gateway/postern/adapters/batch"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settings is the configuration of most tests: claims come in, and changes go out. Directories are relative to the site's root.
const settings = `
kind: batch
time_zone: Europe/London
poll: 3600s
extracts:
  - plural: claims
    singular: claim
    layout:
      copybook: claims.cpy
      record: CLAIM-RECORD
      formats: {RUN-DATE: yyyymmdd, BORN: yyyymmdd}
    inbox: {directory: in, pattern: "CLAIMS.*"}
    header: {record: CLAIM-HEADER, when: {field: REC-TYPE, equals: H}, date: RUN-DATE}
    detail: {when: {field: REC-TYPE, equals: D}}
    trailer:
      record: CLAIM-TRAILER
      when: {field: REC-TYPE, equals: T}
      count: CLAIM-COUNT
      totals: [{of: AMOUNT, equals: TOTAL-AMOUNT}]
    key: [CLAIM-REF]
    indexes: [CITIZEN-ID, SURNAME, BORN]
    max_bad_share: 0.4
submissions:
  - name: changes
    layout:
      copybook: changes.cpy
      record: CHANGE-RECORD
      formats: {MOVED-ON: yyyymmdd, FILE-DATE: yyyymmdd}
    values: {REC-TYPE: D}
    reference: CHANGE-REF
    required: [CITIZEN-ID, NEW-TOWN]
    outbox: {directory: out, name: "CHG.{sequence:4}"}
    header: {record: CHANGE-HEADER, values: {REC-TYPE: H}, sequence: FILE-SEQUENCE, date: FILE-DATE}
    trailer: {record: CHANGE-TRAILER, values: {REC-TYPE: T}, count: CHANGE-COUNT, totals: [{of: CHANGE-REF, equals: REF-TOTAL}]}
    cut: {count: 3, age: 3600s}
    acknowledgement:
      inbox: {directory: in, pattern: "ACK.*", after: archive}
      layout: {copybook: changes.cpy, record: CHANGE-ANSWER, record_length: 40}
      detail: {when: {field: REC-TYPE, equals: D}}
      reference: CHANGE-REF
      code: RESULT
      accepted: [OK]
      rejected: {NO: "The town is not known."}
`

// A site is a directory with an estate and the directories of a mainframe, and what outlives a back end.
type site struct {
	dir   string
	data  string
	store adapters.Store
	jobs  adapters.Jobs // over store, from the first back end on
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{dir: t.TempDir(), data: t.TempDir(), store: adaptertest.NewStore()}
	for _, directory := range []string{"in", "out"} {
		if err := os.Mkdir(filepath.Join(s.dir, directory), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"claims.cpy", "changes.cpy"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		s.write(t, name, content)
	}
	return s
}

func (s *site) write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// age makes a file look as if it had been written so long ago.
func (s *site) age(t testing.TB, name string, age time.Duration) {
	t.Helper()
	at := time.Now().Add(-age)
	if err := os.Chtimes(filepath.Join(s.dir, name), at, at); err != nil {
		t.Fatal(err)
	}
}

func (s *site) options(t testing.TB) adapters.Options {
	t.Helper()
	if s.jobs == nil {
		s.jobs = adaptertest.NewJobs(t, s.store)
	}
	return adapters.Options{
		Name: "benefits", Dir: s.dir, DataDir: s.data, Store: s.store, Jobs: s.jobs, Logger: slog.New(slog.DiscardHandler),
		TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: noop.NewMeterProvider(),
	}
}

func parse(t testing.TB, yaml string) *configv1.BatchBackend {
	t.Helper()
	config := &configv1.BatchBackend{}
	if err := (protoyaml.UnmarshalOptions{Path: "benefits.yaml", Validator: rules{}}).Unmarshal([]byte(yaml), config); err != nil {
		t.Fatal(err)
	}
	return config
}

// rules holds a configuration to its own rules.
type rules struct{}

func (rules) Validate(message proto.Message) error { return protovalidate.Validate(message) }

// open opens a back end and closes it at the test's end.
func (s *site) open(t testing.TB, yaml string) adapters.Backend {
	t.Helper()
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, yaml), s.options(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBackend(t, backend) })
	return backend
}

func closeBackend(t testing.TB, backend adapters.Backend) {
	t.Helper()
	if err := backend.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func drain(t testing.TB, backend adapters.Backend) {
	t.Helper()
	if err := tryDrain(t.Context(), backend); err != nil {
		t.Fatalf("Drain: %v", err)
	}
}

func tryDrain(ctx context.Context, backend adapters.Backend) error {
	return backend.(adapters.Drainer).Drain(ctx)
}

// call makes a call in JSON and returns the reply in JSON with stable spacing.
func call(t testing.TB, backend adapters.Backend, method, request string) (proto.Message, *adapters.Reply, error) {
	t.Helper()
	service := backend.Services()[0]
	descriptor := service.Descriptor.Methods().ByName(protoreflect.Name(method))
	if descriptor == nil {
		t.Fatalf("there is no method %s", method)
	}
	message := dynamicpb.NewMessage(descriptor.Input())
	if err := protojson.Unmarshal([]byte(request), message); err != nil {
		t.Fatal(err)
	}
	for _, m := range service.Methods {
		if string(m.Name) == method {
			reply := &adapters.Reply{}
			out, err := m.Unary(adapters.WithReply(t.Context(), reply), message)
			return out, reply, err
		}
	}
	t.Fatalf("the method %s has no handler", method)
	return nil, nil, nil
}

// A claim is one record of the test extract.
type claim struct {
	ref, citizen, surname, born, status string
	pence                               int64
	payments                            int
	paid                                [3]int
}

var twoClaims = []claim{
	{"CL000001", "C000001", "Doyle", "19610214", "A", 8740, 12, [3]int{87, 87, 85}},
	{"CL000002", "C000001", "Doyle", "19610214", "C", -15, -3, [3]int{}},
}

// ebcdic writes text in code page 037.
func ebcdic(text string) []byte {
	encoded, err := charmap.CodePage037.NewEncoder().Bytes([]byte(text))
	if err != nil {
		panic(err)
	}
	return encoded
}

// packed writes a number of so many digits as COMP-3.
func packed(n int64, digits int) []byte {
	sign := "C"
	if n < 0 {
		sign, n = "D", -n
	}
	text := fmt.Sprintf("%0*d%s", digits, n, sign)
	out := make([]byte, len(text)/2)
	for i := range out {
		b, err := strconv.ParseUint(text[2*i:2*i+2], 16, 8)
		if err != nil {
			panic(err)
		}
		out[i] = byte(b)
	}
	return out
}

func (c claim) record() []byte {
	out := ebcdic(fmt.Sprintf("D%-8s%-7s%-12s%-8s%s", c.ref, c.citizen, c.surname, c.born, c.status))
	out = append(out, packed(c.pence, 7)...)
	out = append(out, byte(uint16(int16(c.payments))>>8), byte(c.payments))
	for _, paid := range c.paid {
		out = append(out, ebcdic(fmt.Sprintf("%03d", paid))...)
	}
	return append(out, bytes.Repeat([]byte{0x40}, 8)...)
}

// extractOf is a file of claims with the right header and trailer.
func extractOf(date string, claims ...claim) []byte {
	out := ebcdic(fmt.Sprintf("H%s%51s", date, ""))
	var total int64
	for _, c := range claims {
		out = append(out, c.record()...)
		total += c.pence
	}
	out = append(out, ebcdic(fmt.Sprintf("T%07d", len(claims)))...)
	out = append(out, packed(total, 13)...)
	return append(out, bytes.Repeat([]byte{0x40}, 45)...)
}

func wantJSON(t testing.TB, got proto.Message, want string) {
	t.Helper()
	wanted := got.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal([]byte(want), wanted); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, wanted) {
		text, err := protojson.Marshal(got)
		t.Errorf("got  %s (%v)\nwant %s", text, err, want)
	}
}

// londonMidnight is when the test extracts were true.
func londonMidnight(t testing.TB, date string) time.Time {
	t.Helper()
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("20060102", date, location)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func tryCheck(t testing.TB, backend adapters.Backend) error {
	t.Helper()
	return backend.(adapters.Checker).Check(t.Context())
}

// openError opens a back end that may not be.
func openError(t testing.TB, s *site, yaml string) error {
	t.Helper()
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, yaml), s.options(t))
	if err == nil {
		closeBackend(t, backend)
	}
	return err
}
