package omni

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/jf-tech/omniparser"
	"github.com/jf-tech/omniparser/errs"
	"github.com/jf-tech/omniparser/transformctx"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Format reads files by a schema. It implements [format.Format] and [format.Free].
type Format struct{ schema omniparser.Schema }

// IsSchema tells whether text is a schema of omniparser: a JSON object with parser_settings.
func IsSchema(text []byte) bool {
	var header struct {
		Settings json.RawMessage `json:"parser_settings"`
	}
	return json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &header) == nil && header.Settings != nil
}

// Parse reads a schema. The error names the part that is not understood.
func Parse(name string, text []byte) (*Format, error) {
	return parse(name, text, &scripts{most: scriptTime})
}

func parse(name string, text []byte, scripts *scripts) (_ *Format, err error) {
	defer recovered(&err)
	schema, err := omniparser.NewSchema(name, bytes.NewReader(text), scripts.extension())
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	return &Format{schema: schema}, nil
}

// Kind is the kind of files that the schema reads, in omniparser's words: csv, csv2, delimited, fixed-length, fixedlength2, edi, json or xml.
func (f *Format) Kind() string { return f.schema.Header().ParserSettings.FileFormatType }

// Layout implements [format.Format]: what a schema makes has no declared fields.
func (*Format) Layout() *record.Layout { return nil }

// Open implements [format.Format].
func (f *Format) Open(r io.Reader) framing.Reader { return &reader{format: f, source: r} }

// Decode implements [format.Format]. Without declared fields there is nothing to hand over; it only tells whether the record is good.
func (f *Format) Decode(raw []byte, _ record.Sink) error {
	_, err := f.AppendJSON(nil, raw)
	return err
}

type reader struct {
	format    *Format
	source    io.Reader
	transform omniparser.Transform
	number    int64
	failed    error
}

// Next implements [framing.Reader].
func (r *reader) Next() (framing.Record, error) {
	if r.failed != nil {
		return framing.Record{}, r.failed
	}
	data, err := r.read()
	if err != nil {
		if !errors.Is(err, io.EOF) {
			err = &framing.Error{Number: r.number + 1, Reason: err.Error()}
		}
		r.failed = err
		return framing.Record{}, err
	}
	r.number++
	return framing.Record{Number: r.number, Data: data}, nil
}

// read returns the next record, also one that could not be transformed.
func (r *reader) read() (data []byte, err error) {
	defer recovered(&err)
	if r.transform == nil {
		if r.transform, err = r.format.schema.NewTransform("the file", r.source, &transformctx.Ctx{}); err != nil {
			return nil, err
		}
	}
	transformed, err := r.transform.Read()
	if errs.IsErrTransformFailed(err) {
		return json.Marshal(result{Fault: err.Error()})
	}
	if err != nil {
		return nil, err
	}
	raw, err := r.transform.RawRecord()
	if err != nil {
		return nil, err
	}
	return json.Marshal(resultOf(raw, transformed))
}

// recovered makes an error of the library's panics.
func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("the library for omni.2.1 gave up: %v", cause)
	}
}
