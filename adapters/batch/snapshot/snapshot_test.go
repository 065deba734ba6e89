package snapshot_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

var specs = []snapshot.IndexSpec{{Name: "key", Width: 4}, {Name: "group", Width: 2}}

// build writes a snapshot of n records in random order: the key is the number, the group its last two digits.
func build(t testing.TB, path string, n, recordLength int, duplicates ...int) (dropped []uint32) {
	t.Helper()
	w, err := snapshot.NewWriter(path, recordLength, specs)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	numbers := append(random.Perm(n), duplicates...)
	for _, k := range numbers {
		data := fmt.Appendf(nil, "record %08d", k)
		if recordLength == 0 {
			data = append(data, bytes.Repeat([]byte{'x'}, k%5)...)
		}
		key := binary.BigEndian.AppendUint32(nil, uint32(k))
		group := binary.BigEndian.AppendUint16(nil, uint16(k%100))
		if err := w.Add(data, [][]byte{key, group}); err != nil {
			t.Fatal(err)
		}
	}
	err = w.Sort(func(ordinal uint32) error {
		dropped = append(dropped, ordinal)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(snapshot.Info{Layout: "L1", AsOf: time.Unix(1000, 0).UTC(), Source: "f", Hash: "h"}); err != nil {
		t.Fatal(err)
	}
	return dropped
}

func open(t testing.TB, path string) *snapshot.Snapshot {
	t.Helper()
	s, err := snapshot.Open(path, "L1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestReadByKeyAndInOrder(t *testing.T) {
	t.Parallel()
	for _, length := range []int{15, 0} {
		path := filepath.Join(t.TempDir(), "s.snapshot")
		build(t, path, 5000, length)
		s := open(t, path)
		for _, k := range []uint32{0, 1, 2499, 4999} {
			want := fmt.Sprintf("record %08d", k)
			if got := s.Get(binary.BigEndian.AppendUint32(nil, k)); !bytes.HasPrefix(got, []byte(want)) {
				t.Errorf("length %d: key %d is %q, want %q", length, k, got, want)
			}
		}
		if got := s.Get(binary.BigEndian.AppendUint32(nil, 5000)); got != nil {
			t.Errorf("a key that is not there is %q", got)
		}
		for i := range 5000 {
			if key, _ := s.Index(0).Entry(i); binary.BigEndian.Uint32(key) != uint32(i) {
				t.Fatalf("entry %d has the key %x", i, key)
			}
		}
		group := s.Index(1)
		at := group.Seek([]byte{0, 42})
		for i := range 50 {
			key, ordinal := group.Entry(at + i)
			want := fmt.Sprintf("record %08d", 42+100*i)
			if got := s.Record(ordinal); key[1] != 42 || !bytes.HasPrefix(got, []byte(want)) {
				t.Fatalf("place %d of group 42 is %q, want %q", i, got, want)
			}
		}
	}
}

func TestDuplicatesAreLeftOut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.snapshot")
	dropped := build(t, path, 100, 15, 7, 7, 8)
	if got := fmt.Sprint(dropped); got != "[100 101 102]" {
		t.Errorf("dropped %s, want the records behind the first 100", got)
	}
	s := open(t, path)
	if s.Index(0).Len() != 100 || s.Index(1).Len() != 100 {
		t.Errorf("%d and %d entries, want 100 each", s.Index(0).Len(), s.Index(1).Len())
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.snapshot")
	build(t, path, 0, 0)
	s := open(t, path)
	if s.Index(0).Len() != 0 || s.Record(0) != nil || s.Info().Records != 0 {
		t.Errorf("an empty snapshot holds %d records", s.Info().Records)
	}
}

func TestOtherLayoutAndOtherFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.snapshot")
	build(t, path, 10, 15)
	if _, err := snapshot.Open(path, "L2"); !errors.Is(err, snapshot.ErrFormat) {
		t.Errorf("another layout: %v", err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 7 {
		cut := filepath.Join(t.TempDir(), "cut")
		if err := os.WriteFile(cut, whole[:at], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := snapshot.Open(cut, "L1"); err == nil {
			t.Fatalf("a snapshot cut at %d was opened", at)
		}
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	w, err := snapshot.NewWriter(filepath.Join(directory, "s"), 0, specs)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Abort(), w.Abort()); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 0 {
		t.Errorf("left: %v (%v)", entries, err)
	}
}

// Whatever the bytes, opening and reading never panics.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "s.snapshot")
	build(f, path, 3, 0)
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := snapshot.Open(path, "L1")
		if err != nil {
			return
		}
		s.Get([]byte{0, 0, 0, 1})
		for i := range s.Index(0).Len() {
			_, ordinal := s.Index(0).Entry(i)
			s.Record(ordinal)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	directory := b.TempDir()
	for b.Loop() {
		build(b, filepath.Join(directory, "s"), 200_000, 15)
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "s")
	build(b, path, 200_000, 15)
	for b.Loop() {
		s, err := snapshot.Open(path, "L1")
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	path := filepath.Join(b.TempDir(), "s")
	build(b, path, 200_000, 15)
	s := open(b, path)
	key := make([]byte, 4)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		binary.BigEndian.PutUint32(key, uint32(i%200_000))
		if s.Get(key) == nil {
			b.Fatal("a key is missing")
		}
	}
}
