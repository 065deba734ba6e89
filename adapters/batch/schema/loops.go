package schema

import (
	"fmt"
	"io"
	"slices"

	"github.com/postern-gateway/postern/adapters/batch/edi"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// loops reads the messages of EDI as nested groups.
type loops struct {
	segments []Segment
	envelope []*record.Field
	messages *edi.Format
	layout   *record.Layout
	lenient  bool
}

func newLoops(segments []Segment, messages *edi.Format, lenient bool) *loops {
	l := &loops{segments: segments, messages: messages, lenient: lenient}
	for _, f := range messages.Layout().Fields {
		if f.Name != "segments" {
			l.envelope = append(l.envelope, f)
		}
	}
	l.layout = record.Describe(append(slices.Clone(l.envelope), groups(segments)...))
	return l
}

func groups(segments []Segment) []*record.Field {
	fields := make([]*record.Field, len(segments))
	for i := range segments {
		s := &segments[i]
		fields[i] = &record.Field{Name: s.name(), Type: record.Group, Repeated: s.repeated(), Children: append(described(s.Fields), groups(s.Segments)...)}
	}
	return fields
}

func (s *Segment) name() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Tag
}

func (s *Segment) repeated() bool { return s.Many || s.Max > 1 }

// Layout implements [format.Format].
func (l *loops) Layout() *record.Layout { return l.layout }

// Open implements [format.Format].
func (l *loops) Open(r io.Reader) framing.Reader { return l.messages.Open(r) }

// Decode implements [format.Format].
func (l *loops) Decode(raw []byte, to record.Sink) error {
	message, err := edi.Parse(raw, l.lenient)
	if err != nil {
		return err
	}
	parser := &parser{segments: message.Segments[1 : len(message.Segments)-1], number: 2}
	object, err := parser.all(l.segments, "")
	if err != nil {
		return err
	}
	if len(parser.segments) > 0 {
		return parser.errorf("", "stands where none can stand")
	}
	for name, value := range message.Object() {
		object[name] = value
	}
	return format.Emit(l.layout.Fields, object, to)
}

// A parser takes segments off the front of a message, as the description has them.
type parser struct {
	segments []*edi.Segment
	number   int // of the first one within its message
}

func (p *parser) errorf(path, text string, values ...any) error {
	reason := fmt.Sprintf(text, values...)
	if len(p.segments) > 0 {
		reason = fmt.Sprintf("segment %d (%s) %s", p.number, p.segments[0].Tag, reason)
	}
	return &record.FieldError{Path: path, Offset: -1, Reason: reason}
}

// all takes what a list of descriptions has, in their order.
func (p *parser) all(wanted []Segment, path string) (format.Object, error) {
	object := make(format.Object)
	for i := range wanted {
		s := &wanted[i]
		var taken []format.Object
		for p.matches(s) && (s.Many || len(taken) < max(s.Max, 1)) {
			one, err := p.one(s, path+s.name()+".")
			if err != nil {
				return nil, err
			}
			taken = append(taken, one)
		}
		if len(taken) < s.Min {
			return nil, p.errorf(path+s.name(), "comes, and %d are wanted of what comes %d times", s.Min, len(taken))
		}
		switch {
		case len(taken) == 0:
		case s.repeated():
			object[s.name()] = taken
		default:
			object[s.name()] = taken[0]
		}
	}
	return object, nil
}

// one takes a segment, and the loop that it begins.
func (p *parser) one(s *Segment, path string) (format.Object, error) {
	segment := p.segments[0]
	p.segments, p.number = p.segments[1:], p.number+1
	object, err := p.all(s.Segments, path)
	if err != nil {
		return nil, err
	}
	for _, f := range s.Fields {
		if value := segment.Component(f.Element, max(f.Component, 1)); value != "" {
			object[f.Name] = value
		}
	}
	return object, nil
}

func (p *parser) matches(s *Segment) bool {
	if len(p.segments) == 0 || p.segments[0].Tag != s.Tag {
		return false
	}
	return s.When == nil || slices.Contains(s.When.In, p.segments[0].Component(s.When.Element, 1))
}
