package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// A scan that is given up, or whose reader, disk or caller fails, ends with that error, after the records in front of it were taken in order.
func TestScanEnds(t *testing.T) {
	t.Parallel()
	const length, total = 16, 100_000
	page, err := record.LookUpCodePage("ascii")
	if err != nil {
		t.Fatal(err)
	}
	book, err := copybook.Parse("r.cpy", []byte("       01 R PIC X(16).\n"), copybook.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := record.Compile(book.Records[0], record.Options{CodePage: page})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the line is down")
	content := bytes.Repeat([]byte("0123456789ABCDEF"), total)
	for name, test := range map[string]struct {
		source io.Reader
		stop   func(cancel context.CancelCauseFunc, taken int64) error
		want   error
		taken  func(int64) bool
	}{
		"whole":        {bytes.NewReader(content), nil, nil, func(n int64) bool { return n == total }},
		"broken line":  {io.MultiReader(bytes.NewReader(content[:50_000*length]), iotest.ErrReader(broken)), nil, broken, func(n int64) bool { return n == 50_000 }},
		"full disk":    {bytes.NewReader(content), func(_ context.CancelCauseFunc, n int64) error { return failAt(n, 30_000, broken) }, broken, func(n int64) bool { return n == 30_000 }},
		"no one waits": {bytes.NewReader(content), func(cancel context.CancelCauseFunc, n int64) error { return cancelAt(n, 30_000, cancel, broken) }, broken, func(n int64) bool { return n >= 30_000 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var taken int64
			s := &scanner{
				envelope: &envelope{file: &fileLayout{length: length}, layout: layout},
				onDetail: func(r framing.Record, _ []byte) error {
					if taken++; r.Number != taken || r.Offset != length*(taken-1) {
						return errors.New("out of order")
					}
					if test.stop == nil {
						return nil
					}
					return test.stop(cancel, taken)
				},
			}
			if _, err := s.scan(ctx, test.source); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if !test.taken(taken) {
				t.Errorf("%d records were taken", taken)
			}
		})
	}
}

// A block of short records is bounded by their number: what is known of each takes more memory than it does.
func TestBlocksOfShortRecords(t *testing.T) {
	t.Parallel()
	reader := framing.Lines(bytes.NewReader(bytes.Repeat([]byte("a\n"), 2*blockRecords+1)), false)
	b := &block{}
	for _, want := range []int{blockRecords, blockRecords, 1} {
		b.fill(reader)
		if len(b.records) != want || len(b.data) != want {
			t.Errorf("a block of %d records and %d bytes, want %d", len(b.records), len(b.data), want)
		}
	}
	if !errors.Is(b.err, io.EOF) {
		t.Errorf("behind the last: %v", b.err)
	}
}

func failAt(n, at int64, err error) error {
	if n == at {
		return err
	}
	return nil
}

func cancelAt(n, at int64, cancel context.CancelCauseFunc, cause error) error {
	if n == at {
		cancel(cause)
	}
	return nil
}

// A countingReader knows how many bytes have been read of it.
type countingReader struct {
	io.Reader
	read atomic.Int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read.Add(int64(n))
	return n, err
}

// Of long records, no more are read ahead than one, however many cores there are.
func TestLongRecordsAreReadOneByOne(t *testing.T) {
	t.Parallel()
	const length, total = 2 << 20, 24
	page, err := record.LookUpCodePage("ascii")
	if err != nil {
		t.Fatal(err)
	}
	book, err := copybook.Parse("r.cpy", fmt.Appendf(nil, "       01 R PIC X(%d).\n", length), copybook.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := record.Compile(book.Records[0], record.Options{CodePage: page})
	if err != nil {
		t.Fatal(err)
	}
	source := &countingReader{Reader: bytes.NewReader(bytes.Repeat([]byte("0123456789ABCDEF"), length/16*total))}
	taken := int64(0)
	s := &scanner{
		envelope: &envelope{file: &fileLayout{length: length}, layout: layout},
		onDetail: func(r framing.Record, _ []byte) error {
			taken++
			if ahead := source.read.Load() - r.Offset - length; ahead > length {
				t.Errorf("%d bytes are read ahead of record %d", ahead, r.Number)
			}
			if r.Number != taken || !bytes.HasSuffix(r.Data, []byte("9ABCDEF")) || len(r.Data) != length {
				t.Errorf("record %d of %d bytes comes as the one of place %d", r.Number, len(r.Data), taken)
			}
			return nil
		},
	}
	if found, err := s.scan(t.Context(), source); err != nil || found.details != total {
		t.Errorf("%d details (%v), want %d", found.details, err, total)
	}
}
