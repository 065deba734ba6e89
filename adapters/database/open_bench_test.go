package database_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/database"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// manyTables is a schema of 1,000 tables of 40 columns, each of which refers to the one before.
func manyTables() string {
	var out strings.Builder
	out.WriteString("BEGIN;\n")
	for table := range 1000 {
		if table%50 == 49 { // since PostgreSQL has so many locks for one transaction
			out.WriteString("COMMIT; BEGIN;\n")
		}
		fmt.Fprintf(&out, "CREATE TABLE table_%03d (id integer NOT NULL PRIMARY KEY, code varchar(10) NOT NULL, earlier integer", table)
		if table > 0 {
			fmt.Fprintf(&out, " REFERENCES table_%03d (id)", table-1)
		}
		for column := range 37 {
			kind := []string{"varchar(40)", "integer", "numeric(12,2)", "date", "timestamp"}[column%5]
			fmt.Fprintf(&out, ", column_%d %s", column, kind)
		}
		fmt.Fprintf(&out, ", CHECK (column_1 >= 0), UNIQUE (code));\n")
	}
	out.WriteString("COMMIT;\n")
	return out.String()
}

// BenchmarkOpen opens a schema of 1,000 tables of 40 columns, all of which may be written, and reports what stays in memory.
func BenchmarkOpen(b *testing.B) {
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) {
			var settings *configv1.DatabaseBackend
			if e.name == "postgres" { // where one transaction cannot drop so many tables
				running, err := server()
				if err != nil {
					b.Fatal(err)
				}
				settings = postgresSettings(b, running.DSN(running.Database(b, manyTables()), ""), "")
			} else {
				settings, _, _ = e.create(b, manyTables())
			}
			allWritable(settings)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			b.ReportAllocs()
			for b.Loop() {
				backend, err := database.Adapter{}.Open(b.Context(), settings, options(b.TempDir()))
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc)-float64(before.HeapAlloc), "B-kept")
				if err := backend.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
