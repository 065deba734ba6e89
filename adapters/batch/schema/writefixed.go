package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

var (
	_ format.Written = (*fixed)(nil)
	_ format.Filled  = (*fixed)(nil)
	_ format.Edged   = (*fixed)(nil)
)

// Envelope implements [format.Written].
func (f *fixed) Envelope() (format.Envelope, error) {
	for i := range f.records {
		if !f.records[i].isDetail() {
			return format.Envelope{}, errors.New("the schema has a header or trailer, which submissions write: leave it out to write the records alone")
		}
	}
	return format.Envelope{End: f.End()}, nil
}

// End implements [format.Edged].
func (f *fixed) End() []byte {
	if f.crlf {
		return []byte("\r\n")
	}
	return []byte("\n")
}

// Header implements [format.Edged].
func (f *fixed) Header(columns []*record.Field) (*format.Edge, error) {
	return f.edge("header", columns)
}

// Trailer implements [format.Edged].
func (f *fixed) Trailer(columns []*record.Field) (*format.Edge, error) {
	return f.edge("trailer", columns)
}

// edge is the record of the schema that has this role.
func (f *fixed) edge(role string, columns []*record.Field) (*format.Edge, error) {
	at := slices.IndexFunc(f.records, func(r Record) bool { return r.Role == role })
	switch {
	case f.several:
		return nil, errors.New("the schema has several types of details, and files are written of one")
	case len(columns) > 0:
		return nil, fmt.Errorf("a fixed-width file has no columns of its own: the schema has a record with the role %s", role)
	case at < 0:
		return nil, nil
	}
	alone := f.records[at]
	alone.Role = ""
	edge := &format.Edge{Filled: fixedOf([]Record{alone}, f.page, f.lenient)}
	for _, field := range alone.Fields {
		switch field.Equals {
		case "count":
			edge.Counts = append(edge.Counts, field.Name)
		case "sum":
			edge.Totals = append(edge.Totals, format.Total{Of: field.Of, Equals: field.Name})
		case "hash":
			edge.Totals = append(edge.Totals, format.Total{Of: field.Of, Equals: field.Name, Digits: field.Length})
		}
	}
	return edge, nil
}

// CheckValue implements [format.Filled].
func (f *fixed) CheckValue(of *record.Field, text string) error {
	for i := range f.records {
		group := ""
		switch kind := &f.records[i]; {
		case !kind.isDetail():
			continue
		case f.several:
			group = kind.Name + "."
		}
		for _, field := range f.records[i].Fields {
			if of.Path != group+field.Name {
				continue
			}
			spelt, err := field.spell(text)
			if err == nil && strings.ContainsAny(spelt, "\r\n") {
				err = errors.New("holds a line end")
			}
			if err == nil {
				_, err = f.page.Bytes(spelt)
			}
			return err
		}
	}
	return nil
}

// Encode implements [format.Written]. Numbers have zeros in front, and all else blanks behind; what is absent is blank.
func (f *fixed) Encode(to []byte, members format.Members) ([]byte, error) {
	members, err := members.Fit(f.layout.Fields)
	if err != nil {
		return to, err
	}
	kind := &f.records[slices.IndexFunc(f.records, func(r Record) bool { return r.isDetail() })]
	if f.several {
		if len(members) != 1 {
			return to, format.Wrong("", "has %d groups: a record is of one type, whose group it has", len(members))
		}
		for i := range f.records {
			if f.records[i].Name == members[0].Name {
				kind = &f.records[i]
			}
		}
		members, _ = members[0].Value.(format.Members)
	}
	line := ""
	for _, field := range kind.Fields {
		text, there, err := format.Text(members.Get(field.Name))
		if err == nil && !there {
			text = begin(kind.Type, line, field.Length)
		}
		if err == nil && there {
			text, err = field.spell(text)
		}
		if err != nil {
			return to, format.Wrong(field.Name, "%v", err)
		}
		line += text + strings.Repeat(" ", max(field.Length-utf8.RuneCountInString(text), 0))
	}
	if found := f.kind(line); found != kind {
		return to, format.Wrong("", "would not be read as a record of type %s, which begins with %q", kind.Name, kind.Type)
	}
	if strings.ContainsAny(line, "\r\n") {
		return to, format.Wrong("", "holds a line end")
	}
	encoded, err := f.page.Bytes(line)
	if err != nil {
		return to, format.Wrong("", "%v", err)
	}
	return append(to, encoded...), nil
}

// begin is what a field without a value has of what lines of its type begin with.
func begin(kind, line string, length int) string {
	if len(line) >= len(kind) {
		return ""
	}
	rest := kind[len(line):]
	return rest[:min(length, len(rest))]
}

// spell writes a value in the field's length.
func (f *Field) spell(text string) (string, error) {
	var err error
	switch f.Type {
	case "integer":
		text, err = f.digits(text, 0)
	case "decimal":
		text, err = f.digits(text, f.Scale)
	case "boolean":
		if f.Length < len("false") {
			text = strings.NewReplacer("true", "1", "false", "0").Replace(text)
		}
	}
	if err == nil && utf8.RuneCountInString(text) > f.Length {
		err = errors.New("is too long")
	}
	return text, err
}

// digits are those of a number without its point, and with zeros in front. A decimal without a scale keeps its point.
func (f *Field) digits(text string, scale int) (string, error) {
	text = strings.TrimPrefix(strings.TrimSpace(text), "+")
	if text == "" {
		return "", nil
	}
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	switch {
	case scale > 0 && len(strings.TrimRight(fraction, "0")) > scale:
		return "", errors.New("has more digits behind the point than there is room for")
	case scale > 0:
		fraction = (fraction + strings.Repeat("0", scale))[:scale]
		digits = whole + fraction
	case pointed:
		digits = whole + "." + fraction
	}
	room := f.Length
	if negative {
		room--
	}
	if trimmed := strings.TrimLeft(digits, "0"); len(digits) > room && trimmed != "" {
		digits = trimmed
	}
	digits = strings.Repeat("0", max(room-len(digits), 0)) + digits
	if negative {
		digits = "-" + digits
	}
	return digits, nil
}
