package batch

import (
	"context"
	"runtime"
	"sync"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

const (
	// blockBytes is how much of a file one goroutine examines at a time. A longer record is a block of its own.
	blockBytes = 256 << 10
	// blockRecords is how many records a block has at most: what is known of a short record takes more memory than the record.
	blockRecords = 4096
	// longBlock is how many bytes a block has that is only so long because of one record. There is one of them at a time, so that they do not take memory for each core.
	longBlock = 4 * blockBytes
	// maxExaminers is how many goroutines examine records at most: beyond it, reading and writing take longer than that.
	maxExaminers = 8
)

// A kind is what a record is, by the conditions of the envelope.
type kind uint8

const (
	detailKind kind = iota
	headerKind
	trailerKind
)

// A verdict is what is found out about a record by looking at it alone.
type verdict struct {
	kind     kind
	err      error  // of a detail
	prepared []byte // of a good detail
}

// A block is a run of records of a file.
type block struct {
	records []framing.Record
	data    []byte // of the records, one behind the other
	err     error  // that the file ends with behind them; io.EOF if it is all right
	// The rest is set by an examiner. Behind a header or trailer there is one more verdict at most, which says nothing of its record.
	verdicts []verdict
	sums     []sum // of the details in front of a trailer
	prepared []byte
	examined chan struct{}
	taken    chan struct{} // is told of a long block
}

// isLong reports whether nothing is read behind the block before it has been taken.
func (b *block) isLong() bool { return len(b.data) > longBlock }

// blocks reads the rest of a file in blocks, which several goroutines examine, and takes them in the order of the file. The error is io.EOF at the file's end.
func (s *scanner) blocks(ctx context.Context, reader framing.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	examiners := min(runtime.GOMAXPROCS(0), maxExaminers)
	count := 2*examiners + 2 // so that nobody waits for long; and no channel is ever full
	free, work, inOrder := make(chan *block, count), make(chan *block, count), make(chan *block, count)
	for range count {
		free <- &block{examined: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
	}
	for range examiners {
		group.Go(func() {
			x := newExaminer(s)
			for b := range work {
				x.examine(b)
				b.examined <- struct{}{}
			}
		})
	}
	group.Go(func() {
		defer close(inOrder)
		defer close(work)
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case b := <-free:
				b.fill(reader)
				ended, long, taken := b.err != nil, b.isLong(), b.taken // from here on the block is others'
				work <- b
				inOrder <- b
				if ended {
					return
				}
				if long {
					select {
					case <-ctx.Done():
					case <-taken:
					}
				}
			}
		}
	})
	for b := range inOrder {
		<-b.examined
		if ctx.Err() != nil {
			break
		}
		if err := s.take(b); err != nil {
			return err
		}
		if b.isLong() {
			*b = block{examined: b.examined, taken: b.taken} // what it grew to is not kept
			b.taken <- struct{}{}
		}
		free <- b
	}
	return context.Cause(ctx)
}

// fill reads the next records.
func (b *block) fill(reader framing.Reader) {
	b.records, b.data = b.records[:0], b.data[:0]
	for b.err == nil && len(b.data) < blockBytes && len(b.records) < blockRecords {
		var r framing.Record
		if r, b.err = next(reader); b.err == nil {
			start := len(b.data)
			b.data = append(b.data, r.Data...) // which may move it; what has been cut off it stays
			r.Data = b.data[start:len(b.data):len(b.data)]
			b.records = append(b.records, r)
		}
	}
}

// An examiner looks at records, each of them alone. It is for one goroutine.
type examiner struct {
	*scanner // of which nothing is changed
	decoder  *record.Decoder
	value    record.Value
}

func newExaminer(s *scanner) *examiner {
	return &examiner{scanner: s, decoder: s.envelope.layout.NewDecoder()}
}

// examine sets the verdicts and sums of a block.
func (x *examiner) examine(b *block) {
	b.verdicts, b.prepared = b.verdicts[:0], b.prepared[:0]
	b.sums = make([]sum, len(x.envelope.totals))
	for i, r := range b.records {
		found := x.look(b, r.Data)
		b.verdicts = append(b.verdicts, found)
		if found.kind != detailKind {
			if i+1 < len(b.records) {
				b.verdicts = append(b.verdicts, verdict{})
			}
			return
		}
	}
}

func (x *examiner) look(b *block, data []byte) verdict {
	e := x.envelope
	switch {
	case e.header.is(data, &x.value):
		return verdict{kind: headerKind}
	case e.trailer.is(data, &x.value):
		return verdict{kind: trailerKind}
	}
	for i := range e.totals {
		b.sums[i].take(e.records, data, &e.totals[i], &x.value)
	}
	if e.assembly != nil {
		return verdict{} // it is judged once it has been assembled
	}
	start := len(b.prepared)
	var err error
	b.prepared, err = x.judge(b.prepared, data)
	return verdict{err: err, prepared: b.prepared[start:]}
}

// judge decodes the whole record, so that a bad one is found now and not when it is asked for, and appends what is prepared of a good one.
func (x *examiner) judge(to, data []byte) ([]byte, error) {
	if d := x.envelope.detail; d != nil && !d.Matches(x.envelope.layout, data, &x.value) {
		return to, &badRecord{reason: "the record is of none of the known kinds"}
	}
	if err := x.decoder.Check(data); err != nil || x.prepare == nil {
		return to, err
	}
	return x.prepare(to, data, &x.value)
}
