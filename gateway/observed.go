package gateway

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
)

// maxOutcomes is how many outcomes are kept. There are a few for each route; beyond that they are made for each request.
const maxOutcomes = 50_000

// An outcome is what all requests have in common that were of one method and route, and were answered with one status: so it is put together once.
type outcome struct {
	attributes []attribute.KeyValue
	recorded   []metric.RecordOption
	log        slog.Handler
}

type outcomeKey struct {
	method, pattern string
	status          int
}

// outcomes are those that have been seen.
type outcomes struct {
	logger *slog.Logger

	mu    sync.RWMutex
	known map[outcomeKey]*outcome
}

// of returns the outcome of a request. sent is the method as the caller sent it.
func (o *outcomes) of(key outcomeKey, sent string) *outcome {
	o.mu.RLock()
	found := o.known[key]
	o.mu.RUnlock()
	if found != nil {
		return found
	}
	found = newOutcome(key, sent, o.logger)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.known) < maxOutcomes && key.method == sent {
		o.known[key] = found
	}
	return found
}

func newOutcome(key outcomeKey, sent string, logger *slog.Logger) *outcome {
	attributes := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(key.method), semconv.URLScheme("http"), semconv.HTTPResponseStatusCode(key.status)}
	_, route, matched := strings.Cut(key.pattern, " ")
	if matched {
		attributes = append(attributes, semconv.HTTPRoute(route))
	}
	if key.status >= http.StatusInternalServerError {
		attributes = append(attributes, semconv.ErrorTypeKey.String(strconv.Itoa(key.status)))
	}
	return &outcome{
		attributes: attributes,
		recorded:   []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attributes...))},
		log:        logger.Handler().WithAttrs([]slog.Attr{slog.String("method", sent), slog.String("route", route), slog.Int("status", key.status)}),
	}
}
