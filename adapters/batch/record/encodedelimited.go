package record

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// encodeCells appends a line of values, without what ends it.
func (e *encoder) encodeCells(source Source) {
	delimiter := e.layout.delimited
	start := len(e.to)
	for i, f := range e.layout.Fields {
		if i > 0 {
			e.to = append(e.to, delimiter.Separator)
		}
		text, ok := source.Value(f, 0)
		if !ok {
			continue
		}
		e.trail = append(e.trail[:0], Step{Field: f})
		if e.how.Round && (f.Type == Decimal || f.Type == Integer) {
			text = roundDecimal(text, f.Scale)
		}
		cell, err := encodeCell(f.codec, text)
		switch {
		case err != nil && !e.how.Lose:
			e.fail(err.Error())
		case err == nil:
			e.to = delimiter.appendCell(e.to, cell)
		}
	}
	if len(e.to) == start {
		e.to = append(e.to, `""`...) // an empty line would be no record
	}
}

// encodeCell spells a value as its column does.
func encodeCell(c codec, text string) ([]byte, error) {
	if formatted, ok := c.(*formatCodec); ok && text != "" {
		spelt, err := formatted.meaning.format(text, formatted.location)
		if err != nil {
			return nil, err
		}
		return encodeCell(formatted.inner, spelt)
	} else if ok {
		return nil, nil
	}
	cell, ok := c.(*cellCodec)
	if !ok {
		return nil, errGroup
	}
	return cell.spell(text)
}

// spell is the value in the file's code page.
func (c *cellCodec) spell(text string) ([]byte, error) {
	if c.kind != Text {
		number, ok := canonicalDecimal(text)
		if !ok {
			return nil, errNotDigits
		}
		if c.kind == Integer {
			digits := strings.TrimPrefix(number, "-")
			if strings.Contains(digits, ".") {
				return nil, errors.New("is no whole number")
			}
			if _, err := parseSmall([]byte(digits), number != digits); err != nil {
				return nil, err
			}
		}
	}
	cell, err := c.page.appendBytes(nil, text)
	if err != nil {
		return nil, err
	}
	if c.longest > 0 && len(cell) > c.longest {
		return nil, fmt.Errorf("is %d bytes long, and at most %d are allowed", len(cell), c.longest)
	}
	return cell, nil
}

// appendCell appends a value, in quotes where it would not be read as it is without.
func (d *Delimiter) appendCell(to, cell []byte) []byte {
	if !bytes.ContainsAny(cell, "\"\r\n") && bytes.IndexByte(cell, d.Separator) < 0 && !bytes.Equal(cell, []byte{0x1A}) {
		return append(to, cell...)
	}
	to = append(to, '"')
	for _, c := range cell {
		if c == '"' {
			to = append(to, '"')
		}
		to = append(to, c)
	}
	return append(to, '"')
}

// AppendNames appends the line that names the columns of a delimited layout.
func (l *Layout) AppendNames(to []byte) ([]byte, error) {
	for i, f := range l.Fields {
		if i > 0 {
			to = append(to, l.delimited.Separator)
		}
		name, err := l.options.CodePage.appendBytes(nil, f.Name)
		if err != nil {
			return to, fmt.Errorf("the column %s: %w", f.Name, err)
		}
		to = l.delimited.appendCell(to, name)
	}
	return to, nil
}
