package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/dynamicpb"

	_ "github.com/jackc/pgx/v5/stdlib" // the other way to the same rows, which answers are held against

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database"
	"github.com/postern-gateway/postern/adapters/database/firebirdtest"
	"github.com/postern-gateway/postern/adapters/database/mariadbtest"
	"github.com/postern-gateway/postern/adapters/database/postgrestest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// server is the PostgreSQL server of all tests, started when the first needs it.
var server = sync.OnceValues(func() (*postgrestest.Server, error) { return postgrestest.Start(context.Background()) })

// mariaServer is the MariaDB server of all tests, started when the first needs it.
var mariaServer = sync.OnceValues(func() (*mariadbtest.Server, error) { return mariadbtest.Start(context.Background()) })

// firebirdServer is the Firebird server of all tests that end none, started when the first needs it.
var firebirdServer = sync.OnceValues(func() (*firebirdtest.Server, error) { return firebirdtest.Start(context.Background()) })

func TestMain(m *testing.M) {
	code := m.Run()
	// The proxy of the tests now and then forgets a goroutine that was handing on what nobody reads any more.
	if err := goleak.Find(goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*NoopToxic).Pipe")); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if started, err := server(); err == nil {
		if err := started.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if started, err := mariaServer(); err == nil {
		if err := started.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if started, err := firebirdServer(); err == nil {
		if err := started.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// An engine is one that every test runs on.
type engine struct {
	name string
	// create makes a database with the statements run in it. It returns its settings, and the driver and address by which database/sql reaches it.
	create func(t testing.TB, statements string) (settings *configv1.DatabaseBackend, driver, address string)
}

func engines() []engine {
	return []engine{{name: "postgres", create: createPostgres}, {name: "sqlite", create: createSQLite}, {name: "mariadb", create: createMariaDB}, {name: "firebird", create: createFirebird}}
}

func createPostgres(t testing.TB, statements string) (*configv1.DatabaseBackend, string, string) {
	t.Helper()
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	name, schema := running.Schema(t, statements)
	return postgresSettings(t, running.DSN(name, ""), schema), "pgx", running.DSN(name, "") + "&search_path=" + schema
}

// mariaWords spells in MariaDB's way what the other engines take in the statements of the tests: a time with its offset, and a point.
var mariaWords = strings.NewReplacer("+00:00'", "'", "+00'", "'", "'(1,2)'", "ST_GeomFromText('POINT(1 2)')")

func createMariaDB(t testing.TB, statements string) (*configv1.DatabaseBackend, string, string) {
	t.Helper()
	running, err := mariaServer()
	if err != nil {
		t.Fatal(err)
	}
	name := running.Database(t, mariaWords.Replace(statements))
	settings := &configv1.DatabaseBackend{Kind: "database", Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, running.URL(name, ""))}}
	return settings, "mysql", running.DSN(name)
}

// namespaceOf is the name of the database in an address of MariaDB's driver, and "" in any other.
func namespaceOf(address string) string {
	config, err := mysql.ParseDSN(address)
	if err != nil {
		return ""
	}
	return config.DBName
}

// postgresSettings are for a schema; an empty one is the default.
func postgresSettings(t testing.TB, dsn, schema string) *configv1.DatabaseBackend {
	t.Helper()
	return &configv1.DatabaseBackend{Kind: "database", Schema: schema, Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, dsn)}}
}

// secretFile puts a secret where a configuration can refer to it.
func secretFile(t testing.TB, secret string) *configv1.Secret {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &configv1.Secret{Source: &configv1.Secret_File{File: file}}
}

func createSQLite(t testing.TB, statements string) (*configv1.DatabaseBackend, string, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "100% test #1.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA journal_mode=WAL;"+statements); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return &configv1.DatabaseBackend{Kind: "database", Address: &configv1.DatabaseBackend_Path{Path: file}}, "sqlite", file
}

// forEachEngine runs a test on each engine that [apart] does not leave out of it.
func forEachEngine(t *testing.T, test func(t *testing.T, e engine)) {
	t.Helper()
	for _, e := range engines() {
		if reason := apart[e.name][t.Name()]; reason != "" {
			t.Logf("not with %s: %s", e.name, reason)
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(t, e)
		})
	}
}

// read returns a file of testdata.
func read(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// A subject is an open back end and another way to its rows.
type subject struct {
	backend adapters.Backend
	sql     *sql.DB
	dir     string
}

// openHousing opens the test schema, with change applied to its settings.
func (e engine) openHousing(t testing.TB, change func(*configv1.DatabaseBackend)) *subject {
	t.Helper()
	return e.open(t, read(t, e.name+".sql")+read(t, "rows.sql"), change)
}

func (e engine) open(t testing.TB, statements string, change func(*configv1.DatabaseBackend)) *subject {
	t.Helper()
	settings, driver, address := e.create(t, statements)
	if change != nil {
		change(settings)
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &subject{sql: db, dir: t.TempDir()}
	s.backend = mustOpen(t, settings, s.dir)
	return s
}

func mustOpen(t testing.TB, settings *configv1.DatabaseBackend, dir string) adapters.Backend {
	t.Helper()
	return mustOpenWith(t, settings, options(dir))
}

func mustOpenWith(t testing.TB, settings *configv1.DatabaseBackend, lent adapters.Options) adapters.Backend {
	t.Helper()
	backend, err := database.Adapter{}.Open(t.Context(), settings, lent)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return backend
}

func options(dir string) adapters.Options {
	return adapters.Options{
		Name: "housing", Dir: dir, Logger: slog.New(slog.DiscardHandler),
		TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(),
	}
}

// allWritable lets every table be written.
func allWritable(settings *configv1.DatabaseBackend) {
	settings.Tables = []*configv1.DatabaseTable{{Name: "*", Write: true}}
}

// call makes one call as the gateway would.
func (s *subject) call(t testing.TB, method protoreflect.Name, request string) (proto.Message, error) {
	t.Helper()
	reply, _, err := s.callWithReply(t, method, request)
	return reply, err
}

func (s *subject) callWithReply(t testing.TB, method protoreflect.Name, request string) (proto.Message, *adapters.Reply, error) {
	t.Helper()
	return s.callIn(t.Context(), t, method, request)
}

// callIn makes a call in a context of its own.
func (s *subject) callIn(ctx context.Context, t testing.TB, method protoreflect.Name, request string) (proto.Message, *adapters.Reply, error) {
	t.Helper()
	service := s.backend.Services()[0]
	descriptor := service.Descriptor.Methods().ByName(method)
	if descriptor == nil {
		t.Fatalf("there is no method %s", method)
	}
	in := dynamicpb.NewMessage(descriptor.Input())
	if err := protojson.Unmarshal([]byte(request), in); err != nil {
		t.Fatalf("request of %s: %v", method, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	said := &adapters.Reply{}
	for _, candidate := range service.Methods {
		if candidate.Name == method {
			reply, err := candidate.Unary(adapters.WithReply(ctx, said), in)
			return reply, said, err
		}
	}
	t.Fatalf("%s has no handler", method)
	return nil, nil, nil
}

// want makes a call and compares its reply with JSON.
func (s *subject) want(t testing.TB, method protoreflect.Name, request, want string) {
	t.Helper()
	reply, err := s.call(t, method, request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, request, err)
	}
	wanted := dynamicpb.NewMessage(reply.ProtoReflect().Descriptor())
	if err := protojson.Unmarshal([]byte(want), wanted); err != nil {
		t.Fatalf("wanted reply: %v", err)
	}
	if diff := cmp.Diff(proto.Message(wanted), reply, protocmp.Transform()); diff != "" {
		t.Errorf("%s %s: reply differs (-want +got):\n%s", method, request, diff)
	}
}

// A refusal is the public part of an error.
type refusal struct {
	Code       codes.Code
	Reason     string
	Violations []adapters.Violation
}

// refused makes a call that fails.
func (s *subject) refused(t testing.TB, method protoreflect.Name, request string) refusal {
	t.Helper()
	reply, err := s.call(t, method, request)
	if err == nil {
		t.Fatalf("%s %s succeeded: %v", method, request, reply)
	}
	return refusalOf(t, err)
}

func refusalOf(t testing.TB, err error) refusal {
	t.Helper()
	known, ok := err.(*adapters.Error) //nolint:errorlint // handlers return it as it is
	if !ok {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	return refusal{Code: known.Code, Reason: known.Reason, Violations: known.Violations}
}

// newRequest is an empty request of a method.
func newRequest(t testing.TB, s *subject, method protoreflect.Name) proto.Message {
	t.Helper()
	descriptor := s.backend.Services()[0].Descriptor.Methods().ByName(method)
	if descriptor == nil {
		t.Fatalf("there is no method %s", method)
	}
	return dynamicpb.NewMessage(descriptor.Input())
}

// eventually waits until the condition holds.
func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatal("the condition did not come true")
		case <-ticker.C:
		}
	}
}
