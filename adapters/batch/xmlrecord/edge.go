package xmlrecord

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

var _ format.Edged = (*Format)(nil)

// End implements [format.Edged].
func (f *Format) End() []byte { return []byte("\n") }

// Header implements [format.Edged]: the beginning of the elements around the records. Columns with @ in front are attributes of the root, and the others elements in front of the records.
func (f *Format) Header(columns []*record.Field) (*format.Edge, error) {
	return f.edge(columns, false)
}

// Trailer implements [format.Edged]: elements behind the records, and the end of those around them.
func (f *Format) Trailer(columns []*record.Field) (*format.Edge, error) {
	return f.edge(columns, true)
}

func (f *Format) edge(columns []*record.Field, behind bool) (*format.Edge, error) {
	around, err := f.around()
	if err != nil {
		return nil, err
	}
	if f.layout != nil {
		if err := checkNames(f.layout.Fields); err != nil {
			return nil, err
		}
	}
	for _, column := range columns {
		name, isAttribute := strings.CutPrefix(column.Name, "@")
		switch {
		case !isName(name):
			return nil, fmt.Errorf("%s cannot be the name of an element or attribute", column.Name)
		case isAttribute && behind:
			return nil, fmt.Errorf("%s is an attribute, which the header has", column.Name)
		case name == f.path.names[len(around)] && !isAttribute:
			return nil, fmt.Errorf("%s would be read as a record", column.Name)
		}
	}
	return &format.Edge{Filled: &edge{layout: record.Describe(columns), around: around, behind: behind}}, nil
}

// checkNames complains of a field that cannot be an element or attribute.
func checkNames(fields []*record.Field) error {
	for _, f := range fields {
		if f.Name != "#text" && !isName(strings.TrimPrefix(f.Name, "@")) {
			return fmt.Errorf("%s cannot be the name of an element or attribute", f.Path)
		}
		if err := checkNames(f.Children); err != nil {
			return err
		}
	}
	return nil
}

// An edge is what stands in front of all records, or behind them.
type edge struct {
	layout *record.Layout
	around []string
	behind bool
}

// Layout implements [format.Filled].
func (e *edge) Layout() *record.Layout { return e.layout }

// CheckValue implements [format.Filled].
func (e *edge) CheckValue(_ *record.Field, text string) error { return checkText(text) }

// Encode implements [format.Filled].
func (e *edge) Encode(to []byte, members format.Members) ([]byte, error) {
	elements := slices.DeleteFunc(slices.Clone(members), func(m format.Member) bool { return strings.HasPrefix(m.Name, "@") })
	var err error
	if e.behind {
		for _, element := range elements {
			if to, err = appendElement(to, element.Name, element.Value, nil); err != nil {
				return to, err
			}
			to = append(to, '\n')
		}
		for _, name := range slices.Backward(e.around) {
			to = append(to, "</"+name+">"...)
		}
		return to, nil
	}
	to = append(to, xml.Header...)
	for i, name := range e.around {
		to = append(to, "<"+name...)
		if i == 0 {
			if to, err = appendAttributes(to, members); err != nil {
				return to, err
			}
		}
		to = append(to, '>')
	}
	for _, element := range elements {
		if to, err = appendElement(append(to, '\n'), element.Name, element.Value, nil); err != nil {
			return to, err
		}
	}
	return to, nil
}
