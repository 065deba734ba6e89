package edi

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// A Standard is a family of EDI syntaxes.
type Standard string

// The standards.
const (
	X12       Standard = "X12"       // ASC X12.5 and X12.6
	EDIFACT   Standard = "EDIFACT"   // ISO 9735, with or without UNA
	TRADACOMS Standard = "TRADACOMS" // the British retail standard of 1982
)

// A Syntax is how one interchange is written. The first segment states it.
type Syntax struct {
	Standard Standard
	// Version is ISA12 of X12, and syntax identifier and version of the others: 00401, UNOA.3, ANA.1.
	Version string
	// Component, Element, Repetition, Release and Terminator are the service characters; 0 means that there is none.
	Component, Element, Repetition, Release, Terminator byte
	// Tag stands behind a segment's tag.
	Tag byte
	// Decimal is the decimal mark of EDIFACT.
	Decimal byte

	announced byte // the repetition separator that UNA names
	charset   *charmap.Charmap
}

// charsets are the character sets of EDIFACT's syntax identifiers (ISO 9735 annex A) that are not ASCII.
func charset(identifier string) *charmap.Charmap {
	switch identifier {
	case "UNOC":
		return charmap.ISO8859_1
	case "UNOD":
		return charmap.ISO8859_2
	case "UNOE":
		return charmap.ISO8859_5
	case "UNOF":
		return charmap.ISO8859_7
	case "UNOG":
		return charmap.ISO8859_3
	case "UNOH":
		return charmap.ISO8859_4
	case "UNOI":
		return charmap.ISO8859_6
	case "UNOJ":
		return charmap.ISO8859_8
	case "UNOK":
		return charmap.ISO8859_9
	default:
		return charmap.ISO8859_1
	}
}

// text decodes data: UTF-8 if it is that, and otherwise the character set that the interchange names.
func (s *Syntax) text(data []byte) string {
	if utf8.Valid(data) {
		return string(data)
	}
	page := s.charset
	if page == nil {
		page = charmap.ISO8859_1
	}
	var text strings.Builder
	for _, c := range data {
		text.WriteRune(page.DecodeByte(c))
	}
	return text.String()
}

// continuesTerminator tells whether c belongs to a terminator that is a character of several bytes in UTF-8, of which Terminator is the first.
func (s *Syntax) continuesTerminator(c byte) bool {
	return utf8.RuneStart(s.Terminator) && s.Terminator >= utf8.RuneSelf && !utf8.RuneStart(c)
}

// edifact is the syntax of an interchange without UNA (ISO 9735 section 6.1).
func edifact() Syntax {
	return Syntax{
		Standard: EDIFACT, Component: ':', Element: '+', Release: '?', Terminator: '\'', Tag: '+', Decimal: '.', announced: '*',
	}
}

func tradacoms() Syntax {
	return Syntax{Standard: TRADACOMS, Component: ':', Element: '+', Release: '?', Terminator: '\'', Tag: '='}
}

// una reads the service string advice: six characters behind its tag.
func una(advice []byte) Syntax {
	s := edifact()
	s.Component, s.Element, s.Decimal, s.Release, s.announced, s.Terminator = advice[0], advice[1], advice[2], advice[3], advice[4], advice[5]
	s.Tag = s.Element
	if s.Release == ' ' {
		s.Release = 0
	}
	return s
}

// learn takes from a header segment what it says of the syntax.
func (s *Syntax) learn(segment *Segment) {
	switch segment.Tag {
	case "UNB":
		identifier, version := segment.Component(1, 1), segment.Component(1, 2)
		s.Version, s.charset = identifier+"."+version, charset(identifier)
		if version >= "4" && s.announced != ' ' {
			s.Repetition = s.announced
		}
	case "STX":
		s.Version = segment.Component(1, 1) + "." + segment.Component(1, 2)
	case "ISX":
		if release := segment.Component(1, 1); len(release) == 1 {
			s.Release = release[0]
		}
	}
}

// isa reads the syntax off an X12 interchange header: the character behind ISA separates elements, the one behind its 16th separator is the
// component separator, and the next ends segments. From version 00402 on, ISA11 is the repetition separator.
func isa(header []byte) Syntax {
	s := Syntax{Standard: X12, Element: header[3], Tag: header[3]}
	element := 0
	start := 0
	for i, c := range header {
		if c != s.Element {
			continue
		}
		value := header[start:i]
		switch {
		case element == 11 && len(value) == 1:
			s.announced = value[0]
		case element == 12:
			s.Version = string(value)
		}
		element, start = element+1, i+1
	}
	s.Component, s.Terminator = header[len(header)-2], header[len(header)-1]
	if s.Version >= "00402" && s.announced != ' ' && !isAlphanumeric(s.announced) {
		s.Repetition = s.announced
	}
	return s
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
