package codec

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// scalar returns the protobuf type of a value, or of the items of a list. What many elements have is made once.
func (m *Mapper) scalar(v *xsd.Value) mirror.Type {
	known, ok := m.scalars[v]
	if !ok {
		known = m.newScalar(v)
		m.scalars[v] = known
	}
	return known
}

// newScalar makes the type. What no rule can say exactly of numbers, times and durations is held where they are written ([limits]).
func (m *Mapper) newScalar(v *xsd.Value) mirror.Type {
	if v.Item != nil {
		if v.Item.Item != nil {
			return mirror.String
		}
		return m.scalar(v.Item)
	}
	switch v.Builtin {
	case "boolean":
		return mirror.Bool.With(boolRules(v))
	case "byte", "short", "int":
		return mirror.Int32.With(int32Rules(v))
	case "long":
		return mirror.Int64.With(int64Rules(v))
	case "unsignedByte", "unsignedShort", "unsignedInt":
		return mirror.Uint32.With(uint32Rules(v))
	case "unsignedLong":
		return mirror.Uint64.With(uint64Rules(v))
	case "float":
		return mirror.Float.With(floatRules(v))
	case "double":
		return mirror.Double.With(doubleRules(v))
	case "dateTime":
		return mirror.Timestamp.With(timestampRules(v))
	case "base64Binary", "hexBinary":
		return mirror.Bytes.With(bytesRules(v))
	case "date":
		return mirror.Date().With(enumeration(v)).With(dateBounds(v))
	case "decimal":
		return decimal(v)
	case "QName", "NOTATION":
		return mirror.String // its facets are about prefixes, which mean nothing here
	}
	if known, ok := integers[v.Builtin]; ok {
		pattern := known[0]
		if v.Builtin == "integer" {
			pattern = `^[+-]?` + wholeDigits(v) + `$`
		}
		return number(v, pattern, known[1])
	}
	if sample, ok := formats[v.Builtin]; ok {
		return mirror.Formatted(v.Builtin, sample).With(enumeration(v)).With(matching(lexical[v.Builtin]))
	}
	return mirror.String.With(stringRules(v))
}

// formats are the built-in types that are text of a documented format.
var formats = map[string]string{
	"time": "12:00:00", "duration": "P1D", "gYear": "2026", "gYearMonth": "2026-01", "gMonth": "--01", "gMonthDay": "--01-31", "gDay": "---31",
}

func decimal(v *xsd.Value) mirror.Type {
	whole := wholeDigits(v)
	pattern := `^[+-]?(` + whole + `(\.[0-9]*)?|\.[0-9]+)$`
	if v.FractionDigits != nil {
		switch digits := *v.FractionDigits; {
		case digits == 0:
			pattern = `^[+-]?` + whole + `(\.0*)?$`
		case digits <= maxRepeat:
			pattern = fmt.Sprintf(`^[+-]?(%s(\.[0-9]{0,%d}0*)?|\.[0-9]{1,%d}0*)$`, whole, digits, digits)
		}
	}
	return number(v, pattern, "0")
}

// number is an exact number that is text. A pattern of the schema's own stands beside the general one.
func number(v *xsd.Value, pattern, other string) mirror.Type {
	t := mirror.Formatted("decimal", example(v, other))
	own, ok := translate(v.Patterns)
	if !ok {
		return t.With(matching(pattern)).With(enumeration(v)).With(numericBounds(v))
	}
	return t.With(matching(own)).With(enumeration(v)).With(numericBounds(v)).With(&validate.FieldRules{Cel: []*validate.Rule{{
		Id: proto.String("decimal"), Message: proto.String("must be a number"), Expression: proto.String("this.matches(r'" + pattern + "')"),
	}}})
}

// example is a value that the facets accept, where one is easily found.
func example(v *xsd.Value, other string) string {
	if len(v.Enumeration) > 0 {
		return strings.TrimSpace(v.Enumeration[0])
	}
	if own, ok := translate(v.Patterns); ok {
		if text := sample(own); text != "" {
			return text
		}
	}
	for _, bound := range []*string{v.MinInclusive, v.MaxInclusive} {
		if bound != nil {
			return *bound
		}
	}
	step := big.NewRat(1, 1)
	if v.FractionDigits != nil && *v.FractionDigits > 0 && *v.FractionDigits < 20 || v.Builtin == "decimal" && v.FractionDigits == nil {
		step = big.NewRat(1, 100)
	}
	for _, bound := range []*string{v.MinExclusive, v.MaxExclusive} {
		if bound == nil {
			continue
		}
		if n, ok := new(big.Rat).SetString(*bound); ok {
			if bound == v.MaxExclusive {
				step.Neg(step)
			}
			return strings.TrimSuffix(n.Add(n, step).FloatString(2), ".00")
		}
	}
	return other
}

// acceptsEmpty reports whether the empty text is a value.
func acceptsEmpty(v *xsd.Value) bool {
	if valueKinds[v.Builtin] != 0 && v.Builtin != "base64Binary" && v.Builtin != "hexBinary" || formats[v.Builtin] != "" || lexical[v.Builtin] != "" {
		return false
	}
	if v.MinLength != nil && *v.MinLength > 0 || len(v.Enumeration) > 0 && !slices.Contains(v.Enumeration, "") {
		return false
	}
	pattern, ok := translate(v.Patterns)
	if !ok {
		return true
	}
	accepted, err := regexp.MatchString(pattern, "")
	return err != nil || accepted
}

// fixedTo restricts a value to what an element or attribute is fixed to, if it is.
func fixedTo(v *xsd.Value, fixed *string) *xsd.Value {
	if fixed == nil || v.Item != nil {
		return v
	}
	out := *v
	out.Enumeration = []string{*fixed}
	return &out
}

func stringOf(rules *validate.StringRules) *validate.FieldRules {
	return &validate.FieldRules{Type: &validate.FieldRules_String_{String_: rules}}
}

func matching(pattern string) *validate.FieldRules {
	if pattern == "" {
		return nil
	}
	return stringOf(&validate.StringRules{Pattern: proto.String(pattern)})
}

func enumeration(v *xsd.Value) *validate.FieldRules {
	if len(v.Enumeration) == 0 {
		return nil
	}
	values := make([]string, 0, len(v.Enumeration))
	seen := make(map[string]bool)
	for _, value := range v.Enumeration {
		if !preserves(v) {
			value = strings.TrimSpace(value)
		}
		if !seen[value] {
			seen[value] = true
			values = append(values, value)
		}
	}
	return stringOf(&validate.StringRules{In: values})
}

func boolRules(v *xsd.Value) *validate.FieldRules {
	if len(v.Enumeration) != 1 {
		return nil
	}
	only := strings.TrimSpace(v.Enumeration[0])
	return &validate.FieldRules{Type: &validate.FieldRules_Bool{Bool: &validate.BoolRules{Const: proto.Bool(only == "true" || only == "1")}}}
}

func stringRules(v *xsd.Value) *validate.FieldRules {
	if in := enumeration(v); in != nil {
		return in
	}
	rules := &validate.StringRules{}
	rules.MinLen, rules.MaxLen = length(v.MinLength), length(v.MaxLength)
	if rules.MinLen != nil && *rules.MinLen == 0 {
		rules.MinLen = nil
	}
	if pattern, ok := translate(v.Patterns); ok {
		rules.Pattern = proto.String(pattern)
		if text := sample(pattern); text != "" && accepts(rules, text) {
			rules.Example = []string{text}
		}
	} else if v.Union {
		if pattern, ok := unionPattern(v.Members); ok {
			rules.Pattern = proto.String(pattern)
			if text := sample(pattern); text != "" && accepts(rules, text) {
				rules.Example = []string{text}
			}
		}
	} else if lexical[v.Builtin] != "" {
		rules.Pattern = proto.String(lexical[v.Builtin])
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return stringOf(rules)
}

func accepts(rules *validate.StringRules, text string) bool {
	n := uint64(utf8.RuneCountInString(text)) //nolint:gosec // not negative
	return n >= rules.GetMinLen() && (rules.MaxLen == nil || n <= rules.GetMaxLen())
}

func bytesRules(v *xsd.Value) *validate.FieldRules {
	if v.MinLength == nil && v.MaxLength == nil {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Bytes{Bytes: &validate.BytesRules{MinLen: length(v.MinLength), MaxLen: length(v.MaxLength)}}}
}

func length(n *int) *uint64 {
	if n == nil {
		return nil
	}
	return proto.Uint64(uint64(*n)) //nolint:gosec // not negative
}
