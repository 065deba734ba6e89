package record

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// A Sink takes the values of a record, in order. Skipped fields and alternatives that are not meant do not come.
type Sink interface {
	// Value takes one value, or one element of a table of fields. The value is good until Value returns.
	Value(f *Field, value *Value) error
	// Begin and End enclose the fields of a group, or of one element of a table of groups.
	Begin(f *Field) error
	End(f *Field) error
	// BeginList and EndList enclose the elements of a table.
	BeginList(f *Field) error
	EndList(f *Field) error
}

// A Decoder decodes records of one layout. It is for one goroutine.
type Decoder struct {
	layout *Layout
	places []place // by slot
	padded []byte
	raw    []byte
	value  Value
	sink   Sink
	mild   int // how many lenient alternatives the present field is in
	cells  [][]byte
	active *Field // of the segments
}

// A place is where a field was found that something later depends on.
type place struct{ start, end int }

// NewDecoder returns a decoder for the layout.
func (l *Layout) NewDecoder() *Decoder {
	return &Decoder{layout: l, places: make([]place, l.slots)}
}

// Decode hands the record's values to the sink. The error is a [*FieldError], or the sink's own. The record is only read.
func (d *Decoder) Decode(record []byte, sink Sink) error {
	if d.layout.decodedBy != nil {
		return d.layout.decodedBy(record, sink)
	}
	d.sink, d.raw, d.mild = sink, record, 0
	if d.layout.delimited != nil {
		return d.decodeCells()
	}
	if kinds := d.layout.kinds; kinds != nil {
		d.active = kinds.of(d.layout, record, &d.value)
	}
	for i := range d.places {
		d.places[i] = place{}
	}
	if len(record) < d.layout.Length && d.layout.options.Pad && !d.layout.options.Partial {
		d.pad(record)
	}
	end, err := d.group(d.layout.Fields, 0)
	if err != nil {
		return err
	}
	if end < len(record) && !d.layout.options.Excess && len(bytes.Trim(record[end:], string([]byte{d.layout.options.CodePage.blank, 0}))) > 0 {
		return &FieldError{Offset: end, Reason: "the record is longer than its layout"}
	}
	return nil
}

func (d *Decoder) pad(record []byte) {
	if d.padded == nil {
		d.padded = make([]byte, d.layout.Length)
	}
	copy(d.padded, record)
	fill(d.padded[len(record):], d.layout.options.CodePage.blank)
	d.raw = d.padded
}

func (d *Decoder) group(fields []*Field, at int) (int, error) {
	for _, f := range fields {
		var err error
		if at, err = d.field(f, at+f.slack); err != nil {
			return at, err
		}
	}
	return at, nil
}

// field decodes a field at its place, and returns where the next one begins.
func (d *Decoder) field(f *Field, at int) (int, error) {
	switch {
	case f.whole != nil:
		return at, d.groupText(f)
	case f.segment && f != d.active:
		return at + f.size*max(f.Max, 1), nil
	case f.Type == Union:
		return at + f.size, d.union(f, at)
	case f.Repeated:
		return d.table(f, at)
	default:
		return d.element(f, at)
	}
}

func (d *Decoder) table(f *Field, at int) (int, error) {
	count, err := d.count(f)
	if err != nil {
		return at, err
	}
	start := at
	if !f.skipped {
		if err := d.sink.BeginList(f); err != nil {
			return at, err
		}
	}
	for range count {
		if at, err = d.element(f, at); err != nil {
			return at, err
		}
	}
	if !f.skipped {
		if err := d.sink.EndList(f); err != nil {
			return at, err
		}
	}
	if !d.layout.options.Shift {
		at = start + f.size*f.Max
	}
	return at, nil
}

// count is how many elements the table has. A count out of bounds is a bad record, or means all elements where bad numbers are let through.
func (d *Decoder) count(f *Field) (int, error) {
	if f.counter == nil {
		return f.Max, nil
	}
	p := d.places[f.counter.slot]
	count, ok := d.counted(f, p)
	if ok && count >= 0 && count >= f.Min && count <= f.Max {
		return count, nil
	}
	if d.layout.options.Invalid != Reject || d.mild > 0 {
		return f.Max, nil
	}
	return 0, &FieldError{Path: f.counter.Path, Offset: p.start, Reason: "is no number of elements that " + f.Name + " can have"}
}

// counted is what the counter at this place says.
func (d *Decoder) counted(f *Field, p place) (int, bool) {
	if p.end > len(d.raw) {
		return 0, false
	}
	d.value = Value{Text: d.value.Text[:0]}
	if f.counter.codec.decode(d.raw[p.start:p.end], &d.value) != nil || d.value.Null {
		return 0, false
	}
	if f.counter.Type == Integer {
		return int(d.value.Integer), true
	}
	text := strings.TrimSpace(string(d.value.Text))
	if count, ok := f.counts[text]; ok {
		return count, true
	}
	count, err := strconv.Atoi(text)
	return count, err == nil
}

func (d *Decoder) element(f *Field, at int) (int, error) {
	if f.codec == nil {
		return d.groupElement(f, at)
	}
	end := at + f.size
	if end > len(d.raw) && d.layout.options.Partial {
		return end, d.cutOff(f, at)
	}
	if end > len(d.raw) {
		return at, &FieldError{Path: f.Path, Offset: at, Reason: "is cut off: the record is too short"}
	}
	if f.slot >= 0 {
		d.places[f.slot] = place{at, end}
	}
	if f.skipped {
		return end, nil
	}
	return end, d.emit(f, d.raw[at:end], at)
}

func (d *Decoder) groupElement(f *Field, at int) (int, error) {
	if f.skipped {
		if f.slot >= 0 {
			d.places[f.slot] = place{at, at + f.size}
		}
		return at + f.size, nil
	}
	if !f.inline {
		if err := d.sink.Begin(f); err != nil {
			return at, err
		}
	}
	end, err := d.group(f.Children, at)
	if err != nil {
		return end, err
	}
	if !d.layout.options.Shift {
		end = at + f.size // slack behind the last field
	}
	if f.slot >= 0 {
		d.places[f.slot] = place{at, end}
	}
	if f.inline {
		return end, nil
	}
	return end, d.sink.End(f)
}

// cutOff decodes a field that the record is too short for.
func (d *Decoder) cutOff(f *Field, at int) error {
	if f.slot >= 0 {
		d.places[f.slot] = place{at, at + f.size}
	}
	if f.skipped {
		return nil
	}
	if f.Type == Text && at <= len(d.raw) {
		return d.emit(f, d.raw[at:], at)
	}
	d.value = Value{Null: true, Text: d.value.Text[:0]}
	return d.sink.Value(f, &d.value)
}

// groupText decodes again what has just been decoded: a group as one text, or what a level 66 renames.
func (d *Decoder) groupText(f *Field) error {
	p := d.places[f.whole.slot]
	if f.through != nil {
		p.end = d.places[f.through.slot].end
	}
	if end := min(p.end, len(d.raw)); p.start <= end && p.end > 0 {
		return d.emit(f, d.raw[p.start:end], p.start)
	}
	return nil
}

// Measure is how long a record is by its own counters. data begins with the record, and is all that there is or at least as long as the layout.
func (d *Decoder) Measure(data []byte) (int, error) {
	d.sink, d.raw, d.mild = nothing{}, data, 1
	clear(d.places)
	end, err := d.group(d.layout.Fields, 0)
	return end, err
}

// DecodeSegment hands one segment of a record to the sink: Begin, its fields, End.
func (d *Decoder) DecodeSegment(f *Field, record []byte, sink Sink) error {
	d.sink, d.raw, d.mild, d.active = sink, record, 0, f
	clear(d.places)
	_, err := d.element(f, f.offset)
	return err
}

// nothing is a Sink for the sake of the walk.
type nothing struct{}

func (nothing) Value(*Field, *Value) error { return nil }
func (nothing) Begin(*Field) error         { return nil }
func (nothing) End(*Field) error           { return nil }
func (nothing) BeginList(*Field) error     { return nil }
func (nothing) EndList(*Field) error       { return nil }

func (d *Decoder) emit(f *Field, raw []byte, at int) error {
	d.value = Value{Text: d.value.Text[:0]}
	if err := f.codec.decode(raw, &d.value); err != nil {
		if err := d.judge(f, err, at); err != nil {
			return err
		}
	}
	d.value.Raw = raw
	return d.sink.Value(f, &d.value)
}

// judge applies the policy to a value that cannot be decoded.
func (d *Decoder) judge(f *Field, err error, at int) error {
	policy := d.layout.options.Invalid
	if errors.Is(err, errBlank) {
		policy = d.layout.options.Blank
		if f.blankZero && policy == Reject {
			policy = Zero // which is what the picture says, so that nothing is left to decide
		}
	}
	if d.mild > 0 && policy == Reject {
		policy = Absent
	}
	text := d.value.Text[:0]
	switch {
	case policy == Reject:
		return &FieldError{Path: f.Path, Offset: at, Reason: err.Error()}
	case policy == Zero && f.IsNumber() || policy == ZeroFraction && f.IsNumber() && f.Scale > 0:
		d.value = Value{Text: appendDecimal(text, 0, f.Scale)}
	default:
		d.value = Value{Null: true, Text: text, Invalid: !errors.Is(err, errBlank)}
	}
	return nil
}

// union decodes the alternative that is meant.
func (d *Decoder) union(f *Field, at int) error {
	if at+f.size > len(d.raw) && !d.layout.options.Partial {
		return &FieldError{Path: f.Path, Offset: at, Reason: "is cut off: the record is too short"}
	}
	chosen, decided, err := d.chosen(f)
	if err != nil {
		return &FieldError{Path: f.Path, Offset: at, Reason: err.Error()}
	}
	for _, alternative := range f.Children {
		if alternative.skipped || alternative != chosen && (decided || !alternative.lenient) {
			continue
		}
		if alternative.segment && alternative != d.active {
			continue
		}
		if alternative.rule != nil && alternative.lenient {
			there, err := d.rules(alternative.rule)
			if err != nil {
				return &FieldError{Path: alternative.Path, Offset: at, Reason: err.Error()}
			}
			if !there {
				continue
			}
		}
		if alternative.lenient && !decided {
			d.mild++
			defer func() { d.mild-- }()
		}
		if _, err := d.field(alternative, at); err != nil {
			return err
		}
	}
	return nil
}

// chosen returns the alternative whose condition or rule holds; else the first without one. decided is false if there was nothing to decide by. Where every
// alternative is decoded, rules do not decide between them.
func (d *Decoder) chosen(f *Field) (chosen *Field, decided bool, err error) {
	for _, alternative := range f.Children {
		switch {
		case alternative.choice != nil:
			decided = true
			if p := d.places[alternative.choice.field.slot]; p.end <= len(d.raw) && alternative.choice.matchesRaw(d.raw[p.start:p.end]) {
				return alternative, true, nil
			}
		case alternative.rule != nil:
			if alternative.lenient {
				continue
			}
			decided = true
			there, err := d.rules(alternative.rule)
			if err != nil || there {
				return alternative, true, err
			}
		case chosen == nil && !alternative.skipped && (!alternative.segment || alternative == d.active):
			chosen = alternative
		}
	}
	return chosen, decided, nil
}

// Extract decodes one field of a record. The field must be fixed ([Field.IsFixed]). Policies do not apply: what cannot be decoded is an error, but
// blanks in a number make it null.
func (l *Layout) Extract(record []byte, f *Field, value *Value) error {
	if l.decodedBy != nil {
		return l.extractDescribed(record, f, value)
	}
	raw, err := l.raw(record, f)
	if err != nil {
		return err
	}
	*value = Value{Text: value.Text[:0]}
	if err := f.codec.decode(raw, value); err != nil {
		if errors.Is(err, errBlank) {
			*value = Value{Null: true, Text: value.Text[:0]}
			if f.blankZero && l.options.Blank == Reject {
				*value = Value{Text: appendDecimal(value.Text, 0, f.Scale)}
			}
			return nil
		}
		return &FieldError{Path: f.Path, Offset: f.offset, Reason: err.Error()}
	}
	return nil
}

// raw returns the bytes of a fixed field.
func (l *Layout) raw(record []byte, f *Field) ([]byte, error) {
	if l.delimited != nil {
		cell, ok, err := l.delimited.cell(record, f.offset)
		if err != nil || !ok {
			return nil, &FieldError{Path: f.Path, Offset: -1, Reason: "is missing"}
		}
		return cell, nil
	}
	if end := f.offset + f.size; end <= len(record) {
		return record[f.offset:end], nil
	}
	if !l.options.Pad {
		return nil, &FieldError{Path: f.Path, Offset: f.offset, Reason: "is cut off: the record is too short"}
	}
	padded := bytes.Repeat([]byte{l.options.CodePage.blank}, f.size)
	if f.offset < len(record) {
		copy(padded, record[f.offset:])
	}
	return padded, nil
}
