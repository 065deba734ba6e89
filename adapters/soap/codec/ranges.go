package codec

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// maxDigits is how many digits an integer of a machine word can have without exceeding it.
const maxDigits = 18

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
	if v.TotalDigits != nil && *v.TotalDigits > 0 && *v.TotalDigits <= maxDigits {
		most := int64(math.Pow10(*v.TotalDigits)) - 1
		least := -most
		if low == nil || *low < least {
			low = &least
		}
		if high == nil || *high > most {
			high = &most
		}
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
	for _, text := range v.Enumeration {
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			rules.In = append(rules.In, n)
		}
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
	for _, text := range v.Enumeration {
		if n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32); err == nil {
			rules.In = append(rules.In, uint32(n))
		}
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Uint32{Uint32: rules}}
}

func uint64Rules(v *xsd.Value) *validate.FieldRules {
	rules := &validate.UInt64Rules{}
	parse := func(text *string) (uint64, bool) {
		if text == nil {
			return 0, false
		}
		n, err := strconv.ParseUint(strings.TrimPrefix(*text, "+"), 10, 64)
		return n, err == nil
	}
	if n, ok := parse(v.MinInclusive); ok && n > 0 {
		rules.GreaterThan = &validate.UInt64Rules_Gte{Gte: n}
	}
	if n, ok := parse(v.MinExclusive); ok {
		rules.GreaterThan = &validate.UInt64Rules_Gt{Gt: n}
	}
	if n, ok := parse(v.MaxInclusive); ok && n < math.MaxUint64 {
		rules.LessThan = &validate.UInt64Rules_Lte{Lte: n}
	}
	if n, ok := parse(v.MaxExclusive); ok {
		rules.LessThan = &validate.UInt64Rules_Lt{Lt: n}
	}
	if v.TotalDigits != nil && *v.TotalDigits > 0 && *v.TotalDigits <= maxDigits && rules.LessThan == nil {
		rules.LessThan = &validate.UInt64Rules_Lt{Lt: uint64(math.Pow10(*v.TotalDigits))}
	}
	for _, text := range v.Enumeration {
		if n, ok := parse(&text); ok {
			rules.In = append(rules.In, n)
		}
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Uint64{Uint64: rules}}
}

// floatBound reads a bound of a floating point number; infinity bounds nothing.
func floatBound(text *string, bits int) (float64, bool) {
	if text == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(*text, bits)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

func floatRules(v *xsd.Value) *validate.FieldRules {
	rules := &validate.FloatRules{}
	if n, ok := floatBound(v.MinInclusive, 32); ok {
		rules.GreaterThan = &validate.FloatRules_Gte{Gte: float32(n)}
	}
	if n, ok := floatBound(v.MinExclusive, 32); ok {
		rules.GreaterThan = &validate.FloatRules_Gt{Gt: float32(n)}
	}
	if n, ok := floatBound(v.MaxInclusive, 32); ok {
		rules.LessThan = &validate.FloatRules_Lte{Lte: float32(n)}
	}
	if n, ok := floatBound(v.MaxExclusive, 32); ok {
		rules.LessThan = &validate.FloatRules_Lt{Lt: float32(n)}
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Float{Float: rules}}
}

func doubleRules(v *xsd.Value) *validate.FieldRules {
	rules := &validate.DoubleRules{}
	if n, ok := floatBound(v.MinInclusive, 64); ok {
		rules.GreaterThan = &validate.DoubleRules_Gte{Gte: n}
	}
	if n, ok := floatBound(v.MinExclusive, 64); ok {
		rules.GreaterThan = &validate.DoubleRules_Gt{Gt: n}
	}
	if n, ok := floatBound(v.MaxInclusive, 64); ok {
		rules.LessThan = &validate.DoubleRules_Lte{Lte: n}
	}
	if n, ok := floatBound(v.MaxExclusive, 64); ok {
		rules.LessThan = &validate.DoubleRules_Lt{Lt: n}
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Double{Double: rules}}
}

// decimalText is what a bound must look like to be written into an expression.
var decimalText = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// numericBounds hold for numbers that are text. They compare as doubles, which can let a value pass that is out by less than
// a double can tell, and never refuse one that is within its bounds. [limits] are exact.
func numericBounds(v *xsd.Value) *validate.FieldRules {
	rules := &validate.FieldRules{}
	for _, bound := range []struct {
		value            *string
		id, symbol, word string
	}{
		{v.MinInclusive, "gte", ">=", "at least"}, {v.MaxInclusive, "lte", "<=", "at most"},
		{v.MinExclusive, "gt", ">=", "more than"}, {v.MaxExclusive, "lt", "<=", "less than"},
	} {
		if bound.value == nil || !decimalText.MatchString(*bound.value) {
			continue
		}
		literal := *bound.value
		if !strings.Contains(literal, ".") {
			literal += ".0"
		}
		rules.Cel = append(rules.Cel, &validate.Rule{
			Id:      proto.String("decimal." + bound.id),
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

// timestampRules are the bounds of a dateTime. One without a zone makes no rule: it has no order with a time that has one, unless they are
// far apart (XML Schema part 2 section 3.2.7.4), and is the range of a column's type more often than a rule of business.
func timestampRules(v *xsd.Value) *validate.FieldRules {
	parse := func(text *string) *timestamppb.Timestamp {
		if text == nil || !hasZone.MatchString(*text) {
			return nil
		}
		seconds, nanos, err := parseTimestamp([]byte(*text), time.UTC)
		if err != nil {
			return nil
		}
		return timestamppb.New(time.Unix(seconds, int64(nanos)))
	}
	rules := &validate.TimestampRules{}
	if moment := parse(v.MinInclusive); moment != nil {
		rules.GreaterThan = &validate.TimestampRules_Gte{Gte: moment}
	}
	if moment := parse(v.MinExclusive); moment != nil {
		rules.GreaterThan = &validate.TimestampRules_Gt{Gt: moment}
	}
	if moment := parse(v.MaxInclusive); moment != nil {
		rules.LessThan = &validate.TimestampRules_Lte{Lte: moment}
	}
	if moment := parse(v.MaxExclusive); moment != nil {
		rules.LessThan = &validate.TimestampRules_Lt{Lt: moment}
	}
	if proto.Size(rules) == 0 {
		return nil
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Timestamp{Timestamp: rules}}
}

var hasZone = regexp.MustCompile(`T.*(Z|[+-][0-9]{2}:[0-9]{2})$`)

var plainDate = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}`)

// dateBounds hold for dates of four-digit years, whose texts are in the order of the dates.
func dateBounds(v *xsd.Value) *validate.FieldRules {
	rules := &validate.FieldRules{}
	for _, bound := range []struct {
		value              *string
		id, symbol, phrase string
	}{
		{v.MinInclusive, "date.gte", ">=", "on or after"}, {v.MaxInclusive, "date.lte", "<=", "on or before"},
		{v.MinExclusive, "date.gt", ">", "after"}, {v.MaxExclusive, "date.lt", "<", "before"},
	} {
		if bound.value == nil || !plainDate.MatchString(*bound.value) {
			continue
		}
		date := plainDate.FindString(*bound.value)
		rules.Cel = append(rules.Cel, &validate.Rule{
			Id: proto.String(bound.id), Message: proto.String("must be " + bound.phrase + " " + date),
			Expression: proto.String("!this.matches('^[0-9]{4}-') || this " + bound.symbol + " '" + date + "'"),
		})
	}
	if len(rules.Cel) == 0 {
		return nil
	}
	return rules
}
