package codec

import (
	"bytes"
	"errors"
	"io"

	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// The namespaces of SOAP encoding, and of XOP.
const (
	encoding11Namespace = "http://schemas.xmlsoap.org/soap/encoding/"
	encoding12Namespace = "http://www.w3.org/2003/05/soap-encoding"
	xopNamespace        = "http://www.w3.org/2004/08/xop/include"
)

// references are the elements that others of the same document stand for (SOAP 1.1 section 5.1, href and id; SOAP 1.2 part 2 section 3.1.5, ref and
// id). They are looked for once one is needed.
type references struct {
	marks map[string]xmltoken.Bookmark
	// outer are the readers that wait while what they refer to is read, and active the places that are being read.
	outer  []*xmltoken.Reader
	active []int
	spare  []*xmltoken.Reader
	// budget is how many bytes may still be read in this way: an element that is referred to often is read as often.
	budget int
}

// What references may lead to, in bytes: a small document may say the same small thing many times, and a large one its own size some times over.
const (
	referenceBudget = 1 << 20
	referenceFactor = 8
)

func (r *references) reset() {
	for _, reader := range r.spare {
		reader.Reset(nil, xmltoken.Options{}) // the document is the caller's
	}
	r.marks, r.outer, r.active = nil, r.outer[:0], r.active[:0]
}

func (r *references) path(base int) string {
	path := ""
	for i, reader := range r.outer {
		if i > 0 {
			base = 1
		}
		path += reader.Path(base)
	}
	return path
}

// reference returns the id that the current element refers to.
func (d *decoder) reference() (id []byte, ok bool) {
	given := d.tokens.Attributes()
	for i := range given {
		a := &given[i]
		switch {
		case a.Space == "" && string(a.Local) == "href" && len(a.Value) > 1 && a.Value[0] == '#':
			return a.Value[1:], true
		case a.Space == encoding12Namespace && string(a.Local) == "ref":
			return bytes.TrimPrefix(a.Value, []byte("#")), true
		}
	}
	return nil, false
}

// identity returns the id by which others can refer to the current element.
func identity(tokens *xmltoken.Reader) (id []byte, ok bool) {
	given := tokens.Attributes()
	for i := range given {
		if a := &given[i]; string(a.Local) == "id" && (a.Space == "" || a.Space == encoding12Namespace) {
			return a.Value, true
		}
	}
	return nil, false
}

// isIndependent reports whether the current element stands in the body for others to refer to.
func (d *decoder) isIndependent() bool {
	if len(d.tokens.Attributes()) == 0 || d.tokens.Depth() != d.base+1 {
		return false
	}
	_, ok := identity(d.tokens)
	return ok
}

// isNoRoot reports whether the current element says that it is not the root of what is encoded (SOAP 1.1 section 5.6).
func (d *decoder) isNoRoot() bool {
	given := d.tokens.Attributes()
	for i := range given {
		if a := &given[i]; string(a.Local) == "root" && a.Space == encoding11Namespace {
			value := bytes.TrimSpace(a.Value)
			return string(value) == "0" || string(value) == "false"
		}
	}
	return false
}

// elsewhere reads the content of an element that stands in another place, in the document or in an attachment. It returns false if the element holds its
// content itself.
func (d *decoder) elsewhere(e *readElement, f *frame) (bool, error) {
	if e.plan != nil && e.plan.reading.href {
		return false, nil
	}
	if id, ok := d.reference(); ok {
		return d.follow(id, func() error { return d.element(e, f) })
	}
	if !e.binary {
		return false, nil
	}
	content, err := d.attachment()
	if err != nil || content == nil {
		return false, err
	}
	f.w.BytesField(e.number, content)
	f.wrote(&e.target)
	return true, d.tokens.Skip()
}

// follow reads the element of this id by read, with its start tag as the current token, and comes back to the end of the element that refers to it.
func (d *decoder) follow(id []byte, read func() error) (bool, error) {
	mark, ok, err := d.find(id)
	if err != nil {
		return true, err
	}
	if !ok {
		if err := d.breach("it refers to an element that is not there"); err != nil {
			return true, err
		}
		return true, d.tokens.Skip()
	}
	for _, active := range d.refs.active {
		if active == mark.Offset() {
			d.report.Cycles++
			return true, d.tokens.Skip()
		}
	}
	inner := &xmltoken.Reader{}
	if n := len(d.refs.spare); n > 0 {
		inner, d.refs.spare = d.refs.spare[n-1], d.refs.spare[:n-1]
	}
	outer := d.tokens
	d.refs.outer, d.refs.active = append(d.refs.outer, outer), append(d.refs.active, mark.Offset())
	inner.ResetAt(outer, mark)
	d.tokens = inner
	if _, err := inner.Next(); err != nil {
		return true, err
	}
	if err := read(); err != nil {
		return true, err
	}
	if d.refs.budget -= inner.Offset() - mark.Offset(); d.refs.budget < 0 {
		return true, d.errorf("elements are referred to so often that the reply grows beyond its bound")
	}
	d.tokens = outer
	d.refs.outer, d.refs.active = d.refs.outer[:len(d.refs.outer)-1], d.refs.active[:len(d.refs.active)-1]
	d.refs.spare = append(d.refs.spare, inner)
	return true, outer.Skip()
}

// find returns the place of the element of this id. The first call looks through the whole document.
func (d *decoder) find(id []byte) (xmltoken.Bookmark, bool, error) {
	if d.refs.marks == nil {
		d.refs.marks = make(map[string]xmltoken.Bookmark)
		all := d.tokens.Again()
		d.refs.budget = referenceBudget + referenceFactor*all.Len()
		for {
			kind, err := all.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return xmltoken.Bookmark{}, false, err
			}
			if kind != xmltoken.Start {
				continue
			}
			given, ok := identity(all)
			if !ok {
				continue
			}
			if _, known := d.refs.marks[string(given)]; known {
				continue // the first one counts
			}
			mark, err := all.Bookmark()
			if err != nil {
				return xmltoken.Bookmark{}, false, err
			}
			d.refs.marks[string(given)] = mark
		}
	}
	mark, ok := d.refs.marks[string(id)]
	return mark, ok, nil
}

// attachment returns the content that the current element refers to by href (SOAP Messages with Attachments section 3; XOP section 2.1), or nil if it
// does not.
func (d *decoder) attachment() ([]byte, error) {
	given := d.tokens.Attributes()
	for i := range given {
		if a := &given[i]; a.Space == "" && string(a.Local) == "href" && len(a.Value) > 0 && a.Value[0] != '#' {
			return d.part(a.Value)
		}
	}
	return nil, nil
}

// part returns the content of a MIME part, which is nil only if it is not there and that is tolerated.
func (d *decoder) part(reference []byte) ([]byte, error) {
	if d.options.Attachments != nil {
		if content, ok := d.options.Attachments(string(reference)); ok {
			if content == nil {
				content = []byte{}
			}
			return content, nil
		}
	}
	return nil, d.breach("it refers to an attachment that the reply does not have")
}

// isInclude reports whether the current element stands for an attachment (XOP section 2.1).
func (d *decoder) isInclude() bool {
	return string(d.tokens.Local()) == "Include" && d.tokens.Space() == xopNamespace
}

// include reads the element that stands for an attachment.
func (d *decoder) include() ([]byte, error) {
	content, err := d.attachment()
	if err != nil {
		return nil, err
	}
	return content, d.tokens.Skip()
}

// isBinary reports whether a value is bytes, which an attachment can hold.
func isBinary(v *value) bool {
	return v.kind == base64Value || v.kind == hexValue
}
