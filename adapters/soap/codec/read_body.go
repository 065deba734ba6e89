package codec

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
	"github.com/postern-gateway/postern/adapters/wire"
)

// ReadOptions say how one reply is read. The zero value reads strictly, and knows no attachments.
type ReadOptions struct {
	// Context ends the reading of a long reply; nil for one that never ends.
	Context context.Context //nolint:containedctx // the options of one call, which nobody keeps
	// Attachments finds the content of a MIME part by its reference, "cid:..." or a Content-Location; nil if there are none.
	Attachments func(reference string) ([]byte, bool)
	// ContentType says what the content of such a part is, "" if it is not known; nil if that is known of none.
	ContentType func(reference string) string
	// Lenient leaves out values that break their schema, and counts them, where they are an error otherwise.
	Lenient bool
}

// maxProblems is how many of the values that are left out are described.
const maxProblems = 10

// A ReadReport says what is not in the message.
type ReadReport struct {
	// Unexpected counts the elements that no schema knows.
	Unexpected int
	// LeftOut counts what broke its schema, if [ReadOptions].Lenient says that it be left out. Problems are the first ten.
	LeftOut  int
	Problems []error
	// Cycles counts the references that lead back to an element that they stand in. They are left out: a message is a tree.
	Cycles int
}

// Decode reads the message from the element whose start tag is the current token, the SOAP body, up to its end tag. The message is a [wire.Message] in
// which the items of each list stand together. The error is a [ReadError], an [xmltoken.SyntaxError] or the cause that the context gives.
func (b *Body) Decode(tokens *xmltoken.Reader, options ReadOptions) (proto.Message, ReadReport, error) {
	return b.decode(tokens, options, tokens.Depth(), func(d *decoder) error {
		if b.root == nil {
			f := d.open(b.plan.reading, &d.out)
			if err := d.inside(f); err != nil {
				return err
			}
			return d.finish(f)
		}
		return b.decodeRoot(d)
	})
}

// DecodeElement reads the message from the element whose start tag is the current token, up to its end tag: a header block, or a child of a fault's
// detail. Its name is the caller's to check. The answer is as that of [Body.Decode].
func (b *Body) DecodeElement(tokens *xmltoken.Reader, options ReadOptions) (proto.Message, ReadReport, error) {
	return b.decode(tokens, options, tokens.Depth()-1, func(d *decoder) error {
		if b.root != nil {
			return d.root(b.plan.reading)
		}
		f := d.open(b.plan.reading, &d.out)
		if err := d.child(f); err != nil {
			return err
		}
		return d.finish(f)
	})
}

func (b *Body) decode(tokens *xmltoken.Reader, options ReadOptions, base int, read func(*decoder) error) (proto.Message, ReadReport, error) {
	d, ok := b.mapper.decoders.Get().(*decoder)
	if !ok {
		d = &decoder{}
	}
	d.start(tokens, options, base)
	d.loose = b.encoded
	if err := read(d); err != nil {
		return nil, ReadReport{}, err
	}
	data, report := append([]byte(nil), d.out.Bytes()...), d.report
	if d.release(); d.fits() {
		b.mapper.decoders.Put(d)
	}
	return wire.NewMessage(b.plan.descriptor, data), report, nil
}

// decodeRoot reads the one element in the body that holds the message, among those that it refers to.
func (b *Body) decodeRoot(d *decoder) error {
	found := false
	for {
		kind, err := d.tokens.Next()
		switch {
		case err != nil:
			return err
		case kind == xmltoken.End && !found && !b.plan.reading.isEmpty():
			return d.errorf("the element %s is missing", b.root.name.Local)
		case kind == xmltoken.End:
			return nil
		case kind != xmltoken.Start:
			continue
		case !found && b.isRoot(d):
			found = true
			err = d.root(b.plan.reading)
		default:
			if !d.isIndependent() {
				d.report.Unexpected++
			}
			err = d.tokens.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// root reads the element whose content is the whole message. It may stand elsewhere, as any element of SOAP encoding.
func (d *decoder) root(p *reading) error {
	if id, ok := d.reference(); ok && !p.href {
		_, err := d.follow(id, func() error { return d.root(p) })
		return err
	}
	return d.message(p, &d.out)
}

// isRoot accepts the root element in any namespace, and under any name if the style is rpc: then it is the first element that does not say that it is
// none (SOAP 1.1 section 5.6).
func (b *Body) isRoot(d *decoder) bool {
	if string(d.tokens.Local()) == b.root.name.Local {
		return true
	}
	return b.rpc && !d.isNoRoot()
}
