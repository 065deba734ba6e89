package batch

import (
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// A describer builds the mirrored file of a back end.
type describer struct {
	file    *mirror.File
	service *mirror.Service
}

// A described layout is a message in the making, with the mirrored field of each layout field.
type described struct {
	layout  *record.Layout
	message *mirror.Message
	fields  []placed // by Index
}

// placed is a mirrored field and the message that it is in.
type placed struct {
	message *mirror.Message
	field   *mirror.Field
}

// called is what callers call a field of a message that these fields are in, with its groups in front; "" if it is not among them.
func (d *described) called(wanted *record.Field, fields []*record.Field) string {
	for _, f := range fields {
		in := d.fields[f.Index].field
		if in == nil {
			continue
		}
		name := mirror.JSONName(string(in.Name))
		if f == wanted {
			return name
		}
		if inner := d.called(wanted, f.Children); inner != "" {
			return name + "." + inner
		}
	}
	return ""
}

func newDescriber(backend string) *describer {
	file := mirror.NewFile(backend)
	return &describer{file: file, service: file.Service(backend+"-service", "The files of the back end "+backend+".")}
}

// layout describes the records of a layout. strict holds fields to the values of their 88 levels; hidden fields are left out.
func (d *describer) layout(name, comment string, layout *record.Layout, strict bool, hidden map[*record.Field]bool) *described {
	out := &described{layout: layout, message: d.file.Message(name, comment), fields: make([]placed, layout.Size())}
	w := &layoutDescriber{describer: d, out: out, strict: strict, hidden: hidden}
	w.fields(out.message, layout.Fields, name)
	return out
}

type layoutDescriber struct {
	*describer
	out    *described
	strict bool
	hidden map[*record.Field]bool
}

func (w *layoutDescriber) fields(message *mirror.Message, fields []*record.Field, prefix string) {
	for _, f := range fields {
		switch {
		case f.IsHidden() || w.hidden[f]:
		case f.Type == record.Union:
			w.union(message, f, prefix)
		case f.IsInline():
			w.fields(message, f.Children, prefix)
		default:
			w.field(message, f, nil, prefix)
		}
	}
}

// union makes a choice of the alternatives. A table cannot be in a protobuf choice; with one, all of them stand side by side.
func (w *layoutDescriber) union(message *mirror.Message, union *record.Field, prefix string) {
	var visible []*record.Field
	tables := false
	for _, alternative := range union.Children {
		if !alternative.IsHidden() && !w.hidden[alternative] {
			visible = append(visible, alternative)
			tables = tables || alternative.Repeated
		}
	}
	var choice *mirror.Oneof
	if len(visible) > 1 && !tables {
		choice = message.Oneof(visible[0].Name+"-choice", "The alternatives that share these bytes, of which one is meant.", false)
	}
	for _, alternative := range visible {
		w.field(message, alternative, choice, prefix)
	}
}

func (w *layoutDescriber) field(message *mirror.Message, f *record.Field, choice *mirror.Oneof, prefix string) {
	field := mirror.Field{Original: f.Name, Comment: comment(f), Repeated: f.Repeated, Oneof: choice}
	if f.Type == record.Group {
		inner := w.file.Message(prefix+"-"+f.Name, "The group "+f.Path+".")
		field.Type = mirror.Of(inner)
		w.fields(inner, f.Children, prefix+"-"+f.Name)
	} else {
		field.Type = w.typeOf(f)
		field.Optional = !f.Repeated && (!w.strict || f.Type != record.Text && f.Type != record.Bytes)
	}
	if w.strict {
		field.Rules = demands(f)
	}
	w.out.fields[f.Index] = placed{message, message.Field(field)}
}

// demands are the rules for a field of a record that callers send, beside those of its type.
func demands(f *record.Field) *validate.FieldRules {
	rules := &validate.FieldRules{}
	if f.Repeated && f.Max > 0 {
		rules.Type = &validate.FieldRules_Repeated{Repeated: &validate.RepeatedRules{MaxItems: proto.Uint64(uint64(f.Max))}}
	}
	if f.Required {
		rules.Required = proto.Bool(true)
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return rules
}

// typeOf is the design's value table.
func (w *layoutDescriber) typeOf(f *record.Field) mirror.Type {
	switch f.Type {
	case record.Integer:
		return w.integer(f)
	case record.Decimal:
		return mirror.Decimal(f.Digits, f.Scale)
	case record.Float32:
		return mirror.Float
	case record.Float64:
		return mirror.Double
	case record.Bytes:
		return mirror.Bytes
	case record.Date:
		return mirror.Date()
	case record.Time:
		return mirror.Timestamp
	case record.Boolean:
		return mirror.Bool
	default:
		if values := allowed(f); w.strict && len(values) > 0 {
			return mirror.Enum(values...)
		}
		text := mirror.MaxLength(f.Length)
		if w.strict && f.Pattern != "" {
			text = text.With(&validate.FieldRules{Type: &validate.FieldRules_String_{String_: &validate.StringRules{Pattern: proto.String(f.Pattern)}}})
		}
		return text
	}
}

// integer is the type of a whole number. What callers send has no more digits than there are; what comes in is what it is.
func (w *layoutDescriber) integer(f *record.Field) mirror.Type {
	bounded := w.strict && !f.Roomy && f.Digits > 0
	most := powerOfTen(f.Digits) - 1
	if f.Digits <= narrowDigits {
		rules := &validate.Int32Rules{}
		if bounded {
			rules.LessThan, rules.GreaterThan = &validate.Int32Rules_Lte{Lte: int32(most)}, &validate.Int32Rules_Gte{Gte: int32(-most)} //nolint:gosec // of few digits
		}
		if !f.Signed {
			rules.GreaterThan = &validate.Int32Rules_Gte{Gte: 0}
		}
		return limited(mirror.Int32, &validate.FieldRules{Type: &validate.FieldRules_Int32{Int32: rules}}, rules)
	}
	rules := &validate.Int64Rules{}
	if bounded {
		rules.LessThan, rules.GreaterThan = &validate.Int64Rules_Lte{Lte: most}, &validate.Int64Rules_Gte{Gte: -most}
	}
	if !f.Signed {
		rules.GreaterThan = &validate.Int64Rules_Gte{Gte: 0}
	}
	return limited(mirror.Int64, &validate.FieldRules{Type: &validate.FieldRules_Int64{Int64: rules}}, rules)
}

// limited is the type with its rules, if there are any.
func limited(t mirror.Type, all *validate.FieldRules, own proto.Message) mirror.Type {
	if proto.Size(own) == 0 {
		return t
	}
	return t.With(all)
}

// powerOfTen is 10 to the power of digits, of which a [record.Integer] has 18 at most.
func powerOfTen(digits int) int64 {
	power := int64(1)
	for range digits {
		power *= 10
	}
	return power
}

// allowed returns the single values of the field's 88 levels; nil if one of them is a range.
func allowed(f *record.Field) []string {
	var values []string
	seen := make(map[string]bool)
	for _, condition := range f.Conditions {
		for _, value := range condition.Values {
			if value.From != value.To {
				return nil
			}
			if value.From == copybook.HighValues || value.From == copybook.LowValues {
				continue // which no text is
			}
			if text := strings.TrimRight(value.From, " "); !seen[text] {
				seen[text] = true
				values = append(values, text)
			}
		}
	}
	return values
}

// comment tells the names of values.
func comment(f *record.Field) string {
	lines := make([]string, 0, len(f.Conditions))
	for _, condition := range f.Conditions {
		lines = append(lines, condition.Name+": "+ranges(condition))
	}
	return strings.Join(lines, "\n")
}

func ranges(condition copybook.Condition) string {
	texts := make([]string, len(condition.Values))
	for i, value := range condition.Values {
		texts[i] = fmt.Sprintf("%q", value.From)
		if value.To != value.From {
			texts[i] += fmt.Sprintf(" to %q", value.To)
		}
	}
	return strings.Join(texts, ", ")
}

// mapping ties the layout to the linked file.
func (d *described) mapping(file protoreflect.FileDescriptor) *mapping {
	m := &mapping{
		layout: d.layout,
		fields: make([]protoreflect.FieldDescriptor, len(d.fields)),
	}
	for i, p := range d.fields {
		if p.field != nil {
			m.fields[i] = file.Messages().ByName(p.message.Name()).Fields().ByName(p.field.Name)
		}
	}
	return m
}

func getRoute(path string) *annotations.HttpRule {
	return &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}}
}
