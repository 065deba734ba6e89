package omni

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/jf-tech/omniparser/idr"
	"github.com/jf-tech/omniparser/schemahandler"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// A result is a record as the library's samples write it, or why there is none.
type result struct {
	// Raw is what stands in the file, as JSON text, and Hash the library's UUID of it.
	Raw         string          `json:"RawRecord"`
	Hash        string          `json:"RawRecordHash"`
	Transformed json.RawMessage `json:"TransformedRecord"`
	Fault       string          `json:"Fault,omitempty"`
}

func resultOf(raw schemahandler.RawRecord, transformed []byte) result {
	made := result{Hash: raw.Checksum(), Transformed: transformed}
	if node, ok := raw.Raw().(*idr.Node); ok {
		made.Raw = idr.JSONify2(node)
	}
	return made
}

// AppendJSON implements [format.Free]: what the schema makes of the record.
func (*Format) AppendJSON(to, raw []byte) ([]byte, error) {
	var one result
	if err := one.parse(raw); err != nil {
		return to, err
	}
	return append(to, one.Transformed...), nil
}

func (r *result) parse(raw []byte) error {
	if err := json.Unmarshal(raw, r); err != nil {
		return &record.FieldError{Offset: -1, Reason: "is no record of a schema of omniparser"}
	}
	if r.Fault != "" {
		return &record.FieldError{Offset: -1, Reason: r.Fault}
	}
	return nil
}

// Document reads a whole file and returns all its records as a JSON array of objects: RawRecord, RawRecordHash, TransformedRecord. The error is that of the
// first record that cannot be transformed, or that of the file.
func (f *Format) Document(ctx context.Context, r io.Reader) ([]byte, error) {
	records := f.Open(r)
	all := []result{}
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		next, err := records.Next()
		if errors.Is(err, io.EOF) {
			return json.Marshal(all)
		}
		if err != nil {
			return nil, err
		}
		var one result
		if err := one.parse(next.Data); err != nil {
			return nil, &framing.Error{Number: next.Number, Reason: err.Error()}
		}
		all = append(all, one)
	}
}
