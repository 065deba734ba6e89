package delimited

import (
	"bytes"
	"errors"
)

// A Cell is one value of a record.
type Cell struct {
	// Data is the value without its quotes and escapes. It may be part of the record.
	Data []byte
	// Null says that the value is absent.
	Null bool
}

// errQuote is a record that its dialect cannot have written.
var errQuote = errors.New("a quoted value is not closed, or something stands behind its closing quote")

// Split appends the values of a record to cells.
func (d *Dialect) Split(record []byte, cells []Cell) ([]Cell, error) {
	for {
		cell, rest, more, err := d.next(record)
		if err != nil {
			return cells, err
		}
		cells = append(cells, cell)
		if !more {
			return cells, nil
		}
		record = rest
	}
}

// next takes one value off a record.
func (d *Dialect) next(record []byte) (cell Cell, rest []byte, more bool, err error) {
	begin := record
	if d.Trim {
		begin = bytes.TrimLeft(record, " ")
	}
	if d.Quote != 0 && len(begin) > 0 && begin[0] == d.Quote {
		return d.quoted(begin[1:])
	}
	if d.Escape == 0 || bytes.IndexByte(record, d.Escape) < 0 {
		value, rest, more := bytes.Cut(record, []byte(d.Delimiter))
		return d.cell(value, value), rest, more, nil
	}
	return d.escaped(record)
}

// cell makes a value that is not quoted. spelt is how the record spells it.
func (d *Dialect) cell(value, spelt []byte) Cell {
	if d.Trim {
		value, spelt = bytes.Trim(value, " "), bytes.Trim(spelt, " ")
	}
	return Cell{Data: value, Null: d.HasNull && string(spelt) == d.Null}
}

func (d *Dialect) escaped(record []byte) (cell Cell, rest []byte, more bool, err error) {
	var value []byte
	for i := 0; i < len(record); i++ {
		switch {
		case record[i] == d.Escape && i+1 < len(record):
			i++
			value = append(value, record[i])
		case bytes.HasPrefix(record[i:], []byte(d.Delimiter)):
			return d.cell(value, record[:i]), record[i+len(d.Delimiter):], true, nil
		default:
			value = append(value, record[i])
		}
	}
	return d.cell(value, record), nil, false, nil
}

// quoted takes a value whose opening quote has been taken.
func (d *Dialect) quoted(record []byte) (cell Cell, rest []byte, more bool, err error) {
	var value []byte
	start := 0
	for i := 0; i < len(record); i++ {
		switch {
		case d.Escape != 0 && d.Escape != d.Quote && record[i] == d.Escape && i+1 < len(record):
			value = append(append(value, record[start:i]...), record[i+1])
			i++
			start = i + 1
		case record[i] != d.Quote:
		case (d.Escape == 0 || d.Escape == d.Quote) && i+1 < len(record) && record[i+1] == d.Quote:
			value = append(value, record[start:i+1]...)
			i++
			start = i + 1
		default:
			if value == nil {
				value = record[start:i]
			} else {
				value = append(value, record[start:i]...)
			}
			return d.closed(value, record[i+1:])
		}
	}
	return Cell{}, nil, false, errQuote
}

// closed looks at what stands behind a closing quote.
func (d *Dialect) closed(value, record []byte) (cell Cell, rest []byte, more bool, err error) {
	if d.Trim {
		record = bytes.TrimLeft(record, " ")
	}
	if len(record) == 0 {
		return Cell{Data: value}, nil, false, nil
	}
	if rest, ok := bytes.CutPrefix(record, []byte(d.Delimiter)); ok {
		return Cell{Data: value}, rest, true, nil
	}
	if !d.Lazy {
		return Cell{}, nil, false, errQuote
	}
	behind, rest, more := bytes.Cut(record, []byte(d.Delimiter))
	return Cell{Data: append(bytes.Clone(value), behind...)}, rest, more, nil
}
