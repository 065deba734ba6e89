package format

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Writable returns the layout of records with the way to write them. All that does not fit its field is found, and named by field.
func Writable(layout *record.Layout, filled Filled) *record.Layout {
	return layout.WrittenBy(&writer{filled})
}

// A writer makes members of what a source hands out.
type writer struct{ filled Filled }

// Encode implements [record.Writer].
func (w *writer) Encode(to []byte, source record.Source) ([]byte, error) {
	c := &collector{writer: w}
	members := c.group(w.filled.Layout().Fields, source)
	if len(c.errors) > 0 {
		return nil, c.errors
	}
	data, err := w.filled.Encode(to, members)
	var wrong *record.FieldError
	if errors.As(err, &wrong) { // of the record as a whole, since each value fits
		return nil, record.EncodeErrors{{Reason: wrong.Error()}}
	}
	return data, err
}

// CheckValue implements [record.Writer].
func (w *writer) CheckValue(f *record.Field, text string) error {
	_, err := w.value(f, text)
	return err
}

// value is text as a member of the field's type; nil if it says nothing.
func (w *writer) value(f *record.Field, text string) (any, error) {
	var value record.Value
	if err := parse(f, text, &value); err != nil {
		return nil, err
	}
	if value.Null {
		return nil, nil
	}
	if f.Type == record.Text && f.Length > 0 && utf8.RuneCountInString(text) > f.Length {
		return nil, fmt.Errorf("is longer than %d characters", f.Length)
	}
	var member any = text
	switch f.Type {
	case record.Integer:
		text = strconv.FormatInt(value.Integer, 10)
		member = json.Number(text)
	case record.Decimal:
		text = plain(string(value.Text))
		member = json.Number(text)
	case record.Boolean:
		member = value.Integer == 1
	}
	if f.Spelling != nil {
		var err error
		if text, err = f.Spelling.Format(text); err != nil {
			return nil, err
		}
	}
	return member, w.filled.CheckValue(f, text)
}

// plain is a decimal as JSON has it: with a digit in front of the point, and no other zeros in front.
func plain(number string) string {
	digits, negative := strings.CutPrefix(number, "-")
	whole, fraction, pointed := strings.Cut(digits, ".")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if pointed {
		whole += "." + fraction
	}
	if negative {
		whole = "-" + whole
	}
	return whole
}

// A collector goes through the fields of one record.
type collector struct {
	*writer
	trail  []record.Step
	given  int // values so far, also those that do not fit
	errors record.EncodeErrors
}

func (c *collector) fail(reason string) {
	c.errors = append(c.errors, &record.EncodeError{Trail: append([]record.Step(nil), c.trail...), Reason: reason})
}

func (c *collector) group(fields []*record.Field, source record.Source) Members {
	var members Members
	for _, f := range fields {
		c.trail = append(c.trail, record.Step{Field: f})
		value := c.field(f, source)
		if value != nil {
			members = append(members, Member{Name: f.Name, Value: value})
		}
		c.trail = c.trail[:len(c.trail)-1]
	}
	return members
}

// field is the value of a field; nil if there is none.
func (c *collector) field(f *record.Field, source record.Source) any {
	before := c.given
	var value any
	if f.Repeated {
		value = c.list(f, source)
	} else {
		value = c.one(f, 0, source)
	}
	if f.Required && c.given == before {
		c.fail("is required")
	}
	return value
}

func (c *collector) list(f *record.Field, source record.Source) any {
	var list []any
	for i := range source.Count(f) {
		c.trail[len(c.trail)-1].Index = i
		c.given++
		if value := c.one(f, i, source); value != nil {
			list = append(list, value)
		} else if f.Type == record.Group {
			list = append(list, Members{})
		}
	}
	if list == nil {
		return nil
	}
	return list
}

func (c *collector) one(f *record.Field, index int, source record.Source) any {
	if f.Type == record.Group {
		inner, ok := source.Group(f, index)
		if !ok {
			return nil
		}
		given, mistakes := c.given, len(c.errors)
		members := c.group(f.Children, inner)
		if c.given == given && !f.Repeated { // it is not there, and so lacks nothing
			c.errors = c.errors[:mistakes]
			return nil
		}
		return members
	}
	text, ok := source.Value(f, index)
	if !ok {
		return nil
	}
	value, err := c.value(f, text)
	if value != nil || err != nil {
		c.given++
	}
	if err != nil {
		c.fail(err.Error())
		return nil
	}
	return value
}
