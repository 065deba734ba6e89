package database_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
)

// TestSpans holds that the statement is in the trace with the attributes of the semantic conventions, and that no value is.
func TestSpans(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		recorder := tracetest.NewSpanRecorder()
		settings, _, _ := e.create(t, read(t, e.name+".sql")+read(t, "rows.sql"))
		allWritable(settings)
		lent := options(t.TempDir())
		lent.TracerProvider = trace.NewTracerProvider(trace.WithSpanProcessor(recorder))
		s := &subject{backend: mustOpenWith(t, settings, lent)}
		// The driver adds to a trace, and starts none.
		ctx, parent := lent.TracerProvider.Tracer("test").Start(t.Context(), "call")
		if _, _, err := s.callIn(ctx, t, "ListTenancies", `{"filter": "address = \"the secret address\""}`); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.callIn(ctx, t, "CreateTenancy", `{"tenancyId": 1, "citizenId": "the secret citizen", "address": "a", "bedrooms": 1, "weeklyRent": "1", "started": "2020-01-01"}`); err == nil {
			t.Error("a key was taken twice")
		}
		// PostgreSQL's and MariaDB's messages quote the value. SQLite takes it, and Firebird has no such type.
		if _, _, err := s.callIn(ctx, t, "CreateRepairOrder", `{"tenancyId": 1, "reference": "the secret reference"}`); err == nil && e.name != "sqlite" && e.name != "firebird" {
			t.Error("a text was taken for a UUID")
		}
		parent.End()

		found := false
		for _, span := range recorder.Ended() {
			for _, attribute := range span.Attributes() {
				if strings.Contains(attribute.Value.String(), "secret") {
					t.Errorf("span %s, %s holds a value: %s", span.Name(), attribute.Key, attribute.Value.String())
				}
				if attribute.Key == "db.query.text" && strings.Contains(strings.ToLower(strings.ReplaceAll(attribute.Value.String(), "`", `"`)), `"tenancies" where`) {
					found = true
				}
			}
			if strings.Contains(span.Status().Description, "secret") {
				t.Errorf("span %s, status holds a value: %s", span.Name(), span.Status().Description)
			}
			for _, event := range span.Events() {
				for _, attribute := range event.Attributes {
					if strings.Contains(attribute.Value.String(), "secret") {
						t.Errorf("span %s, event %s holds a value: %s", span.Name(), event.Name, attribute.Value.String())
					}
				}
			}
		}
		if !found {
			t.Error("no span has the list's statement in db.query.text")
		}
	})
}

// TestSpanConventions holds that statements are named after what they do and carry the attributes of the semantic conventions, and
// that opening leaves one trace.
func TestSpanConventions(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		recorder := tracetest.NewSpanRecorder()
		reader := metric.NewManualReader()
		settings, _, address := e.create(t, read(t, e.name+".sql")+read(t, "rows.sql"))
		allWritable(settings)
		withQueries(t, "-- name: CountTenancies :one\n-- returns: n integer\nSELECT count(*) AS n FROM tenancies")(settings)
		lent := options(t.TempDir())
		lent.TracerProvider = trace.NewTracerProvider(trace.WithSpanProcessor(recorder))
		lent.MeterProvider = metric.NewMeterProvider(metric.WithReader(reader))
		s := &subject{backend: mustOpenWith(t, settings, lent)}
		ctx, parent := lent.TracerProvider.Tracer("test").Start(t.Context(), "call")
		for _, call := range []struct {
			method  protoreflect.Name
			request string
		}{
			{"ListTenancies", `{}`},
			{"GetTenancy", `{"tenancyId": 1}`},
			{"CreateLog", `{"entry": "x"}`},
			{"UpdateTenancy", `{"tenancyId": 1, "tenancy": {"note": "x"}}`},
			{"DeleteRentLine", `{"tenancyId": 1, "lineNo": 2}`},
			{"CountTenancies", `{}`},
		} {
			if _, _, err := s.callIn(ctx, t, call.method, call.request); err != nil {
				t.Fatalf("%s: %v", call.method, err)
			}
		}
		parent.End()
		if checker, ok := s.backend.(adapters.Checker); !ok || checker.Check(t.Context()) != nil {
			t.Error("the check fails")
		}

		var roots, names []string
		for _, span := range recorder.Ended() {
			if !span.Parent().IsValid() {
				roots = append(roots, span.Name())
			}
			if span.Parent().SpanID() != parent.SpanContext().SpanID() {
				continue
			}
			names = append(names, span.Name())
			got := attribute.NewSet(span.Attributes()...)
			want := map[attribute.Key]string{"db.system.name": map[string]string{"postgres": "postgresql", "sqlite": "sqlite", "mariadb": "mariadb", "firebird": "firebirdsql"}[e.name], "postern.backend": "housing"}
			operation, table, _ := strings.Cut(span.Name(), " ")
			if span.Name() == "CountTenancies" {
				operation = "SELECT"
			}
			if table != "" && operation != "BEGIN" {
				want["db.collection.name"] = table
			}
			if e.name == "mariadb" {
				want["db.namespace"] = namespaceOf(address)
			} else if e.name == "postgres" {
				parsed, err := pgx.ParseConfig(address)
				if err != nil {
					t.Fatal(err)
				}
				want["db.namespace"] = parsed.Database + "|" + settings.GetSchema()
			} else if value, ok := got.Value("db.namespace"); ok {
				t.Errorf("span %s has the namespace %s", span.Name(), value.AsString())
			}
			if !strings.HasPrefix(span.Name(), "begin") { // pgx's own
				want["db.operation.name"] = strings.ToUpper(operation)
			}
			for key, value := range want {
				if attribute, _ := got.Value(key); attribute.AsString() != value {
					t.Errorf("span %s, %s is %q, want %q", span.Name(), key, attribute.AsString(), value)
				}
			}
		}
		slices.Sort(roots)
		if want := []string{"call", "reading the catalogue"}; !slices.Equal(roots, want) {
			t.Errorf("traces %q, want %q", roots, want)
		}
		names = slices.DeleteFunc(names, func(name string) bool {
			return slices.Contains([]string{"BEGIN", "COMMIT", "ROLLBACK", "connect"}, name)
		})
		want := []string{"SELECT tenancies", "SELECT tenancies", "INSERT log", "UPDATE tenancies", "DELETE rent_lines", "CountTenancies"}
		if e.name == "mariadb" { // which does not return what it updates
			want = slices.Insert(want, 4, "SELECT tenancies")
		}
		if e.name == "firebird" { // which tells names in capitals
			for i, name := range want[:len(want)-1] {
				want[i] = strings.ToUpper(name)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("spans %q, want %q", names, want)
		}

		var collected metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &collected); err != nil {
			t.Fatal(err)
		}
		wantBackendLabel(t, collected)
	})
}

// wantBackendLabel holds that every duration of an operation says which back end it was.
func wantBackendLabel(t *testing.T, collected metricdata.ResourceMetrics) {
	t.Helper()
	points := 0
	for _, scope := range collected.ScopeMetrics {
		for _, measured := range scope.Metrics {
			histogram, ok := measured.Data.(metricdata.Histogram[float64])
			if !ok || measured.Name != "db.client.operation.duration" {
				continue
			}
			for _, point := range histogram.DataPoints {
				points++
				if backend, _ := point.Attributes.Value("postern.backend"); backend.AsString() != "housing" {
					t.Errorf("a duration is of the back end %q", backend.AsString())
				}
			}
		}
	}
	if points == 0 {
		t.Error("no duration was measured")
	}
}
