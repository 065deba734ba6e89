package edi

import (
	"bytes"
	"strconv"
)

// A Segment is one segment of an interchange.
type Segment struct {
	// Number counts the interchange file's segments from 1, UNA included, and Offset is where the tag stands, in bytes of the file.
	Number, Offset int64
	Tag            string
	Elements       []Element
	// Raw is the segment from its tag to its terminator, good until the next one is read.
	Raw []byte
}

// An Element holds the repetitions of a data element; most have one.
type Element []Components

// Components are the components of a composite, or the one value of a simple element. Empty ones are kept.
type Components []string

// Component returns a component of the first repetition of an element. Both count from 1; what is not there is empty.
func (s *Segment) Component(element, component int) string {
	if element < 1 || element > len(s.Elements) || len(s.Elements[element-1]) == 0 {
		return ""
	}
	components := s.Elements[element-1][0]
	if component > len(components) {
		return ""
	}
	return components[component-1]
}

// count returns an element that counts something, and whether it is a number.
func (s *Segment) count(element int) (int64, bool) {
	n, err := strconv.ParseInt(s.Component(element, 1), 10, 64)
	return n, err == nil
}

// cut splits data at a separator that no release character stands in front of.
func (s *Syntax) cut(data []byte, separator byte) [][]byte {
	if separator == 0 {
		return [][]byte{data}
	}
	if s.Release == 0 || bytes.IndexByte(data, s.Release) < 0 {
		return bytes.Split(data, []byte{separator})
	}
	var parts [][]byte
	start := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case s.Release:
			i++
		case separator:
			parts = append(parts, data[start:i])
			start = i + 1
		}
	}
	return append(parts, data[start:])
}

// unescape takes release characters out.
func (s *Syntax) unescape(data []byte) []byte {
	if s.Release == 0 || bytes.IndexByte(data, s.Release) < 0 {
		return data
	}
	plain := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] == s.Release && i+1 < len(data) {
			i++
		}
		plain = append(plain, data[i])
	}
	return plain
}

// parse splits a segment's bytes, terminator included, into elements.
func (s *Syntax) parse(segment *Segment, raw []byte) {
	segment.Raw, segment.Elements = raw, nil
	body := bytes.TrimSuffix(raw, []byte{s.Terminator})
	if segment.Tag == "UNA" { // its characters are no separators
		segment.Elements = []Element{{{string([]byte{s.Decimal, s.announced})}}}
		return
	}
	if len(segment.Tag) >= len(body) {
		return
	}
	body = body[len(segment.Tag)+1:]
	for i, data := range s.cut(body, s.Element) {
		segment.Elements = append(segment.Elements, s.element(segment.Tag, i+1, data))
	}
}

// element splits one data element. The last elements of ISA hold the separators themselves, and binary data is one value.
func (s *Syntax) element(tag string, number int, data []byte) Element {
	if tag == "ISA" || isBinary(tag, number) {
		return Element{{s.text(data)}}
	}
	var element Element
	for _, repetition := range s.cut(data, s.Repetition) {
		element = append(element, s.components(repetition))
	}
	return element
}

func (s *Syntax) components(data []byte) Components {
	var components Components
	for _, component := range s.cut(data, s.Component) {
		components = append(components, s.text(s.unescape(component)))
	}
	return components
}

// isBinary reports whether an element of X12 holds data of a stated length, in which separators mean nothing (BIN, and BDS with its filter).
func isBinary(tag string, number int) bool {
	return tag == "BIN" && number == 2 || tag == "BDS" && number == 3
}
