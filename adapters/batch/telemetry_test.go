package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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
	options := s.options()
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
					found[fmt.Sprint(m.Name, point.Attributes.ToSlice()[1].Value.String())] = float64(point.Value)
				}
			case metricdata.Gauge[int64]:
				for _, point := range data.DataPoints {
					found[fmt.Sprint(m.Name, point.Attributes.ToSlice()[1].Value.String())] = float64(point.Value)
				}
			case metricdata.Gauge[float64]:
				for _, point := range data.DataPoints {
					found[fmt.Sprint(m.Name, point.Attributes.ToSlice()[1].Value.String())] = point.Value
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
	options := s.options()
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
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if age := got["postern.batch.snapshot.ageclaims"]; age < 365*24*3600 {
		t.Errorf("the snapshot is %v seconds old, want more than a year", age)
	}
	closeBackend(t, backend)
	if got := measurements(t, reader); got["postern.batch.snapshot.ageclaims"] != 0 || got["postern.batch.submissions.pendingchanges"] != 0 {
		t.Errorf("a closed back end is still observed: %v", got)
	}
}
