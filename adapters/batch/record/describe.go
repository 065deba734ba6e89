package record

import (
	"bytes"
	"errors"
	"time"
	"unicode/utf8"
)

// Describe makes a layout of fields whose values another package reads: of them Name, Type, Children, Repeated, Length, Digits, Scale and Signed are
// taken as they are, and what this package needs besides is filled in. Such a layout serves descriptors and sinks. Its records can be decoded once
// [Layout.DecodedBy] says how.
func Describe(fields []*Field) *Layout {
	layout := &Layout{Fields: fields}
	layout.describe(fields, "", true, utf8Page())
	return layout
}

// describe fills in fields. single is whether there is at most one value of each in a record.
func (l *Layout) describe(fields []*Field, group string, single bool, page *CodePage) {
	for _, f := range fields {
		f.Index, f.Path, f.slot = len(l.all), group+f.Name, -1
		if f.json == "" {
			f.json = jsonName(f.Name)
		}
		l.all = append(l.all, f)
		switch f.Type {
		case Group:
			l.describe(f.Children, f.Path+".", single && !f.Repeated, page)
		case Union:
			l.describe(f.Children, group, single, page)
		default:
			f.fixed, f.size = single && !f.Repeated, utf8.UTFMax*f.Length
			f.codec = &cellCodec{page: page, kind: f.Type}
		}
	}
}

// utf8Page is the code page of texts that another package has read.
func utf8Page() *CodePage {
	page := ascii()
	page.name, page.utf8 = "utf-8", true
	return page
}

// DecodedBy returns a layout of the same fields whose records are decoded by a function, which serves any number of goroutines and returns a [*FieldError] for a bad record, or
// the sink's own error. The location is the time zone of times; nil is UTC. [Layout.Extract] decodes a record up to the field that is wanted.
func (l *Layout) DecodedBy(decode func(raw []byte, to Sink) error, location *time.Location) *Layout {
	if location == nil {
		location = time.UTC
	}
	out := *l
	out.decodedBy = decode
	out.options = Options{CodePage: utf8Page(), Location: location}
	return &out
}

// A Writer writes records that another package reads.
type Writer interface {
	// Encode is [Layout.Encode].
	Encode(to []byte, source Source) ([]byte, error)
	// CheckValue is [Layout.CheckValue].
	CheckValue(f *Field, text string) error
}

// WrittenBy returns a layout of the same fields whose records a writer encodes. It never changes a value, whatever the [Encoding] allows.
func (l *Layout) WrittenBy(writer Writer) *Layout {
	out := *l
	out.writer = writer
	return &out
}

// extractDescribed is Extract for a record that a function decodes.
func (l *Layout) extractDescribed(record []byte, f *Field, value *Value) error {
	*value = Value{Null: true, Text: value.Text[:0]}
	err := l.decodedBy(record, &singleSink{field: f, value: value})
	if errors.Is(err, errSingle) {
		return nil
	}
	return err
}

// errSingle ends decoding once the field has come.
var errSingle = errors.New("the field that is wanted has come")

// extractSeveral is extractDescribed for several fields at once.
func (l *Layout) extractSeveral(record []byte, fields []*Field) ([]Value, error) {
	sink := &severalSink{fields: fields, values: make([]Value, len(fields)), come: make([]bool, len(fields)), left: len(fields)}
	for i := range sink.values {
		sink.values[i].Null = true
	}
	if err := l.decodedBy(record, sink); !errors.Is(err, errSingle) {
		return sink.values, err
	}
	return sink.values, nil
}

// A severalSink takes the first value of each of several fields.
type severalSink struct {
	nothing
	fields []*Field
	values []Value
	come   []bool
	left   int
}

// Value implements [Sink].
func (s *severalSink) Value(f *Field, value *Value) error {
	for i, wanted := range s.fields {
		if f != wanted || s.come[i] {
			continue
		}
		s.values[i] = *value
		s.values[i].Text, s.values[i].Raw = bytes.Clone(value.Text), nil
		s.come[i] = true
		s.left--
	}
	if s.left == 0 {
		return errSingle
	}
	return nil
}

// A singleSink takes the value of one field.
type singleSink struct {
	nothing
	field *Field
	value *Value
}

// Value implements [Sink].
func (s *singleSink) Value(f *Field, value *Value) error {
	if f != s.field {
		return nil
	}
	text := append(s.value.Text[:0], value.Text...)
	*s.value = *value
	s.value.Text, s.value.Raw = text, nil
	return errSingle
}

// describedText is what the key of a text is made of. A key is filled up with low-values, so none can be in the text.
func describedText(f *Field, value *Value) ([]byte, error) {
	if bytes.IndexByte(value.Text, 0) >= 0 {
		return nil, &FieldError{Path: f.Path, Offset: -1, Reason: "holds a low-value, and it is a key or index"}
	}
	return value.Text, nil
}

// Nested describes records of which some groups stand in tables within others, as children says, with further fields in front. It also returns the field that each field of l has become, by
// its Index; nil for those that are no more.
func (l *Layout) Nested(front []*Field, children func(*Field) []*Field, isChild func(*Field) bool) (nested *Layout, became []*Field) {
	n := &nesting{became: make([]*Field, len(l.all)), children: children, isChild: isChild}
	return Describe(append(front, n.fields(l.Fields)...)), n.became
}

type nesting struct {
	became   []*Field
	children func(*Field) []*Field
	isChild  func(*Field) bool
}

func (n *nesting) fields(fields []*Field) []*Field {
	var out []*Field
	for _, f := range fields {
		if n.isChild(f) {
			continue
		}
		if made := n.field(f); made != nil {
			out = append(out, made)
		}
	}
	return out
}

// field copies what describes a field; nil for a choice of which nothing is left.
func (n *nesting) field(f *Field) *Field {
	made := &Field{
		Name: f.Name, Type: f.Type, Repeated: f.Repeated, Min: f.Min, Max: f.Max, Length: f.Length, Digits: f.Digits, Scale: f.Scale, Signed: f.Signed,
		Conditions: f.Conditions, json: f.json, skipped: f.skipped, inline: f.inline,
	}
	made.Children = n.fields(f.Children)
	if f.Type == Union && len(made.Children) == 0 {
		return nil
	}
	for _, child := range n.children(f) {
		table := n.field(child)
		table.Repeated = true
		made.Children = append(made.Children, table)
	}
	n.became[f.Index] = made
	return made
}

// Text decodes bytes of the code page. What is no character becomes U+FFFD.
func (p *CodePage) Text(raw []byte) string { return string(p.appendText(nil, raw)) }

// IsUTF8 reports whether the page is UTF-8.
func (p *CodePage) IsUTF8() bool { return p.utf8 }

// hasCells reports whether texts are as long as they are, and not filled up with blanks.
func (l *Layout) hasCells() bool { return l.delimited != nil || l.decodedBy != nil }

// IsInline reports whether the fields of the group are handed out as those of the group around it.
func (f *Field) IsInline() bool { return f.inline }

// exactly finds the field with exactly this path, however its letters are written.
func (l *Layout) exactly(path string) *Field {
	for _, f := range l.all {
		if f.Path == path && !f.skipped && f.Type != Union {
			return f
		}
	}
	return nil
}
