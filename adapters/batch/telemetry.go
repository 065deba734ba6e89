package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

// instrumentation is the scope of this adapter's spans and metrics.
const instrumentation = "github.com/postern-gateway/postern/adapters/batch"

// Attributes that no semantic convention has a name for. None holds a value of a record.
const (
	backendAttribute     = attribute.Key("postern.backend")
	extractAttribute     = attribute.Key("postern.extract")
	submissionAttribute  = attribute.Key("postern.submission")
	operationAttribute   = attribute.Key("postern.operation")
	asOfAttribute        = attribute.Key("postern.snapshot.as_of")
	outcomeAttribute     = attribute.Key("postern.file.outcome")
	recordsAttribute     = attribute.Key("postern.file.records")
	quarantinedAttribute = attribute.Key("postern.file.records.quarantined")
)

// A recorder makes the spans and counts of one extract or kind of submission.
type recorder struct {
	tracer      trace.Tracer
	subject     []attribute.KeyValue // on every span and count
	quarantined metric.Int64Counter
	refused     metric.Int64Counter
}

// recorders makes a recorder for each extract and kind of submission.
func (b *backend) recorders(options adapters.Options) error {
	meter := options.MeterProvider.Meter(instrumentation)
	quarantined, err := meter.Int64Counter("postern.batch.records.quarantined", metric.WithUnit("{record}"),
		metric.WithDescription("Records of extracts that could not be used."))
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	refused, err := meter.Int64Counter("postern.batch.files.refused", metric.WithUnit("{file}"),
		metric.WithDescription("Extracts and acknowledgements that could not be used."))
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	tracer := options.TracerProvider.Tracer(instrumentation)
	of := func(subject attribute.KeyValue) *recorder {
		return &recorder{
			tracer: tracer, subject: []attribute.KeyValue{backendAttribute.String(options.Name), subject}, quarantined: quarantined, refused: refused,
		}
	}
	for _, x := range b.extracts {
		x.recorder = of(extractAttribute.String(x.config.GetPlural()))
	}
	for _, s := range b.submissions {
		s.recorder = of(submissionAttribute.String(s.config.GetName()))
	}
	return nil
}

// asOf is the attribute of a moment.
func asOf(t time.Time) attribute.KeyValue { return asOfAttribute.String(t.UTC().Format(time.RFC3339)) }

// start begins a span.
func (r *recorder) start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	return r.tracer.Start(ctx, name, append([]trace.SpanStartOption{trace.WithAttributes(r.subject...)}, options...)...)
}

// end ends a span. Of an error it has the public reason only. What a caller got wrong does not make the span one that failed.
func end(span trace.Span, err error) {
	defer span.End()
	if errors.Is(err, errChanging) {
		span.SetAttributes(outcomeAttribute.String("unfinished"))
		return
	}
	var public *adapters.Error
	if errors.As(shape(err), &public) {
		reason := public.Reason
		if reason == "" {
			reason = adapters.CodeName(public.Code)
		}
		span.SetAttributes(semconv.ErrorTypeKey.String(reason))
		if public.Code != codes.NotFound && public.Code != codes.InvalidArgument {
			span.SetStatus(otelcodes.Error, reason)
		}
	}
}

// file records what became of a file.
func (r *recorder) file(ctx context.Context, span trace.Span, result *fileRecord) {
	span.SetAttributes(outcomeAttribute.String(result.Outcome), recordsAttribute.Int64(result.Records), quarantinedAttribute.Int64(result.Bad))
	subject := metric.WithAttributes(r.subject...)
	if result.Outcome == outcomeRefused {
		span.SetStatus(otelcodes.Error, "refused")
		r.refused.Add(ctx, 1, subject)
	}
	if result.Bad > 0 && (result.Outcome == outcomeServed || result.Outcome == outcomeRefused) {
		r.quarantined.Add(ctx, result.Bad, subject)
	}
}

// observe publishes what waits and how old what is served is, read whenever the metrics are.
func (b *backend) observe(options adapters.Options) error {
	meter := options.MeterProvider.Meter(instrumentation)
	pending, err := meter.Int64ObservableGauge("postern.batch.submissions.pending", metric.WithUnit("{submission}"),
		metric.WithDescription("Submissions that are in no file yet."))
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	age, err := meter.Float64ObservableGauge("postern.batch.snapshot.age", metric.WithUnit("s"),
		metric.WithDescription("Time since the data that is being served was true."))
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	registration, err := meter.RegisterCallback(func(ctx context.Context, observer metric.Observer) error {
		for _, x := range b.extracts {
			if current, err := x.acquire(); err == nil {
				observer.ObserveFloat64(age, time.Since(current.Info().AsOf).Seconds(), metric.WithAttributes(x.recorder.subject...))
				x.release(current)
			}
		}
		var failed error
		for _, s := range b.submissions {
			n, err := s.pending(ctx)
			if err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			observer.ObserveInt64(pending, n, metric.WithAttributes(s.recorder.subject...))
		}
		return failed
	}, pending, age)
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	b.unobserve = registration.Unregister
	return nil
}

// pending counts the submissions in the queue.
func (s *submissions) pending(ctx context.Context) (int64, error) {
	var n int64
	err := s.store.View(ctx, func(tx adapters.Tx) error {
		n = 0
		for _, err := range tx.Scan(s.key("queue", ""), "") {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("counting the queue: %w", err)
	}
	return n, nil
}
