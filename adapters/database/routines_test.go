package database_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A routineEngine is one that has stored routines, with those of the suite written in its own way.
type routineEngine struct {
	name string
	// open opens a database of its own with the settings changed.
	open func(t *testing.T, change func(*configv1.DatabaseBackend)) *subject
	// cased spells a routine's name.
	cased func(string) string
	// results are the settings of results that the engine cannot tell, by routine.
	results map[string][]*configv1.DatabaseResult
	// remaining is the field of transfer that says what is left.
	remaining string
}

var (
	entryColumns = &configv1.DatabaseResult{Columns: []string{"line int32", "amount decimal(12,2)", "note text"}}
	headColumns  = &configv1.DatabaseResult{Name: "account", Columns: []string{"owner text", "opened date", "balance decimal"}}
	lineColumns  = &configv1.DatabaseResult{Columns: []string{"line int32", "amount decimal"}}
)

func routineEngines() []routineEngine {
	same := func(name string) string { return name }
	statement := []*configv1.DatabaseResult{headColumns, lineColumns}
	opening := func(e engine) func(t *testing.T, change func(*configv1.DatabaseBackend)) *subject {
		return func(t *testing.T, change func(*configv1.DatabaseBackend)) *subject {
			t.Helper()
			return e.open(t, read(t, "routines/"+e.name+".sql"), change)
		}
	}
	return []routineEngine{
		{name: "postgres", open: opening(engines()[0]), cased: same, remaining: "amount", results: map[string][]*configv1.DatabaseResult{"statement_of": statement}},
		{name: "mariadb", open: opening(engines()[2]), cased: same, remaining: "amount", results: map[string][]*configv1.DatabaseResult{"statement_of": statement, "entries_of": {entryColumns}}},
		{name: "firebird", cased: strings.ToUpper, remaining: "remaining", open: func(t *testing.T, change func(*configv1.DatabaseBackend)) *subject {
			t.Helper()
			running, err := firebirdServer()
			if err != nil {
				t.Fatal(err)
			}
			settings := firebirdSettings(t, running.DSN(running.Database(t, read(t, "routines/firebird.sql")), "")) // whose bodies hold semicolons
			change(settings)
			dir := t.TempDir()
			return &subject{backend: mustOpen(t, settings, dir), dir: dir}
		}},
	}
}

// settings offer the routines of the suite.
func (e routineEngine) settings(settings *configv1.DatabaseBackend) {
	for _, name := range []string{"balance_of", "entries_of", "transfer", "statement_of", "refuse", "rename", "sly"} {
		if name == "statement_of" && e.results[name] == nil {
			continue
		}
		entry := &configv1.DatabaseRoutine{Name: e.cased(name), Results: e.results[name]}
		switch name {
		case "balance_of", "entries_of", "sly":
			entry.Writes = proto.Bool(false)
		case "rename":
			entry.Name, entry.Method = name, "RenameAccount"
		case "transfer":
			entry.ReturnParameter = e.cased("code")
			entry.ReturnCodes = []*configv1.DatabaseReturnCode{
				{Value: "0", Code: "OK"},
				{Value: "-1", Code: "NOT_FOUND", Reason: "NO_ACCOUNT", Message: "There is no such account."},
				{Value: "7", Code: "FAILED_PRECONDITION"},
			}
		}
		settings.Routines = append(settings.Routines, entry)
	}
	settings.Tables = []*configv1.DatabaseTable{{Name: e.cased("accounts")}}
}

// TestRoutines calls the same routines on each engine that has any, and holds what they did against the tables.
func TestRoutines(t *testing.T) {
	t.Parallel()
	for _, e := range routineEngines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := e.open(t, e.settings)
			balances := func(want ...string) {
				t.Helper()
				for i, balance := range want {
					s.want(t, "BalanceOf", fmt.Sprintf(`{"account": %d}`, i+1), fmt.Sprintf(`{"result": %q}`, balance))
					s.want(t, "GetAccount", fmt.Sprintf(`{"id": %d}`, i+1), s.account(t, i+1, balance))
				}
			}
			balances("100.10", "0.05", "99999999.99")
			s.want(t, "BalanceOf", `{"account": 9}`, `{}`)
			s.want(t, "EntriesOf", `{"account": 1}`, `{"rows": [{"line": 1, "amount": "60.10", "note": "first"}, {"line": 2, "amount": "40.00"}]}`)
			s.want(t, "EntriesOf", `{"account": 1, "minimum": "40.01"}`, `{"rows": [{"line": 1, "amount": "60.10", "note": "first"}]}`)
			s.want(t, "EntriesOf", `{"account": 2}`, `{"rows": [{"line": 1, "amount": "0.05", "note": ""}]}`)
			s.want(t, "EntriesOf", `{}`, `{}`)

			s.want(t, "Transfer", `{"source": 1, "target": 2, "amount": "0.11"}`, fmt.Sprintf(`{%q: "99.99", "code": 0, "message": "moved 0.11"}`, e.remaining))
			balances("99.99", "0.16", "99999999.99")
			if diff := cmp.Diff(refusal{Code: codes.NotFound, Reason: "NO_ACCOUNT"}, s.refused(t, "Transfer", `{"source": 1, "target": 9, "amount": "1"}`)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(refusal{Code: codes.FailedPrecondition}, s.refused(t, "Transfer", `{"source": 1, "target": 2, "amount": "100"}`)); diff != "" {
				t.Error(diff)
			}
			balances("99.99", "0.16", "99999999.99") // what a code refuses is taken back
			s.want(t, "Transfer", `{"source": 3, "target": 1, "amount": "1000001"}`, fmt.Sprintf(`{%q: "98999998.99", "code": 42, "message": "moved 1000001%s"}`, e.remaining, map[bool]string{true: ".00"}[e.name != "postgres"]))

			if e.results["statement_of"] != nil {
				s.want(t, "StatementOf", `{"account": 2}`, `{"account": [{"owner": "Łukasz", "opened": "2021-01-01", "balance": "0.16"}], "rows2": [{"line": 1, "amount": "0.05"}]}`)
				s.want(t, "StatementOf", `{"account": 9}`, `{}`)
			}
			s.want(t, "RenameAccount", `{"account": 1, "name": "O'Hara; --"}`, `{}`)
			_, err := s.call(t, "Refuse", `{"why": "hushed"}`)
			if diff := cmp.Diff(refusal{Code: codes.FailedPrecondition, Reason: dialect.Raised}, refusalOf(t, err)); diff != "" {
				t.Error(diff)
			}
			var public *adapters.Error
			if !errors.As(err, &public) || strings.Contains(public.Message, "secret") || !strings.Contains(err.Error(), "the secret is hushed") {
				t.Errorf("the engine's text belongs to logs alone: %v", err)
			}
			if public != nil && !strings.Contains(public.Detail.ProtoReflect().Get(public.Detail.ProtoReflect().Descriptor().Fields().ByName("text")).String(), "the secret is hushed") {
				t.Errorf("the rules of bindings see %v", public.Detail)
			}
			if got := s.refused(t, "Sly", `{}`); got.Code != codes.PermissionDenied {
				t.Errorf("a routine that was to read wrote: %+v", got)
			}
			s.want(t, "GetAccount", `{"id": 1, "fields": "owner, balance"}`, `{"owner": "O'Hara; --", "balance": "1000100.99"}`)
			s.routes(t, map[protoreflect.Name]string{"BalanceOf": "GET /balanceOf", "EntriesOf": "GET /entriesOf", "Transfer": "POST /transfer", "RenameAccount": "POST /renameAccount"})
			if notes := strings.Join(s.backend.(adapters.Noter).Notes(), "\n"); !strings.Contains(notes, "are not offered: ") || !strings.Contains(notes, e.cased("unchosen")) { //nolint:forcetypeassert // it is one
				t.Errorf("notes: %s", notes)
			}
		})
	}
}

// account is what GetAccount answers.
func (s *subject) account(t *testing.T, id int, balance string) string {
	t.Helper()
	owners := []string{"Ada", "Łukasz", "Zoe"}
	opened := []string{"2020-02-29", "2021-01-01", "1999-12-31"}
	return fmt.Sprintf(`{"id": %d, "owner": %q, "balance": %q, "opened": %q}`, id, owners[id-1], balance, opened[id-1])
}

// routes holds which verb and path methods have.
func (s *subject) routes(t *testing.T, want map[protoreflect.Name]string) {
	t.Helper()
	for name, route := range want {
		method := s.backend.Services()[0].Descriptor.Methods().ByName(name)
		rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
		got := "POST " + rule.GetPost()
		if rule.GetGet() != "" {
			got = "GET " + rule.GetGet()
		}
		if got != route {
			t.Errorf("%s is %s, want %s", name, got, route)
		}
	}
}

// TestRoutineMistakes prints the findings of each mistake.
func TestRoutineMistakes(t *testing.T) {
	t.Parallel()
	base, _, _ := engines()[0].create(t, read(t, "routines/postgres.sql"))
	result := func(columns ...string) []*configv1.DatabaseResult {
		return []*configv1.DatabaseResult{{Columns: columns}}
	}
	code := &configv1.DatabaseReturnCode{Value: "1", Code: "NOT_FOUND"}
	types := queryfile.TypeNames()
	for _, test := range []struct {
		name  string
		entry *configv1.DatabaseRoutine
		want  string
	}{
		{"no such routine", &configv1.DatabaseRoutine{Name: "nothing"}, `routines[0].name: the schema has no routine "nothing" that may be called; it has balance_of, entries_of, refuse, rename, sly, statement_of, transfer, unchosen`},
		{"bad pattern", &configv1.DatabaseRoutine{Name: "[*"}, `routines[0].name: "[*" is no pattern: a * stands for any characters`},
		{"method of a pattern", &configv1.DatabaseRoutine{Name: "b*", Method: "M"}, "routines[0].method: a pattern fits many routines, which cannot all have one name"},
		{"column without type", &configv1.DatabaseRoutine{Name: "statement_of", Results: result("id")}, `routines[0].results[0].columns[0]: "id" is a column's name without its type; there are ` + types},
		{"unknown type", &configv1.DatabaseRoutine{Name: "statement_of", Results: result("id int32", "name varchar")}, `routines[0].results[0].columns[1]: there is no type "varchar"; there are ` + types},
		{"results that are known", &configv1.DatabaseRoutine{Name: "entries_of", Results: result("line int32")}, "routines[0].results: the database tells all that entries_of returns; leave this out"},
		{"no out parameter", &configv1.DatabaseRoutine{Name: "transfer", ReturnParameter: "source"}, `routines[0].return_parameter: transfer has no out parameter "source"`},
		{"no return value", &configv1.DatabaseRoutine{Name: "rename", ReturnCodes: []*configv1.DatabaseReturnCode{code}}, "routines[0].return_codes: rename returns no value; name the out parameter that holds the code in return_parameter"},
		{"a code twice", &configv1.DatabaseRoutine{Name: "sly", ReturnCodes: []*configv1.DatabaseReturnCode{code, code}}, "routines[0].return_codes[1].value: the code 1 is listed twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			settings := proto.CloneOf(base)
			settings.Routines = []*configv1.DatabaseRoutine{test.entry}
			_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
			var mistakes *adapters.ConfigError
			if !errors.As(err, &mistakes) || mistakes.Error() != test.want {
				t.Errorf("Open: %v\nwant %s", err, test.want)
			}
		})
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		settings, _, _ := createSQLite(t, "CREATE TABLE t (a int)")
		settings.Routines = []*configv1.DatabaseRoutine{{Name: "*"}}
		if _, err := (database.Adapter{}).Open(t.Context(), settings, options(t.TempDir())); err == nil || err.Error() != "routines: this database has no stored routines; leave it out" {
			t.Errorf("Open: %v", err)
		}
	})
}

// TestRoutineResultsThatDiffer holds that a call whose result sets are not those declared is an error, and is taken back.
func TestRoutineResultsThatDiffer(t *testing.T) {
	t.Parallel()
	for _, e := range routineEngines()[:2] {
		for name, results := range map[string][]*configv1.DatabaseResult{
			"none": nil, "one": {headColumns}, "other names": {headColumns, {Columns: []string{"line int32", "sum decimal"}}},
			"fewer columns": {headColumns, {Columns: []string{"line int32"}}}, "other types": {headColumns, {Columns: []string{"line int32", "amount timestamp"}}},
		} {
			t.Run(e.name+" "+name, func(t *testing.T) {
				t.Parallel()
				s := e.open(t, func(settings *configv1.DatabaseBackend) {
					settings.Routines = []*configv1.DatabaseRoutine{{Name: "statement_of", Results: results}}
				})
				if diff := cmp.Diff(refusal{Code: codes.Internal, Reason: dialect.ResultMismatch}, s.refused(t, "StatementOf", `{"account": 1}`)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestImportRoutines imports a database with routines, some of which are offered.
func TestImportRoutines(t *testing.T) {
	t.Parallel()
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	file := secretFile(t, running.DSN(running.Database(t, read(t, "routines/postgres.sql")), "")).GetFile()
	report, err := database.Import(t.Context(), database.ImportOptions{
		Address: "file:" + file, Estate: t.TempDir(), Name: "accounts", Tables: []string{"accounts"}, Routines: []string{"transfer", "*_of"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []database.ImportedRoutine{
		{Name: "balance_of", Function: true, Parameters: 1, Reads: true, Method: "BalanceOf"},
		{Name: "entries_of", Function: true, Parameters: 2, Reads: true, Method: "EntriesOf"},
		{Name: "refuse", Function: true, Parameters: 1},
		{Name: "rename", Function: true, Parameters: 2},
		{Name: "sly", Function: true},
		{Name: "statement_of", Function: true, Parameters: 1, Method: "StatementOf"},
		{Name: "transfer", Parameters: 5, Method: "Transfer"},
		{Name: "unchosen", Function: true},
	}
	if diff := cmp.Diff(want, report.Routines); diff != "" {
		t.Errorf("routines (-want +got):\n%s", diff)
	}
	wantNotes := []database.ImportNote{
		{Message: "routines that `routines` does not name are not offered: refuse, rename, sly, unchosen"},
		{Message: "routine statement_of: if it returns rows, `results` must declare their columns, which the database does not tell; until then such a call fails"},
	}
	if diff := cmp.Diff(wantNotes, report.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	written := openWritten(t, report.File)
	written.want(t, "BalanceOf", `{"account": 2}`, `{"result": "0.05"}`)
}
