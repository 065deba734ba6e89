package listing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.einride.tech/aip/ordering"
)

// MaxOrder is the longest order in bytes.
const MaxOrder = 1000

// A Sorting is one field of an order.
type Sorting struct {
	Field      *Field
	Descending bool
}

// ParseOrder reads an order_by. The error says, in words for the caller, what is wrong.
func ParseOrder(text string, fields Fields) ([]Sorting, error) {
	if len(text) > MaxOrder {
		return nil, fmt.Errorf("it has at most %d characters", MaxOrder)
	}
	var parsed ordering.OrderBy
	if err := parsed.UnmarshalString(strings.TrimSpace(text)); err != nil {
		return nil, errors.New("it is a list of fields, each with desc behind it or not: a desc, b")
	}
	var out []Sorting
	for _, entry := range parsed.Fields {
		field := fields(entry.Path)
		switch {
		case field == nil:
			return nil, fmt.Errorf("there is no field %s to order by", quoted(entry.Path))
		case field.Kind == Opaque || field.Unordered || field.Repeated:
			return nil, fmt.Errorf("the field %s has no order", field.JSONName)
		case slices.ContainsFunc(out, func(s Sorting) bool { return s.Field == field }):
			return nil, fmt.Errorf("the field %s is named twice", field.JSONName)
		}
		out = append(out, Sorting{Field: field, Descending: entry.Desc})
	}
	return out, nil
}
