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

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// DecodeOptions say what [Decode] reads and how. What is left out has the default of the configuration (BatchLayout).
type DecodeOptions struct {
	// Data is the file to decode.
	Data string
	// Copybook is its layout. Empty means CSV, whose first line names the columns.
	Copybook string
	// Record is the level 01 of the copybook. Empty means the first.
	Record string
	// CopybookFormat is fixed, free or auto.
	CopybookFormat string
	// DecimalComma reads pictures as under DECIMAL-POINT IS COMMA.
	DecimalComma bool
	// CodePage of the data.
	CodePage string
	// RecordFormat is fixed or line.
	RecordFormat string
	// RecordLength of fixed records; 0 means as the copybook says.
	RecordLength int
	// Delimiter of CSV, one byte; 0 means a comma.
	Delimiter byte
	// Formats are dates, times and booleans by field name, as in the configuration.
	Formats map[string]string
	// Invalid says what becomes of a number that is none: reject (the default), absent or zero.
	Invalid string
	// IEEE and LittleEndian say how the machine that wrote the file stores COMP-1, COMP-2 and COMP-5.
	IEEE, LittleEndian bool
	// Shift lets what follows a table of OCCURS DEPENDING ON stand right behind its last element.
	Shift bool
	// Trim says which blanks around texts are dropped: right (the default), both, left or none.
	Trim string
	// Limit ends after so many records; 0 means all.
	Limit int64
	// Progress, if set, is told how far it has come, in bytes of the file.
	Progress func(done, total int64)
}

// A DecodeSummary is what [Decode] found.
type DecodeSummary struct {
	// Records is how many records there were, and Bad how many of them could not be decoded.
	Records, Bad int64
}

// Decode writes a file as JSON lines, one for each record: {"record": 1, "offset": 0, "fields": {...}}. Names are those of the
// copybook with - made _; every alternative of a REDEFINES is there. A record that cannot be decoded gives {"record": 2, "offset": 200, "error": {"field":
// ..., "offset": ..., "reason": ...}}, with the offset counted in the file. A file that cannot be cut into records is an error, after what came before has been
// written.
func Decode(ctx context.Context, w io.Writer, options DecodeOptions) (summary DecodeSummary, err error) {
	file, err := os.Open(options.Data)
	if err != nil {
		return summary, fmt.Errorf("opening the data: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return summary, fmt.Errorf("opening the data: %w", err)
	}
	d := &fileDecoder{options: options, total: info.Size(), out: bufio.NewWriter(w)}
	if err := d.open(file); err != nil {
		return summary, err
	}
	err = d.run(ctx)
	return d.summary, errors.Join(err, d.out.Flush())
}

type fileDecoder struct {
	options DecodeOptions
	total   int64
	reader  framing.Reader
	layout  *record.Layout
	out     *bufio.Writer
	json    record.JSONWriter
	summary DecodeSummary
}

// open compiles the layout and starts reading.
func (d *fileDecoder) open(r io.Reader) error {
	options, err := d.recordOptions()
	if err != nil {
		return err
	}
	if d.options.Copybook == "" {
		return d.openDelimited(r, options)
	}
	source, err := os.ReadFile(d.options.Copybook)
	if err != nil {
		return fmt.Errorf("reading the copybook: %w", err)
	}
	book, err := copybook.Parse(d.options.Copybook, source, copybook.Options{
		Format: copybook.Format(d.options.CopybookFormat), DecimalComma: d.options.DecimalComma,
	})
	if err != nil {
		return err
	}
	item := book.Record(d.options.Record)
	if item == nil {
		return fmt.Errorf("the copybook has no level 01 %s", d.options.Record)
	}
	if d.layout, err = record.Compile(item, options); err != nil {
		return fmt.Errorf("compiling the layout: %w", err)
	}
	if err := d.checkFormats(); err != nil {
		return err
	}
	if options.Pad {
		d.reader = framing.Lines(r, false)
		return nil
	}
	length := d.layout.Length
	if d.options.RecordLength > 0 {
		length = d.options.RecordLength
	}
	if length < d.layout.Length {
		return fmt.Errorf("the copybook's records are %d bytes long, which is more than the record length %d", d.layout.Length, length)
	}
	d.reader = framing.Fixed(r, length)
	return nil
}

func (d *fileDecoder) checkFormats() error {
	for name := range d.options.Formats {
		if !d.layout.TakesFormat(name) {
			return fmt.Errorf("there is no field %s that can have a format", name)
		}
	}
	return nil
}

func (d *fileDecoder) recordOptions() (record.Options, error) {
	name := d.options.CodePage
	switch {
	case name != "":
	case d.options.Copybook == "":
		name = "utf-8"
	case d.options.RecordFormat == "line":
		name = "ascii"
	default:
		name = defaultCodePage
	}
	page, err := record.LookUpCodePage(name)
	if err != nil {
		return record.Options{}, err
	}
	trims := map[string]record.Trim{"": record.TrimRight, "right": record.TrimRight, "both": record.TrimBoth, "left": record.TrimLeft, "none": record.TrimNone}
	trim, ok := trims[d.options.Trim]
	if !ok {
		return record.Options{}, fmt.Errorf("blanks are trimmed right, left, both or none, not %q", d.options.Trim)
	}
	invalid := policy(d.options.Invalid, record.Reject)
	return record.Options{
		CodePage: page, IEEE: d.options.IEEE, LittleEndian: d.options.LittleEndian, Shift: d.options.Shift, Blank: record.Absent, Invalid: invalid,
		Formats: d.options.Formats, AllAlternatives: true, Trim: trim, Excess: d.options.RecordLength > 0, Pad: d.options.RecordFormat == "line",
	}, nil
}

// openDelimited takes the columns from the first line.
func (d *fileDecoder) openDelimited(r io.Reader, options record.Options) error {
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
	return d.checkFormats()
}

func (d *fileDecoder) run(ctx context.Context) error {
	decoder := d.layout.NewDecoder()
	for d.options.Limit == 0 || d.summary.Records < d.options.Limit {
		next, err := d.reader.Next()
		if errors.Is(err, io.EOF) {
			d.progress(d.total)
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the data: %w", err)
		}
		d.summary.Records++
		if d.summary.Records%ctxInterval == 0 {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			d.progress(next.Offset)
		}
		if err := d.record(decoder, next); err != nil {
			return err
		}
	}
	return nil
}

func (d *fileDecoder) progress(done int64) {
	if d.options.Progress != nil {
		d.options.Progress(done, d.total)
	}
}

// record writes one line.
func (d *fileDecoder) record(decoder *record.Decoder, r framing.Record) error {
	d.json.Buffer = appendPlace(d.json.Buffer[:0], r)
	d.json.Buffer = append(d.json.Buffer, `"fields":`...)
	d.json.Start()
	err := decoder.Decode(r.Data, &d.json)
	var field *record.FieldError
	switch {
	case errors.As(err, &field):
		d.summary.Bad++
		d.json.Buffer = appendFault(appendPlace(d.json.Buffer[:0], r), r, field)
	case err != nil:
		return fmt.Errorf("decoding record %d: %w", r.Number, err)
	default:
		d.json.Finish()
	}
	d.json.Buffer = append(d.json.Buffer, '}', '\n')
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
