package estate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// spellExactly replaces every option that holds a number which the printer would round, since it prints six digits behind the
// point, by the option's text with all digits. It goes through message, a part of a file's description, and all that is in it.
func spellExactly(message protoreflect.Message) {
	var rounded []protoreflect.FieldDescriptor
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Message() == nil || field.IsMap():
		case field.IsList():
			for i := range value.List().Len() {
				spellExactly(value.List().Get(i).Message())
			}
		case !field.IsExtension():
			spellExactly(value.Message())
		case isRounded(field, value):
			rounded = append(rounded, field)
		}
		return true
	})
	unread := message.Descriptor().Fields().ByName("uninterpreted_option")
	if unread == nil {
		return
	}
	slices.SortFunc(rounded, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(a.Number(), b.Number()) })
	for _, field := range rounded {
		option := &descriptorpb.UninterpretedOption{
			Name: []*descriptorpb.UninterpretedOption_NamePart{{
				NamePart: proto.String(string(field.FullName())), IsExtension: proto.Bool(true),
			}},
			AggregateValue: proto.String(stableText(message.Get(field).Message().Interface())),
		}
		message.Clear(field)
		message.Mutable(unread).List().Append(protoreflect.ValueOfMessage(option.ProtoReflect()))
	}
}

// isRounded reports whether a value, or one within it, is a number that the printer would not print exactly.
func isRounded(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
	rounded := false
	one := func(value protoreflect.Value) {
		switch {
		case field.Message() != nil:
			value.Message().Range(func(inner protoreflect.FieldDescriptor, value protoreflect.Value) bool {
				rounded = rounded || isRounded(inner, value)
				return !rounded
			})
		case field.Kind() == protoreflect.DoubleKind || field.Kind() == protoreflect.FloatKind:
			number := value.Float()
			printed, err := strconv.ParseFloat(fmt.Sprintf("%f", number), 64)
			rounded = rounded || err != nil || printed != number || math.IsInf(number, 0) || math.Signbit(number) != math.Signbit(printed)
		}
	}
	switch {
	case field.IsMap():
		value.Map().Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
			rounded = rounded || isRounded(field.MapValue(), value)
			return !rounded
		})
	case field.IsList():
		for i := range value.List().Len() {
			one(value.List().Get(i))
		}
	default:
		one(value)
	}
	return rounded
}

// stableText is the text format of a message in one line. prototext puts blanks where it likes, so that nobody relies on them;
// a lock file must not change by them.
func stableText(message proto.Message) string {
	var b strings.Builder
	quoted, escaped, blank := false, false, false
	for _, r := range prototext.Format(message) {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ' ' || r == '\n'):
			blank = true
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}
