package schema

import (
	"fmt"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// smallDigits is how many digits an integer has at most.
const smallDigits = 18

func types() map[string]record.Type {
	return map[string]record.Type{
		"": record.Text, "text": record.Text, "integer": record.Integer, "decimal": record.Decimal, "boolean": record.Boolean, "date": record.Date, "time": record.Time,
	}
}

func checkFields(path string, fields []Field, format string, fail func(string, ...any)) {
	names := make(map[string]bool)
	for i, f := range fields {
		at := fmt.Sprintf("%s[%d]", path, i)
		if f.Name == "" || names[f.Name] {
			fail("%s.name: it is missing, or comes again", at)
		}
		names[f.Name] = true
		if _, ok := types()[f.Type]; !ok {
			fail("%s.type: there are text, integer, decimal, boolean, date and time", at)
		}
		if format == "fixed" && f.Length <= 0 {
			fail("%s.length: a fixed-width field has one", at)
		}
		if format == "edi" && f.Element <= 0 {
			fail("%s.element: it counts from 1", at)
		}
		if len(f.Fields) > 0 && (f.Type != "" || format != "jsonl" && format != "xml" && format != "iso20022") {
			fail("%s.fields: only a group of jsonl, xml and iso20022 has fields, and it has no type", at)
		}
		if f.Equals != "" && f.Equals != "count" && (f.Equals != "sum" && f.Equals != "hash" || f.Of == "") {
			fail("%s.equals: it is count, or sum or hash of a field", at)
		}
		checkFields(at+".fields", f.Fields, format, fail)
	}
}

// described are the fields of a layout.
func described(fields []Field) []*record.Field {
	made := make([]*record.Field, 0, len(fields))
	for _, f := range fields {
		if f.Hidden {
			continue
		}
		field := &record.Field{Name: f.Name, Type: types()[f.Type], Length: f.Length, Repeated: f.Repeated, Signed: true, Scale: f.Scale}
		if field.Type == record.Integer {
			field.Digits = smallDigits
		}
		if len(f.Fields) > 0 {
			field.Type, field.Children = record.Group, described(f.Fields)
		}
		made = append(made, field)
	}
	return made
}
