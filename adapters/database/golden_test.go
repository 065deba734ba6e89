package database_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/dialect/odbc"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// spoken are calls for whose statements each engine has a golden file. A second page follows where page is true.
var spoken = []struct {
	method  protoreflect.Name
	request string
	page    bool
}{
	{method: "GetTenancy", request: `{"id": "7"}`},
	{method: "GetTenancy", request: `{"id": "7", "fields": "id,due"}`},
	{method: "GetTenancy", request: `{"id": "7", "expand": "repairs"}`},
	{method: "ListTenancies", request: `{"pageSize": 2}`, page: true},
	{method: "ListTenancies", request: `{"pageSize": 2, "orderBy": "name desc, notes"}`, page: true},
	{method: "ListTenancies", request: `{"pageSize": 2, "orderBy": "amount, due desc", "includeTotalSize": true}`, page: true},
	{method: "ListTenancies", request: `{"filter": "name = \"O'Hara\" AND amount > 12.50 AND (due >= \"2026-01-31\" OR NOT active = true)"}`},
	{method: "ListTenancies", request: `{"filter": "notes:\"leak\" AND changed < \"2026-01-31T10:00:00Z\" AND entered >= \"2026-01-31T10:00:00Z\" AND code != \"A\" AND name:*"}`},
	{method: "ListTenancies", request: `{"filter": "name = \"O'*_[!]\" AND notes != \"*%\" AND code = \"A*\""}`},
	{method: "ListTenancies", request: `{"pageSize": 2, "expand": "repairs"}`},
	{method: "ListRepairs", request: `{"pageSize": 2, "expand": "tenancy"}`},
	{method: "ListTenancyRepairs", request: `{"id": "7", "pageSize": 2}`},
	{method: "ListVisits", request: `{"pageSize": 2}`, page: true},
	{method: "StreamTenancies", request: `{"filter": "active = true", "orderBy": "name", "fields": "id,name"}`},
	{method: "CreateTenancy", request: `{"code": "A", "amount": "12.50", "due": "2026-01-31", "active": true, "photo": "AA=="}`},
	{method: "CreateTenancy", request: `{}`},
	{method: "CreateRepair", request: `{"tenancyId": "7", "place": 1, "summary": ""}`},
	{method: "CreateVisit", request: `{"said": "nobody in"}`},
	{method: "UpdateTenancy", request: `{"id": "7", "tenancy": {"name": "Ann", "entered": "2026-01-31T10:00:00Z"}}`},
	{method: "DeleteRepair", request: `{"tenancyId": "7", "place": 1}`},
}

// TestStatements holds what the adapter says to each engine against its golden file. For engines that no test can run this is all that can be held.
func TestStatements(t *testing.T) {
	t.Parallel()
	spellings := odbc.Syntaxes()
	for _, engine := range database.Engines() {
		if name := engine.Schemes()[0]; name != odbc.Scheme {
			spellings[name] = engine.Syntax()
		}
	}
	for name, syntax := range spellings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorded := &recorder{schema: sampleSchema(name)}
			settings := &configv1.DatabaseBackend{Kind: "database"}
			allWritable(settings)
			backend, err := database.OpenOn(t.Context(), recorded, syntax, settings, options(t.TempDir()))
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range spoken {
				recorded.call(t, backend, call.method, call.request, call.page)
			}
			wantStatements(t, filepath.Join("testdata", "statements", name+".sql"), recorded.text.String())
		})
	}
}

func wantStatements(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the statements have changed; -update rewrites %s (-want +got):\n%s", path, diff)
	}
}

// call makes a call, and one for the page behind it, and writes down what it is.
func (r *recorder) call(t *testing.T, backend adapters.Backend, name protoreflect.Name, request string, page bool) {
	t.Helper()
	service := backend.Services()[0]
	descriptor := service.Descriptor.Methods().ByName(name)
	if descriptor == nil {
		t.Fatalf("there is no method %s", name)
	}
	in := dynamicpb.NewMessage(descriptor.Input())
	if err := protojson.Unmarshal([]byte(request), in); err != nil {
		t.Fatalf("%s %s: %v", name, request, err)
	}
	fmt.Fprintf(&r.text, "-- %s %s\n", name, request)
	reply := answered(t, service, name, in)
	for page {
		field := reply.ProtoReflect().Descriptor().Fields().ByName("next_page_token")
		token := reply.ProtoReflect().Get(field).String()
		if token == "" {
			t.Fatalf("%s %s has no second page", name, request)
		}
		in.Set(in.Descriptor().Fields().ByName("page_token"), protoreflect.ValueOfString(token))
		r.text.WriteString("-- the page behind it\n")
		answered(t, service, name, in)
		page = false
	}
	r.text.WriteByte('\n')
}

func answered(t *testing.T, service adapters.Service, name protoreflect.Name, in proto.Message) (reply proto.Message) {
	t.Helper()
	ctx := adapters.WithReply(t.Context(), &adapters.Reply{})
	for _, method := range service.Methods {
		var err error
		switch {
		case method.Name != name:
			continue
		case method.Unary != nil:
			reply, err = method.Unary(ctx, in)
		default:
			err = method.Stream(ctx, in, func(proto.Message) error { return nil })
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return reply
}

// A recorder is a database that writes down what is said to it, and answers with rows made up.
type recorder struct {
	schema *dialect.Schema
	text   strings.Builder
}

var _ dialect.Database = (*recorder)(nil)

// Inspect returns the schema.
func (r *recorder) Inspect(context.Context) (*dialect.Schema, error) { return r.schema, nil }

// Describe knows nothing.
func (r *recorder) Describe(context.Context, dialect.Statement) (dialect.Description, error) {
	return dialect.Description{}, nil
}

// Close does nothing.
func (r *recorder) Close() {}

// Run writes down where the transaction begins and ends.
func (r *recorder) Run(_ context.Context, transaction dialect.Transaction, do func(dialect.Tx) error) error {
	fmt.Fprintf(&r.text, "-- begin, mode %d, isolation %d\n", transaction.Mode, transaction.Isolation)
	err := do(r)
	r.text.WriteString("-- end\n")
	return err
}

// Query writes the statement down. It answers three rows to one that reads, so that there is a next page, and one to any other.
func (r *recorder) Query(_ context.Context, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	fmt.Fprintf(&r.text, "%s;\n", statement.Text)
	for _, argument := range statement.Arguments {
		fmt.Fprintf(&r.text, "--   %s\n", spelt(argument))
	}
	count := 1
	if statement.Mode == dialect.Read {
		count = 3
	}
	for i := range count {
		if each == nil || len(statement.Columns) == 0 {
			continue
		}
		if err := each(madeUp(statement.Columns, i+1)); err != nil {
			return 0, err
		}
	}
	return int64(count), nil
}

func spelt(argument dialect.Argument) string {
	if moment, ok := argument.Value.(time.Time); ok {
		argument.Value = moment.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("kind %d: %T %v", argument.Kind, argument.Value, argument.Value)
}

func madeUp(columns []*dialect.Column, n int) []dialect.Value {
	row := make([]dialect.Value, len(columns))
	for i, column := range columns {
		row[i] = dialect.Value{Int: int64(n), Time: time.Unix(int64(n), 0), Text: fmt.Append(nil, n)}
		if column.Kind == dialect.Bool {
			row[i].Int = 1
		}
	}
	return row
}
