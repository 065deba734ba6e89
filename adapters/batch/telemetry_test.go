package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/postern-gateway/postern/adapters/batch"
)

// Every step has a span that says how much and when, and none has a value of a record.
func TestSpans(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	recorder := tracetest.NewSpanRecorder()
	options := s.options(t)
	options.TracerProvider = trace.NewTracerProvider(trace.WithSpanProcessor(recorder))
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, settings), options)
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	drain(t, backend)
	for method, request := range map[string]string{"ListClaims": `{"surname": "Doyle"}`, "GetClaim": `{"claimRef": "CL000001"}`} {
		if _, _, err := call(t, backend, method, request); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := call(t, backend, "GetClaim", `{"claimRef": "CL999999"}`); err == nil {
		t.Fatal("a record that is not there was found")
	}
	submit(t, backend, aChange)
	drain(t, backend)
	s.write(t, "in/ACK.1", answers("1", "OK"))
	drain(t, backend)
	s.write(t, "in/CLAIMS.2", []byte("garbage"))
	drain(t, backend)
	closeBackend(t, backend)

	var got []string
	for _, span := range recorder.Ended() {
		line := []string{span.Name()}
		for _, attribute := range span.Attributes() {
			text := attribute.Value.String()
			for _, value := range []string{"CL000001", "C000001", "Doyle", "Riverside"} {
				if strings.Contains(text, value) {
					t.Errorf("span %s, %s holds a value: %s", span.Name(), attribute.Key, text)
				}
			}
			switch attribute.Key {
			case "file.size", "postern.backend", "postern.operation":
			default:
				line = append(line, string(attribute.Key)+"="+text)
			}
		}
		if span.Status().Code == codes.Error {
			line = append(line, "failed: "+span.Status().Description)
		}
		got = append(got, strings.Join(line, " "))
	}
	slices.Sort(got)
	want := []string{
		"accept changes postern.submission=changes",
		"acknowledge changes postern.submission=changes file.name=ACK.1 postern.file.outcome=read postern.file.records=1 postern.file.records.quarantined=0",
		"cut changes postern.submission=changes file.name=CHG.0001 postern.file.records=1",
		"deliver changes postern.submission=changes file.name=CHG.0001 postern.file.records=1",
		"ingest claims postern.extract=claims file.name=CLAIMS.1 postern.file.outcome=served postern.file.records=2 postern.file.records.quarantined=0 postern.snapshot.as_of=2026-11-20T00:00:00Z",
		"ingest claims postern.extract=claims file.name=CLAIMS.2 postern.file.outcome=refused postern.file.records=0 postern.file.records.quarantined=0 failed: refused",
		"snapshot get claims postern.extract=claims postern.snapshot.as_of=2026-11-20T00:00:00Z db.response.returned_rows=1",
		"snapshot get claims postern.extract=claims postern.snapshot.as_of=2026-11-20T00:00:00Z error.type=RECORD_NOT_FOUND",
		"snapshot list claims postern.extract=claims postern.snapshot.as_of=2026-11-20T00:00:00Z db.response.returned_rows=2",
	}
	got = slices.DeleteFunc(got, func(line string) bool { return strings.Contains(line, "=unfinished") }) // a look while the test was still writing
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// subjectOf is the extract or kind of submission that a point is of.
func subjectOf(attributes attribute.Set) string {
	for _, key := range []attribute.Key{"postern.extract", "postern.submission"} {
		if value, ok := attributes.Value(key); ok {
			return value.AsString()
		}
	}
	return ""
}

// measurements reads the metrics of the back end by name and subject.
func measurements(t testing.TB, reader *metric.ManualReader) map[string]float64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]float64)
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					found[fmt.Sprint(m.Name, subjectOf(point.Attributes))] += float64(point.Value)
				}
			case metricdata.Gauge[int64]:
				for _, point := range data.DataPoints {
					found[fmt.Sprint(m.Name, subjectOf(point.Attributes))] = float64(point.Value)
				}
			case metricdata.Histogram[float64]: // how many values it has
				for _, point := range data.DataPoints {
					found[fmt.Sprint(m.Name, subjectOf(point.Attributes))] += float64(point.Count)
				}
			case metricdata.Gauge[float64]:
				for _, point := range data.DataPoints {
					found[fmt.Sprint(m.Name, subjectOf(point.Attributes))] = point.Value
				}
			}
		}
	}
	return found
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	reader := metric.NewManualReader()
	options := s.options(t)
	options.MeterProvider = metric.NewMeterProvider(metric.WithReader(reader))
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, settings), options)
	if err != nil {
		t.Fatal(err)
	}
	claims := manyClaims(10)
	claims[4].born = "19611332"
	s.write(t, "in/CLAIMS.1", extractOf("20201120", claims...))
	s.write(t, "in/ACK.1", []byte("garbage"))
	drain(t, backend)
	drain(t, backend) // what is known is not counted again
	submit(t, backend, aChange)
	submit(t, backend, aChange)
	got := measurements(t, reader)
	for name, want := range map[string]float64{
		"postern.batch.submissions.pendingchanges": 2, "postern.batch.records.quarantinedclaims": 1, "postern.batch.files.refusedchanges": 1,
		"postern.batch.run.durationclaims": 1, "postern.batch.run.durationchanges": 1, "postern.batch.submissions.acceptedchanges": 2, "postern.batch.runsclaims": 1, "postern.batch.runschanges": 1, "postern.batch.records.readclaims": 10,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if age := got["postern.batch.snapshot.ageclaims"]; age < 365*24*3600 {
		t.Errorf("the snapshot is %v seconds old, want more than a year", age)
	}
	if age := got["postern.batch.submissions.oldest.agechanges"]; age <= 0 || age > 600 {
		t.Errorf("the oldest submission is %v seconds old", age)
	}
	drain(t, backend)
	s.write(t, "in/ACK.2", answers("1", "OK", "2", "NO"))
	drain(t, backend)
	got = measurements(t, reader)
	for name, want := range map[string]float64{
		"postern.batch.submissions.pendingchanges": 0, "postern.batch.submissions.oldest.agechanges": 0, "postern.batch.files.deliveredchanges": 1,
		"postern.batch.submissions.answeredchanges": 2, "postern.batch.records.readchanges": 2,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	closeBackend(t, backend)
	if got := measurements(t, reader); got["postern.batch.snapshot.ageclaims"] != 0 || got["postern.batch.submissions.pendingchanges"] != 0 {
		t.Errorf("a closed back end is still observed: %v", got)
	}
}

// A file's spans lead to those of its submissions, an acknowledgement's too; who reads records, to the run that they came with; and a run names its trace.
func TestSpansAreLinked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	recorder := tracetest.NewSpanRecorder()
	options := s.options(t)
	options.TracerProvider = trace.NewTracerProvider(trace.WithSpanProcessor(recorder))
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, settings), options)
	if err != nil {
		t.Fatal(err)
	}
	submit(t, backend, aChange)
	submit(t, backend, aChange)
	drain(t, backend)
	s.write(t, "in/ACK.1", answers("2", "OK"))
	drain(t, backend)
	runs := runsOf(t, backend, "changes")
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	drain(t, backend)
	if _, _, err := call(t, backend, "GetClaim", `{"claimRef":"CL000001"}`); err != nil {
		t.Fatal(err)
	}
	if _, _, err := call(t, backend, "ListClaims", `{}`); err != nil {
		t.Fatal(err)
	}
	closeBackend(t, backend)

	spans := make(map[string][]trace.ReadOnlySpan)
	for _, span := range recorder.Ended() {
		spans[span.Name()] = append(spans[span.Name()], span)
	}
	accepted, ingested := spans["accept changes"], spans["ingest claims"]
	ingested = ingested[max(len(ingested)-1, 0):] // the first looks may have been while the test was still writing
	for name, want := range map[string][]trace.ReadOnlySpan{"cut changes": accepted, "deliver changes": accepted, "acknowledge changes": accepted[1:], "snapshot get claims": ingested, "snapshot list claims": ingested} {
		if len(spans[name]) == 0 {
			t.Fatalf("there is no span %s", name)
		}
		links := spans[name][0].Links()
		if len(links) != len(want) {
			t.Fatalf("%s has %d links, want %d", name, len(links), len(want))
		}
		for i, link := range links {
			if link.SpanContext.SpanID() != want[i].SpanContext().SpanID() || link.SpanContext.TraceID() != want[i].SpanContext().TraceID() {
				t.Errorf("%s: link %d leads to %v, want %v", name, i, link.SpanContext, want[i].SpanContext())
			}
		}
	}
	if want := spans["acknowledge changes"][0].SpanContext().TraceID().String(); len(runs) != 1 || runs[0].GetTraceId() != want {
		t.Errorf("the run %v, want trace %s", runs, want)
	}
}

// Files that wait are counted while they do, and each once as out of sequence, however often it is looked at; files that come late are counted as that.
func TestMetricsOfOrder(t *testing.T) {
	t.Parallel()
	s := newLedger(t)
	reader := metric.NewManualReader()
	options := s.options(t)
	options.MeterProvider = metric.NewMeterProvider(metric.WithReader(reader))
	cutOff := time.Now().Add(-3 * time.Hour).UTC().Format("15:04") // of files that are written two hours later, and more
	yaml := strings.Replace(withLedger("out_of_sequence: hold", `calendar: {cut_off: "`+cutOff+`"}`), "Europe/London", "UTC", 1)
	backend, err := batch.Adapter{}.Open(t.Context(), parse(t, yaml), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBackend(t, backend) })
	check := func(held, outOfSequence, late float64) {
		t.Helper()
		drain(t, backend)
		drain(t, backend)
		got := measurements(t, reader)
		for name, want := range map[string]float64{"extract.held": held, "files.out_of_sequence": outOfSequence, "files.late": late} {
			if value := got["postern.batch."+name+"accounts"]; value != want {
				t.Errorf("%s is %v, want %v", name, value, want)
			}
		}
	}
	for _, number := range []int{1, 4, 5} {
		s.changes(t, fmt.Sprint("LEDGER.", number), number, account{"", 1, "A", 1})
	}
	check(2, 2, 1)
	s.changes(t, "LEDGER.2", 2, account{"", 2, "B", 2})
	check(2, 2, 2)
	s.changes(t, "LEDGER.3", 3, account{"", 3, "C", 3})
	check(0, 2, 5)
}
