package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// DecodeOptions say what [Decode] reads and how.
type DecodeOptions struct {
	// Data is the file to decode, and More are further ones of the same layout. Packed says what they are packed in.
	Data   string
	More   []string
	Packed unwrap.Options
	// Layout is that of the records, with paths relative to Dir. Nil, or one without a copybook, means CSV, whose first line names the columns.
	Layout *configv1.BatchLayout
	Dir    string
	// Delimiter of CSV, one byte; 0 means a comma.
	Delimiter byte
	// Output says what is written beside the fields.
	Output DecodeOutput
	// Limit ends after so many records; 0 means all.
	Limit int64
	// Progress, if set, is told how far it has come, in bytes of the file.
	Progress func(done, total int64)
}

// DecodeOutput says what [Decode] writes beside the fields that the layout has.
type DecodeOutput struct {
	// Bare writes only the fields, not {"record": ..., "offset": ..., "fields": ...} around them.
	Bare bool
	// KeepRoot makes the name of the 01 level a group around all fields.
	KeepRoot bool
	// WrittenNames makes names those of the copybook as it writes them: Unit-Price, and not UNIT_PRICE.
	WrittenNames bool
	// RecordIDs adds File_Id, Record_Id (counted from 0, and from 2^32 times the file's number in further files) and Record_Byte_Length. The Record_Id of a hierarchy is that of
	// the record behind it, as Cobrix has it.
	RecordIDs bool
	// RecordBytes adds the record itself as Record_Bytes, in base64.
	RecordBytes bool
	// FileName, if not empty, is the name of a member that holds the name of the file.
	FileName string
	// Corrupt adds _corrupt_fields: what was no value of its type, with its bytes.
	Corrupt bool
	// HexBytes writes bytes in hexadecimal digits instead of base64.
	HexBytes bool
	// Debug adds the bytes of each field NAME as NAME_debug.
	Debug record.DebugFormat
}

// A DecodeSummary is what [Decode] found.
type DecodeSummary struct {
	// Records is how many records there were, and Bad how many of them could not be decoded.
	Records, Bad int64
}

// Decode writes files as JSON lines, one for each record: {"record": 1, "offset": 0, "fields": {...}}. Names are those of the
// copybook with - made _; every alternative of a REDEFINES is there that nothing decides about. A record that cannot be decoded gives {"record": 2, "offset": 200, "error":
// {"field": ..., "offset": ..., "reason": ...}}, with the offset counted in the file. A file that cannot be cut into records is an error, after what came before has been
// written. Records of a hierarchy are written with those that belong to them, as one.
func Decode(ctx context.Context, w io.Writer, options DecodeOptions) (summary DecodeSummary, err error) {
	if options.Layout.GetFormat() != nil {
		return decodeByFormat(ctx, w, options)
	}
	d := &fileDecoder{options: options, out: bufio.NewWriter(w)}
	defer func() { err = errors.Join(err, d.out.Flush()) }()
	if options.Layout.GetCopybook() != "" {
		compiled, err := layout.Compile(options.Layout, layout.Options{Dir: options.Dir, AllAlternatives: true, KeepRoot: options.Output.KeepRoot, WrittenNames: options.Output.WrittenNames})
		if err != nil {
			return summary, err
		}
		d.compiled, d.layout = compiled, compiled.Record
	}
	for i, name := range append([]string{options.Data}, options.More...) {
		if err := d.file(ctx, i, name); err != nil {
			return d.summary, err
		}
	}
	return d.summary, nil
}

type fileDecoder struct {
	options  DecodeOptions
	total    int64
	compiled *layout.Layout // nil for CSV
	layout   *record.Layout
	reader   framing.Reader
	out      *bufio.Writer
	json     record.JSONWriter
	summary  DecodeSummary
	records  *recordWriter
}

// file decodes one file.
func (d *fileDecoder) file(ctx context.Context, number int, name string) (err error) {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("opening the data: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("opening the data: %w", err)
	}
	d.total = info.Size()
	data := unwrap.New(file, d.options.Packed)
	defer func() { err = errors.Join(err, data.Close()) }()
	if d.compiled == nil {
		if err := d.openDelimited(data); err != nil {
			return err
		}
	} else {
		d.reader = d.compiled.Reader(data)
	}
	d.records = d.newRecordWriter(number, name)
	if d.records.hierarchical() {
		return d.runHierarchy(ctx)
	}
	return d.run(ctx)
}

// openDelimited takes the columns from the first line.
func (d *fileDecoder) openDelimited(r io.Reader) error {
	options, err := layout.RecordOptions(csvLayout(d.options.Layout), d.options.Dir)
	if err != nil {
		return err
	}
	delimiter := record.Delimiter{Separator: ','}
	if d.options.Delimiter != 0 {
		delimiter.Separator = d.options.Delimiter
	}
	d.reader = framing.Lines(r, true)
	first, err := d.reader.Next()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty: its first line names the columns")
	}
	if err != nil {
		return fmt.Errorf("reading the first line: %w", err)
	}
	cells, err := delimiter.Split([]byte(strings.TrimPrefix(string(first.Data), "\ufeff")), nil)
	if err != nil {
		return fmt.Errorf("reading the first line: %w", err)
	}
	columns := make([]record.Column, len(cells))
	for i, cell := range cells {
		columns[i] = record.Column{Name: strings.TrimSpace(string(cell)), Type: record.Text}
	}
	if d.layout, err = record.CompileDelimited(columns, delimiter, options); err != nil {
		return fmt.Errorf("reading the first line: %w", err)
	}
	for name := range options.Formats {
		if !d.layout.TakesFormat(name) {
			return fmt.Errorf("there is no field %s that can have a format", name)
		}
	}
	return nil
}

// csvLayout says that the settings are for CSV.
func csvLayout(given *configv1.BatchLayout) *configv1.BatchLayout {
	return &configv1.BatchLayout{
		Source:   &configv1.BatchLayout_Delimited{Delimited: &configv1.BatchDelimited{}},
		CodePage: given.GetCodePage(), CodePageFile: given.GetCodePageFile(), Formats: given.GetFormats(), InvalidNumbers: given.GetInvalidNumbers(),
	}
}

// next returns the next record; io.EOF at the end of the file or of the limit.
func (d *fileDecoder) next(ctx context.Context) (framing.Record, error) {
	if d.options.Limit > 0 && d.summary.Records >= d.options.Limit {
		return framing.Record{}, io.EOF
	}
	next, err := d.reader.Next()
	switch {
	case errors.Is(err, io.EOF):
		d.progress(d.total)
		return next, io.EOF
	case err != nil:
		return next, fmt.Errorf("reading the data: %w", err)
	}
	if d.summary.Records++; d.summary.Records%ctxInterval == 0 {
		if ctx.Err() != nil {
			return next, context.Cause(ctx)
		}
		d.progress(next.Offset)
	}
	return next, nil
}

func (d *fileDecoder) run(ctx context.Context) error {
	for {
		next, err := d.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		wanted := d.records.take(next)
		if !wanted {
			continue
		}
		if err := d.record(next, func() error { return d.records.fields(next) }); err != nil {
			return err
		}
	}
}

func (d *fileDecoder) progress(done int64) {
	if d.options.Progress != nil {
		d.options.Progress(min(done, d.total), d.total)
	}
}

// record writes one line, whose fields are written by the function.
func (d *fileDecoder) record(r framing.Record, fields func() error) error {
	bare := d.options.Output.Bare
	d.json.Buffer = d.json.Buffer[:0]
	if !bare {
		d.json.Buffer = append(appendPlace(d.json.Buffer, r), `"fields":`...)
	}
	d.json.Start()
	err := fields()
	var field *record.FieldError
	switch {
	case errors.As(err, &field):
		d.summary.Bad++
		d.json.Buffer = append(appendFault(appendPlace(d.json.Buffer[:0], r), r, field), '}')
	case err != nil:
		return fmt.Errorf("decoding record %d: %w", r.Number, err)
	default:
		d.json.Finish()
		if !bare {
			d.json.Buffer = append(d.json.Buffer, '}')
		}
	}
	d.json.Buffer = append(d.json.Buffer, '\n')
	if _, err := d.out.Write(d.json.Buffer); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

func appendPlace(to []byte, r framing.Record) []byte {
	to = strconv.AppendInt(append(to, `{"record":`...), r.Number, 10)
	to = strconv.AppendInt(append(to, `,"offset":`...), r.Offset, 10)
	return append(to, ',')
}

func appendFault(to []byte, r framing.Record, fault *record.FieldError) []byte {
	to = append(to, `"error":{`...)
	if fault.Path != "" {
		to = append(record.AppendJSONString(append(to, `"field":`...), fault.Path), ',')
	}
	if fault.Offset >= 0 {
		to = append(strconv.AppendInt(append(to, `"offset":`...), r.Offset+int64(fault.Offset), 10), ',')
	}
	return append(record.AppendJSONString(append(to, `"reason":`...), fault.Reason), '}')
}
