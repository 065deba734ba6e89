package edi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/adapters/batch/format"
)

// Delimiters are the service characters of a file that is written, where its headers do not state them as ISA does its component and repetition separators. 0 is that of the standard, and a blank as Release is
// none.
type Delimiters struct {
	Element, Component, Release, Terminator byte
}

// A Writer writes segments as [Syntax.AppendJSON] or [Syntax.AppendExact] shows them. It is the reverse of [Scanner].
type Writer struct {
	given  Delimiters
	encode func(text string) ([]byte, error) // nil where the interchange says what its character set is
	syntax Syntax
}

// NewWriter returns a writer. encode spells texts; nil stands for the character set that UNB names, and UTF-8 where it names none.
func NewWriter(given Delimiters, encode func(text string) ([]byte, error)) *Writer {
	return &Writer{given: given, encode: encode}
}

// Append appends a segment with its terminator. A row is its tag and its elements: texts, lists of components, or lists of such lists, which are repetitions. The error is a [*record.FieldError] that names the
// element, from 1.
func (w *Writer) Append(to []byte, row []any) ([]byte, error) {
	segment, err := segmentOf(row)
	if err != nil {
		return to, err
	}
	if err := w.begin(segment); err != nil {
		return to, err
	}
	start := len(to)
	if segment.Tag == "UNA" {
		return w.advice(to, segment)
	}
	to = append(to, segment.Tag...)
	for i, element := range segment.Elements {
		separator := w.syntax.Element
		if i == 0 {
			separator = w.syntax.Tag
		}
		if to, err = w.element(append(to, separator), segment, i+1, element); err != nil {
			return to, err
		}
	}
	if err := w.checkLength(to[start:], segment); err != nil {
		return to, err
	}
	to = append(to, w.syntax.Terminator)
	w.syntax.learn(segment)
	return to, nil
}

// nameOf names an element in mistakes.
func nameOf(segment *Segment, element int) string {
	return segment.Tag + " element " + strconv.Itoa(element)
}

// segmentOf makes a segment of a row.
func segmentOf(row []any) (*Segment, error) {
	if len(row) == 0 {
		return nil, format.Wrong("", "is empty: a segment has a tag")
	}
	tag, ok := row[0].(string)
	if !ok || len(tag) < 2 || len(tag) > 3 || slices.ContainsFunc([]byte(tag), func(c byte) bool { return !isAlphanumeric(c) }) {
		return nil, format.Wrong("", "begins with no tag of a segment, which has two or three letters and digits")
	}
	segment := &Segment{Tag: tag}
	for i, value := range row[1:] {
		element, err := elementOf(value)
		if err != nil {
			return nil, format.Wrong(nameOf(segment, i+1), "%v", err)
		}
		segment.Elements = append(segment.Elements, element)
	}
	return segment, nil
}

func elementOf(value any) (Element, error) {
	list, ok := value.([]any)
	if !ok {
		text, _, err := format.Text(value)
		return Element{{text}}, err
	}
	if !slices.ContainsFunc(list, func(inner any) bool { _, ok := inner.([]any); return ok }) {
		components, err := componentsOf(list)
		return Element{components}, err
	}
	var element Element
	for _, inner := range list {
		components, err := componentsOf(format.List(inner))
		if err != nil {
			return nil, err
		}
		element = append(element, components)
	}
	return element, nil
}

// componentsOf makes components of a list; one that is empty is one empty component.
func componentsOf(list []any) (Components, error) {
	components := make(Components, 0, len(list)+1)
	for _, value := range list {
		text, _, err := format.Text(value)
		if err != nil {
			return nil, err
		}
		components = append(components, text)
	}
	if len(components) == 0 {
		components = append(components, "")
	}
	return components, nil
}

// begin takes the syntax of an interchange from its first segment.
func (w *Writer) begin(segment *Segment) error {
	switch {
	case segment.Tag == "ISA":
		return w.isa(segment)
	case segment.Tag == "UNA":
		w.syntax = w.with(edifact())
	case segment.Tag == "UNB" && w.syntax.Standard != EDIFACT:
		w.syntax = w.with(edifact())
	case segment.Tag == "STX":
		w.syntax = w.with(tradacoms())
	case w.syntax.Standard == "":
		return format.Wrong("", "is none of ISA, UNA, UNB and STX, with which an interchange begins")
	}
	if segment.Tag == "UNB" { // its own texts may be in the character set that it names
		w.syntax.learn(segment)
	}
	return w.syntax.distinct()
}

// with is a syntax with the characters that are given.
func (w *Writer) with(s Syntax) Syntax {
	for _, set := range []struct {
		character *byte
		given     byte
	}{{&s.Element, w.given.Element}, {&s.Component, w.given.Component}, {&s.Release, w.given.Release}, {&s.Terminator, w.given.Terminator}} {
		if set.given != 0 {
			*set.character = set.given
		}
	}
	if s.Standard != TRADACOMS {
		s.Tag = s.Element
	}
	if s.Release == ' ' {
		s.Release = 0
	}
	return s
}

// isa takes the syntax of X12 from its header, whose last element is the component separator.
func (w *Writer) isa(segment *Segment) error {
	const elements = 16
	if len(segment.Elements) != elements {
		return format.Wrong("", "is an ISA of %d elements, and there are %d", len(segment.Elements), elements)
	}
	component := segment.Component(elements, 1)
	if len(component) != 1 || w.given.Component != 0 && w.given.Component != component[0] {
		return format.Wrong(nameOf(segment, elements), "is the component separator, and one character")
	}
	standard := Syntax{Standard: X12, Element: '*', Component: component[0], Terminator: '~'}
	s := w.with(standard)
	if s.Release != 0 {
		return format.Wrong("", "begins an interchange of X12, in which no character is released")
	}
	header := "ISA"
	for i, element := range segment.Elements {
		if len(element) != 1 || len(element[0]) != 1 || strings.IndexByte(element[0][0], s.Element) >= 0 {
			return format.Wrong(nameOf(segment, i+1), "is no single value without %c", s.Element)
		}
		header += string(s.Element) + element[0][0]
	}
	if len(header) >= maxHeader {
		return format.Wrong("", "is an ISA that is too long")
	}
	w.syntax = isa(append([]byte(header), s.Terminator))
	return w.syntax.distinct()
}

// distinct refuses a syntax in which one character has two meanings.
func (s *Syntax) distinct() error {
	characters := []byte{s.Element, s.Component, s.Terminator, s.Release, s.Repetition}
	for i, c := range characters {
		if c != 0 && slices.Contains(characters[:i], c) {
			return format.Wrong("", "begins an interchange with two delimiters that are %q", c)
		}
	}
	return nil
}

// advice appends UNA: the characters of the syntax, with the decimal mark and the repetition separator that its row has.
func (w *Writer) advice(to []byte, segment *Segment) ([]byte, error) {
	stated := segment.Component(1, 1)
	if len(segment.Elements) != 1 || len(stated) != 2 {
		return to, format.Wrong("", "is a UNA, which has the decimal mark and the repetition separator as its element, or a blank as the latter")
	}
	release := w.syntax.Release
	if release == 0 {
		release = ' '
	}
	advice := []byte{w.syntax.Component, w.syntax.Element, stated[0], release, stated[1], w.syntax.Terminator}
	w.syntax = una(advice)
	return append(append(to, "UNA"...), advice...), nil
}

// element appends an element.
func (w *Writer) element(to []byte, segment *Segment, number int, element Element) ([]byte, error) {
	var err error
	for i, components := range element {
		if i > 0 && w.syntax.Repetition == 0 {
			return to, format.Wrong(nameOf(segment, number), "is repeated, and the interchange has no repetition separator")
		}
		if i > 0 {
			to = append(to, w.syntax.Repetition)
		}
		for j, component := range components {
			if j > 0 {
				to = append(to, w.syntax.Component)
			}
			if to, err = w.component(to, segment, number, component); err != nil {
				return to, format.Wrong(nameOf(segment, number), "%v", err)
			}
		}
	}
	return to, nil
}

// component appends a value. Service characters in it are released where there is a way to; in a header of X12 and in binary data they mean nothing.
func (w *Writer) component(to []byte, segment *Segment, number int, text string) ([]byte, error) {
	data, err := w.spell(text)
	if err != nil {
		return to, err
	}
	if w.syntax.Standard == X12 && (segment.Tag == "ISA" || binaryElement(segment.Tag) > 0 && number >= binaryElement(segment.Tag)) {
		return append(to, data...), nil
	}
	s := &w.syntax
	for _, c := range data {
		if c == s.Component || c == s.Element || c == s.Terminator || s.Repetition != 0 && c == s.Repetition || s.Release != 0 && c == s.Release {
			if s.Release == 0 {
				return to, fmt.Errorf("holds %q, which is a delimiter of the interchange, and nothing releases it", c)
			}
			to = append(to, s.Release)
		}
		to = append(to, c)
	}
	return to, nil
}

// spell encodes a text.
func (w *Writer) spell(text string) ([]byte, error) {
	if w.encode != nil {
		return w.encode(text)
	}
	identifier, _, _ := strings.Cut(w.syntax.Version, ".")
	if w.syntax.Standard != EDIFACT || identifier < "UNOC" || identifier > "UNOK" {
		return []byte(text), nil
	}
	return spellIn(w.syntax.charset, identifier, text)
}

func spellIn(page *charmap.Charmap, identifier, text string) ([]byte, error) {
	data := make([]byte, 0, len(text))
	for _, r := range text {
		c, ok := page.EncodeRune(r)
		if !ok {
			return nil, fmt.Errorf("holds %q, which %s does not have", r, identifier)
		}
		data = append(data, c)
	}
	return data, nil
}

// binaryElement is the element that begins the binary data of a segment; 0 if it has none.
func binaryElement(tag string) int {
	switch tag {
	case "BIN":
		return 2
	case "BDS":
		return 3
	default:
		return 0
	}
}

// checkLength holds binary data to the length that stands in front of it: data that is shorter or longer would be read as something else.
func (w *Writer) checkLength(raw []byte, segment *Segment) error {
	at := binaryElement(segment.Tag)
	if w.syntax.Standard != X12 || at == 0 || len(segment.Elements) < at {
		return nil
	}
	parts := strings.SplitN(string(raw), string(w.syntax.Element), at+1)
	if stated, ok := binaryLength([]byte(segment.Component(at-1, 1))); !ok || stated != int64(len(parts[at])) {
		return format.Wrong(nameOf(segment, at-1), "is %q, and the binary data behind it has %d bytes", segment.Component(at-1, 1), len(parts[at]))
	}
	return nil
}

// Check says whether the characters can be told from each other.
func (d Delimiters) Check() error {
	seen := make(map[byte]bool)
	for _, c := range []byte{d.Element, d.Component, d.Release, d.Terminator} {
		switch {
		case c == 0:
			continue
		case seen[c]:
			return fmt.Errorf("two delimiters are %q", c)
		case isAlphanumeric(c):
			return errors.New("a delimiter is no letter or digit")
		}
		seen[c] = true
	}
	return nil
}
