package codec

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// ReadOptions say how one reply is read. The zero value reads strictly, and knows no attachments.
type ReadOptions struct {
	// Context ends the reading of a long reply; nil for one that never ends.
	Context context.Context //nolint:containedctx // the options of one call, which nobody keeps
	// Attachments finds the content of a MIME part by its reference, "cid:..." or a Content-Location; nil if there are none.
	Attachments func(reference string) ([]byte, bool)
	// Lenient leaves out values that break their schema, and counts them, where they are an error otherwise.
	Lenient bool
}

// A ReadReport says what was passed over.
type ReadReport struct {
	// Unexpected counts the elements that no schema knows.
	Unexpected int
}

// Decode reads the message from the element whose start tag is the current token, the SOAP body, up to its end tag. The error is a [ReadError],
// an [xmltoken.SyntaxError] or that of the context.
func (b *Body) Decode(tokens *xmltoken.Reader, options ReadOptions) (proto.Message, ReadReport, error) {
	out := dynamicpb.NewMessage(b.plan.descriptor)
	d := &decoder{tokens: tokens}
	if b.root == nil {
		err := d.inside(&frame{plan: b.plan, message: out})
		return out, ReadReport{d.unexpected}, err
	}
	found := false
	for {
		kind, err := tokens.Next()
		switch {
		case err != nil:
			return nil, ReadReport{}, err
		case kind == xmltoken.End && !found:
			return nil, ReadReport{}, d.errorf("the element %s is missing", b.root.name.Local)
		case kind == xmltoken.End:
			return out, ReadReport{d.unexpected}, nil
		case kind != xmltoken.Start:
			continue
		}
		if found || !b.isRoot(tokens) {
			d.unexpected++
			err = tokens.Skip()
		} else {
			found = true
			err = within(*b.root, d.message(b.plan, out))
		}
		if err != nil {
			return nil, ReadReport{}, err
		}
	}
}

// isRoot accepts the root element in any namespace.
func (b *Body) isRoot(tokens *xmltoken.Reader) bool {
	return b.rpc || string(tokens.Local()) == b.root.name.Local
}
