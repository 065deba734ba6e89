package gateway_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/postgrestest"
	"github.com/postern-gateway/postern/adapters/memory"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

// A gateway keeps its records where gateway.yaml says, and its own file is not even made.
func TestStoreInPostgres(t *testing.T) {
	started, err := postgrestest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Stop(); err != nil {
			t.Error(err)
		}
	})
	dsn := started.DSN(started.Database(t, ""), "")
	t.Setenv("STORE_DSN", dsn)
	dir := t.TempDir()
	copyEstate(t, "testdata/estate", dir)
	writeFile(t, filepath.Join(dir, "gateway.yaml"), "store: {postgres: {env: STORE_DSN}}\n")
	serve(t, dir, memory.Adapter{})
	if files, err := filepath.Glob(filepath.Join(dir, ".data", "*.db")); err != nil || len(files) > 0 {
		t.Errorf("there is %v, %v", files, err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var records int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM postern_records").Scan(&records); err != nil {
		t.Errorf("the gateway has not made its table: %v", err)
	}
}

// A secret that is not there is a mistake with a place, and no address of a store is ever told.
func TestStoreThatIsNotThere(t *testing.T) {
	for name, test := range map[string]struct{ set, yaml, want string }{
		"no secret":   {"", "store: {postgres: {env: NO_STORE_DSN}}\n", "gateway.yaml:1:25: the environment variable NO_STORE_DSN is not set"},
		"no URL":      {"postgres://u:hush@%zz", "store:\n  postgres: {env: STORE_DSN}\n", "no PostgreSQL URL"},
		"no database": {"postgres://u:hush@127.0.0.1:1/d?sslmode=disable&connect_timeout=2", "store:\n  postgres: {env: STORE_DSN}\n", "opening the store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("STORE_DSN", test.set)
			dir := t.TempDir()
			copyEstate(t, "testdata/estate", dir)
			writeFile(t, filepath.Join(dir, "gateway.yaml"), test.yaml)
			recording, err := telemetry.Start(t.Context(), telemetry.Options{Logs: t.Output()})
			if err != nil {
				t.Fatal(err)
			}
			_, err = gateway.Open(t.Context(), gateway.Options{Estate: dir, Adapters: []adapters.Adapter{memory.Adapter{}}, Telemetry: recording})
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("Open: %v", err)
			}
		})
	}
}
