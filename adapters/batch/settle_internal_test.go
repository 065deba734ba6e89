package batch

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A file that is still being written is not refused for being unfinished, and one that is left so is.
func TestUnfinishedFilesAreNotRefusedAtOnce(t *testing.T) {
	t.Parallel()
	in := t.TempDir()
	copybook, err := filepath.Abs(filepath.Join("testdata", "claims.cpy"))
	if err != nil {
		t.Fatal(err)
	}
	config := &configv1.BatchBackend{Kind: "batch", Poll: durationpb.New(time.Hour), Extracts: []*configv1.BatchExtract{{
		Plural: "claims", Singular: "claim",
		Layout:  &configv1.BatchLayout{Source: &configv1.BatchLayout_Copybook{Copybook: copybook}, Record: "CLAIM-RECORD"},
		Inbox:   &configv1.BatchInbox{Directory: in, Pattern: "*"},
		Trailer: &configv1.BatchTrailer{Record: "CLAIM-TRAILER", When: &configv1.BatchCondition{Field: "REC-TYPE", Equals: proto.String("T")}},
		Key:     []string{"CLAIM-REF"},
	}}}
	opened, err := Adapter{}.Open(t.Context(), config, adapters.Options{
		Name: "benefits", DataDir: t.TempDir(), Store: adaptertest.NewStore(), Logger: slog.New(slog.DiscardHandler),
		TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(),
	})
	if err != nil {
		t.Fatal(err)
	}
	b := opened.(*backend)
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	path := filepath.Join(in, "CLAIMS.1")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ahead := time.Now().Add(time.Hour) // so that how long the test takes does not matter
	if err := os.Chtimes(path, ahead, ahead); err != nil {
		t.Fatal(err)
	}
	next, err := b.workers[0].once(t.Context(), false)
	if got := lastOutcome(b.extracts[0]); err != nil || next != settleTime || got != "" {
		t.Errorf("next in %v (%v), outcome %q; want another look at the file in %v", next, err, got, settleTime)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	if _, err := b.workers[0].once(t.Context(), false); err != nil || lastOutcome(b.extracts[0]) != outcomeRefused {
		t.Errorf("the file that was left alone: %q (%v), want it refused", lastOutcome(b.extracts[0]), err)
	}
}

// lastOutcome is what became of the newest file; empty if none was dealt with.
func lastOutcome(x *extract) string {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.lastFile == nil {
		return ""
	}
	return x.lastFile.Outcome
}
