package batch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/postern-gateway/postern/adapters/batch/bank"
	"github.com/postern-gateway/postern/adapters/batch/edi"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/unwrap"
	"github.com/postern-gateway/postern/adapters/batch/xmlrecord"
)

// The views that [DecodeFormat] gives of a file.
const (
	// ViewRecords is a line for each record, as [Decode] writes them.
	ViewRecords = "records"
	// ViewSegments is a JSON array for each segment of edi: tag, then elements. Nothing is checked but the syntax, and that no interchange is cut off.
	ViewSegments = "segments"
	// ViewExactSegments is ViewSegments, but the repetitions of an element are one array of arrays, so that [EncodeFormat] makes the same file of them.
	ViewExactSegments = "exact-segments"
	// ViewSummary is one JSON object: how many records there are, and what the file says of itself.
	ViewSummary = "summary"
	// ViewDocument is the whole of a file as one JSON value: of ach, bai2 and fedwire ([bank.Document]), and of formats that are [format.Documented].
	ViewDocument = "document"
)

// DecodeFormatOptions say what [DecodeFormat] reads and how.
type DecodeFormatOptions struct {
	FormatOptions
	// Data is the file to decode, and More are further ones of the same kind. Packed says what they are packed in.
	Data   string
	More   []string
	Packed unwrap.Options
	// View is what is written; empty means [ViewRecords].
	View string
	// Output says how records are written: bare, or not. The rest of it is for copybooks, and refused.
	Output DecodeOutput
	// Limit ends after so many records; 0 means all.
	Limit int64
	// Progress, if set, is told how far it has come, in bytes of the file.
	Progress func(done, total int64)
}

// DecodeFormat writes a file in one of the formats of [FormatNames] as JSON. A record that cannot be decoded is written as [Decode] does; a file that breaks off
// or fails its checks is an error, after what came before has been written.
func DecodeFormat(ctx context.Context, w io.Writer, options DecodeFormatOptions) (summary DecodeSummary, err error) {
	if options.Output != (DecodeOutput{Bare: options.Output.Bare}) {
		return summary, errors.New("what can be written beside fields, and how, is for records of a copybook: a format writes its fields, bare or with their place")
	}
	if len(options.More) > 0 && (options.View == ViewDocument || options.View == ViewSummary) {
		return summary, fmt.Errorf("a %s is of one file", options.View)
	}
	limit := options.Limit
	for _, name := range append([]string{options.Data}, options.More...) {
		if limit > 0 {
			if options.Limit = limit - summary.Records; options.Limit <= 0 {
				break
			}
		}
		options.Data = name
		one, err := decodeFormatFile(ctx, w, options)
		summary.Records, summary.Bad = summary.Records+one.Records, summary.Bad+one.Bad
		if err != nil {
			return summary, err
		}
	}
	return summary, nil
}

func decodeFormatFile(ctx context.Context, w io.Writer, options DecodeFormatOptions) (summary DecodeSummary, err error) {
	file, err := os.Open(options.Data)
	if err != nil {
		return summary, fmt.Errorf("opening the data: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data := unwrap.New(file, options.Packed)
	defer func() { err = errors.Join(err, data.Close()) }()
	out := bufio.NewWriter(w)
	defer func() { err = errors.Join(err, out.Flush()) }()
	if (options.View == ViewSegments || options.View == ViewExactSegments) && options.Format == "edi" {
		return writeSegments(ctx, out, data, options)
	}
	opened, err := openFormatOf(options)
	if err != nil {
		return summary, err
	}
	if options.View == ViewDocument {
		return summary, writeDocument(ctx, out, data, opened, options.Format)
	}
	info, err := file.Stat()
	if err != nil {
		return summary, fmt.Errorf("reading the data: %w", err)
	}
	d := &formatDecoder{format: opened, reader: opened.Open(data), options: options, out: out, total: info.Size()}
	switch options.View {
	case "", ViewRecords:
		err = d.run(ctx, d.record)
	case ViewSummary:
		err = d.summarise(ctx)
	default:
		err = fmt.Errorf("the format %s has no view %q", options.Format, options.View)
	}
	return d.summary, err
}

// writeDocument writes the whole file as one JSON value.
func writeDocument(ctx context.Context, out io.Writer, data io.Reader, opened format.Format, name string) error {
	var document []byte
	var err error
	if documented, ok := opened.(format.Documented); ok {
		document, err = documented.Document(ctx, data)
	} else {
		document, err = bank.Document(name, data)
	}
	if err == nil {
		_, err = out.Write(append(document, '\n'))
	}
	return err
}

// openFormatOf makes the format, for which it may look at the beginning of the data.
func openFormatOf(options DecodeFormatOptions) (opened format.Format, err error) {
	file, err := os.Open(options.Data)
	if err != nil {
		return nil, fmt.Errorf("opening the data: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data := unwrap.New(file, options.Packed)
	defer func() { err = errors.Join(err, data.Close()) }()
	return openFormat(options.FormatOptions, data)
}

type formatDecoder struct {
	format  format.Format
	reader  framing.Reader
	options DecodeFormatOptions
	out     *bufio.Writer
	json    record.JSONWriter
	total   int64
	summary DecodeSummary
}

// run hands over each record.
func (d *formatDecoder) run(ctx context.Context, take func(framing.Record) error) error {
	for d.options.Limit == 0 || d.summary.Records < d.options.Limit {
		next, err := d.reader.Next()
		if errors.Is(err, io.EOF) {
			d.progress(d.total)
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the data: %w", err)
		}
		if ctx.Err() != nil { // asked for each record, since a script may take its time over one
			return context.Cause(ctx)
		}
		if d.summary.Records++; d.summary.Records%ctxInterval == 0 {
			d.progress(next.Offset)
		}
		if err := take(next); err != nil {
			return err
		}
	}
	return nil
}

func (d *formatDecoder) progress(done int64) {
	if d.options.Progress != nil {
		d.options.Progress(done, d.total)
	}
}

// record writes one line.
func (d *formatDecoder) record(r framing.Record) error {
	d.json.Buffer = d.json.Buffer[:0]
	if !d.options.Output.Bare {
		d.json.Buffer = append(appendPlace(d.json.Buffer, r), `"fields":`...)
	}
	err := d.fields(r.Data)
	var field *record.FieldError
	switch {
	case errors.As(err, &field):
		d.summary.Bad++
		d.json.Buffer = append(appendFault(appendPlace(d.json.Buffer[:0], r), r, field), '}')
	case err != nil:
		return fmt.Errorf("decoding record %d: %w", r.Number, err)
	case !d.options.Output.Bare:
		d.json.Buffer = append(d.json.Buffer, '}')
	}
	d.json.Buffer = append(d.json.Buffer, '\n')
	if _, err := d.out.Write(d.json.Buffer); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

func (d *formatDecoder) fields(raw []byte) error {
	if free, ok := d.format.(format.Free); ok && d.format.Layout() == nil {
		buffer, err := free.AppendJSON(d.json.Buffer, raw)
		d.json.Buffer = buffer
		return err
	}
	d.json.Start()
	if err := d.format.Decode(raw, &d.json); err != nil {
		return err
	}
	d.json.Finish()
	return nil
}

// discard is a sink that wants nothing but that a record can be decoded.
type discard struct{}

func (discard) Value(*record.Field, *record.Value) error { return nil }
func (discard) Begin(*record.Field) error                { return nil }
func (discard) End(*record.Field) error                  { return nil }
func (discard) BeginList(*record.Field) error            { return nil }
func (discard) EndList(*record.Field) error              { return nil }

// summarise reads all records and writes what there was, even if the file fails its checks in the end.
func (d *formatDecoder) summarise(ctx context.Context) error {
	var scratch []byte
	failed := d.run(ctx, func(r framing.Record) error {
		var err error
		if free, ok := d.format.(format.Free); ok && d.format.Layout() == nil {
			scratch, err = free.AppendJSON(scratch[:0], r.Data)
		} else {
			err = d.format.Decode(r.Data, discard{})
		}
		var field *record.FieldError
		if errors.As(err, &field) {
			d.summary.Bad++
			return nil
		}
		return err
	})
	written := struct {
		Format  string             `json:"format"`
		Records int64              `json:"records"`
		Bad     int64              `json:"bad"`
		Message *xmlrecord.Summary `json:"message,omitempty"`
	}{Format: d.options.Format, Records: d.summary.Records, Bad: d.summary.Bad}
	if message, ok := d.reader.(*xmlrecord.Message); ok {
		summary := message.Summary()
		written.Message = &summary
	}
	return errors.Join(failed, json.NewEncoder(d.out).Encode(written))
}

// writeSegments writes the segments of edi. A file that ends within an interchange has been cut off.
func writeSegments(ctx context.Context, out *bufio.Writer, r io.Reader, options DecodeFormatOptions) (summary DecodeSummary, err error) {
	scanner := edi.NewScanner(r)
	within := false
	var line []byte
	for options.Limit == 0 || summary.Records < options.Limit {
		segment, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			if within && !options.Lenient {
				return summary, &framing.Error{Number: summary.Records + 1, Offset: scanner.Offset(), Reason: "the file ends, and its interchange does not"}
			}
			return summary, nil
		}
		if err != nil {
			return summary, fmt.Errorf("reading the data: %w", err)
		}
		if summary.Records++; summary.Records%ctxInterval == 0 && ctx.Err() != nil {
			return summary, context.Cause(ctx)
		}
		if begins, ends := scanner.Syntax.Standard.Encloses(segment.Tag); begins || ends {
			within = begins
		}
		if options.View == ViewExactSegments {
			line = append(scanner.Syntax.AppendExact(line[:0], segment), '\n')
		} else {
			line = append(scanner.Syntax.AppendJSON(line[:0], segment), '\n')
		}
		if _, err := out.Write(line); err != nil {
			return summary, fmt.Errorf("writing: %w", err)
		}
	}
	return summary, nil
}
