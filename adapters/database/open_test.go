package database_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// methodNames are those of the back end, in order of name.
func methodNames(backend adapters.Backend) []string {
	var names []string
	for _, method := range backend.Services()[0].Methods {
		names = append(names, string(method.Name))
	}
	slices.Sort(names)
	return names
}

func TestChoiceOfTables(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		settings, _, _ := e.create(t, read(t, e.name+".sql"))
		for _, test := range []struct {
			name    string
			tables  []*configv1.DatabaseTable
			exclude []string
			want    []string
		}{
			{name: "one", tables: []*configv1.DatabaseTable{{Name: "tenancies"}}, want: []string{"GetTenancy", "ListTenancies", "StreamTenancies"}},
			{name: "renamed", tables: []*configv1.DatabaseTable{{Name: "Repair Orders", Resource: "jobs", Write: true}}, want: []string{"CreateJob", "DeleteJob", "GetJob", "ListJobs", "StreamJobs", "UpdateJob"}},
			{name: "excluded", exclude: []string{"*e*"}, want: []string{"ListLog", "StreamLog"}},
			{name: "first entry counts", tables: []*configv1.DatabaseTable{{Name: "log"}, {Name: "*", Write: true}}, exclude: []string{"ten*", "rent*", "Repair*"}, want: []string{"ListDear", "ListLog", "StreamDear", "StreamLog"}},
			{name: "a table without a key", tables: []*configv1.DatabaseTable{{Name: "log", Write: true}}, want: []string{"CreateLog", "ListLog", "StreamLog"}},
		} {
			t.Run(test.name, func(t *testing.T) {
				settings.Tables, settings.Exclude = test.tables, test.exclude
				if got := methodNames(mustOpen(t, settings, t.TempDir())); !slices.Equal(got, test.want) {
					t.Errorf("methods %v, want %v", got, test.want)
				}
			})
		}
	})
}

func TestConfigurationMistakes(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		settings, _, _ := e.create(t, read(t, e.name+".sql"))
		settings.Tables = []*configv1.DatabaseTable{{Name: "tenancy"}, {Name: "dear", Write: true}}
		settings.Queries = []string{"nowhere.sql"}
		wantMistakes(t, settings,
			`tables[1].write: dear is a view, and can only be read`,
			`tables[0].name: the schema has no table "tenancy" that may be read; it has Repair Orders, dear, log, rent_lines, tenancies`,
			`queries[0]: there is no file or directory of queries here: no such file or directory`)
		settings.Tables = []*configv1.DatabaseTable{{Name: "[*", Resource: "x"}}
		settings.Queries = nil
		wantMistakes(t, settings, `tables[0].name: "[*" is no pattern: a * stands for any characters`, `tables[0].resource: a pattern fits many tables, which cannot all have one name`)
		settings.Tables = nil
		settings.Schema = "nothing"
		wantMistakes(t, settings, `schema: the schema has no table that could be offered`)
		settings.Schema, settings.TimeZone = "", "Europe/Nowhere"
		wantMistakes(t, settings, `time_zone: "Europe/Nowhere" is no IANA time zone, such as Europe/London`)
	})
}

func wantMistakes(t *testing.T, settings *configv1.DatabaseBackend, want ...string) {
	t.Helper()
	_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
	var mistakes *adapters.ConfigError
	if !errors.As(err, &mistakes) {
		t.Errorf("Open: %v, want %q", err, want)
		return
	}
	if got := mistakes.Error(); got != strings.Join(want, "\n") {
		t.Errorf("mistakes:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func TestAddressMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	dsn := func(text string) *configv1.DatabaseBackend {
		return &configv1.DatabaseBackend{Kind: "database", Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, text)}}
	}
	wantMistakes(t, dsn("db2://secret@host/x"), `dsn: the address belongs to no known engine; it starts with one of postgres:, sqlite:, mariadb:, mysql:, firebird:, sqlserver:, oracle:, odbc:`)
	wantMistakes(t, dsn("mysql://user:secret@host"), `dsn: the address names no database: mariadb://USER:PASSWORD@HOST:PORT/DATABASE`)
	wantMistakes(t, dsn("mariadb://host/x?secret=1"), `dsn: the address has a setting that is not known: "secret"; there are ssl-mode, ssl-ca, ssl-cert, ssl-key and socket`)
	wantMistakes(t, dsn("postgres://user:secret@host:port/x"), `dsn: the address is no PostgreSQL URL: postgres://USER:PASSWORD@HOST:PORT/DATABASE`)
	wantMistakes(t, dsn("sqlite:"), `dsn: an SQLite address is sqlite:PATH`)
	wantMistakes(t, dsn("sqlite:"+garbage), `dsn: file is not a database (26)`)
	wantMistakes(t, &configv1.DatabaseBackend{Address: &configv1.DatabaseBackend_Dsn{Dsn: &configv1.Secret{Source: &configv1.Secret_Env{Env: "POSTERN_TEST_UNSET"}}}},
		`dsn.env: the environment variable POSTERN_TEST_UNSET is not set`)
}

// TestUnreachable holds that a database which is not there is UNAVAILABLE, so that the gateway tries again.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"nobody listens": "postgres://user@127.0.0.1:1/x",
		"no such file":   "sqlite:" + filepath.Join(t.TempDir(), "nothing.db"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := &configv1.DatabaseBackend{Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, address)}}
			_, err := database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
			if got := refusalOf(t, err); got.Code != codes.Unavailable {
				t.Errorf("%+v, want UNAVAILABLE", got)
			}
		})
	}
	t.Run("no such database", func(t *testing.T) {
		t.Parallel()
		running, err := server()
		if err != nil {
			t.Fatal(err)
		}
		settings := &configv1.DatabaseBackend{Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, running.DSN("postern_no_such_database", ""))}}
		_, err = database.Adapter{}.Open(t.Context(), settings, options(t.TempDir()))
		if got := refusalOf(t, err); got.Code != codes.Unavailable {
			t.Errorf("%+v, want UNAVAILABLE", got)
		}
	})
}

// TestRelativePath holds that a path starts at the directory of the configuration.
func TestRelativePath(t *testing.T) {
	t.Parallel()
	settings, _, file := createSQLite(t, read(t, "sqlite.sql"))
	for _, address := range []string{"", "sqlite:"} {
		relative := address + filepath.Base(file)
		settings.Address = &configv1.DatabaseBackend_Path{Path: relative}
		if address != "" {
			settings.Address = &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, relative)}
		}
		mustOpen(t, settings, filepath.Dir(file))
	}
}
