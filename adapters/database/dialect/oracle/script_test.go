package oracle

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	goora "github.com/sijms/go-ora/v2"
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
		Address: "oracle://scott:tiger@localhost:1521/housing", PoolSize: 2, Name: "postern housing", Backend: "housing",
		TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(),
	}
}

// scripted opens a database on a script, which answers what opening asks by itself. Cursors are read as the statement "the cursor".
func scripted(t *testing.T, answers ...scripttest.Answer) (*database, *scripttest.Script) {
	t.Helper()
	script := &scripttest.Script{Answers: append(answers,
		answer("CURRENT_SCHEMA", scripttest.Names("schema"), []driver.Value{"HOUSING"}), scripttest.Answer{When: "ALTER SESSION"},
		scripttest.Answer{When: "DBMS_APPLICATION_INFO"}, scripttest.Answer{When: "DBMS_SESSION"}, scripttest.Answer{When: "SET TRANSACTION"},
	)}
	options := testOptions()
	location, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	options.Location = location
	options.Variables = []dialect.Variable{{Name: "client_identifier", Value: "gateway"}}
	opened, err := open(t.Context(), script, options)
	if err != nil {
		t.Fatal(err)
	}
	opened.rowsOf = func(ctx context.Context, on goora.Querier, _ *goora.RefCursor) (*sql.Rows, error) {
		return on.QueryContext(ctx, "the cursor")
	}
	t.Cleanup(opened.Close)
	return opened, script
}

func answer(when string, columns []scripttest.Column, rows ...[]driver.Value) scripttest.Answer {
	return scripttest.Answer{When: when, Results: []scripttest.Result{{Columns: columns, Rows: rows}}}
}

func faultOf(t *testing.T, err error) *dialect.Fault {
	t.Helper()
	var known *dialect.Fault
	if !errors.As(err, &known) {
		t.Fatalf("the error is %v", err)
	}
	return known
}
