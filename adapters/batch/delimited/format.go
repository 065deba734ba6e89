package delimited

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Format reads records with named columns.
type Format struct {
	dialect Dialect
	charset string
	layout  *record.Layout
	page    *record.CodePage
}

// New returns the format of a file in this character set ([Decoded]) with these columns, of types that [format.Emit] reads from text.
func New(dialect Dialect, charset string, columns []*record.Field) (*Format, error) {
	if err := dialect.Check(); err != nil {
		return nil, err
	}
	_, page, err := Decoded(strings.NewReader(""), charset)
	if err != nil {
		return nil, err
	}
	return &Format{dialect: dialect, charset: charset, page: page, layout: record.Describe(columns)}, nil
}

// Columns reads the columns off the first record of a file: their names, or column_1 and so on if there is no header. A name that comes again gets its
// number behind it. All are text.
func Columns(r io.Reader, dialect Dialect, charset string) ([]*record.Field, error) {
	if err := dialect.Check(); err != nil {
		return nil, err
	}
	decoded, page, err := Decoded(r, charset)
	if err != nil {
		return nil, err
	}
	first, err := NewReader(decoded, &dialect).Next()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	cells, err := dialect.Split(first.Data, nil)
	if err != nil {
		return nil, fmt.Errorf("the first record: %w", err)
	}
	columns := make([]*record.Field, len(cells))
	seen := make(map[string]bool)
	for i, cell := range cells {
		name := strings.TrimSpace(page.Text(cell.Data))
		if !dialect.Header || name == "" {
			name = fmt.Sprintf("column_%d", i+1)
		}
		if seen[name] {
			name = fmt.Sprintf("%s_%d", name, i+1)
		}
		seen[name] = true
		columns[i] = &record.Field{Name: name, Type: record.Text}
	}
	return columns, nil
}

// Layout implements [format.Format].
func (f *Format) Layout() *record.Layout { return f.layout }

// Open implements [format.Format]. The header is passed over.
func (f *Format) Open(r io.Reader) framing.Reader {
	decoded, _, err := Decoded(r, f.charset)
	if err != nil {
		return failed{err}
	}
	reader := NewReader(decoded, &f.dialect)
	if f.dialect.Header {
		return &behindHeader{Reader: reader}
	}
	return reader
}

// failed is a file that cannot be opened.
type failed struct{ err error }

// Next implements [framing.Reader].
func (f failed) Next() (framing.Record, error) { return framing.Record{}, f.err }

// behindHeader passes over the first record.
type behindHeader struct {
	*Reader
	passed bool
}

// Next implements [framing.Reader].
func (b *behindHeader) Next() (framing.Record, error) {
	if !b.passed {
		b.passed = true
		if header, err := b.Reader.Next(); err != nil {
			return header, err
		}
	}
	return b.Reader.Next()
}

// Decode implements [format.Format].
func (f *Format) Decode(raw []byte, to record.Sink) error {
	cells, err := f.dialect.Split(raw, make([]Cell, 0, len(f.layout.Fields)))
	if err != nil {
		return &record.FieldError{Offset: -1, Reason: err.Error()}
	}
	if err := f.ragged(len(cells)); err != nil {
		return err
	}
	for i, column := range f.layout.Fields {
		if i >= len(cells) || cells[i].Null {
			continue
		}
		if f.page.IsUTF8() && !utf8.Valid(cells[i].Data) {
			return &record.FieldError{Path: column.Path, Offset: -1, Reason: "is not UTF-8"}
		}
		if err := format.EmitText(column, f.page.Text(cells[i].Data), to); err != nil {
			return err
		}
	}
	return nil
}

func (f *Format) ragged(values int) error {
	columns := len(f.layout.Fields)
	switch {
	case values == columns, values < columns && f.dialect.Ragged != RejectRagged && f.dialect.Ragged != "", values > columns && f.dialect.Ragged == AllowRagged:
		return nil
	default:
		return &record.FieldError{Offset: -1, Reason: fmt.Sprintf("the record has %d values, and there are %d columns", values, columns)}
	}
}
