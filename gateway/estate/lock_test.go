package estate_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
)

// mirrored returns a file with everything that mirror can say, and filler messages of some fields beside it.
func mirrored(t testing.TB, filler, fields int) protoreflect.FileDescriptor {
	t.Helper()
	file := mirror.NewFile("rent-accounts")
	request := file.Message("GetAccountRequest", "What to get.")
	request.Field(mirror.Field{Original: "ACCT-NO", Comment: "The account.", Type: mirror.MaxLength(12), Rules: &validate.FieldRules{Required: proto.Bool(true)}})
	account := file.Message("ACCOUNT", "One account.\n\nA second paragraph: */ and \"quotes\" and \\ and // all survive.")
	choice := account.Oneof("HOLDER", "Person or company.", true)
	account.Field(mirror.Field{Original: "acctNo", Type: mirror.String})
	account.Field(mirror.Field{Original: "BALANCE", Comment: "  indented\nsecond line", Type: mirror.Decimal(9, 2), Optional: true})
	account.Field(mirror.Field{Original: "Person", Type: mirror.String, Oneof: choice})
	account.Field(mirror.Field{Original: "Company", Type: mirror.Enum("A \"B\"", "N/A", "ünïcode", "back\\slash"), Oneof: choice})
	account.Field(mirror.Field{Original: "2nd-name", Type: mirror.Date(), Repeated: true, Rules: &validate.FieldRules{Type: &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{MaxItems: proto.Uint64(7)}}}})
	account.Field(mirror.Field{Original: "parent", Type: mirror.Of(account)})
	account.Field(mirror.Field{Original: "opened", Type: mirror.Timestamp})
	account.Field(mirror.Field{Original: "price", Type: mirror.Double.With(&validate.FieldRules{Type: &validate.FieldRules_Double{Double: &validate.DoubleRules{LessThan: &validate.DoubleRules_Lt{Lt: 1e300}}}})})
	account.Field(mirror.Field{Original: "tiny", Type: mirror.Double.With(&validate.FieldRules{Type: &validate.FieldRules_Double{Double: &validate.DoubleRules{Example: []float64{1.5e-9, math.Inf(-1), 0.1}}}})})
	account.Field(mirror.Field{Original: "single", Type: mirror.Float.With(&validate.FieldRules{Type: &validate.FieldRules_Float{Float: &validate.FloatRules{Const: proto.Float32(0.1)}}})})
	account.Field(mirror.Field{Original: "big", Type: mirror.Uint64.With(&validate.FieldRules{Type: &validate.FieldRules_Uint64{Uint64: &validate.UInt64Rules{LessThan: &validate.UInt64Rules_Lte{Lte: 18446744073709551615}}}})})
	account.Field(mirror.Field{Original: "raw", Type: mirror.Bytes, Optional: true})
	service := file.Service("rentAccounts", "The service.")
	service.Method(mirror.Method{
		Original: "getAccount", Comment: "Reads one.", Input: mirror.Of(request), Output: mirror.Of(account),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS,
		Route:       &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: "/accounts/{acct_no}"}},
	})
	service.Method(mirror.Method{Original: "watch", Input: mirror.Of(request), Output: mirror.Of(account), Stream: true})
	service.Method(mirror.Method{
		Original: "submit", Input: mirror.Of(account), Output: mirror.Operation,
		Route: &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: "/accounts"}, Body: "*"},
	})
	for i := range filler {
		m := file.Message(fmt.Sprintf("Filler%d", i), "One of many.")
		for j := range fields {
			m.Field(mirror.Field{Original: fmt.Sprintf("FIELD-%d", j), Comment: "A field.", Type: mirror.MaxLength(j), Optional: j%2 == 0})
		}
	}
	built, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func writeLock(t testing.TB, files ...protoreflect.FileDescriptor) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rent-accounts.lock")
	if err := estate.WriteLock(path, files); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLockRoundTrip(t *testing.T) {
	t.Parallel()
	want := mirrored(t, 3, 4)
	path := writeLock(t, want)
	files, err := estate.ReadLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	compareFiles(t, files[0], want)
	if rules, ok := proto.GetExtension(files[0].Messages().ByName("GetAccountRequest").Fields().Get(0).Options(), validate.E_Field).(*validate.FieldRules); !ok || !rules.GetRequired() {
		t.Errorf("the rules are %v", rules)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again := writeLock(t, files...)
	if second, err := os.ReadFile(again); err != nil || string(first) != string(second) {
		t.Errorf("what was read is written differently (%v):\n%s", err, second)
	}
	if !strings.HasPrefix(string(first), "What this back end offered") {
		t.Errorf("the file does not say what it is: %.80s", first)
	}
}

// TestLockWithLineEndsOfWindows reads a lock file as git may check it out.
func TestLockWithLineEndsOfWindows(t *testing.T) {
	t.Parallel()
	want := mirrored(t, 3, 4)
	path := writeLock(t, want)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(content), "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := estate.ReadLock(t.Context(), path)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	compareFiles(t, files[0], want)
}

// compareFiles compares everything, and of the source information the comments.
func compareFiles(t *testing.T, got, want protoreflect.FileDescriptor) {
	t.Helper()
	gotProto, wantProto := protodesc.ToFileDescriptorProto(got), protodesc.ToFileDescriptorProto(want)
	for _, location := range wantProto.GetSourceCodeInfo().GetLocation() {
		if found := got.SourceLocations().ByPath(location.GetPath()); found.LeadingComments != location.GetLeadingComments() {
			t.Errorf("comment of %v is %q, want %q", location.GetPath(), found.LeadingComments, location.GetLeadingComments())
		}
	}
	gotProto.SourceCodeInfo, wantProto.SourceCodeInfo = nil, nil
	if !proto.Equal(gotProto, wantProto) {
		t.Errorf("got  %v\nwant %v", gotProto, wantProto)
	}
}

func TestLockOfAContract(t *testing.T) {
	t.Parallel()
	read := readEstate(t, map[string]string{"apis/orders/v1/orders.proto": contract, "apis/orders/v1/types.proto": types})
	files, err := estate.ReadLock(t.Context(), writeLock(t, read.APIs[0].Files[1], read.APIs[0].Files[0]))
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range files {
		compareFiles(t, file, read.APIs[0].Files[i])
	}
}

func TestWriteLockReplacesInOneStep(t *testing.T) {
	t.Parallel()
	path := writeLock(t, mirrored(t, 1, 4))
	if err := estate.WriteLock(path, []protoreflect.FileDescriptor{mirrored(t, 2, 4)}); err != nil {
		t.Fatal(err)
	}
	files, err := estate.ReadLock(t.Context(), path)
	if err != nil || files[0].Messages().ByName("Filler1") == nil {
		t.Errorf("the second writing is not there: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%v is left beside the lock file (%v)", entries, err)
	}
	if err := estate.WriteLock(filepath.Join(path, "below"), nil); err == nil {
		t.Error("a lock file was written below a file")
	}
}

func TestMalformedLock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ content, want string }{
		"empty":     {"", "x.lock: this is not a lock file: it holds no .proto file"},
		"conflict":  {"comment\n-- a.proto --\nsyntax = \"proto3\";\n<<<<<<< HEAD\nmessage A {}\n", "x.lock:4:1: syntax error: unexpected '<'\n   4 | <<<<<<< HEAD\n     | ^"},
		"second":    {"-- a.proto --\nsyntax = \"proto3\";\n-- b.proto --\nsyntax = \"proto3\";\nmessage B { C c = 1; }\n", "x.lock:5:13: field B.c: unknown type C"},
		"not proto": {"-- a.txt --\nx\n", "x.lock:1:1: \"a.txt\" is not a .proto file"},
		"twice":     {"-- a.proto --\n-- a.proto --\n", "x.lock:2:1: \"a.proto\" is not a .proto file of its own"},
		"no import": {"-- a.proto --\nsyntax = \"proto3\";\nimport \"b.proto\";\n", "x.lock:3:8: there is no file \"b.proto\" to import"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.lock")
			writeFile(t, path, test.content)
			files, err := estate.ReadLock(t.Context(), path)
			if got := diagnostic.From(err).Error(); !strings.HasPrefix(got, test.want) || files != nil {
				t.Errorf("got %v and\n%s\nwant\n%s", files, got, test.want)
			}
		})
	}
	if _, err := estate.ReadLock(t.Context(), filepath.Join(t.TempDir(), "x.lock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no lock file: %v", err)
	}
}

func TestLockOfAFileThatIsLinkedIntoTheProgram(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.lock")
	writeFile(t, path, "-- google/api/http.proto --\nsyntax = \"proto3\";\npackage google.api;\nmessage Http { string ours = 1; }\n")
	files, err := estate.ReadLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if files[0].Messages().ByName("Http").Fields().ByName("ours") == nil {
		t.Error("the program's file was taken for the one that is locked")
	}
}

func TestEstateWithLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "backends", "rent-accounts.yaml"), "kind: memory\n")
	lock := filepath.Join(dir, "backends", "rent-accounts.lock")
	if err := estate.WriteLock(lock, []protoreflect.FileDescriptor{mirrored(t, 0, 4)}); err != nil {
		t.Fatal(err)
	}
	read, err := estate.Read(t.Context(), dir, known())
	if err != nil {
		t.Fatal(err)
	}
	if b := read.Backends[0]; b.LockPath != lock || len(b.Locked) != 1 || b.Locked[0].Services().Len() != 1 {
		t.Errorf("the lock file was read as %v", b.Locked)
	}
	writeFile(t, lock, "-- a.proto --\nsyntax\n")
	_, err = estate.Read(t.Context(), dir, known())
	if got := diagnostic.From(err).Error(); !strings.HasPrefix(got, "backends/rent-accounts.lock:3:1: syntax error") {
		t.Errorf("got %s", got)
	}
	writeFile(t, lock, "-- a.proto --\nsyntax = \"proto3\";\npackage a;\n")
	_, err = estate.Read(t.Context(), dir, known())
	if got := diagnostic.From(err).Error(); !strings.HasPrefix(got, "backends/rent-accounts.lock: the file holds no service: it has been cut short") {
		t.Errorf("got %s", got)
	}
}

// TestLockOfManyMessages writes and reads a schema as large as the largest that vendors ship.
func TestLockOfManyMessages(t *testing.T) {
	t.Parallel()
	want := mirrored(t, 5000, 1)
	files, err := estate.ReadLock(t.Context(), writeLock(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if got := files[0].Messages().Len(); got != want.Messages().Len() {
		t.Errorf("%d messages, want %d", got, want.Messages().Len())
	}
}

func BenchmarkLockOf5000Messages(b *testing.B) {
	files := []protoreflect.FileDescriptor{mirrored(b, 5000, 4)}
	path := writeLock(b, files...)
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if err := estate.WriteLock(path, files); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := estate.ReadLock(b.Context(), path); err != nil {
				b.Fatal(err)
			}
		}
	})
}
