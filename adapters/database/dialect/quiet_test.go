package dialect_test

import (
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestQuiet holds that a span says that its statement failed, and not with which words.
func TestQuiet(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	_, span := dialect.Quiet(trace.NewTracerProvider(trace.WithSpanProcessor(recorder))).Tracer("test").Start(t.Context(), "INSERT people")
	span.RecordError(errors.New(`problematic key value is ("NAME" = 'Okafor')`))
	span.SetStatus(codes.Error, "Okafor")
	span.End()
	ended := recorder.Ended()
	if len(ended) != 1 || ended[0].Status().Code != codes.Error || ended[0].Name() != "INSERT people" {
		t.Fatalf("spans %v", ended)
	}
	if len(ended[0].Events()) != 0 || strings.Contains(ended[0].Status().Description, "Okafor") {
		t.Errorf("it says %v, %q", ended[0].Events(), ended[0].Status().Description)
	}
}
