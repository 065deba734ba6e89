package edi

import (
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// composites are the elements of service segments that are composites by their standard, even if they hold one component.
func composites(tag string) []int {
	switch tag {
	case "UNB":
		return []int{1, 2, 3, 4, 6}
	case "UNG":
		return []int{2, 3, 4, 7}
	case "UNH":
		return []int{2, 4, 5, 6, 7}
	case "STX":
		return []int{1, 2, 3, 4}
	case "MHD":
		return []int{2}
	default:
		return nil
	}
}

// AppendJSON appends a segment as a JSON array: its tag, then its elements. A composite is an array itself, and repetitions follow one another. Binary
// data is split like any other.
func (s *Syntax) AppendJSON(to []byte, segment *Segment) []byte {
	return s.appendJSON(to, segment, false)
}

// AppendExact is AppendJSON, but the repetitions of an element are one array of arrays, so that they are told from elements.
func (s *Syntax) AppendExact(to []byte, segment *Segment) []byte {
	return s.appendJSON(to, segment, true)
}

func (s *Syntax) appendJSON(to []byte, segment *Segment, exact bool) []byte {
	to = record.AppendJSONString(append(to, '['), segment.Tag)
	known := composites(segment.Tag)
	for i, element := range segment.Elements {
		if isBinary(segment.Tag, i+1) && s.Standard == X12 {
			element = Element{s.components([]byte(element[0][0]))}
		}
		if exact && len(element) > 1 {
			to = appendRepetitions(append(to, ','), element)
			continue
		}
		for _, components := range element {
			to = append(to, ',')
			composite := len(components) > 1
			for _, number := range known {
				composite = composite || number == i+1
			}
			to = appendComponents(to, components, composite)
		}
	}
	return append(to, ']')
}

func appendRepetitions(to []byte, element Element) []byte {
	to = append(to, '[')
	for i, components := range element {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendComponents(to, components, true)
	}
	return append(to, ']')
}

func appendComponents(to []byte, components Components, composite bool) []byte {
	if !composite {
		return record.AppendJSONString(to, components[0])
	}
	to = append(to, '[')
	if len(components) == 1 && components[0] == "" {
		return append(to, ']')
	}
	for i, component := range components {
		if i > 0 {
			to = append(to, ',')
		}
		to = record.AppendJSONString(to, component)
	}
	return append(to, ']')
}
