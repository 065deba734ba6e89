package layout

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// An Assembly makes the records of an extract from those of a file: it leaves out kinds that are not wanted, numbers records by their levels, and puts those of a hierarchy into the one that
// they belong to. What it makes holds the bodies of its records, so that it can be decoded alone. An Assembly never changes and serves any number of goroutines.
type Assembly struct {
	records  *record.Layout
	segments *Segments
	layout   *record.Layout
	became   []*record.Field // by the Index of a field of records
	ids      []*record.Field
}

// NewAssembly returns the assembly that segments ask for; nil if records of the file are those of the extract.
func NewAssembly(records *record.Layout, segments *Segments) *Assembly {
	if segments == nil || segments.only == nil && !segments.joins() {
		return nil
	}
	a := &Assembly{records: records, segments: segments, layout: records}
	if segments.joins() {
		for level := range segments.levels {
			a.ids = append(a.ids, &record.Field{Name: "Seg_Id" + strconv.Itoa(level), Type: record.Text})
		}
		described, became := records.Nested(a.ids, segments.Children, func(f *record.Field) bool { return segments.parent[f] != nil })
		a.became = became
		a.layout = described.DecodedBy(a.decode, records.Options().Location)
	}
	return a
}

// joins reports whether records of the extract hold more than one of the file.
func (s *Segments) joins() bool { return s.Hierarchical() || len(s.levels) > 0 }

// Layout is that of the records that are made.
func (a *Assembly) Layout() *record.Layout { return a.layout }

// Joins reports whether records hold the bodies of several records of the file, each with its length of 4 bytes in front, and, before the first, their numbers by levels in the same way.
func (a *Assembly) Joins() bool { return a.segments.joins() }

const blockLength = 4

func appendBlock[T string | []byte](to []byte, block T) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(block))), block...) //nolint:gosec // at most framing.MaxRecord
}

// errNotAssembled is a record that was not made by an Assembly.
var errNotAssembled = errors.New("the record is not made of lengths of 4 bytes and what is as long")

func nextBlock(data []byte) (block, rest []byte, err error) {
	if len(data) < blockLength {
		return nil, nil, errNotAssembled
	}
	length := int64(binary.BigEndian.Uint32(data))
	if length > int64(len(data)-blockLength) {
		return nil, nil, errNotAssembled
	}
	return data[blockLength : blockLength+length], data[blockLength+length:], nil
}

// decode decodes a record that was made.
func (a *Assembly) decode(raw []byte, to record.Sink) error {
	rest := raw
	value := record.Value{}
	for _, f := range a.ids {
		id, behind, err := nextBlock(rest)
		if err != nil {
			return &record.FieldError{Offset: -1, Reason: err.Error()}
		}
		rest = behind
		if value.Text = append(value.Text[:0], id...); len(id) > 0 {
			if err := to.Value(f, &value); err != nil {
				return err
			}
		}
	}
	var family []Member
	for len(rest) > 0 {
		body, behind, err := nextBlock(rest)
		if err != nil {
			return &record.FieldError{Offset: -1, Reason: err.Error()}
		}
		family, rest = append(family, Member{Kind: a.segments.Value(body, &value), Body: body}), behind
	}
	if err := a.judge(family); err != nil {
		return err
	}
	return a.segments.Decode(family, &renaming{became: a.became, to: to})
}

// judge refuses what would not be shown: a record that is of no kind, or that belongs to none in front of it.
func (a *Assembly) judge(family []Member) error {
	if len(family) == 0 {
		return &record.FieldError{Offset: -1, Reason: errNotAssembled.Error()}
	}
	if !a.segments.Hierarchical() {
		return nil
	}
	last := make(map[*record.Field]int) // where the last record of a group is, from 1
	for i, member := range family {
		group := a.segments.Group(member.Kind)
		if group == nil {
			return &record.FieldError{Path: a.segments.field.Path, Offset: a.segments.field.Place(), Reason: fmt.Sprintf("says %q, and there is no such kind of records", member.Kind)}
		}
		for below := group; a.segments.parent[below] != nil; below = a.segments.parent[below] {
			if above := a.segments.parent[below]; last[above] == 0 || below != group && last[below] < last[above] {
				return &record.FieldError{Path: group.Path, Offset: -1, Reason: "stands behind no record that it belongs to"}
			}
		}
		last[group] = i + 1
	}
	return nil
}

// renaming hands values to a sink as those of the fields that theirs have become.
type renaming struct {
	became []*record.Field
	to     record.Sink
}

func (r *renaming) Value(f *record.Field, value *record.Value) error {
	return r.to.Value(r.became[f.Index], value)
}
func (r *renaming) Begin(f *record.Field) error     { return r.to.Begin(r.became[f.Index]) }
func (r *renaming) End(f *record.Field) error       { return r.to.End(r.became[f.Index]) }
func (r *renaming) BeginList(f *record.Field) error { return r.to.BeginList(r.became[f.Index]) }
func (r *renaming) EndList(f *record.Field) error   { return r.to.EndList(r.became[f.Index]) }

// An Assembler makes the records of one file.
type Assembler struct {
	*Assembly
	numbering *Numbering
	seen      int64
	open      bool           // a hierarchy has begun
	first     framing.Record // of it
	data      []byte
	value     record.Value
}

// Start begins with a file.
func (a *Assembly) Start() *Assembler {
	return &Assembler{Assembly: a, numbering: a.segments.Numbering(0)}
}

// Take takes the next record of the file and returns one of the extract if that is complete now: its place is that of its first record, and its data is good as long as it is wanted, or that of
// the record of the file. The error is a [*framing.Error].
func (a *Assembler) Take(r framing.Record) (done framing.Record, complete bool, err error) {
	kind := a.segments.Value(r.Data, &a.value)
	a.numbering.Take(kind, a.seen)
	a.seen++
	switch {
	case !a.segments.Wanted(kind):
		return framing.Record{}, false, nil
	case !a.Joins():
		return r, true, nil
	case !a.segments.Hierarchical():
		a.begin(r)
		done, complete = a.Flush()
		return done, complete, nil
	case a.segments.IsRoot(kind):
		done, complete = a.Flush()
		a.begin(r)
		return done, complete, nil
	case !a.open || a.segments.Group(kind) == nil: // which decoding says
		return framing.Record{Number: r.Number, Offset: r.Offset, Data: appendBlock(a.numbers(nil), r.Data)}, true, nil
	}
	if a.data = appendBlock(a.data, r.Data); len(a.data) > framing.MaxRecord {
		return done, false, &framing.Error{Number: a.first.Number, Offset: a.first.Offset, Reason: fmt.Sprintf("the record and those that belong to it are longer than %d bytes", framing.MaxRecord)}
	}
	return done, false, nil
}

func (a *Assembler) begin(r framing.Record) {
	a.open, a.first = true, framing.Record{Number: r.Number, Offset: r.Offset}
	a.data = appendBlock(a.numbers(nil), r.Data)
}

// numbers appends those of the present record.
func (a *Assembler) numbers(to []byte) []byte {
	for level := range a.ids {
		id, _ := a.numbering.ID(level)
		to = appendBlock(to, id)
	}
	return to
}

// Flush returns the hierarchy that has begun, which nothing more belongs to.
func (a *Assembler) Flush() (done framing.Record, complete bool) {
	done, complete = a.first, a.open
	done.Data = a.data
	a.open, a.data = false, nil
	return done, complete
}
