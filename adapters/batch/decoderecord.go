package batch

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// fileIDs is how far the Record_Ids of two files are apart.
const fileIDs = 1 << 32

// A recordWriter writes the fields of the records of one file, and what is wanted beside them.
type recordWriter struct {
	*fileDecoder
	file, id  int64 // numbers of the file and of the present record, from 0
	name      string
	segments  *layout.Segments
	numbering *layout.Numbering
	decoder   *record.Decoder
	value     record.Value
	kind      string   // of the present record
	levels    []string // the numbers of the present record, or of the one that its hierarchy begins with, from the highest level
}

func (d *fileDecoder) newRecordWriter(number int, name string) *recordWriter {
	w := &recordWriter{fileDecoder: d, file: int64(number), id: int64(number)*fileIDs - 1, name: name, decoder: d.layout.NewDecoder()}
	d.json.HexBytes, d.json.Debug, d.json.KeepCorrupt = d.options.Output.HexBytes, d.options.Output.Debug, d.options.Output.Corrupt
	if d.compiled != nil && d.compiled.Segments != nil {
		w.segments = d.compiled.Segments
		w.numbering = w.segments.Numbering(number)
	}
	return w
}

func (w *recordWriter) hierarchical() bool { return w.segments != nil && w.segments.Hierarchical() }

// body is the part of a record that its layout describes.
func (w *recordWriter) body(data []byte) []byte {
	if w.compiled == nil {
		return data
	}
	return w.compiled.Body(data)
}

// take counts a record, and says whether it is wanted.
func (w *recordWriter) take(r framing.Record) bool {
	w.id++
	if w.segments == nil {
		return true
	}
	w.kind = w.segments.Value(w.body(r.Data), &w.value)
	w.numbering.Take(w.kind, w.id)
	return w.numbering.Begun() && w.segments.Wanted(w.kind)
}

// fields writes the members of the present record.
func (w *recordWriter) fields(r framing.Record) error {
	w.number()
	w.beside(w.id, int64(len(r.Data)), r.Data)
	err := w.decoder.DecodeJSON(w.body(r.Data), &w.json)
	var field *record.FieldError
	if errors.As(err, &field) && field.Offset >= 0 && w.compiled != nil {
		field.Offset += w.compiled.Start
	}
	if err == nil && w.options.Output.Corrupt {
		w.json.CorruptList()
	}
	return err
}

// beside writes what stands beside the fields.
func (w *recordWriter) beside(id, length int64, data []byte) {
	output := w.options.Output
	if output.FileName != "" {
		w.text(output.FileName, filepath.Base(w.name))
	}
	if output.RecordIDs {
		w.integer("File_Id", w.file)
		w.integer("Record_Id", id)
		w.integer("Record_Byte_Length", length)
	}
	if output.RecordBytes && data != nil {
		w.json.Name("Record_Bytes")
		w.json.Buffer = append(base64.StdEncoding.AppendEncode(append(w.json.Buffer, '"'), data), '"')
	}
	for level, id := range w.levels {
		w.text("Seg_Id"+strconv.Itoa(level), id)
	}
}

// number notes the numbers of the present record.
func (w *recordWriter) number() {
	w.levels = w.levels[:0]
	if w.segments == nil {
		return
	}
	for level := range w.segments.Levels() {
		if id, ok := w.numbering.ID(level); ok {
			w.levels = append(w.levels, id)
		}
	}
}

func (w *recordWriter) integer(name string, n int64) {
	w.json.Name(name)
	w.json.Buffer = strconv.AppendInt(w.json.Buffer, n, 10)
}

func (w *recordWriter) text(name, text string) {
	w.json.Name(name)
	w.json.Buffer = record.AppendJSONString(w.json.Buffer, text)
}

// maxFamily bounds the bytes of a record with all that belong to it.
const maxFamily = 1 << 28

// runHierarchy writes each record that begins a hierarchy together with those behind it.
func (d *fileDecoder) runHierarchy(ctx context.Context) error {
	w := d.records
	var first framing.Record
	var family []layout.Member
	var whole [][]byte // the same records with what the layout does not describe
	length := int64(0)
	flush := func(id int64) error {
		if len(family) == 0 {
			return nil
		}
		return d.record(first, func() error { return w.family(family, whole, id, length) })
	}
	for {
		next, err := d.next(ctx)
		if errors.Is(err, io.EOF) {
			return flush(w.id + 1)
		}
		if err != nil {
			return err
		}
		if !w.take(next) {
			continue
		}
		if w.segments.IsRoot(w.kind) {
			if err := flush(w.id); err != nil {
				return err
			}
			w.number()
			family, whole, length, first = family[:0], whole[:0], 0, framing.Record{Number: next.Number, Offset: next.Offset}
		} else if len(family) == 0 {
			continue
		}
		if length += int64(len(next.Data)); length > maxFamily {
			return fmt.Errorf("record %d has more than %d bytes of records that belong to it", first.Number, maxFamily)
		}
		data := bytes.Clone(next.Data)
		family, whole = append(family, layout.Member{Kind: w.kind, Body: w.body(data)}), append(whole, data)
	}
}

// family writes a record with those that belong to it.
func (w *recordWriter) family(family []layout.Member, whole [][]byte, id, length int64) error {
	w.beside(id, length, nil)
	if w.options.Output.RecordBytes {
		w.json.Name("Record_Bytes")
		for i, data := range whole {
			w.json.Buffer = append(base64.StdEncoding.AppendEncode(append(w.json.Buffer, "[,"[min(i, 1)], '"'), data), '"')
		}
		w.json.Buffer = append(w.json.Buffer, ']')
	}
	err := w.segments.Decode(family, &w.json)
	if err == nil && w.options.Output.Corrupt {
		w.json.CorruptList()
	}
	return err
}
