package codec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// integers are the built-in types that hold unbounded integers, with the pattern and an example of each.
var integers = map[string][2]string{
	"integer":            {`^[+-]?[0-9]+$`, "0"},
	"nonNegativeInteger": {`^([+]?[0-9]+|-0+)$`, "0"},
	"positiveInteger":    {`^[+]?0*[1-9][0-9]*$`, "1"},
	"nonPositiveInteger": {`^(-[0-9]+|[+]?0+)$`, "0"},
	"negativeInteger":    {`^-0*[1-9][0-9]*$`, "-1"},
}

// formats are the built-in types that are text of a documented format.
var formats = map[string]string{
	"time": "12:00:00", "duration": "P1D", "gYear": "2026", "gYearMonth": "2026-01", "gMonth": "--01", "gMonthDay": "--01-31", "gDay": "---31",
}

// scalar returns the protobuf type of a value, or of the items of a list. Bounds of floating point numbers, dates and times make no rule.
func (m *Mapper) scalar(v *xsd.Value) mirror.Type {
	if v.Item != nil {
		if v.Item.Item != nil {
			return mirror.String
		}
		return m.scalar(v.Item)
	}
	switch v.Builtin {
	case "boolean":
		return mirror.Bool
	case "byte", "short", "int":
		return mirror.Int32.With(int32Rules(v))
	case "long":
		return mirror.Int64.With(int64Rules(v))
	case "unsignedByte", "unsignedShort", "unsignedInt":
		return mirror.Uint32.With(uint32Rules(v))
	case "unsignedLong":
		return mirror.Uint64
	case "float":
		return mirror.Float
	case "double":
		return mirror.Double
	case "dateTime":
		return mirror.Timestamp
	case "base64Binary", "hexBinary":
		return mirror.Bytes.With(bytesRules(v))
	case "date":
		return mirror.Date().With(enumeration(v))
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
		return mirror.Formatted("decimal", example(v, known[1])).With(matching(pattern)).With(enumeration(v)).With(numericBounds(v))
	}
	if sample, ok := formats[v.Builtin]; ok {
		return mirror.Formatted(v.Builtin, sample).With(enumeration(v))
	}
	return mirror.String.With(stringRules(v))
}

// example is a value within the bounds, if a bound is one.
func example(v *xsd.Value, other string) string {
	switch {
	case len(v.Enumeration) > 0:
		return v.Enumeration[0]
	case v.MinInclusive != nil:
		return *v.MinInclusive
	case v.MaxInclusive != nil:
		return *v.MaxInclusive
	}
	return other
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
	return mirror.Formatted("decimal", example(v, "0")).With(matching(pattern)).With(enumeration(v)).With(numericBounds(v))
}

// maxRepeat is what RE2 can count to.
const maxRepeat = 1000

// wholeDigits matches the digits before the point, as many as totalDigits allows if there are none behind it.
func wholeDigits(v *xsd.Value) string {
	if v.TotalDigits == nil || *v.TotalDigits == 0 || *v.TotalDigits > maxRepeat {
		return `[0-9]+`
	}
	return fmt.Sprintf(`0*[0-9]{1,%d}`, *v.TotalDigits)
}

func stringOf(rules *validate.StringRules) *validate.FieldRules {
	return &validate.FieldRules{Type: &validate.FieldRules_String_{String_: rules}}
}

func matching(pattern string) *validate.FieldRules {
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

// decimalText is what a bound must look like to be written into an expression.
var decimalText = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// numericBounds hold for numbers that are text. They compare as doubles, which can let a value pass that is out by less than
// a double can tell, and never refuses a value that is within an inclusive bound.
func numericBounds(v *xsd.Value) *validate.FieldRules {
	rules := &validate.FieldRules{}
	for _, bound := range []struct {
		value        *string
		symbol, word string
	}{
		{v.MinInclusive, ">=", "at least"}, {v.MaxInclusive, "<=", "at most"},
		{v.MinExclusive, ">", "more than"}, {v.MaxExclusive, "<", "less than"},
	} {
		if bound.value == nil || !decimalText.MatchString(*bound.value) {
			continue
		}
		literal := *bound.value
		if !strings.Contains(literal, ".") {
			literal += ".0"
		}
		rules.Cel = append(rules.Cel, &validate.Rule{
			Id:      proto.String("decimal." + map[string]string{">=": "gte", "<=": "lte", ">": "gt", "<": "lt"}[bound.symbol]),
			Message: proto.String("must be " + bound.word + " " + *bound.value),
			// What is no number is the pattern's to refuse.
			Expression: proto.String(fmt.Sprintf(`!this.matches('^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$') || double(this) %s %s`, bound.symbol, literal)),
		})
	}
	if len(rules.Cel) == 0 {
		return nil
	}
	return rules
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
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return stringOf(rules)
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

// whole returns the inclusive integer range that the facets and the built-in type leave, and whether it is narrower than the kind's.
func whole(v *xsd.Value) (low, high *int64) {
	limit := func(inclusive, exclusive *string, step int64) *int64 {
		if inclusive != nil {
			if n, err := strconv.ParseInt(strings.TrimPrefix(*inclusive, "+"), 10, 64); err == nil {
				return &n
			}
		}
		if exclusive != nil {
			if n, err := strconv.ParseInt(strings.TrimPrefix(*exclusive, "+"), 10, 64); err == nil {
				n += step
				return &n
			}
		}
		return nil
	}
	low = limit(v.MinInclusive, v.MinExclusive, 1)
	high = limit(v.MaxInclusive, v.MaxExclusive, -1)
	natural, ok := map[string][2]int64{"byte": {-128, 127}, "short": {-32768, 32767}, "unsignedByte": {0, 255}, "unsignedShort": {0, 65535}}[v.Builtin]
	if ok && (low == nil || *low < natural[0]) && natural[0] != 0 {
		low = &natural[0]
	}
	if ok && (high == nil || *high > natural[1]) {
		high = &natural[1]
	}
	return low, high
}

func int32Rules(v *xsd.Value) *validate.FieldRules {
	low, high := whole(v)
	rules := &validate.Int32Rules{}
	if low != nil && *low > -1<<31 && *low < 1<<31 {
		rules.GreaterThan = &validate.Int32Rules_Gte{Gte: int32(*low)}
	}
	if high != nil && *high >= -1<<31 && *high < 1<<31-1 {
		rules.LessThan = &validate.Int32Rules_Lte{Lte: int32(*high)}
	}
	for _, text := range v.Enumeration {
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32); err == nil {
			rules.In = append(rules.In, int32(n))
		}
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Int32{Int32: rules}}
}

func int64Rules(v *xsd.Value) *validate.FieldRules {
	low, high := whole(v)
	rules := &validate.Int64Rules{}
	if low != nil {
		rules.GreaterThan = &validate.Int64Rules_Gte{Gte: *low}
	}
	if high != nil {
		rules.LessThan = &validate.Int64Rules_Lte{Lte: *high}
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Int64{Int64: rules}}
}

func uint32Rules(v *xsd.Value) *validate.FieldRules {
	low, high := whole(v)
	rules := &validate.UInt32Rules{}
	if low != nil && *low > 0 && *low < 1<<32 {
		rules.GreaterThan = &validate.UInt32Rules_Gte{Gte: uint32(*low)}
	}
	if high != nil && *high >= 0 && *high < 1<<32-1 {
		rules.LessThan = &validate.UInt32Rules_Lte{Lte: uint32(*high)}
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Uint32{Uint32: rules}}
}

// translate turns the patterns of XML Schema (part 2 appendix F) into one of RE2. It returns false where RE2 has no such thing;
// there is no rule then.
func translate(patterns []string) (string, bool) {
	if len(patterns) == 0 {
		return "", false
	}
	alternatives := make([]string, len(patterns))
	for i, pattern := range patterns {
		if strings.Contains(pattern, "-[") || strings.Contains(pattern, `\p{Is`) || strings.Contains(pattern, `\P{Is`) {
			return "", false
		}
		pattern = strings.NewReplacer(`\\`, `\\`, `\i`, `[\p{L}_:]`, `\c`, `[\p{L}\p{Nd}_:.-]`, `\d`, `\p{Nd}`).Replace(pattern)
		alternatives[i] = strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$")
	}
	out := "^(?:" + strings.Join(alternatives, "|") + ")$"
	if _, err := regexp.Compile(out); err != nil {
		return "", false
	}
	return out, true
}
