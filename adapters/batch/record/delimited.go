package record

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Column is one column of a delimited file.
type Column struct {
	Name string
	// Type is Text, Integer or Decimal.
	Type Type
	// MaxLength is the longest value in bytes; 0 means any.
	MaxLength int
}

// A Delimiter splits lines into values (RFC 4180): a value may be quoted with ", and "" in it stands for one.
type Delimiter struct{ Separator byte }

// CompileDelimited makes a layout of columns. The error is of type [OptionErrors].
func CompileDelimited(columns []Column, delimiter Delimiter, options Options) (*Layout, error) {
	c := newCompiler(options)
	c.layout.delimited = &delimiter
	seen := make(map[string]bool)
	for i, column := range columns {
		if seen[fold(column.Name)] {
			c.fail(fmt.Sprintf("delimited.columns[%d].name", i), "there are two columns %s", column.Name)
		}
		seen[fold(column.Name)] = true
		f := c.add(&Field{
			Name: column.Name, Path: column.Name, Type: column.Type, Length: column.MaxLength,
			offset: i, size: column.MaxLength, fixed: true, Signed: true,
		})
		cell := &cellCodec{page: options.CodePage, kind: column.Type, longest: column.MaxLength, trim: options.Trim}
		f.codec = cell
		if column.Type == Text {
			f.Signed = false
		}
		if column.Type == Integer {
			f.Digits, f.Roomy = smallDigits, true // 64 bits hold some of one more
		}
		c.format(f)
		c.layout.Fields = append(c.layout.Fields, f)
	}
	return c.finish()
}

// A cellCodec is a value of a delimited line.
type cellCodec struct {
	page    *CodePage
	kind    Type
	longest int
	trim    Trim
}

func (c *cellCodec) decode(raw []byte, value *Value) error {
	if c.longest > 0 && len(raw) > c.longest {
		return fmt.Errorf("is %d bytes long, and at most %d are allowed", len(raw), c.longest)
	}
	value.Text = c.page.appendText(value.Text[:0], raw)
	if c.kind == Text {
		return nil
	}
	text := strings.TrimSpace(string(value.Text))
	if text == "" {
		return errBlank
	}
	number, ok := canonicalDecimal(text)
	if !ok {
		return errNotDigits
	}
	if c.kind == Decimal {
		value.Text = append(value.Text[:0], strings.TrimPrefix(text, "+")...)
		return nil
	}
	digits := strings.TrimPrefix(number, "-")
	if strings.Contains(digits, ".") {
		return errors.New("is no whole number")
	}
	n, err := parseSmall([]byte(digits), number != digits)
	value.Integer = n
	return err
}

// encode fills a key; values of a line have their own length ([cellCodec.spell]).
func (c *cellCodec) encode(to []byte, text string) error {
	encoded, err := c.page.appendBytes(nil, text)
	if err != nil {
		return err
	}
	if len(encoded) > len(to) {
		return fmt.Errorf("is longer than %d bytes", len(to))
	}
	fill(to, 0)
	copy(to, encoded)
	return nil
}

func (c *cellCodec) absent(to []byte) { fill(to, 0) }

var errQuote = errors.New("a quoted value is not closed, or something stands behind its closing quote")

// next takes one value off a line. quoted values are unquoted into a new slice only if they hold quotes.
func (d *Delimiter) next(line []byte) (cell, rest []byte, more bool, err error) {
	if len(line) == 0 || line[0] != '"' {
		for i, c := range line {
			if c == d.Separator {
				return line[:i], line[i+1:], true, nil
			}
		}
		return line, nil, false, nil
	}
	var unquoted []byte
	for i, start := 1, 1; i < len(line); i++ {
		if line[i] != '"' {
			continue
		}
		if i+1 < len(line) && line[i+1] == '"' {
			unquoted = append(unquoted, line[start:i+1]...)
			i++
			start = i + 1
			continue
		}
		cell = line[start:i]
		if unquoted != nil {
			cell = append(unquoted, cell...)
		}
		switch {
		case i+1 == len(line):
			return cell, nil, false, nil
		case line[i+1] == d.Separator:
			return cell, line[i+2:], true, nil
		default:
			return nil, nil, false, errQuote
		}
	}
	return nil, nil, false, errQuote
}

// Split returns the values of a line.
func (d *Delimiter) Split(line []byte, to [][]byte) ([][]byte, error) {
	for {
		cell, rest, more, err := d.next(line)
		if err != nil {
			return nil, err
		}
		to = append(to, cell)
		if !more {
			return to, nil
		}
		line = rest
	}
}

// cell returns one value of a line.
func (d *Delimiter) cell(line []byte, index int) (cell []byte, ok bool, err error) {
	for {
		cell, rest, more, err := d.next(line)
		if err != nil || index == 0 {
			return cell, err == nil, err
		}
		if !more {
			return nil, false, nil
		}
		line = rest
		index--
	}
}

func (d *Decoder) decodeCells() error {
	cells, err := d.layout.delimited.Split(d.raw, d.cells[:0])
	if err != nil {
		return &FieldError{Offset: -1, Reason: err.Error()}
	}
	d.cells = cells
	if len(cells) != len(d.layout.Fields) {
		return &FieldError{Offset: -1, Reason: fmt.Sprintf("the line has %d values, and there are %d columns", len(cells), len(d.layout.Fields))}
	}
	for i, f := range d.layout.Fields {
		if d.layout.options.CodePage.utf8 && !utf8.Valid(cells[i]) {
			return &FieldError{Path: f.Path, Offset: -1, Reason: "is not UTF-8"}
		}
		if err := d.emit(f, cells[i], -1); err != nil {
			return err
		}
	}
	return nil
}
