package wirejson

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var errTooDeep = errors.New("messages are nested too deeply")

// An encoder writes one message. What it needs meanwhile is kept for the next.
type encoder struct {
	codec *Codec
	out   []byte
	wire  []byte // of a message that had to be marshalled
	spans []span // of the messages that are being written, the outermost first
	depth int
}

func (e *encoder) release() {
	if cap(e.wire) > maxKept {
		e.wire = nil
	}
	e.spans, e.depth = e.spans[:0], 0
	e.codec.encoders.Put(e)
}

// message writes a message.
func (e *encoder) message(t *table, data []byte) error {
	if e.depth++; e.depth > maxDepth {
		return errTooDeep
	}
	defer func() { e.depth-- }()
	switch {
	case t.foreign:
		return e.foreign(t.descriptor, data)
	case t.special != nil:
		return t.special(e, t, data)
	default:
		e.out = append(e.out, '{')
		return e.members(t, data)
	}
}

// members writes the fields of a message and the brace that ends it. The opening brace has been written, perhaps with members.
func (e *encoder) members(t *table, data []byte) error {
	base, err := e.scan(t, data)
	if err != nil {
		return err
	}
	for i := range t.fields {
		f, s := &t.fields[i], e.spans[base+i]
		if s.count == 0 && f.empty == nil {
			continue
		}
		e.comma()
		e.out = append(e.out, f.name...)
		if err := e.field(t, f, s, data); err != nil {
			return err
		}
	}
	e.spans = e.spans[:base]
	e.out = append(e.out, '}')
	return nil
}

// comma separates a member or item from the one before, if there is one.
func (e *encoder) comma() {
	if last := e.out[len(e.out)-1]; last != '{' && last != '[' {
		e.out = append(e.out, ',')
	}
}

// field writes the value of a field that is there, or that is written even if it is not.
func (e *encoder) field(t *table, f *field, s span, data []byte) error {
	switch {
	case s.count == 0:
		e.out = append(e.out, f.empty...)
		return nil
	case f.shape == list:
		return e.list(t, f, s, data)
	case f.shape == mapping:
		return e.mapping(t, f, s, data)
	case f.kind == protoreflect.MessageKind:
		return e.nested(t, f, s, data)
	default:
		_, err := e.scalar(f, data[s.value:s.end])
		return err
	}
}

// nested writes a field of one message, which may have come in parts.
func (e *encoder) nested(t *table, f *field, s span, data []byte) error {
	if s.count == 1 {
		return e.message(e.tableOf(f), content(data[s.value:s.end]))
	}
	var parts []byte
	err := e.each(t, f, s, data, func(_ protowire.Type, value []byte) error {
		parts = append(parts, content(value)...)
		return nil
	})
	if err != nil {
		return err
	}
	return e.message(e.tableOf(f), parts)
}

// list writes a repeated field.
func (e *encoder) list(t *table, f *field, s span, data []byte) error {
	e.out = append(e.out, '[')
	err := e.each(t, f, s, data, func(wire protowire.Type, value []byte) error {
		switch {
		case f.kind == protoreflect.MessageKind:
			e.comma()
			return e.message(e.tableOf(f), content(value))
		case wire == f.wire:
			e.comma()
			_, err := e.scalar(f, value)
			return err
		}
		for packed := content(value); len(packed) > 0; {
			e.comma()
			size, err := e.scalar(f, packed)
			if err != nil {
				return err
			}
			packed = packed[size:]
		}
		return nil
	})
	e.out = append(e.out, ']')
	return err
}

// tableOf returns the table of a field's message.
func (e *encoder) tableOf(f *field) *table {
	if known := f.nested.Load(); known != nil {
		return known
	}
	made := e.codec.table(f.descriptor.Message())
	f.nested.Store(made)
	return made
}

// part writes one field of a message.
func (e *encoder) part(t *table, data []byte, number protowire.Number) error {
	position := t.position(number)
	if position < 0 {
		return errors.New("the message has no such field")
	}
	if t.foreign {
		return e.foreignPart(t, data, t.fields[position].descriptor.JSONName())
	}
	base, err := e.scan(t, data)
	if err != nil {
		return err
	}
	f, s := &t.fields[position], e.spans[base+position]
	switch {
	case s.count > 0 || f.empty != nil:
		return e.field(t, f, s, data)
	case f.kind == protoreflect.MessageKind:
		return e.message(e.tableOf(f), nil)
	default:
		e.out = append(e.out, "null"...)
		return nil
	}
}
