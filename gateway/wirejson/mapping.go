package wirejson

import (
	"bytes"
	"cmp"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// An entry is one entry of a map. Its value is nil if none was sent.
type entry struct {
	text   []byte // key of a map by text
	number uint64 // of any other, in an order that sorts as the key does
	key    []byte // as it was sent; nil if none was sent
	value  []byte
}

// mapping writes a map, in order of its keys. Of two entries of one key the last one counts.
func (e *encoder) mapping(t *table, f *field, s span, data []byte) error {
	entries := make([]entry, 0, s.count)
	err := e.each(t, f, s, data, func(_ protowire.Type, value []byte) error {
		read, err := f.entry(t, content(value))
		entries = append(entries, read)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(entries, compareKeys)
	e.out = append(e.out, '{')
	for i, entry := range entries {
		if i+1 < len(entries) && compareKeys(entry, entries[i+1]) == 0 {
			continue
		}
		e.comma()
		if err := e.key(f.key, entry); err != nil {
			return err
		}
		e.out = append(e.out, ':')
		if err := e.entryValue(f.value, entry.value); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return nil
}

// entry takes an entry apart.
func (f *field) entry(t *table, data []byte) (entry, error) {
	var read entry
	for len(data) > 0 {
		number, wire, tag := protowire.ConsumeTag(data)
		if tag < 0 {
			return read, t.malformed(tag)
		}
		size := protowire.ConsumeFieldValue(number, wire, data[tag:])
		if size < 0 {
			return read, t.malformed(size)
		}
		value := data[tag : tag+size]
		switch {
		case number == f.key.number && wire == f.key.wire:
			read.key = value
		case number != f.value.number || wire != f.value.wire:
		case f.value.kind == protoreflect.MessageKind && read.value != nil: // a message in parts
			parts := slices.Concat(content(read.value), content(value))
			read.value = protowire.AppendBytes(nil, parts)
		default:
			read.value = value
		}
		data = data[tag+size:]
	}
	read.sort(f.key)
	return read, nil
}

// sort notes what the entry is sorted by.
func (n *entry) sort(key *field) {
	const sign = 1 << 63
	switch {
	case key.kind == protoreflect.StringKind:
		if n.key != nil {
			n.text = content(n.key)
		}
	case key.isSigned():
		n.number = uint64(key.signed(n.key)) ^ sign //nolint:gosec // so that negative numbers come first
	default:
		n.number = key.unsigned(n.key)
	}
}

func compareKeys(a, b entry) int {
	if order := cmp.Compare(a.number, b.number); order != 0 {
		return order
	}
	return bytes.Compare(a.text, b.text)
}

// key writes a key, which is text in JSON whatever it is.
func (e *encoder) key(key *field, n entry) error {
	if key.kind == protoreflect.StringKind {
		return e.text(key, n.text)
	}
	start := len(e.out)
	if n.key == nil {
		e.out = append(e.out, key.zero...)
	} else if _, err := e.scalar(key, n.key); err != nil {
		return err
	}
	if e.out[start] != '"' {
		e.out = append(slices.Insert(e.out, start, '"'), '"')
	}
	return nil
}

func (e *encoder) entryValue(value *field, data []byte) error {
	switch {
	case value.kind == protoreflect.MessageKind && data == nil:
		return e.message(e.tableOf(value), nil)
	case value.kind == protoreflect.MessageKind:
		return e.message(e.tableOf(value), content(data))
	case data == nil:
		e.out = append(e.out, value.zero...)
		return nil
	default:
		_, err := e.scalar(value, data)
		return err
	}
}
