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
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
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
	stateAttribute       = attribute.Key("postern.operation.state")
)

// A recorder makes the spans and counts of one extract or kind of submission.
type recorder struct {
	tracer  trace.Tracer
	subject []attribute.KeyValue // on every span and count
	counts  *batchCounts
}

// batchCounts are the counters of a back end.
type batchCounts struct {
	runs, records, quarantined, refused, late, outOfSequence, accepted, delivered, answered metric.Int64Counter
	took                                                                                    metric.Float64Histogram // seconds
}

// tookBounds are those of the buckets of runs' times: from a file of a few records to one of many gigabytes.
var tookBounds = []float64{0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600}

func newCounts(meter metric.Meter) (*batchCounts, error) {
	c := &batchCounts{}
	var failed error
	for _, one := range []struct {
		into                    *metric.Int64Counter
		name, unit, description string
	}{
		{&c.runs, "postern.batch.runs", "{run}", "Looks at files that came in, by what came of them."},
		{&c.records, "postern.batch.records.read", "{record}", "Records of files that were put in force or applied."},
		{&c.quarantined, "postern.batch.records.quarantined", "{record}", "Records of extracts that could not be used."},
		{&c.refused, "postern.batch.files.refused", "{file}", "Extracts and acknowledgements that could not be used."},
		{&c.late, "postern.batch.files.late", "{file}", "Extracts that were put in force and came behind the cut-off of their calendar."},
		{&c.outOfSequence, "postern.batch.files.out_of_sequence", "{file}", "Extracts that were put in force or held back, whose number was not the next one."},
		{&c.accepted, "postern.batch.submissions.accepted", "{submission}", "Submissions that were stored."},
		{&c.delivered, "postern.batch.files.delivered", "{file}", "Files of submissions that this gateway delivered."},
		{&c.answered, "postern.batch.submissions.answered", "{submission}", "Submissions that an acknowledgement has ended, by their last state."},
	} {
		var err error
		*one.into, err = meter.Int64Counter(one.name, metric.WithUnit(one.unit), metric.WithDescription(one.description))
		failed = errors.Join(failed, err)
	}
	var err error
	c.took, err = meter.Float64Histogram("postern.batch.run.duration", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(tookBounds...),
		metric.WithDescription("How long looks at files took, by what came of them."))
	if failed = errors.Join(failed, err); failed != nil {
		return nil, fmt.Errorf("making the metrics: %w", failed)
	}
	return c, nil
}

// add counts for the recorder's subject.
func (r *recorder) add(ctx context.Context, counter metric.Int64Counter, n int64, attributes ...attribute.KeyValue) {
	counter.Add(ctx, n, metric.WithAttributes(append(attributes, r.subject...)...))
}

// recorders makes a recorder for each extract and kind of submission.
func (b *backend) recorders(options adapters.Options) error {
	meter := options.MeterProvider.Meter(instrumentation)
	counts, err := newCounts(meter)
	if err != nil {
		return err
	}
	tracer := options.TracerProvider.Tracer(instrumentation)
	of := func(subject attribute.KeyValue) *recorder {
		return &recorder{tracer: tracer, subject: []attribute.KeyValue{backendAttribute.String(options.Name), subject}, counts: counts}
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
	r.add(ctx, r.counts.runs, 1, outcomeAttribute.String(result.Outcome))
	r.counts.took.Record(ctx, result.Ended.Sub(result.Started).Seconds(), metric.WithAttributes(append(r.subject[:len(r.subject):len(r.subject)], outcomeAttribute.String(result.Outcome))...))
	if result.Outcome == outcomeRefused {
		span.SetStatus(otelcodes.Error, "refused")
		r.add(ctx, r.counts.refused, 1)
	}
	if result.Outcome == outcomeServed || result.Outcome == outcomeRead {
		r.add(ctx, r.counts.records, result.Records)
	}
	if result.Bad > 0 && (result.Outcome == outcomeServed || result.Outcome == outcomeRefused) {
		r.add(ctx, r.counts.quarantined, result.Bad)
	}
}

// order counts a file that is late, or not in sequence; one that waits is counted when it is first held back.
func (r *recorder) order(ctx context.Context, result *fileRecord, late time.Duration) {
	if late > 0 {
		r.add(ctx, r.counts.late, 1)
	}
	if result.Gap || result.Outcome == outcomeHeld && result.Number != nil && !result.recorded {
		r.add(ctx, r.counts.outOfSequence, 1)
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
	oldest, err := meter.Float64ObservableGauge("postern.batch.submissions.oldest.age", metric.WithUnit("s"),
		metric.WithDescription("Time since the oldest submission that is in no file yet was taken; 0 if there is none."))
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	missing, err := meter.Int64ObservableGauge("postern.batch.extract.missing", metric.WithUnit("{file}"),
		metric.WithDescription("Files that were due by the calendar, and have not come."))
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	held, err := meter.Int64ObservableGauge("postern.batch.extract.held", metric.WithUnit("{file}"),
		metric.WithDescription("Files that wait for those that come before them."))
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	registration, err := meter.RegisterCallback(func(ctx context.Context, observer metric.Observer) error {
		for _, x := range b.extracts {
			if x.expected != nil {
				observer.ObserveInt64(missing, int64(len(x.missingFiles())), metric.WithAttributes(x.recorder.subject...))
			}
			x.mu.Lock()
			waiting := len(x.waiting)
			x.mu.Unlock()
			observer.ObserveInt64(held, int64(waiting), metric.WithAttributes(x.recorder.subject...))
			if current, err := x.acquire(); err == nil {
				observer.ObserveFloat64(age, time.Since(current.Info().AsOf).Seconds(), metric.WithAttributes(x.recorder.subject...))
				x.release(current)
			}
		}
		var failed error
		for _, s := range b.submissions {
			n, since, err := s.pending(ctx)
			if err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			observer.ObserveInt64(pending, n, metric.WithAttributes(s.recorder.subject...))
			observer.ObserveFloat64(oldest, since.Seconds(), metric.WithAttributes(s.recorder.subject...))
		}
		return failed
	}, pending, age, oldest, missing, held)
	if err != nil {
		return fmt.Errorf("making the metrics: %w", err)
	}
	b.unobserve = registration.Unregister
	return nil
}

// pending counts the submissions in the queue, and says how long the oldest has been there.
func (s *submissions) pending(ctx context.Context) (n int64, oldest time.Duration, err error) {
	shown := &adminv1.Submission{}
	err = s.store.View(ctx, func(tx adapters.Tx) error {
		shown = &adminv1.Submission{}
		return s.countQueue(tx, shown)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("counting the queue: %w", err)
	}
	if since := shown.GetOldestQueuedAt(); since != nil {
		oldest = max(s.now().Sub(since.AsTime()), 0)
	}
	return shown.GetQueued(), oldest, nil
}
