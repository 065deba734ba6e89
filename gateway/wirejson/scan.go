package wirejson

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// A span is where the values of a field stand in the bytes of their message.
type span struct {
	count int // how often the field comes
	first int // where its first tag begins
	value int // where its last value begins, behind the tag
	end   int // where its last value ends
}

// scan notes where the fields of a message stand, in spans[base:], one for each field of the table. The caller takes them away again.
func (e *encoder) scan(t *table, data []byte) (base int, err error) {
	base = len(e.spans)
	e.spans = append(e.spans, make([]span, len(t.fields))...)
	spans := e.spans[base:]
	for at := 0; at < len(data); {
		number, wire, tag := protowire.ConsumeTag(data[at:])
		if tag < 0 {
			return base, t.malformed(tag)
		}
		size := protowire.ConsumeFieldValue(number, wire, data[at+tag:])
		if size < 0 {
			return base, t.malformed(size)
		}
		if position := t.position(number); position >= 0 && t.fields[position].takes(wire) {
			if choice := t.fields[position].choice; choice > 0 {
				clearOthers(spans, t.choices[choice-1], position)
			}
			s := &spans[position]
			if s.count == 0 {
				s.first = at
			}
			s.count++
			s.value, s.end = at+tag, at+tag+size
		}
		at += tag + size
	}
	return base, nil
}

// takes reports whether a value of this wire type is one of the field. Others are unknown fields.
func (f *field) takes(wire protowire.Type) bool {
	return wire == f.wire || f.packable && wire == protowire.BytesType
}

// clearOthers forgets the other fields of a oneof: the last one counts.
func clearOthers(spans []span, positions []int, kept int) {
	for _, position := range positions {
		if position != kept {
			spans[position] = span{}
		}
	}
}

func (t *table) malformed(code int) error {
	return fmt.Errorf("the bytes are no %s: %w", t.descriptor.FullName(), protowire.ParseError(code))
}

// each calls visit with every value of a field, in order.
func (e *encoder) each(t *table, f *field, s span, data []byte, visit func(wire protowire.Type, value []byte) error) error {
	for at := s.first; at < s.end; {
		number, wire, tag := protowire.ConsumeTag(data[at:])
		size := protowire.ConsumeFieldValue(number, wire, data[at+tag:])
		if tag < 0 || size < 0 { // the scan has seen them
			return t.malformed(min(tag, size))
		}
		if number == f.number && f.takes(wire) {
			if err := visit(wire, data[at+tag:at+tag+size]); err != nil {
				return err
			}
		}
		at += tag + size
	}
	return nil
}

// content is what a value with a length holds.
func content(value []byte) []byte {
	_, length := protowire.ConsumeVarint(value)
	return value[length:]
}
