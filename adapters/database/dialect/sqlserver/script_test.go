package sqlserver

import (
	"database/sql/driver"
	"fmt"
	"os"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/scripttest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func testOptions() dialect.Options {
	return dialect.Options{
		Address: "sqlserver://sa:secret@localhost?database=housing", PoolSize: 2, Name: "postern housing", Backend: "housing",
		TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(),
	}
}

// scripted opens a database on a script, which answers what opening asks by itself.
func scripted(t *testing.T, answers ...scripttest.Answer) (*database, *scripttest.Script) {
	t.Helper()
	script := &scripttest.Script{Answers: append(answers,
		answer("FROM sys.databases", scripttest.Names("snapshot", "schema"), []driver.Value{true, "dbo"}),
		scripttest.Answer{When: "EXEC sp_set_session_context"},
	)}
	options := testOptions()
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	options.Location = location
	opened, err := open(t.Context(), script, options, "housing")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Close)
	return opened, script
}

func answer(when string, columns []scripttest.Column, rows ...[]driver.Value) scripttest.Answer {
	return scripttest.Answer{When: when, Results: []scripttest.Result{{Columns: columns, Rows: rows}}}
}
