package batch

import (
	"errors"
	"fmt"
	"io"

	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A fileWriting puts records into files.
type fileWriting interface {
	Writer(w io.Writer) (framing.Writer, error)
}

// A formatWriting puts records of a format into files.
type formatWriting struct {
	envelope format.Envelope
	codePage string // of csv, where it is UTF-16
}

// formatWriting compiles how files of a format are written. It returns nil after a complaint.
func (c *compiler) formatWriting(field string, file *fileLayout) fileWriting {
	if file.config.GetFormat().GetLenient() {
		c.fail(field+".format.lenient", "this is for files that are read")
	}
	written, ok := file.format.(format.Written)
	_, filled := file.format.(format.Filled)
	if !ok || !filled {
		c.fail(field+".format", "files of this format are read, and not written: submissions leave in files of a schema of csv, fixed, jsonl or xml, of a copybook, or of delimited values")
		return nil
	}
	if edged, ok := written.(format.Edged); ok {
		return &formatWriting{envelope: format.Envelope{End: edged.End()}}
	}
	envelope, err := written.Envelope()
	if err != nil {
		c.fail(field+".format", "%v", err)
		return nil
	}
	return &formatWriting{envelope: envelope, codePage: file.config.GetCodePage()}
}

// Writer implements [fileWriting].
func (f *formatWriting) Writer(w io.Writer) (framing.Writer, error) {
	encoded := delimited.Encoded(w, f.codePage)
	if _, err := encoded.Write(f.envelope.Front); err != nil {
		return nil, fmt.Errorf("writing what stands in front of the records: %w", err)
	}
	return &formatWriter{Writer: framing.WriteEnded(encoded, f.envelope.End), encoded: encoded, back: f.envelope.Back}, nil
}

// A formatWriter writes one file.
type formatWriter struct {
	framing.Writer
	encoded io.WriteCloser
	back    []byte
}

// Close implements [framing.Writer].
func (f *formatWriter) Close() error {
	_, err := f.encoded.Write(f.back)
	return errors.Join(err, f.Writer.Close(), f.encoded.Close())
}

// formatEdge compiles the header of files of a format, or with behind their trailer. It returns nil if there is none, or after a complaint.
func (c *compiler) formatEdge(field string, s *submissions, config *configv1.BatchEdge, behind bool) *writtenEdge {
	if config.GetRecord() != "" {
		c.fail(field+".record", "the layout has no copybook: a schema of fixed-width records has a header and a trailer of its own, and for jsonl and xml their columns are named here")
	}
	edged, ok := s.file.format.(format.Edged)
	if !ok {
		if config != nil {
			c.fail(field, "csv has one where its columns are stated as `layout.delimited`; with a schema its files have none")
		}
		return nil
	}
	find := edged.Header
	if behind {
		find = edged.Trailer
	}
	edge, err := find(edgeColumns(config))
	switch {
	case err != nil && config == nil:
		c.fail(s.file.field+".format", "%v", err)
		return nil
	case err != nil:
		c.fail(field, "%v", err)
		return nil
	case edge == nil && config != nil:
		c.fail(field, "files of this format have one only if it has fields: name them in `columns`, or, for fixed-width records, as a record with this role in the schema")
		return nil
	case edge == nil:
		return nil
	}
	e := c.edgeFields(field, s, format.Writable(edge.Layout(), edge), config)
	for _, name := range edge.Counts {
		e.counts = append(e.counts, c.fixed(s.file.field+".format.schema", e.layout, name))
	}
	for _, total := range edge.Totals {
		e.totals = append(e.totals, c.schemaTotal(s.file.field+".format.schema", s.layout, e.layout, total))
	}
	return e
}

// edgeColumns are fields of a header or trailer. The one that gets the date is a date.
func edgeColumns(config *configv1.BatchEdge) []*record.Field {
	described := make([]*record.Field, 0, len(config.GetColumns()))
	for _, column := range columns(config.GetColumns()) {
		f := &record.Field{Name: column.Name, Type: column.Type, Length: column.MaxLength, Signed: true}
		if column.Name == config.GetDate() {
			f.Type = record.Date
		}
		described = append(described, f)
	}
	return described
}

// schemaTotal compiles a total that the schema itself states.
func (c *compiler) schemaTotal(field string, records, edge *record.Layout, total format.Total) controlTotal {
	made := controlTotal{
		name: total.Of, digits: uint32(total.Digits), //nolint:gosec // the length of a field
		of: c.number(field, records, total.Of), equals: c.number(field, edge, total.Equals),
	}
	if made.of != nil && made.equals != nil && made.of.Scale != made.equals.Scale {
		c.fail(field, "%s has %d digits behind the point and the records' %s has %d: a total that is written has as many", total.Equals, made.equals.Scale, total.Of, made.of.Scale)
	}
	return made
}
