package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// An envelope is the kind of a file: how its records look, and what stands around them.
type envelope struct {
	file     *fileLayout
	records  *record.Layout    // as the file has them, but for header and trailer
	layout   *record.Layout    // of the details, which are made of records where they are assembled
	assembly *layout.Assembly  // nil where each record is a detail
	detail   *record.Condition // nil for every record that is nothing else
	header   *edge
	date     *record.Field // in the header
	number   *record.Field // in the header
	trailer  *edge
	count    *record.Field // in the trailer
	totals   []controlTotal
}

// assemble finds out what details are made of.
func (e *envelope) assemble(segments *layout.Segments) {
	e.layout, e.assembly = e.records, layout.NewAssembly(e.records, segments)
	if e.assembly != nil {
		e.layout = e.assembly.Layout()
	}
}

// detailLength is the length of every detail, or 0 if they differ.
func (e *envelope) detailLength() int {
	if e.assembly != nil && e.assembly.Joins() {
		return 0
	}
	return e.file.fixedLength()
}

// An edge is a header or trailer.
type edge struct {
	layout *record.Layout
	when   *record.Condition
}

func (e *edge) layoutOrNil() *record.Layout {
	if e == nil {
		return nil
	}
	return e.layout
}

func (e *edge) is(data []byte, value *record.Value) bool {
	return e != nil && e.when.Matches(e.layout, data, value)
}

// A fileError is why a whole file is refused.
type fileError struct{ reason string }

func (e *fileError) Error() string { return e.reason }

func refuse(format string, arguments ...any) error {
	return &fileError{reason: fmt.Sprintf(format, arguments...)}
}

// A badRecord is why one record is.
type badRecord struct{ reason string }

func (e *badRecord) Error() string { return e.reason }

// scanResult is what a scan found.
type scanResult struct {
	records int64 // of the file, without header and trailer
	details int64
	bad     int64
	date    time.Time // of the header; zero without one
	number  *int64    // of the header; nil without one
}

// A scanner reads one file. Its functions may be nil.
type scanner struct {
	envelope *envelope
	// onHeader is called once the header has been read; an error ends the scan.
	onHeader func(scanResult) error
	// prepare appends what onDetail needs of a good record. A badRecord makes it a bad one. It is called on several goroutines, each with a value of its own.
	prepare func(to, data []byte, value *record.Value) ([]byte, error)
	// onDetail takes a good record, and what was prepared of it; both are good until it returns. A badRecord makes it a bad one; any other error ends the scan.
	onDetail func(r framing.Record, prepared []byte) error
	// onBad takes a bad record.
	onBad func(r framing.Record, reason string) error

	result    scanResult
	assembler *layout.Assembler // nil where each record is a detail
	examiner  *examiner         // of what is assembled
	value     record.Value
	sums      []sum
	header    []byte // once it has been read
	trailer   []byte // once it has been read
	begun     bool   // the first record has been read
	ended     bool   // the trailer has been read
}

// ctxInterval is after how many records work on a file looks whether it has been given up.
const ctxInterval = 4096

// scan reads the file to its end and checks everything that its envelope says. A *fileError or *framing.Error means the file is at fault.
func (s *scanner) scan(ctx context.Context, r io.Reader) (scanResult, error) {
	if s.envelope.assembly != nil {
		s.assembler, s.examiner = s.envelope.assembly.Start(), newExaminer(s)
	}
	s.sums = make([]sum, len(s.envelope.totals))
	reader := s.envelope.file.reader(r)
	err := s.begin(reader)
	if err == nil {
		err = s.blocks(ctx, reader)
	}
	if errors.Is(err, io.EOF) {
		err = s.finish()
	}
	return s.result, err
}

// begin reads what stands in front of the details.
func (s *scanner) begin(reader framing.Reader) error {
	if s.envelope.file.skipFirst {
		first, err := next(reader)
		if err != nil {
			return err
		}
		if err := s.columnNames(first.Data); err != nil {
			return err
		}
	}
	if s.envelope.header == nil {
		return nil
	}
	first, err := next(reader)
	if err != nil {
		return err
	}
	s.begun = true
	return s.headerRecord(first)
}

// next reads a record; its error is io.EOF behind the last.
func next(reader framing.Reader) (framing.Record, error) {
	r, err := reader.Next()
	if err != nil && !errors.Is(err, io.EOF) {
		return r, fmt.Errorf("reading a record: %w", err)
	}
	return r, err
}

// columnNames checks the first line of a delimited file.
func (s *scanner) columnNames(line []byte) error {
	config := s.envelope.file.config
	delimiter := record.Delimiter{Separator: separator(config)}
	cells, err := delimiter.Split([]byte(strings.TrimPrefix(string(line), "\ufeff")), nil)
	if err != nil {
		return refuse("the first line: %v", err)
	}
	wanted := config.GetDelimited().GetColumns()
	for i, column := range wanted {
		if i >= len(cells) || !strings.EqualFold(strings.TrimSpace(string(cells[i])), column.GetName()) {
			return refuse("the first line does not name the column %q in place %d", column.GetName(), i+1)
		}
	}
	if len(cells) != len(wanted) {
		return refuse("the first line names %d columns, and there are %d", len(cells), len(wanted))
	}
	return nil
}

func (s *scanner) headerRecord(r framing.Record) error {
	e := s.envelope
	if !e.header.is(r.Data, &s.value) {
		return refuse("the header is missing: the first record is none")
	}
	s.header = bytes.Clone(r.Data)
	if e.date != nil {
		if err := e.header.layout.Extract(r.Data, e.date, &s.value); err != nil || s.value.Null {
			return refuse("the header's %s holds no date", e.date.Name)
		}
		s.result.date = dateOf(e.date, &s.value, e.layout.Options().Location)
	}
	if e.number != nil {
		if err := e.header.layout.Extract(r.Data, e.number, &s.value); err != nil || s.value.Null {
			return refuse("the header's %s holds no number", e.number.Name)
		}
		number := s.value.Integer
		s.result.number = &number
	}
	if s.onHeader == nil {
		return nil
	}
	return s.onHeader(s.result)
}

// dateOf is the moment that a Date (at midnight) or Time means.
func dateOf(f *record.Field, value *record.Value, location *time.Location) time.Time {
	if f.Type == record.Time {
		return time.Unix(value.Integer, 0).In(location)
	}
	date, err := time.ParseInLocation(time.DateOnly, string(value.Text), location)
	if err != nil {
		return time.Time{}
	}
	return date
}

// take does what follows from a block, in the order of the file.
func (s *scanner) take(b *block) error {
	for i, found := range b.verdicts {
		r := b.records[i]
		if s.ended {
			return refuse("record %d at byte %d stands behind the trailer", r.Number, r.Offset)
		}
		var err error
		switch found.kind {
		case headerKind:
			return refuse("record %d at byte %d is a second header", r.Number, r.Offset)
		case trailerKind:
			s.addSums(b.sums) // what is behind it is refused anyway
			err = s.trailerRecord(r)
		default:
			err = s.detailRecord(r, found)
		}
		if err != nil {
			return err
		}
	}
	if !s.ended {
		s.addSums(b.sums)
	}
	return b.err
}

// detailRecord takes a record of the file that is neither header nor trailer.
func (s *scanner) detailRecord(r framing.Record, found verdict) error {
	s.result.records++
	if s.assembler == nil {
		return s.detail(r, found)
	}
	assembled, complete, err := s.assembler.Take(r)
	if err != nil || !complete {
		return err
	}
	return s.assembledDetail(assembled)
}

// flush takes what has been assembled, behind the last record.
func (s *scanner) flush() error {
	if s.assembler == nil {
		return nil
	}
	if last, complete := s.assembler.Flush(); complete {
		return s.assembledDetail(last)
	}
	return nil
}

func (s *scanner) assembledDetail(r framing.Record) error {
	prepared, err := s.examiner.judge(nil, r.Data)
	return s.detail(r, verdict{err: err, prepared: prepared})
}

func (s *scanner) detail(r framing.Record, found verdict) error {
	s.result.details++
	err := found.err
	if err == nil {
		err = s.onDetail(r, found.prepared)
	}
	if isBad(err) {
		s.result.bad++
		return s.onBad(r, err.Error())
	}
	return err
}

// isBad reports whether an error is a record's own.
func isBad(err error) bool {
	var bad *badRecord
	var field *record.FieldError
	return errors.As(err, &bad) || errors.As(err, &field)
}

func (s *scanner) trailerRecord(r framing.Record) error {
	s.ended, s.trailer = true, bytes.Clone(r.Data)
	if err := s.flush(); err != nil {
		return err
	}
	e := s.envelope
	if e.count != nil {
		if err := e.trailer.layout.Extract(r.Data, e.count, &s.value); err != nil || s.value.Null {
			return refuse("the trailer's %s holds no number", e.count.Name)
		}
		if stated := e.count.Spell(&s.value); stated != fmt.Sprint(s.result.records) {
			return refuse("the trailer's %s says %s records, and there are %d", e.count.Name, stated, s.result.records)
		}
	}
	return s.checkTotals(r)
}

func (s *scanner) finish() error {
	switch {
	case s.envelope.header != nil && !s.begun:
		return refuse("the file is empty, and a header is wanted")
	case s.envelope.trailer != nil && !s.ended:
		return refuse("the trailer is missing: the file is not complete")
	default:
		return s.flush()
	}
}
