package estate_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/gateway/estate"
)

// mirrored returns a file with everything that mirror can say, and filler messages beside it.
func mirrored(t testing.TB, filler int) protoreflect.FileDescriptor {
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
		for j := range 10 {
			m.Field(mirror.Field{Original: fmt.Sprintf("FIELD-%d", j), Comment: "A field.", Type: mirror.MaxLength(j), Optional: j%2 == 0})
		}
	}
	built, err := file.Build()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func TestLockRoundTrip(t *testing.T) {
	t.Parallel()
	want := mirrored(t, 3)
	path := filepath.Join(t.TempDir(), "rent-accounts.lock")
	if err := estate.WriteLock(path, []protoreflect.FileDescriptor{want}); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(path)
	t.Logf("%s", b)
	files, err := estate.ReadLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	compareFiles(t, files[0], want)
}

func compareFiles(t *testing.T, got, want protoreflect.FileDescriptor) {
	t.Helper()
	gotProto, wantProto := protodesc.ToFileDescriptorProto(got), protodesc.ToFileDescriptorProto(want)
	gotProto.SourceCodeInfo, wantProto.SourceCodeInfo = nil, nil
	if !proto.Equal(gotProto, wantProto) {
		t.Errorf("got  %v\nwant %v", gotProto, wantProto)
	}
}

func TestLockOfManyMessages(t *testing.T) {
	want := mirrored(t, 5000)
	path := filepath.Join(t.TempDir(), "x.lock")
	start := time.Now()
	if err := estate.WriteLock(path, []protoreflect.FileDescriptor{want}); err != nil {
		t.Fatal(err)
	}
	t.Log("write", time.Since(start))
	start = time.Now()
	if _, err := estate.ReadLock(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	t.Log("read", time.Since(start))
	i, _ := os.Stat(path)
	t.Log(i.Size())
}
