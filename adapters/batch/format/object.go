package format

import (
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// An Object is a group of fields by name. A value is an Object, text, or a list of either; text spells whatever type its field has. nil, or no entry, is a field
// that is not there.
type Object map[string]any

// Emit hands the fields of an object to a sink. Objects without a field for it lose an entry: what a layout does not name is not read. The error is a
// [*record.FieldError], or the sink's own.
func Emit(fields []*record.Field, object Object, to record.Sink) error {
	e := &emitter{to: to}
	return e.group(fields, object)
}

type emitter struct {
	to    record.Sink
	value record.Value
}

func (e *emitter) group(fields []*record.Field, object Object) error {
	for _, f := range fields {
		content, ok := object[f.Name]
		if !ok || content == nil {
			continue
		}
		if err := e.field(f, content); err != nil {
			return err
		}
	}
	return nil
}

func (e *emitter) field(f *record.Field, content any) error {
	if !f.Repeated {
		return e.one(f, content)
	}
	if err := e.to.BeginList(f); err != nil {
		return err
	}
	switch list := content.(type) {
	case []Object:
		for _, item := range list {
			if err := e.one(f, item); err != nil {
				return err
			}
		}
	case []string:
		for _, item := range list {
			if err := e.one(f, item); err != nil {
				return err
			}
		}
	case []any:
		for _, item := range list {
			if err := e.one(f, item); err != nil {
				return err
			}
		}
	default: // the only one of its kind
		if err := e.one(f, content); err != nil {
			return err
		}
	}
	return e.to.EndList(f)
}

func (e *emitter) one(f *record.Field, content any) error {
	if f.Type == record.Group {
		object, ok := content.(Object)
		if !ok {
			return &record.FieldError{Path: f.Path, Offset: -1, Reason: "is no group"}
		}
		if err := e.to.Begin(f); err != nil {
			return err
		}
		if err := e.group(f.Children, object); err != nil {
			return err
		}
		return e.to.End(f)
	}
	e.value = record.Value{Text: e.value.Text[:0], Null: content == nil}
	if text, ok := content.(string); ok {
		if err := read(f, text, &e.value); err != nil {
			return &record.FieldError{Path: f.Path, Offset: -1, Reason: err.Error()}
		}
	} else if content != nil {
		return &record.FieldError{Path: f.Path, Offset: -1, Reason: "is no single value"}
	}
	return e.to.Value(f, &e.value)
}

// EmitText hands one field to a sink. Errors are those of [Emit].
func EmitText(f *record.Field, text string, to record.Sink) error {
	e := &emitter{to: to}
	return e.one(f, text)
}
