package layout

import (
	"slices"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// A Member is one record of a hierarchy: the value that says of which kind it is, and the part of it that the layout describes.
type Member struct {
	Kind string
	Body []byte
}

// Decode hands a record and those that belong to it to a sink: at the end of the segment of each, the tables of those below it. The error is a
// [*record.FieldError], or the sink's own.
func (s *Segments) Decode(family []Member, to record.Sink) error {
	sink := &familySink{Sink: to, segments: s, family: family, group: s.Group(family[0].Kind)}
	sink.open = append(sink.open, sink.group)
	return s.layout.NewDecoder().Decode(family[0].Body, sink)
}

// A familySink hands on a record, and at the end of its segment those that belong to it.
type familySink struct {
	record.Sink
	segments *Segments
	family   []Member
	at       int
	group    *record.Field
	open     []*record.Field // the groups of the records around this one, and its own
}

// End implements [record.Sink].
func (s *familySink) End(f *record.Field) error {
	if f == s.group {
		for _, child := range s.segments.Children(f) {
			if err := s.children(child); err != nil {
				return err
			}
		}
	}
	return s.Sink.End(f)
}

// children hands on the table of those records of one kind that belong to the present one: up to the next record that is of its kind, or of one around it.
func (s *familySink) children(group *record.Field) error {
	if err := s.BeginList(group); err != nil {
		return err
	}
	for i := s.at + 1; i < len(s.family); i++ {
		if kind := s.segments.Group(s.family[i].Kind); kind != group {
			if kind != nil && slices.Contains(s.open, kind) {
				break
			}
			continue
		}
		inner := &familySink{Sink: s.Sink, segments: s.segments, family: s.family, at: i, group: group, open: append(slices.Clone(s.open), group)}
		if err := s.segments.layout.NewDecoder().DecodeSegment(group, s.family[i].Body, inner); err != nil {
			return err
		}
	}
	return s.EndList(group)
}
