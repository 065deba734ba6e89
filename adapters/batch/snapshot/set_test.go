package snapshot_test

import (
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

func TestSet(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, spread := range []int64{1, 7, 100_000} {
		var set snapshot.Set
		want := []int64{}
		for n := int64(5); len(want) < 10_000; n += 1 + random.Int64N(spread) {
			want = append(want, n)
		}
		for _, i := range random.Perm(len(want)) {
			set.Add(want[i])
			set.Add(want[i])
		}
		if set.Len() != int64(len(want)) || set.At(-1) != -1 || set.At(set.Len()) != -1 {
			t.Fatalf("%d members, want %d", set.Len(), len(want))
		}
		for i, n := range want {
			_, next := slices.BinarySearch(want, n+1)
			if got := set.At(int64(i)); got != n || !set.Has(n) || set.Has(n+1) != next {
				t.Fatalf("member %d is %d, want %d", i, got, n)
			}
		}
	}
	var empty snapshot.Set
	if empty.Has(0) || empty.Has(1000) || empty.At(0) != -1 {
		t.Error("the empty set has members")
	}
}

// A file of one record again and again takes no memory for what is left out. It is not parallel, since it counts what is allocated.
func TestManyDuplicatesInFlatMemory(t *testing.T) { //nolint:paralleltest // see above
	const records = 400_000
	w, err := snapshot.NewWriter(filepath.Join(t.TempDir(), "s.snapshot"), 4, specs)
	if err != nil {
		t.Fatal(err)
	}
	for range records {
		if err := w.Add([]byte("same"), [][]byte{[]byte("key1"), []byte("gr")}); err != nil {
			t.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	left := 0
	if err := w.Sort(func(uint32) error { left++; return nil }); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if left != records-1 {
		t.Errorf("%d records are left out, want %d", left, records-1)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20 {
		t.Errorf("%d bytes were allocated for %d records", allocated, records)
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
}
