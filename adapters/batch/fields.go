package batch

import (
	"slices"

	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/listing"
)

// narrowDigits is how many digits a whole number of 32 bits has at most.
const narrowDigits = 9

// listed are the fields of a record that callers may name in lists, by either of their names: claimant.date_of_birth and claimant.dateOfBirth.
type listed struct {
	names map[string]*listing.Field
	// fields has them by the layout field's Index; nil for one that callers do not see.
	fields []*listing.Field
}

// find finds a field as listing wants it.
func (l *listed) find(name string) *listing.Field { return l.names[name] }

// list collects the fields of a mapping.
func (m *mapping) list() *listed {
	out := &listed{names: make(map[string]*listing.Field), fields: make([]*listing.Field, len(m.fields))}
	out.add(m, m.layout.Fields, "", "", false)
	return out
}

// add adds fields of a group with these names in front. repeated is whether the group is an element of a table.
func (l *listed) add(m *mapping, fields []*record.Field, names, jsonNames string, repeated bool) {
	for _, f := range fields {
		if f.Type == record.Union || f.IsInline() {
			l.add(m, f.Children, names, jsonNames, repeated)
			continue
		}
		fd := m.fields[f.Index]
		if fd == nil {
			continue
		}
		field := kindOf(f)
		field.Name, field.JSONName, field.Source = names+string(fd.Name()), jsonNames+fd.JSONName(), f
		field.Repeated = repeated || f.Repeated
		l.names[field.Name], l.names[field.JSONName], l.fields[f.Index] = &field, &field, &field
		if f.Type == record.Group {
			l.add(m, f.Children, field.Name+".", field.JSONName+".", field.Repeated)
		}
	}
}

// kindOf says how a field's values are written in a filter.
func kindOf(f *record.Field) listing.Field {
	switch f.Type {
	case record.Integer:
		if f.Digits <= narrowDigits {
			return listing.Integers(32)
		}
		return listing.Integers(64)
	case record.Decimal:
		return listing.Field{Kind: listing.Decimal}
	case record.Float32, record.Float64:
		return listing.Field{Kind: listing.Float}
	case record.Text:
		return listing.Field{Kind: listing.Text}
	case record.Date:
		return listing.Field{Kind: listing.Date}
	case record.Time:
		return listing.Field{Kind: listing.Timestamp}
	case record.Boolean:
		return listing.Field{Kind: listing.Bool}
	default:
		return listing.Field{Kind: listing.Opaque}
	}
}

// fieldOf is the record's field that callers name.
func fieldOf(field *listing.Field) *record.Field { return field.Source.(*record.Field) }

// mask reads the fields that are wanted: by Index, those that are named, what is in them, and the groups around them. nil means all.
func (m *mapping) mask(text string, fields *listed) ([]bool, error) {
	masked, err := listing.ParseMask(text, fields.find)
	if err != nil {
		return nil, listing.Invalid("fields", err.Error())
	}
	if masked == nil {
		return nil, nil
	}
	out := make([]bool, len(m.fields))
	markWanted(out, m.layout.Fields, false, func(f *record.Field) bool {
		return slices.ContainsFunc(masked, func(wanted *listing.Field) bool { return fieldOf(wanted) == f })
	})
	return out, nil
}

// markWanted marks fields that are named or in a group that is, and reports whether there is one.
func markWanted(out []bool, fields []*record.Field, all bool, named func(*record.Field) bool) bool {
	some := false
	for _, f := range fields {
		wanted := all || named(f)
		out[f.Index] = markWanted(out, f.Children, wanted, named) || wanted
		some = some || out[f.Index]
	}
	return some
}
