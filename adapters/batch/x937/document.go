package x937

import (
	"context"
	"errors"
	"io"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

// lists are the records of an item that its object has as lists, null while there are none.
var lists = map[string][]string{
	"checks": {"checkDetailAddendumA", "checkDetailAddendumB", "checkDetailAddendumC", "imageViewDetail", "imageViewData", "imageViewAnalysis"},
	"returns": {"returnDetailAddendumA", "returnDetailAddendumB", "returnDetailAddendumC", "returnDetailAddendumD", "imageViewDetail", "imageViewData",
		"imageViewAnalysis"},
}

// Document returns the whole file as one JSON object, as moov-io/imagecashletter writes it. The error is a [*framing.Error], or the context's.
func (f *Format) Document(ctx context.Context, r io.Reader) ([]byte, error) {
	records := f.Open(r)
	file := &object{members: []member{{"id", ""}}}
	nested := nesting{file: file}
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		next, err := records.Next()
		if errors.Is(err, io.EOF) {
			return file.MarshalJSON()
		}
		if err != nil {
			return nil, err
		}
		kind, values, err := parse(next.Data)
		if err != nil {
			return nil, &framing.Error{Number: next.Number, Offset: next.Offset, Reason: err.Error()}
		}
		nested.add(kind, documented(kind, values))
	}
}

// nesting is what of a file is being read. The reader has seen to it that each is there when something stands in it.
type nesting struct{ file, letter, bundle, item *object }

func (n *nesting) add(kind table, made *object) {
	switch kind.name {
	case "fileHeader", "fileControl":
		n.file.set(kind.name, made)
	case "cashLetterHeader":
		n.letter = &object{members: []member{{"id", ""}, {kind.name, made}}}
		n.file.push("cashLetters", n.letter)
	case "bundleHeader":
		n.bundle = &object{members: []member{{"id", ""}, {kind.name, made}}}
		n.letter.push("bundles", n.bundle)
	case "cashLetterControl":
		n.letter.set(kind.name, made)
	case "credit", "creditItem", "routingNumberSummary":
		n.letter.push(kind.name, made)
	case "bundleControl":
		n.bundle.set(kind.name, made)
	case "checks", "returns":
		n.item = made
		n.bundle.push(kind.name, made)
	default:
		n.item.push(kind.name, made)
	}
}

// documented is a record as documents have it.
func documented(kind table, values []value) *object {
	made := &object{members: []member{{"id", ""}}}
	for i := range values {
		if v := &values[i]; !v.field.optional || v.text != "" {
			made.set(v.field.name, v.document())
		}
	}
	for _, name := range lists[kind.name] {
		made.set(name, []*object(nil))
	}
	return made
}
