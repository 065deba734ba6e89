package batch

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// rates is an extract of a CSV file, with what outlives its back end.
type rates struct {
	config  *configv1.BatchBackend
	options adapters.Options
}

func newRates(t *testing.T) *rates {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o750); err != nil {
		t.Fatal(err)
	}
	return &rates{
		config: &configv1.BatchBackend{Kind: "batch", Poll: durationpb.New(time.Hour), Extracts: []*configv1.BatchExtract{{
			Plural: "rates", Singular: "rate", Key: []string{"id"}, Keep: 3,
			Layout: &configv1.BatchLayout{Source: &configv1.BatchLayout_Delimited{Delimited: &configv1.BatchDelimited{
				Columns: []*configv1.BatchColumn{{Name: "id"}, {Name: "value", Type: "decimal"}},
			}}},
			Inbox: &configv1.BatchInbox{Directory: "in", Pattern: "R*"},
		}}},
		options: adapters.Options{
			Name: "rates", Dir: dir, DataDir: t.TempDir(), Store: adaptertest.NewStore(), Logger: slog.New(slog.DiscardHandler),
			TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: noop.NewMeterProvider(),
		},
	}
}

// day is when the n-th file was written.
func day(n int) time.Time { return time.Date(2026, 11, n, 6, 0, 0, 0, time.UTC) }

// write puts the n-th file into the inbox.
func (r *rates) write(t *testing.T, n int, content string) {
	t.Helper()
	path := filepath.Join(r.options.Dir, "in", fmt.Sprint("R", n))
	if err := errors.Join(os.WriteFile(path, []byte(content), 0o600), os.Chtimes(path, day(n), day(n))); err != nil {
		t.Fatal(err)
	}
}

func (r *rates) open(t *testing.T) *extract {
	t.Helper()
	opened, err := Adapter{}.Open(t.Context(), r.config, r.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened.(*backend).extracts[0]
}

func (r *rates) pass(t *testing.T, x *extract) {
	t.Helper()
	if _, err := x.worker.once(t.Context(), true); err != nil {
		t.Fatal(err)
	}
}

// content is the records of a snapshot; the error's text if there is none.
func content(x *extract, l *lease, err error) string {
	if err != nil {
		return err.Error()
	}
	defer x.release(l)
	var all []string
	for i := range l.Index(0).Len() {
		_, ordinal := l.Index(0).Entry(i)
		all = append(all, string(l.Record(ordinal)))
	}
	return strings.Join(all, " ")
}

func inForce(x *extract) string {
	l, err := x.acquire()
	return content(x, l, err)
}

func TestSnapshotsAreKept(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	x := r.open(t)
	for n := 1; n <= 4; n++ {
		r.write(t, n, fmt.Sprintf("a,%d\n", n))
		r.pass(t, x)
	}
	check := func(x *extract) {
		t.Helper()
		for at, want := range map[time.Time]string{
			day(1): errNotKept.Error(), day(2): "a,2", day(3).Add(-time.Second): "a,2", day(3): "a,3", day(9): "a,4",
		} {
			l, err := x.acquireAsOf(at)
			if got := content(x, l, err); got != want {
				t.Errorf("as of %v: %s, want %s", at, got, want)
			}
		}
		if kept := x.keptSnapshots(); len(kept) != 3 || !kept[0].InForce || kept[0].Source != "R4" || kept[2].Source != "R2" {
			t.Errorf("kept: %+v", kept)
		}
	}
	check(x)
	check(r.open(t)) // after a restart
	entries, err := os.ReadDir(x.directory)
	if err != nil || len(entries) != 3 {
		t.Errorf("the directory holds %v (%v)", entries, err)
	}
}

// Two processes on the same directory may make a snapshot of the same file each. It counts once.
func TestSnapshotOfTheSameDataIsKeptOnce(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	x := r.open(t)
	for n := 1; n <= 3; n++ {
		r.write(t, n, fmt.Sprintf("a,%d\n", n))
		r.pass(t, x)
	}
	third, err := os.ReadFile(x.snapshotPath(3))
	if err := errors.Join(err, os.WriteFile(x.snapshotPath(4), third, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := x.adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		l, err := x.acquireAsOf(day(n))
		if got, want := content(x, l, err), fmt.Sprint("a,", n); got != want {
			t.Errorf("as of day %d: %s, want %s", n, got, want)
		}
	}
	if kept := x.keptSnapshots(); len(kept) != 3 {
		t.Errorf("kept: %+v", kept)
	}
}

// What has been rolled back stays so, after a restart and on other gateways, until newer data comes; then it is still not what was in force.
func TestRollBack(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	x := r.open(t)
	for n := 1; n <= 3; n++ {
		r.write(t, n, fmt.Sprintf("a,%d\n", n))
		r.pass(t, x)
	}
	kept := x.keptSnapshots()
	reader, err := x.acquire()
	if err != nil {
		t.Fatal(err)
	}
	if err := x.rollBack(t.Context(), kept[1].Name); err != nil {
		t.Fatal(err)
	}
	if got := content(x, reader, nil); got != "a,3" {
		t.Errorf("who was reading reads %s", got)
	}
	r.pass(t, x)
	again := r.open(t)
	r.pass(t, again)
	other := *r
	other.options.DataDir = t.TempDir()
	elsewhere := other.open(t)
	r.pass(t, elsewhere)
	for name, x := range map[string]*extract{"itself": x, "after a restart": again, "another gateway": elsewhere} {
		if got := inForce(x); got != "a,2" {
			t.Errorf("%s serves %s, want a,2", name, got)
		}
		l, err := x.acquireAsOf(day(3))
		if got := content(x, l, err); got != "a,2" {
			t.Errorf("%s serves %s as of the day that was taken out, want a,2", name, got)
		}
	}
	if err := again.rollBack(t.Context(), kept[0].Name); err != nil || inForce(again) != "a,3" {
		t.Errorf("forward again: %s (%v)", inForce(again), err)
	}
	if err := again.rollBack(t.Context(), kept[1].Name); err != nil {
		t.Fatal(err)
	}
	r.write(t, 4, "a,4\n")
	r.pass(t, again)
	l, err := again.acquireAsOf(day(3))
	if asOf := content(again, l, err); inForce(again) != "a,4" || asOf != "a,2" {
		t.Errorf("newer data: %s, and %s the day before; want a,4 and a,2", inForce(again), asOf)
	}
	if err := x.rollBack(t.Context(), "none"); !errors.Is(err, errNoSnapshot) {
		t.Errorf("a hash that is none: %v", err)
	}
}

// A snapshot whose run has been forgotten since, for many later ones, is not taken for one of an unrecorded run.
func TestForgottenRunsStaySo(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	x := r.open(t)
	r.write(t, 1, "a,1\n")
	r.pass(t, x)
	const latest = "20991231T000000.000000000-00000000"
	err := x.inbox.store.Update(t.Context(), func(tx adapters.Tx) error {
		return errors.Join(tx.Put(x.inbox.latestKey(), []byte(latest)), x.inbox.rememberMany(tx))
	})
	if err != nil {
		t.Fatal(err)
	}
	again := r.open(t)
	r.pass(t, again)
	if got, err := again.latest(t.Context()); got != latest || err != nil || inForce(again) != "a,1" {
		t.Errorf("the latest run is %s (%v), and served is %s", got, err, inForce(again))
	}
}

// rememberMany makes as many runs as are remembered.
func (b *inbox) rememberMany(tx adapters.Tx) error {
	for n := range maxRuns {
		if err := b.rememberRun(tx, &fileRecord{Name: "R2", Outcome: outcomeRefused, Started: time.Now().Add(time.Duration(n) * time.Second)}); err != nil {
			return err
		}
	}
	return nil
}

// What is needed to serve the file in force elsewhere is remembered, however many files have been refused since.
func TestReplaysOfWhatIsInForceAreRemembered(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	r.config.Extracts[0].MaxBadShare = proto.Float64(0.5)
	x := r.open(t)
	r.write(t, 1, "a,1\nb,x\nc,3\n")
	r.pass(t, x)
	runs, err := x.inbox.runs(t.Context())
	if err != nil || len(runs) != 1 || runs[0].Outcome != outcomeServed {
		t.Fatalf("%d runs, the first %+v (%v)", len(runs), runs[0], err)
	}
	if _, err := x.replay(t.Context(), runs[0], map[int64][]byte{2: []byte("b,2")}); err != nil {
		t.Fatal(err)
	}
	if err := x.inbox.store.Update(t.Context(), x.inbox.rememberMany); err != nil {
		t.Fatal(err)
	}
	other := *r
	other.options.DataDir = t.TempDir()
	elsewhere := other.open(t)
	r.pass(t, elsewhere)
	if got := inForce(elsewhere); got != "a,1 b,2 c,3" {
		t.Errorf("a gateway that came later serves %s, want what was replayed too", got)
	}
}

// A gateway that has said nothing for long is forgotten, and one that still reads is not.
func TestReadersAreForgotten(t *testing.T) {
	t.Parallel()
	r := newRates(t)
	r.config.Extracts[0].Inbox.After = afterDelete
	x := r.open(t)
	err := x.inbox.store.Update(t.Context(), func(tx adapters.Tx) error {
		return errors.Join(put(tx, x.readerKey("gone"), reading{Until: time.Now().Add(-time.Second)}), put(tx, x.readerKey("slow"), reading{Until: time.Now().Add(time.Hour)}))
	})
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, 1, "a,1\n") // of which it tells, however far its first look has come
	r.pass(t, x)
	var known []string
	err = x.inbox.store.View(t.Context(), func(tx adapters.Tx) error {
		known = nil
		for stored, err := range tx.Scan(x.readerKey(""), "") {
			if err != nil {
				return err
			}
			known = append(known, strings.TrimPrefix(stored.Key, x.readerKey("")))
		}
		return nil
	})
	slices.Sort(known)
	want := []string{x.reader, "slow"}
	slices.Sort(want)
	if err != nil || !slices.Equal(known, want) {
		t.Errorf("known are %v, want %v (%v)", known, want, err)
	}
}
