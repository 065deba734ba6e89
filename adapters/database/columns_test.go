package database_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// legacyTables is a schema that needs settings to be read right.
const legacyTables = `
CREATE TABLE accounts (
	acct_no integer NOT NULL PRIMARY KEY, active char(1) NOT NULL, closed integer, holder varchar(40), padded varchar(20), secret varchar(20), must varchar(10) NOT NULL
);
INSERT INTO accounts VALUES (1, 'Y', 0, 'Ren%s', 'abc   ', 'hidden', 'x'), (2, 'N', 1, 'Plain', NULL, NULL, 'x'), (3, 'N', NULL, '', '   ', NULL, 'x');
CREATE TABLE order_lines (line_ref varchar(10) NOT NULL, part integer NOT NULL, note varchar(20), CONSTRAINT line_once UNIQUE (line_ref, part));
INSERT INTO order_lines VALUES ('b', 1, 'three'), ('a', 2, 'two'), ('a', 1, 'one');
CREATE VIEW open_accounts AS SELECT acct_no, holder FROM accounts WHERE active = 'N';
`

// misread is é as CP1252 has it, taken for Latin-1, with a euro sign, which Latin-1 has not, behind it. MariaDB's Latin-1 is CP1252.
func misread(e engine) string {
	if e.name == "mariadb" {
		return "\u00e9 €"
	}
	return "\u00e9 \u0080"
}

// legacy is the schema with its rows.
func legacy(e engine) string {
	return strings.Replace(legacyTables, "%s", misread(e), 1)
}

func legacySettings(settings *configv1.DatabaseBackend) {
	settings.Tables = []*configv1.DatabaseTable{{Name: "open_accounts", Key: []string{"acct_no"}}, {Name: "*", Write: true}}
	settings.Columns = []*configv1.DatabaseColumn{
		{Name: "*.padded", Trim: true},
		{Name: "accounts.secret", Exclude: true},
		{Name: "accounts.holder", TextEncoding: "windows-1252", Field: "account_holder"},
		{Name: "accounts.active", Boolean: &configv1.DatabaseBoolean{TrueValue: "Y", FalseValue: "N"}},
		{Name: "accounts.closed", Boolean: &configv1.DatabaseBoolean{TrueValue: "1", FalseValue: "0"}},
	}
}

func TestColumnSettings(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, legacy(e), legacySettings)
		s.want(t, "GetAccount", `{"acctNo": 1}`, `{"acctNo": 1, "active": true, "closed": false, "accountHolder": "René €", "padded": "abc", "must": "x"}`)
		s.want(t, "GetAccount", `{"acctNo": 3}`, `{"acctNo": 3, "active": false, "accountHolder": "", "padded": "", "must": "x"}`)
		for filter, want := range map[string][][]any{
			`active`:                        {{1}},
			`active = false`:                {{2}, {3}},
			`closed = true`:                 {{2}},
			`closed = null`:                 {{3}},
			`accountHolder = "René €"`:      {{1}},
			`accountHolder:"é €"`:           {{1}},
			`account_holder = "Plain"`:      {{2}},
			`NOT active AND closed = false`: {},
		} {
			wantRows(t, filter, []string{"acctNo"}, s.list(t, "ListAccounts", "accounts", map[string]any{"filter": filter}), want)
		}
		for _, filter := range []string{`secret = "hidden"`, `active = "Y"`, `holder = "x"`} {
			if got := s.refused(t, "ListAccounts", `{"filter": `+strconv.Quote(filter)+`}`); len(got.Violations) != 1 || got.Violations[0].Field != "filter" {
				t.Errorf("%s: %+v", filter, got)
			}
		}
		s.want(t, "CreateAccount", `{"acctNo": 4, "active": true, "closed": true, "accountHolder": "Ünal €", "must": "y"}`,
			`{"acctNo": 4, "active": true, "closed": true, "accountHolder": "Ünal €", "must": "y"}`)
		if got := s.truth(t, "SELECT active, closed, holder FROM accounts WHERE acct_no = 4"); !slices.Equal(got[0], []any{"Y", int64(1), "Ünal " + strings.TrimPrefix(misread(e), "é ")}) {
			t.Errorf("stored %q", got[0])
		}
		s.exec(t, "UPDATE accounts SET active = '?' WHERE acct_no = 4")
		if got := s.refused(t, "GetAccount", `{"acctNo": 4}`); got.Reason != "VALUE_UNREADABLE" {
			t.Errorf("a boolean that is neither: %+v", got)
		}
	})
}

// TestCandidateKeys names rows by what is unique, where there is no primary key.
func TestCandidateKeys(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, legacy(e), legacySettings)
		s.want(t, "GetOrderLine", `{"lineRef": "a", "part": 2}`, `{"lineRef": "a", "part": 2, "note": "two"}`)
		s.want(t, "UpdateOrderLine", `{"lineRef": "a", "part": 2, "orderLine": {"note": "2"}}`, `{"lineRef": "a", "part": 2, "note": "2"}`)
		wantRows(t, "order lines", []string{"lineRef", "part"}, s.list(t, "ListOrderLines", "orderLines", map[string]any{"pageSize": 1}), [][]any{{"a", 1}, {"a", 2}, {"b", 1}})
		wantRows(t, "a view", []string{"acctNo"}, s.list(t, "ListOpenAccounts", "openAccounts", map[string]any{"pageSize": 1}), [][]any{{2}, {3}})
		s.want(t, "GetOpenAccount", `{"acctNo": 3}`, `{"acctNo": 3, "holder": ""}`)
		if notes := s.backend.(adapters.Noter).Notes(); !slices.Contains(notes, "table order_lines: the table has no primary key; its unique columns line_ref, part name its rows") {
			t.Errorf("notes %q", notes)
		}
	})
}

// TestPartialUniqueIndexesAreNoKeys holds that an index of some rows, or of expressions, names no rows.
func TestPartialUniqueIndexesAreNoKeys(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		const whole = `CREATE TABLE c (x integer, y integer NOT NULL, UNIQUE (x), UNIQUE (x, y));`
		const partial = `CREATE TABLE a (x integer NOT NULL, y integer NOT NULL); CREATE UNIQUE INDEX a_part ON a (x) WHERE y > 0;
			CREATE TABLE b (x varchar(9) NOT NULL, y varchar(9) NOT NULL); CREATE UNIQUE INDEX b_lower ON b (x, lower(y));`
		statements, want := whole+partial, []string{"ListA", "ListB", "ListC", "StreamA", "StreamB", "StreamC"}
		if e.name == "mariadb" { // which has neither sort of index
			statements, want = whole, []string{"ListC", "StreamC"}
		}
		if got := methodNames(e.open(t, statements, nil).backend); !slices.Equal(got, want) {
			t.Errorf("methods %v, want %v", got, want)
		}
	})
}

func TestColumnMistakes(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		settings, _, _ := e.create(t, legacy(e))
		native := map[string]string{"postgres": "integer", "sqlite": "INTEGER", "mariadb": "int(11)"}[e.name]
		settings.Tables = []*configv1.DatabaseTable{{Name: "open_accounts", Key: []string{"nothing"}}, {Name: "accounts", Key: []string{"must"}, Write: true, VersionColumn: "version"}}
		settings.Columns = []*configv1.DatabaseColumn{
			{Name: "accounts.must", Exclude: true}, {Name: "accounts.nothing", Trim: true}, {Name: "accounts.acct_no", TextEncoding: "windows-1252", Boolean: &configv1.DatabaseBoolean{TrueValue: "Y", FalseValue: "N"}},
		}
		wantMistakes(t, settings,
			`columns[2].text_encoding: accounts.acct_no is no text`,
			`columns[2].boolean: accounts.acct_no is of the type `+native+`, which cannot hold these values`,
			`columns: accounts.must must be given at create, and cannot be left out of a table that is written`,
			`tables[1].key: accounts has a primary key already: acct_no`,
			`tables[1].version_column: accounts has no column "version"; it has acct_no, active, closed, holder, padded, secret`,
			`tables[0].key[0]: open_accounts has no column "nothing"; it has acct_no, holder`,
			`columns[1].name: there is no column "accounts.nothing" in a table that is offered`)
		settings.Tables, settings.TextEncoding = nil, "no-such"
		settings.Columns = []*configv1.DatabaseColumn{
			{Name: "accounts.*", Field: "x"}, {Name: "accounts.active", TextEncoding: "neither", Boolean: &configv1.DatabaseBoolean{TrueValue: "Y", FalseValue: "Y"}},
		}
		wantMistakes(t, settings,
			`text_encoding: "no-such" is no character encoding that is known here, such as windows-1252`,
			`columns[0].field: a pattern fits many columns, which cannot all have one name`,
			`columns[1].text_encoding: "neither" is no character encoding that is known here, such as windows-1252`,
			`columns[1].boolean.false_value: what is true is false, too`)
	})
}

// TestFieldNumbers holds that a column that is dropped moves no other, where the engine numbers them.
func TestFieldNumbers(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, `CREATE TABLE t (a integer PRIMARY KEY, b integer, c integer, d integer); ALTER TABLE t DROP COLUMN b; ALTER TABLE t ADD COLUMN e integer`, nil)
	fields := s.backend.Services()[0].Descriptor.Methods().ByName("GetT").Output().Fields()
	for name, want := range map[protoreflect.Name]protoreflect.FieldNumber{"a": 1, "c": 3, "d": 4, "e": 5} {
		if got := fields.ByName(name).Number(); got != want {
			t.Errorf("%s has the number %d, want %d", name, got, want)
		}
	}
}

// TestSchemas offers the tables of two schemas, of which both have one of the same name.
func TestSchemas(t *testing.T) {
	t.Parallel()
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	name := running.Database(t, `CREATE SCHEMA one; CREATE SCHEMA two;
		CREATE TABLE one.a (id integer PRIMARY KEY, v text); INSERT INTO one.a VALUES (1, 'first');
		CREATE TABLE two.a (id integer PRIMARY KEY, v text); INSERT INTO two.a VALUES (1, 'second');
		CREATE TABLE two.b (id integer PRIMARY KEY, a_id integer REFERENCES one.a); INSERT INTO two.b VALUES (1, 1);
		CREATE TABLE two.x (id integer PRIMARY KEY)`)
	settings := postgresSettings(t, running.DSN(name, ""), "one")
	settings.Schemas, settings.Exclude = []string{"two"}, []string{"two.x"}
	s := &subject{backend: mustOpen(t, settings, t.TempDir())}
	s.want(t, "GetA", `{"id": 1}`, `{"id": 1, "v": "first"}`)
	s.want(t, "GetTwoA", `{"id": 1}`, `{"id": 1, "v": "second"}`)
	s.want(t, "GetB", `{"id": 1}`, `{"id": 1, "aId": 1}`)
	if got := methodNames(s.backend); slices.Contains(got, "GetX") {
		t.Errorf("a table that is excluded by its schema is offered: %v", got)
	}
}
