package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// An envelope is the kind of a file: how its records look, and what stands around them.
type envelope struct {
	file    *fileLayout
	layout  *record.Layout    // of the details
	detail  *record.Condition // nil for every record that is nothing else
	header  *edge
	date    *record.Field // in the header
	trailer *edge
	count   *record.Field // in the trailer
	totals  []controlTotal
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

// A controlTotal is a sum over the details that the trailer states.
type controlTotal struct {
	of     *record.Field // in the details
	equals *record.Field // in the trailer
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
	details int64
	bad     int64
	date    time.Time // of the header; zero without one
}

// A scanner reads one file. Its functions may be nil.
type scanner struct {
	envelope *envelope
	// onHeader is called once the header has been read; an error ends the scan.
	onHeader func(scanResult) error
	// onDetail takes a good record. A badRecord makes it a bad one; any other error ends the scan.
	onDetail func(framing.Record) error
	// onBad takes a bad record.
	onBad func(r framing.Record, reason string) error

	result  scanResult
	decoder *record.Decoder
	value   record.Value
	sums    []sum
	begun   bool // the first record has been read
	ended   bool // the trailer has been read
}

// ctxInterval is after how many records a scan looks whether it has been given up.
const ctxInterval = 4096

// scan reads the file to its end and checks everything that its envelope says. A *fileError or *framing.Error means the file is at fault.
func (s *scanner) scan(ctx context.Context, r io.Reader) (scanResult, error) {
	s.decoder = s.envelope.layout.NewDecoder()
	s.sums = make([]sum, len(s.envelope.totals))
	reader := s.envelope.file.reader(r)
	for first := true; ; first = false {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return s.result, s.finish()
		}
		if err != nil {
			return s.result, fmt.Errorf("reading a record: %w", err)
		}
		if next.Number%ctxInterval == 0 && ctx.Err() != nil {
			return s.result, context.Cause(ctx)
		}
		if first && s.envelope.file.skipFirst {
			if err := s.columnNames(next.Data); err != nil {
				return s.result, err
			}
			continue
		}
		if err := s.record(next); err != nil {
			return s.result, err
		}
	}
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

func (s *scanner) record(r framing.Record) error {
	e := s.envelope
	begun := s.begun
	s.begun = true
	switch {
	case s.ended:
		return refuse("record %d at byte %d stands behind the trailer", r.Number, r.Offset)
	case e.header != nil && !begun:
		return s.headerRecord(r)
	case e.header.is(r.Data, &s.value):
		return refuse("record %d at byte %d is a second header", r.Number, r.Offset)
	case e.trailer.is(r.Data, &s.value):
		return s.trailerRecord(r)
	default:
		return s.detailRecord(r)
	}
}

func (s *scanner) headerRecord(r framing.Record) error {
	e := s.envelope
	if !e.header.is(r.Data, &s.value) {
		return refuse("the header is missing: the first record is none")
	}
	if e.date != nil {
		if err := e.header.layout.Extract(r.Data, e.date, &s.value); err != nil || s.value.Null {
			return refuse("the header's %s holds no date", e.date.Name)
		}
		s.result.date = dateOf(e.date, &s.value, e.layout.Options().Location)
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

func (s *scanner) detailRecord(r framing.Record) error {
	s.result.details++
	for i, total := range s.envelope.totals {
		s.sums[i].add(s.envelope.layout, r.Data, total.of, &s.value)
	}
	err := s.judge(r)
	var bad *badRecord
	var field *record.FieldError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad), errors.As(err, &field):
		s.result.bad++
		return s.onBad(r, err.Error())
	default:
		return err
	}
}

// judge decodes the whole record, so that a bad one is found now and not when it is asked for.
func (s *scanner) judge(r framing.Record) error {
	if d := s.envelope.detail; d != nil && !d.Matches(s.envelope.layout, r.Data, &s.value) {
		return &badRecord{reason: "the record is of none of the known kinds"}
	}
	if err := s.decoder.Decode(r.Data, nothing{}); err != nil {
		return err
	}
	return s.onDetail(r)
}

func (s *scanner) trailerRecord(r framing.Record) error {
	s.ended = true
	e := s.envelope
	if e.count != nil {
		if err := e.trailer.layout.Extract(r.Data, e.count, &s.value); err != nil || s.value.Null {
			return refuse("the trailer's %s holds no number", e.count.Name)
		}
		if stated := e.count.Spell(&s.value); stated != fmt.Sprint(s.result.details) {
			return refuse("the trailer's %s says %s records, and there are %d", e.count.Name, stated, s.result.details)
		}
	}
	for i, total := range e.totals {
		if s.sums[i].broken {
			return refuse("the sum of %s cannot be made: record by record, not every one holds a number", total.of.Name)
		}
		var stated sum
		stated.add(e.trailer.layout, r.Data, total.equals, &s.value)
		if stated.broken {
			return refuse("the trailer's %s holds no number", total.equals.Name)
		}
		if !stated.equals(&s.sums[i]) {
			return refuse("the trailer's %s says %s, and the records' %s sum to %s", total.equals.Name, stated.text(), total.of.Name, s.sums[i].text())
		}
	}
	return nil
}

func (s *scanner) finish() error {
	switch {
	case s.envelope.header != nil && !s.begun:
		return refuse("the file is empty, and a header is wanted")
	case s.envelope.trailer != nil && !s.ended:
		return refuse("the trailer is missing: the file is not complete")
	default:
		return nil
	}
}

// A sum adds exact numbers of one field.
type sum struct {
	scale  int
	small  int64 // not yet in total
	total  big.Int
	broken bool
}

// add adds a field of a record. A field with no number breaks the sum; an absent one is zero.
func (s *sum) add(layout *record.Layout, data []byte, f *record.Field, value *record.Value) {
	if err := layout.Extract(data, f, value); err != nil {
		s.broken = true
		return
	}
	if value.Null {
		return
	}
	n := value.Integer
	if f.Type == record.Decimal {
		var ok bool
		if n, ok = s.unscaled(value.Text); !ok {
			return
		}
	}
	added := s.small + n
	if (added > s.small) != (n > 0) && n != 0 {
		s.total.Add(&s.total, big.NewInt(s.small))
		added = n
	}
	s.small = added
}

// unscaled reads decimal text. What is too long for an int64 goes straight into the total.
func (s *sum) unscaled(text []byte) (int64, bool) {
	whole, fraction, _ := strings.Cut(string(text), ".")
	for len(fraction) > s.scale {
		s.grow()
	}
	digits := whole + fraction + strings.Repeat("0", s.scale-len(fraction))
	n, ok := new(big.Int).SetString(digits, 10)
	switch {
	case !ok:
		s.broken = true
		return 0, false
	case n.IsInt64():
		return n.Int64(), true
	default:
		s.total.Add(&s.total, n)
		return 0, false
	}
}

// grow adds a digit behind the point to what is there.
func (s *sum) grow() {
	s.settle()
	s.total.Mul(&s.total, big.NewInt(10))
	s.scale++
}

func (s *sum) settle() {
	s.total.Add(&s.total, big.NewInt(s.small))
	s.small = 0
}

func (s *sum) equals(other *sum) bool {
	for s.scale < other.scale {
		s.grow()
	}
	for other.scale < s.scale {
		other.grow()
	}
	s.settle()
	other.settle()
	return s.total.Cmp(&other.total) == 0
}

// text spells the sum as a decimal.
func (s *sum) text() string {
	s.settle()
	digits := new(big.Int).Abs(&s.total).String()
	if pad := s.scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	if s.scale > 0 {
		digits = digits[:len(digits)-s.scale] + "." + digits[len(digits)-s.scale:]
	}
	if s.total.Sign() < 0 {
		digits = "-" + digits
	}
	return digits
}

// nothing is a sink for a record that is only checked.
type nothing struct{}

func (nothing) Value(*record.Field, *record.Value) error { return nil }
func (nothing) Begin(*record.Field) error                { return nil }
func (nothing) End(*record.Field) error                  { return nil }
func (nothing) BeginList(*record.Field) error            { return nil }
func (nothing) EndList(*record.Field) error              { return nil }
