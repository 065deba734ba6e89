package xmltoken

import (
	"bytes"
	"strings"
)

// maxEntityDepth is how deep entities may refer to one another.
const maxEntityDepth = 16

// doctype reads a document type declaration for its internal entities. External subsets and external entities are never read.
func (r *Reader) doctype() error {
	if !r.options.DoctypeAllowed {
		return r.errorAt(r.at, "a DOCTYPE is not accepted here")
	}
	if r.rootSeen {
		return r.errorAt(r.at, "a DOCTYPE stands behind the root element's start")
	}
	r.at += len("<!DOCTYPE")
	for r.at < len(r.source) {
		switch c := r.source[r.at]; c {
		case '>':
			r.at++
			return nil
		case '"', '\'':
			if _, err := r.quoted(); err != nil {
				return err
			}
		case '[':
			r.at++
			if err := r.internalSubset(); err != nil {
				return err
			}
		default:
			r.at++
		}
	}
	return r.errorAt(r.start, "the DOCTYPE does not end")
}

func (r *Reader) internalSubset() error {
	for r.at < len(r.source) {
		rest := r.source[r.at:]
		var err error
		switch {
		case rest[0] == ']':
			r.at++
			return nil
		case bytes.HasPrefix(rest, []byte("<!--")):
			err = r.passOver("-->", "comment")
		case bytes.HasPrefix(rest, []byte("<?")):
			err = r.passOver("?>", "processing instruction")
		case bytes.HasPrefix(rest, []byte("<!ENTITY")):
			r.at += len("<!ENTITY")
			err = r.entityDeclaration()
		case bytes.HasPrefix(rest, []byte("<!")):
			err = r.declarationEnd()
		default:
			r.at++
		}
		if err != nil {
			return err
		}
	}
	return r.errorAt(r.start, "the DOCTYPE does not end")
}

// entityDeclaration keeps a general entity that is given by value, and passes over all others.
func (r *Reader) entityDeclaration() error {
	r.space0()
	name := r.name()
	r.space0()
	if name != nil && r.at < len(r.source) && (r.source[r.at] == '"' || r.source[r.at] == '\'') {
		value, err := r.quoted()
		if err != nil {
			return err
		}
		if r.entities == nil {
			r.entities = make(map[string]string)
		}
		if _, defined := r.entities[string(name)]; !defined {
			r.entities[string(name)] = string(value)
		}
	}
	return r.declarationEnd()
}

func (r *Reader) declarationEnd() error {
	for r.at < len(r.source) {
		switch r.source[r.at] {
		case '>':
			r.at++
			return nil
		case '"', '\'':
			if _, err := r.quoted(); err != nil {
				return err
			}
		default:
			r.at++
		}
	}
	return r.errorAt(r.start, "the DOCTYPE does not end")
}

func (r *Reader) quoted() ([]byte, error) {
	from := r.at + 1
	i := bytes.IndexByte(r.source[from:], r.source[r.at])
	if i < 0 {
		return nil, r.errorAt(r.at, "a quoted text does not end")
	}
	r.at = from + i + 1
	return r.source[from : from+i], nil
}

// entity appends what an entity stands for. Entities that hold markup are refused: no WSDL needs them.
func (r *Reader) entity(out []byte, value string, offset int, attribute bool, depth int) ([]byte, error) {
	if depth >= maxEntityDepth {
		return out, r.errorAt(offset, "entities refer to one another more than %d deep", maxEntityDepth)
	}
	if strings.IndexByte(value, '<') >= 0 {
		return out, r.errorAt(offset, "an entity holds markup, which is not accepted")
	}
	for len(value) > 0 {
		i := strings.IndexByte(value, '&')
		if i < 0 {
			i = len(value)
		}
		if r.expanded += i; r.expanded > r.options.MaxExpansion {
			return out, r.errorAt(offset, "entities expand to more than %d bytes", r.options.MaxExpansion)
		}
		out = append(out, value[:i]...)
		if value = value[i:]; value == "" {
			break
		}
		end := strings.IndexByte(value, ';')
		if end < 0 {
			return out, r.errorAt(offset, "\"&\" starts no reference in an entity")
		}
		// Each reference costs something even if it expands to nothing.
		r.expanded++
		var err error
		if out, err = r.reference(out, []byte(value[1:end]), offset, attribute, depth+1); err != nil {
			return out, err
		}
		value = value[end+1:]
	}
	return out, nil
}
