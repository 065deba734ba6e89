package housing_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/postern-gateway/postern/deploy/demo/housing"
	"github.com/postern-gateway/postern/deploy/demo/population"
)

func create(t *testing.T, count int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "housing.db")
	if err := housing.Create(t.Context(), path, population.Generate(1, count)); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestCreateFillsTables(t *testing.T) {
	t.Parallel()
	db := open(t, create(t, 300))
	tests := []struct{ name, query, want string }{
		{"tenants", "SELECT count(*) FROM tenants", "300"},
		{"tenancies", "SELECT count(*) FROM tenancies", "300"},
		{"rent accounts", "SELECT count(*) FROM rent_accounts", "300"},
		{"broken foreign keys", "SELECT count(*) FROM pragma_foreign_key_check", "0"},
		{"integrity", "PRAGMA integrity_check", "ok"},
		{"first tenant", "SELECT forename || ' ' || surname || ' ' || dob FROM tenants WHERE citizen_id = 'C000001'", "Amelia Okafor 1987-03-14"},
		{"current tenancy", "SELECT count(*) FROM tenancies WHERE citizen_id = 'C000001' AND end_dt IS NULL", "1"},
		{"surname in small letters", "SELECT citizen_id FROM tenants WHERE surname = 'okafor' ORDER BY citizen_id LIMIT 1", "C000001"},
		{"open repairs", `SELECT group_concat(descr, '; ') FROM repairs JOIN tenancies USING (tenancy_id)
			WHERE citizen_id = 'C000001' AND status IN ('OPEN', 'BOOKED')`, "Boiler loses pressure; Window does not close"},
		{"money", "SELECT printf('%.2f', est_cost) FROM repairs WHERE job_no = 10", "185.50"},
		{"no appointment", "SELECT typeof(appt_dt) FROM repairs WHERE job_no = 11", "null"},
		{"some tenancies ended", "SELECT count(*) > 3 FROM tenancies WHERE end_dt IS NOT NULL", "1"},
		{"none ended before it began", "SELECT count(*) FROM tenancies WHERE end_dt < start_dt", "0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got string
			if err := db.QueryRowContext(t.Context(), test.query).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCreateIsDeterministic(t *testing.T) {
	t.Parallel()
	one, err := os.ReadFile(create(t, 50))
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(create(t, 50))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, other) {
		t.Error("the same citizens gave two different files")
	}
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	path := create(t, 5)
	db := open(t, path)
	if _, err := db.ExecContext(t.Context(), "UPDATE tenants SET surname = 'Changed' WHERE citizen_id = 'C000001'"); err != nil {
		t.Fatal(err)
	}
	if err := housing.Create(t.Context(), path, population.Generate(1, 5)); err != nil {
		t.Fatal(err)
	}
	var surname string
	if err := db.QueryRowContext(t.Context(), "SELECT surname FROM tenants WHERE citizen_id = 'C000001'").Scan(&surname); err != nil {
		t.Fatal(err)
	}
	if surname != "Changed" {
		t.Errorf("the second call wrote the tenant over: %s", surname)
	}
}

func TestCreateLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "housing.db")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := housing.Create(ctx, path, population.Generate(1, 5)); err == nil {
		t.Error("a cancelled call made the database")
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("there is a file after an error: %v", err)
	}
	if err := housing.Create(t.Context(), path, population.Generate(1, 5)); err != nil {
		t.Errorf("the next call did not mend it: %v", err)
	}
}
