package batch

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/postern-gateway/postern/adapters/batch/bank"
	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/edi"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// EncodeFormatOptions say what [EncodeFormat] writes and how.
type EncodeFormatOptions struct {
	FormatOptions
	// Columns are the names of those of csv, where no schema has them. Without them they are the members of the first row.
	Columns []string
	// View is [ViewDocument] for the whole of a file in ach or bai2; empty means [ViewRecords], or [ViewSegments] of edi.
	View string
	// Delimiters of edi. LineEnd stands behind each of its segments, or with OpenEnd between them.
	Delimiters edi.Delimiters
	LineEnd    string
	OpenEnd    bool
}

// EncodeFormat reads JSON lines as [DecodeFormat] writes them, bare or not, and writes the file of their records in one of the formats. It returns how many there were. A
// row that does not fit is an error that names its line and the field.
func EncodeFormat(ctx context.Context, w io.Writer, rows io.Reader, options EncodeFormatOptions) (count int64, err error) {
	out := bufio.NewWriter(w)
	defer func() { err = errors.Join(err, out.Flush()) }()
	if options.View == ViewDocument {
		document, err := io.ReadAll(io.LimitReader(rows, bank.MaxFile+1))
		if err != nil {
			return 0, fmt.Errorf("reading the document: %w", err)
		}
		if len(document) > bank.MaxFile {
			return 0, fmt.Errorf("the document is longer than %d bytes", bank.MaxFile)
		}
		return 1, bank.WriteDocument(out, options.Format, document)
	}
	if (options.View == ViewSegments || options.View == ViewExactSegments) && options.Format != "edi" {
		return 0, errors.New("segments are those of edi")
	}
	if options.Format == "edi" && options.Schema == "" {
		return encodeSegments(ctx, out, rows, &options)
	}
	e := &formatEncoder{options: options, out: out}
	if options.Format == "csv" || options.Format == "" {
		encoded := delimited.Encoded(out, options.CodePage)
		defer func() { err = errors.Join(err, encoded.Close()) }()
		e.out = encoded
	}
	err = eachLine(ctx, rows, e.line)
	if err == nil && e.written == nil { // there is no row
		err = e.open(nil)
	}
	if err == nil {
		err = e.write(e.envelope.Back)
	}
	return e.count, err
}

// encodeSegments writes rows as [ViewSegments] has them.
func encodeSegments(ctx context.Context, out *bufio.Writer, rows io.Reader, options *EncodeFormatOptions) (count int64, err error) {
	if err := options.Delimiters.Check(); err != nil {
		return 0, err
	}
	var spell func(string) ([]byte, error)
	if options.CodePage != "" {
		page, err := record.LookUpCodePage(options.CodePage)
		if err != nil {
			return 0, err
		}
		spell = page.Bytes
	}
	writer := edi.NewWriter(options.Delimiters, spell)
	var data []byte
	err = eachLine(ctx, rows, func(text []byte) error {
		row, err := format.ParseList(text)
		if err != nil {
			return fmt.Errorf("edi is written of segments, one JSON array each, as decode --view exact-segments has them: %w", err)
		}
		data = data[:0]
		if options.OpenEnd && count > 0 {
			data = append(data, options.LineEnd...)
		}
		if data, err = writer.Append(data, row); err != nil {
			return ofRow(err)
		}
		if !options.OpenEnd {
			data = append(data, options.LineEnd...)
		}
		count++
		if _, err := out.Write(data); err != nil {
			return fmt.Errorf("writing a segment: %w", err)
		}
		return nil
	})
	return count, err
}

// ofRow says of a mistake that has no field that it is the row's.
func ofRow(err error) error {
	var wrong *record.FieldError
	if errors.As(err, &wrong) && wrong.Path == "" {
		return fmt.Errorf("the row %s", wrong.Reason)
	}
	return err
}

// A formatEncoder writes the records of a file.
type formatEncoder struct {
	options  EncodeFormatOptions
	out      io.Writer
	written  format.Written // nil before the first row
	envelope format.Envelope
	data     []byte
	count    int64
}

func (e *formatEncoder) line(text []byte) error {
	members, err := format.ParseMembers(text)
	if err != nil {
		return err
	}
	if isPlaced(len(members), members.Get) {
		fields, ok := members.Get("fields").(format.Members)
		if !ok {
			return errNoRow
		}
		members = fields
	}
	if e.written == nil {
		if err := e.open(members); err != nil {
			return err
		}
	}
	if e.data, err = e.written.Encode(e.data[:0], members); err != nil {
		return ofRow(err)
	}
	e.count++
	return e.write(append(e.data, e.envelope.End...))
}

func (e *formatEncoder) write(data []byte) error {
	if _, err := e.out.Write(data); err != nil {
		return fmt.Errorf("writing a record: %w", err)
	}
	return nil
}

// open makes the format and writes what stands in front. first is the first row.
func (e *formatEncoder) open(first format.Members) error {
	opened, err := e.format(first)
	if err != nil {
		return err
	}
	written, ok := opened.(format.Written)
	if !ok {
		return fmt.Errorf("records of the format %s are read, and not written; of ach and bai2 a whole document is", e.options.Format)
	}
	if e.envelope, err = written.Envelope(); err != nil {
		return err
	}
	e.written = written
	return e.write(e.envelope.Front)
}

func (e *formatEncoder) format(first format.Members) (format.Format, error) {
	if e.options.Format != "csv" || e.options.Schema != "" {
		return openFormat(e.options.FormatOptions, bytes.NewReader(nil))
	}
	names := e.options.Columns
	if len(names) == 0 {
		for _, member := range first {
			names = append(names, member.Name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("there is no row that names the columns: name them")
	}
	columns := make([]*record.Field, len(names))
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if seen[name] {
			return nil, fmt.Errorf("there are two columns %s", name)
		}
		seen[name] = true
		columns[i] = &record.Field{Name: name, Type: record.Text}
	}
	return delimited.New(e.options.Dialect, e.options.CodePage, columns)
}
