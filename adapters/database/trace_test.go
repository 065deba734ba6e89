package database_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
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
		// PostgreSQL's message quotes the value. SQLite takes it.
		if _, _, err := s.callIn(ctx, t, "CreateRepairOrder", `{"tenancyId": 1, "reference": "the secret reference"}`); err == nil && e.name == "postgres" {
			t.Error("a text was taken for a UUID")
		}
		parent.End()

		found := false
		for _, span := range recorder.Ended() {
			for _, attribute := range span.Attributes() {
				if strings.Contains(attribute.Value.String(), "secret") {
					t.Errorf("span %s, %s holds a value: %s", span.Name(), attribute.Key, attribute.Value.String())
				}
				if attribute.Key == "db.query.text" && strings.Contains(strings.ReplaceAll(attribute.Value.String(), "`", `"`), `FROM "tenancies" WHERE`) {
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
