package database_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"buf.build/go/protoyaml"
	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestImport imports the test schema, and opens what was written.
func TestImport(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		statements := read(t, e.name+".sql") + read(t, "rows.sql")
		var from, wantAddress string
		switch e.name {
		case "postgres": // with its default schema
			running, err := server()
			if err != nil {
				t.Fatal(err)
			}
			file := secretFile(t, running.DSN(running.Database(t, statements), "")).GetFile()
			from, wantAddress = "file:"+file, "dsn:\n  file: "+file+"\n"
		case "mariadb":
			settings, _, _ := e.create(t, statements)
			from, wantAddress = "file:"+settings.GetDsn().GetFile(), "dsn:\n  file: "+settings.GetDsn().GetFile()+"\n"
		default:
			_, _, address := e.create(t, statements)
			from, wantAddress = "sqlite:"+address, "path: "+quoteYAML(address)+"\n"
		}
		estate := t.TempDir()
		report, err := database.Import(t.Context(), database.ImportOptions{
			Address: from, Estate: estate, Name: "housing", Tables: []string{"tenancies", "log", "Repair *", "dear"},
		})
		if err != nil {
			t.Fatal(err)
		}
		wantTables := []database.ImportedTable{
			{Name: "Repair Orders", Columns: 12, Key: []string{"Order No"}, Methods: []string{"ListRepairOrders", "StreamRepairOrders", "GetRepairOrder"}},
			{Name: "dear", View: true, Columns: 2, Methods: []string{"ListDear", "StreamDear"}},
			{Name: "log", Columns: 2, Methods: []string{"ListLog", "StreamLog"}},
			{Name: "tenancies", Columns: 12, Key: []string{"tenancy_id"}, Methods: []string{"ListTenancies", "StreamTenancies", "GetTenancy", "ListTenancyRepairOrders"}},
		}
		if diff := cmp.Diff(wantTables, report.Tables); diff != "" {
			t.Errorf("tables differ (-want +got):\n%s", diff)
		}
		native := map[string]string{"postgres": "point", "sqlite": "POINT", "mariadb": "point"}[e.name]
		wantNotes := []database.ImportNote{
			{Table: "Repair Orders", Column: "place", Message: `the type "` + native + `" has no counterpart, so its values are the database's own text`},
			{Table: "dear", Message: "a view has no key, so it can be listed, and single rows cannot be read or written"},
			{Table: "log", Message: "the table has no primary key, so single rows cannot be read, changed or removed"},
		}
		if diff := cmp.Diff(wantNotes, report.Notes); diff != "" {
			t.Errorf("notes differ (-want +got):\n%s", diff)
		}
		written, err := os.ReadFile(report.File)
		if err != nil {
			t.Fatal(err)
		}
		want := "kind: database\npublish: {}\n" + wantAddress + "tables:\n  - name: tenancies\n  - name: \"log\"\n  - name: \"Repair *\"\n  - name: dear\n"
		if diff := cmp.Diff(want, string(written)); diff != "" {
			t.Errorf("the configuration differs (-want +got):\n%s", diff)
		}
		opened := openWritten(t, report.File)
		opened.want(t, "GetTenancy", `{"tenancyId": 4}`, `{"tenancyId": 4, "citizenId": "C000004", "address": "4 Mill Street", "postCode": "RV2 2CC", "bedrooms": 0, "tenure": "secure",
			"weeklyRent": "110.00", "started": "1999-12-31", "furnished": true, "note": "a_b"}`)
		if got := report.Descriptor.Services().Len(); got != 1 {
			t.Errorf("%d services are described", got)
		}

		if _, err := database.Import(t.Context(), database.ImportOptions{Address: from, Estate: estate, Name: "housing"}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("importing over it: %v", err)
		}
		report, err = database.Import(t.Context(), database.ImportOptions{Address: from, Estate: estate, Name: "all", Write: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(openWritten(t, report.File).backend.Services()[0].Methods); got != 25 {
			t.Errorf("%d methods, want 25", got)
		}
	})
}

// quoteYAML is a path as it must be written: the test's path has blanks.
func quoteYAML(path string) string { return `"` + path + `"` }

func openWritten(t *testing.T, file string) *subject {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	settings := &configv1.DatabaseBackend{}
	if err := protoyaml.Unmarshal(content, settings); err != nil {
		t.Fatal(err)
	}
	return &subject{backend: mustOpen(t, settings, filepath.Dir(file))}
}

func TestImportRefusals(t *testing.T) {
	t.Parallel()
	_, _, file := createSQLite(t, read(t, "sqlite.sql"))
	for _, test := range []struct {
		name    string
		options database.ImportOptions
		want    string
	}{
		{"bad name", database.ImportOptions{Address: "sqlite:" + file, Name: "Housing!"}, "is no name for a back end"},
		{"an address with its password", database.ImportOptions{Address: "postgres://u:p@h/d", Name: "housing"}, "env:NAME or file:PATH"},
		{"no address", database.ImportOptions{Name: "housing"}, "env:NAME or file:PATH"},
		{"unset", database.ImportOptions{Address: "env:POSTERN_TEST_UNSET", Name: "housing"}, "POSTERN_TEST_UNSET is not set"},
		{"no such file", database.ImportOptions{Address: "sqlite:" + file + ".nothing", Name: "housing"}, "opening the database"},
		{"no such table", database.ImportOptions{Address: "sqlite:" + file, Name: "housing", Tables: []string{"nothing"}}, `has no table "nothing"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.options.Estate = t.TempDir()
			if _, err := database.Import(t.Context(), test.options); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Import: %v, want %q", err, test.want)
			}
			if left, err := os.ReadDir(test.options.Estate); err != nil || len(left) > 0 {
				t.Errorf("something was written: %v %v", left, err)
			}
		})
	}
}
