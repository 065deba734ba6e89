package gateway

import (
	"log/slog"
	"net/http"

	"github.com/felixge/httpsnoop"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

const microsecondsPerMillisecond = 1000

// observeHTTP puts a server span, the HTTP metrics of the semantic conventions and one log record around every REST request.
func (g *Gateway) observeHTTP(next http.Handler) http.Handler {
	logged := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httpsnoop.CaptureMetrics(next, w, r)
		g.telemetry.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", r.Method),
			slog.String("path", r.URL.Path),
			slog.Int("status", answer.Code),
			slog.Int64("bytes", answer.Written),
			slog.Float64("duration_ms", float64(answer.Duration.Microseconds())/microsecondsPerMillisecond),
			slog.String("request_id", w.Header().Get("X-Request-Id")),
		)
	})
	return otelhttp.NewHandler(logged, "REST",
		otelhttp.WithTracerProvider(g.telemetry.TracerProvider),
		otelhttp.WithMeterProvider(g.telemetry.MeterProvider),
		otelhttp.WithPropagators(g.telemetry.Propagator),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			if r.Pattern != "" { // set once the route is known
				return r.Pattern
			}
			return r.Method
		}),
	)
}
