package mariadb

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/mariadbtest"
)

// running is the server of all tests, started when the first needs it.
var running = sync.OnceValues(func() (*mariadbtest.Server, error) { return mariadbtest.Start(context.Background()) })

func TestMain(m *testing.M) {
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if started, err := running(); err == nil {
		if err := started.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// openWith opens a database of its own with the statements run in it, with change applied to its options.
func openWith(t testing.TB, statements string, change func(*dialect.Options)) *database {
	t.Helper()
	server, err := running()
	if err != nil {
		t.Fatal(err)
	}
	options := optionsOf(server.URL(server.Database(t, statements), ""))
	if change != nil {
		change(&options)
	}
	opened, err := Engine{}.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	return opened.(*database) //nolint:forcetypeassert // as this package makes it
}

func optionsOf(address string) dialect.Options {
	return dialect.Options{
		Address: address, PoolSize: 4, Location: time.UTC, Name: "postern test", Backend: "test",
		TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(),
	}
}

// tableOf reads the catalogue and returns a table of it.
func tableOf(t testing.TB, d *database, name string) *dialect.Table {
	t.Helper()
	schema, err := d.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range schema.Tables {
		if table.Name == name {
			return table
		}
	}
	t.Fatalf("there is no table %s", name)
	return nil
}

// row reads the only row of a table.
func row(t testing.TB, d *database, table *dialect.Table) map[string]dialect.Value {
	t.Helper()
	builder := dialect.NewBuilder(Engine{}.Syntax()).SQL("SELECT ")
	builder.Outputs(table.Columns).SQL(" FROM ").Table(table)
	found := make(map[string]dialect.Value)
	_, err := d.Query(t.Context(), dialect.Statement{Text: builder.Text(), Columns: table.Columns}, func(values []dialect.Value) error {
		for i, column := range table.Columns {
			value := values[i]
			value.Text = append([]byte(nil), value.Text...)
			found[column.Name] = value
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
