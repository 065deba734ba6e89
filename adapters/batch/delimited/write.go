package delimited

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

var (
	_ format.Written = (*Format)(nil)
	_ format.Filled  = (*Format)(nil)
)

// Encoded writes what [Decoded] reads: UTF-16 where that is named, with a byte order mark. Close writes what is held back.
func Encoded(w io.Writer, charset string) io.WriteCloser {
	order := unicode.LittleEndian
	switch folded := strings.ReplaceAll(strings.ToLower(charset), "_", "-"); {
	case !strings.HasPrefix(folded, "utf-16"):
		return plainWriter{w}
	case strings.HasPrefix(folded, "utf-16be"):
		order = unicode.BigEndian
	}
	return unicode.UTF16(order, unicode.UseBOM).NewEncoder().Writer(w).(io.WriteCloser) //nolint:forcetypeassert // as it is documented
}

// plainWriter has nothing to hold back.
type plainWriter struct{ io.Writer }

// Close implements [io.Closer].
func (plainWriter) Close() error { return nil }

// Envelope implements [format.Written]. Records end with the dialect's terminator, or LF.
func (f *Format) Envelope() (format.Envelope, error) {
	end := f.dialect.Terminator
	if end == "" {
		end = "\n"
	}
	e := format.Envelope{End: []byte(end)}
	if !f.dialect.Header {
		return e, nil
	}
	var err error
	for i, column := range f.layout.Fields {
		if i > 0 {
			e.Front = append(e.Front, f.dialect.Delimiter...)
		}
		if e.Front, err = f.appendCell(e.Front, column.Name, i == 0); err != nil {
			return e, format.Wrong(column.Name, "%v", err)
		}
	}
	e.Front = append(e.Front, end...)
	return e, nil
}

// Encode implements [format.Written]. A value is quoted where it would be read as another without.
func (f *Format) Encode(to []byte, members format.Members) ([]byte, error) {
	members, err := members.Fit(f.layout.Fields)
	if err != nil {
		return to, err
	}
	start := len(to)
	for i, column := range f.layout.Fields {
		if i > 0 {
			to = append(to, f.dialect.Delimiter...)
		}
		text, there, err := format.Text(members.Get(column.Name))
		switch {
		case err != nil:
		case there:
			to, err = f.appendCell(to, text, i == 0)
		case f.dialect.HasNull:
			to = append(to, f.dialect.Null...)
		}
		if err != nil {
			return to, format.Wrong(column.Path, "%v", err)
		}
	}
	if len(to) == start { // an empty record would be none
		if f.dialect.Quote == 0 {
			return to, format.Wrong("", "has no value, and there are no quotes to tell it from no record")
		}
		to = append(to, f.dialect.Quote, f.dialect.Quote)
	}
	return to, nil
}

// CheckValue implements [format.Filled].
func (f *Format) CheckValue(column *record.Field, text string) error {
	_, err := f.appendCell(nil, text, column.Index == 0)
	return err
}

var errUnquotable = errors.New("holds a delimiter or line end, or would be read as another value, and there are neither quotes nor escapes")

// appendCell appends one value. first is true for the first of a record.
func (f *Format) appendCell(to []byte, text string, first bool) ([]byte, error) {
	d := &f.dialect
	cell, err := f.page.Bytes(text)
	if err != nil {
		return to, err
	}
	switch {
	case !d.special(cell, first):
		return append(to, cell...), nil
	case d.Quote != 0:
		to = append(to, d.Quote)
		for _, c := range cell {
			switch {
			case d.Escape != 0 && d.Escape != d.Quote && (c == d.Quote || c == d.Escape):
				to = append(to, d.Escape)
			case c == d.Quote:
				to = append(to, d.Quote)
			}
			to = append(to, c)
		}
		return append(to, d.Quote), nil
	case d.Escape != 0 && len(cell) > 0:
		for _, c := range cell {
			to = append(to, d.Escape, c)
		}
		return to, nil
	default:
		return to, errUnquotable
	}
}

// special reports whether a value would be read as another without quotes.
func (d *Dialect) special(cell []byte, first bool) bool {
	terminator := d.Terminator
	if terminator == "" {
		terminator = "\r\n"
	}
	switch {
	case d.HasNull && string(cell) == d.Null,
		bytes.Contains(cell, []byte(d.Delimiter)), bytes.ContainsAny(cell, terminator),
		d.Quote != 0 && bytes.IndexByte(cell, d.Quote) >= 0, d.Escape != 0 && bytes.IndexByte(cell, d.Escape) >= 0,
		d.Trim && len(bytes.Trim(cell, " ")) < len(cell),
		first && d.Comment != "" && bytes.HasPrefix(cell, []byte(d.Comment)),
		bytes.Equal(cell, []byte{endOfFile}):
		return true
	default:
		// the beginning of a delimiter of several bytes at the end of a value would be taken for its own
		for n := 1; n < len(d.Delimiter); n++ {
			if bytes.HasSuffix(cell, []byte(d.Delimiter[:n])) {
				return true
			}
		}
		return first && bytes.HasPrefix(cell, []byte("\ufeff"))
	}
}
