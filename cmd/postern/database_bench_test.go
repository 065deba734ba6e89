package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/adapters/database/postgrestest"
	"github.com/postern-gateway/postern/gateway/benchtest"
)

// The programs of BenchmarkDatabase, beside the gateway, as commands of the test binary.
const (
	databaseByHand = "database-by-hand"
	// databaseAddress is the variable that tells all of them where the database is.
	databaseAddress = "BENCH_DSN"
	// The requests.
	databaseGet    = "/housing/v1/tenancies/200"
	databaseList   = "/housing/v1/tenancies?pageSize=50"
	databaseStream = "/housing/v1/tenancies:stream"
)

// BenchmarkDatabase measures the processor time of reads of a table in PostgreSQL: of the gateway over an imported database with all settings as they are, and of a
// program that one would write by hand over pgx. Each is a process of its own. The stream is of a million rows, and says besides how many come in a second, and what
// memory they take.
func BenchmarkDatabase(b *testing.B) {
	start := databasePrograms(b)
	programs := start()
	for _, read := range []struct{ name, path string }{{"get", databaseGet}, {"list", databaseList}} {
		wanted, got := getOrdered(b, programs[0].URL+read.path), getOrdered(b, programs[1].URL+read.path)
		if wanted != got {
			b.Fatalf("the programs answer differently:\n%s\n%s", wanted, got)
		}
		b.Run(read.name, func(b *testing.B) { benchtest.Compare(b, benchtest.Request{Path: read.path}, programs...) })
	}
	fresh := start() // which have no memory left over from answers before
	b.Run("stream", func(b *testing.B) { benchtest.Stream(b, databaseStream, fresh...) })
}

// databasePrograms makes the table and imports it into an estate. It returns what starts the programs.
func databasePrograms(b *testing.B) (start func() []*benchtest.Program) {
	b.Helper()
	server, err := postgrestest.Start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.Stop(); err != nil {
			b.Error(err)
		}
	})
	table, err := os.ReadFile("testdata/databasebench/tenancies.sql")
	if err != nil {
		b.Fatal(err)
	}
	dsn := server.DSN(server.Database(b, string(table)), "")
	with := func(command *exec.Cmd) *exec.Cmd {
		command.Env = append(os.Environ(), databaseAddress+"="+dsn)
		return command
	}
	estate := filepath.Join(b.TempDir(), "estate")
	imported := with(exec.Command("postern", "import", "database", "env:"+databaseAddress, "--into", estate, "--name", "housing"))
	if output, err := imported.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	return func() []*benchtest.Program {
		serve := exec.Command("postern", "serve", estate, "--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0")
		return []*benchtest.Program{
			benchtest.Start(b, "hand-written", with(exec.Command(databaseByHand))),
			benchtest.Start(b, "gateway", with(serve)),
		}
	}
}

// getOrdered returns the answer with all members in order, and without the page token, which each program makes as it likes.
func getOrdered(b *testing.B, url string) string {
	b.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(getJSON(b, url)), &value); err != nil {
		b.Fatal(err)
	}
	delete(value, "nextPageToken")
	ordered, err := json.Marshal(value)
	if err != nil {
		b.Fatal(err)
	}
	return string(ordered)
}
