package schema

import (
	"fmt"
	"regexp"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
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
		if (f.Pattern != "" || len(f.Values) > 0) && (f.Type != "" && f.Type != "text" || len(f.Fields) > 0) {
			fail("%s: only a text has a pattern or values", at)
		}
		if err := checkFormat(&f); err != nil {
			fail("%s.format: %v", at, err)
		}
		if _, err := regexp.Compile(f.Pattern); err != nil {
			fail("%s.pattern: %v", at, err)
		}
		checkFields(at+".fields", f.Fields, format, fail)
	}
}

// checkFormat holds the spelling of a field to its type.
func checkFormat(f *Field) error {
	if f.Format == "" {
		return nil
	}
	spelling, err := record.ParseSpelling(f.Format)
	if err == nil && types()[f.Type] != spelling.Type() {
		err = fmt.Errorf("%s is a spelling of another type than that of the field", f.Format)
	}
	return err
}

// described are the fields of a layout.
func described(fields []Field) []*record.Field {
	made := make([]*record.Field, 0, len(fields))
	for _, f := range fields {
		if f.Hidden {
			continue
		}
		field := &record.Field{Name: f.Name, Type: types()[f.Type], Length: f.Length, Repeated: f.Repeated, Signed: true, Scale: f.Scale, Required: f.Required, Pattern: f.Pattern}
		if len(f.Values) > 0 {
			field.Conditions = []copybook.Condition{allowed(f.Values)}
		}
		if f.Format != "" {
			field.Spelling, _ = record.ParseSpelling(f.Format) // which has been checked
		}
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

// allowed is the values that a text may have, as a level 88 would name them.
func allowed(values []string) copybook.Condition {
	condition := copybook.Condition{Name: "Values"}
	for _, value := range values {
		condition.Values = append(condition.Values, copybook.Range{From: value, To: value})
	}
	return condition
}
