package batch

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// maxLinks is how many spans one span is linked to, which is fewer than what exporters cut off at.
const maxLinks = 100

// spanOf names the span of a context, to be linked to by one that comes later; empty if it is not recorded.
func spanOf(ctx context.Context) string {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsSampled() {
		return ""
	}
	return span.TraceID().String() + "-" + span.SpanID().String()
}

// traceOf is the trace of a span that spanOf named.
func traceOf(span string) string {
	traceID, _, _ := strings.Cut(span, "-")
	return traceID
}

// withSpan adds a span to those that will be linked to, unless it is there or they are enough.
func withSpan(spans []string, span string) []string {
	if span == "" || len(spans) == maxLinks || slices.Contains(spans, span) {
		return spans
	}
	return append(spans, span)
}

// linked links a span to others that spanOf named.
func linked(spans ...string) trace.SpanStartOption { return trace.WithLinks(linksTo(spans)...) }

// madeBy is the link to the run that made a snapshot; none if that run was not traced.
func madeBy(s *snapshot.Snapshot) []trace.Link {
	var run struct {
		Span string `json:"span"`
	}
	if json.Unmarshal(s.Note(), &run) != nil {
		return nil // a snapshot without a note is read all the same
	}
	return linksTo([]string{run.Span})
}

// tell says in a span which snapshot was read, and links it to the run that made that.
func (l *lease) tell(span trace.Span) {
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(asOf(l.Info().AsOf))
	for _, link := range l.madeBy {
		span.AddLink(link)
	}
}

// linksTo makes the links. Names that are none are passed over.
func linksTo(spans []string) []trace.Link {
	var links []trace.Link
	for _, name := range spans {
		traceText, spanText, _ := strings.Cut(name, "-")
		traceID, err := trace.TraceIDFromHex(traceText)
		if err != nil {
			continue
		}
		spanID, err := trace.SpanIDFromHex(spanText)
		if err != nil {
			continue
		}
		links = append(links, trace.Link{
			SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled, Remote: true}),
		})
	}
	return links
}
