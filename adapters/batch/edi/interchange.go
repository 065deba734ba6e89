package edi

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

// An envelope is a kind of enclosure: its first and last segment, and where in them the control reference and the count stand.
type envelope struct {
	header, trailer                             string
	headerControl, trailerControl, trailerCount int
	counts                                      string
}

// envelopes of a standard: interchange, group and message. A group may be missing.
type envelopes struct{ interchange, group, message envelope }

func (s Standard) envelopes() envelopes {
	switch s {
	case X12:
		return envelopes{
			envelope{"ISA", "IEA", 13, 2, 1, "groups"}, envelope{"GS", "GE", 6, 2, 1, "transaction sets"}, envelope{"ST", "SE", 2, 2, 1, "segments"},
		}
	case TRADACOMS:
		return envelopes{interchange: envelope{"STX", "END", 0, 0, 1, "messages"}, message: envelope{"MHD", "MTR", 0, 0, 1, "segments"}}
	default:
		return envelopes{
			envelope{"UNB", "UNZ", 5, 2, 1, "messages"}, envelope{"UNG", "UNE", 5, 2, 1, "messages"}, envelope{"UNH", "UNT", 1, 2, 1, "segments"},
		}
	}
}

// Encloses tells whether a segment begins or ends an interchange.
func (s Standard) Encloses(tag string) (begins, ends bool) {
	kind := s.envelopes().interchange
	return tag == kind.header, tag == kind.trailer
}

// An open envelope is one whose trailer has not come yet.
type openEnvelope struct {
	is      bool
	control string
	count   int64
}

// Messages cuts a file of interchanges into messages: transaction sets of X12, messages of EDIFACT and TRADACOMS. The data of a record is the message with the
// headers of its interchange and group in front, so that it can be read alone; its offset is that of its own header.
//
// Trailers of interchanges and groups must agree with their headers and with what was read, and none may be missing: otherwise Next returns a
// [*framing.Error]. Lenient leaves counts and references unchecked.
type Messages struct {
	scanner            *Scanner
	lenient            bool
	interchange, group openEnvelope
	headers            []byte
	groupAt            int // where the group begins in headers
	record             []byte
	number             int64
}

// NewMessages returns a reader of messages.
func NewMessages(r io.Reader, lenient bool) *Messages {
	return &Messages{scanner: NewScanner(r), lenient: lenient}
}

// Next implements [framing.Reader].
func (m *Messages) Next() (framing.Record, error) {
	for {
		segment, err := m.scanner.Next()
		if errors.Is(err, io.EOF) && m.interchange.is {
			return framing.Record{}, m.missing("the file ends, and its interchange does not")
		}
		if err != nil {
			return framing.Record{}, m.broken(err, m.number+1)
		}
		kinds := m.scanner.Syntax.Standard.envelopes()
		if segment.Tag == kinds.message.header {
			return m.message(segment, kinds.message)
		}
		if err := m.outside(segment, kinds); err != nil {
			return framing.Record{}, err
		}
	}
}

func (m *Messages) missing(reason string) error {
	return &framing.Error{Number: m.number + 1, Offset: m.scanner.offset, Reason: reason}
}

// broken is an error of the scanner, which counts segments, for readers that count messages.
func (m *Messages) broken(err error, number int64) error {
	var broken *framing.Error
	if errors.As(err, &broken) {
		return &framing.Error{Number: number, Offset: broken.Offset, Reason: broken.Reason}
	}
	return err
}

func (m *Messages) errorf(segment *Segment, format string, values ...any) error {
	return &framing.Error{Number: m.number + 1, Offset: segment.Offset, Reason: fmt.Sprintf(format, values...)}
}

// outside takes a segment that stands outside of messages.
func (m *Messages) outside(segment *Segment, kinds envelopes) error {
	switch segment.Tag {
	case "UNA":
		m.headers = append(m.headers[:0], segment.Raw...)
		return nil
	case kinds.interchange.header:
		return m.begin(segment, kinds)
	case kinds.interchange.trailer:
		if m.group.is {
			return m.errorf(segment, "the interchange ends, and a group in it does not")
		}
		return m.end(segment, kinds.interchange, &m.interchange)
	case kinds.group.header:
		if !m.interchange.is || m.group.is {
			return m.errorf(segment, "a group begins where none can")
		}
		m.headers = append(m.headers, segment.Raw...)
		m.group = openEnvelope{is: true, control: segment.Component(kinds.group.headerControl, 1)}
		return nil
	case kinds.group.trailer:
		m.headers = m.headers[:m.groupAt]
		if err := m.end(segment, kinds.group, &m.group); err != nil {
			return err
		}
		m.interchange.count++
		return nil
	case "ISB", "ISE", "TA1", "TA3", "ISX":
		return nil
	default:
		return m.errorf(segment, "the segment %s stands outside of a message", segment.Tag)
	}
}

func (m *Messages) begin(segment *Segment, kinds envelopes) error {
	if m.interchange.is {
		return m.errorf(segment, "an interchange begins within another")
	}
	if segment.Tag != "UNB" || !strings.HasPrefix(string(m.headers), "UNA") {
		m.headers = m.headers[:0]
	}
	m.headers = append(m.headers, segment.Raw...)
	m.groupAt = len(m.headers)
	m.interchange = openEnvelope{is: true, control: segment.Component(kinds.interchange.headerControl, 1)}
	return nil
}

// end checks a trailer.
func (m *Messages) end(segment *Segment, kind envelope, open *openEnvelope) error {
	if !open.is {
		return m.errorf(segment, "%s stands where nothing is to be ended", segment.Tag)
	}
	defer func() { *open = openEnvelope{} }()
	if m.lenient {
		return nil
	}
	if reason := kind.check(segment, open.control, open.count); reason != "" {
		return m.errorf(segment, "%s", reason)
	}
	return nil
}

// check returns what is wrong with a trailer, or nothing.
func (e envelope) check(trailer *Segment, control string, count int64) string {
	stated, ok := trailer.count(e.trailerCount)
	if !ok || stated != count {
		return fmt.Sprintf("%s counts %s %s, and there are %d", e.trailer, trailer.Component(e.trailerCount, 1), e.counts, count)
	}
	if e.trailerControl > 0 && trailer.Component(e.trailerControl, 1) != control {
		return fmt.Sprintf("%s bears the reference %s, and its header %s", e.trailer, trailer.Component(e.trailerControl, 1), control)
	}
	return ""
}

// message collects the segments of a message. What its own trailer says is checked when the record is decoded, since it concerns no other.
func (m *Messages) message(segment *Segment, kind envelope) (framing.Record, error) {
	if !m.interchange.is {
		return framing.Record{}, m.errorf(segment, "a message begins outside of an interchange")
	}
	m.number++
	record := framing.Record{Number: m.number, Offset: segment.Offset}
	m.record = append(append(m.record[:0], m.headers...), segment.Raw...)
	for segment.Tag != kind.trailer {
		next, err := m.scanner.Next()
		if errors.Is(err, io.EOF) {
			return record, &framing.Error{Number: m.number, Offset: record.Offset, Reason: "the file ends, and its last message does not"}
		}
		if err != nil {
			return record, m.broken(err, m.number)
		}
		segment = next
		if segment.Tag == kind.header || len(m.record)+len(segment.Raw) > framing.MaxRecord {
			return record, &framing.Error{Number: m.number, Offset: record.Offset, Reason: "the message does not end"}
		}
		m.record = append(m.record, segment.Raw...)
	}
	record.Data = m.record
	switch {
	case m.group.is:
		m.group.count++
	case m.scanner.Syntax.Standard != X12: // whose interchanges count nothing but groups
		m.interchange.count++
	}
	return record, nil
}
