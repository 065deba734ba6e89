package codec

import (
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

const zonePattern = `(Z|[+-][0-9]{2}:[0-9]{2})?$`

// lexical is how values of built-in types are written that are text here (XML Schema part 2 section 3).
var lexical = map[string]string{
	"language": `^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`,
	"NMTOKEN":  `^[` + classes['c'] + `]+$`,
	"Name":     `^[` + classes['i'] + `][` + classes['c'] + `]*$`,
	"NCName":   ncName, "ID": ncName, "IDREF": ncName, "ENTITY": ncName,
	"time":       `^[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?` + zonePattern,
	"duration":   `^-?P([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?$`,
	"gYear":      `^-?[0-9]{4,}` + zonePattern,
	"gYearMonth": `^-?[0-9]{4,}-[0-9]{2}` + zonePattern,
	"gMonth":     `^--[0-9]{2}(--)?` + zonePattern,
	"gMonthDay":  `^--[0-9]{2}-[0-9]{2}` + zonePattern,
	"gDay":       `^---[0-9]{2}` + zonePattern,
}

var ncName = `^[\p{L}\p{Nl}_][` + strings.Replace(classes['c'], ":", "", 1) + `]*$`

// others are what other built-in types look like, where they are members of unions.
var others = map[string]string{
	"boolean": `^(true|false|1|0)$`, "float": floating, "double": floating, "decimal": `^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`,
	"date": `^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}` + zonePattern, "hexBinary": `^([0-9a-fA-F]{2})*$`,
	"dateTime": `^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?` + zonePattern,
	"byte":     integers["integer"][0], "short": integers["integer"][0], "int": integers["integer"][0], "long": integers["integer"][0],
	"unsignedByte": integers["nonNegativeInteger"][0], "unsignedShort": integers["nonNegativeInteger"][0],
	"unsignedInt": integers["nonNegativeInteger"][0], "unsignedLong": integers["nonNegativeInteger"][0],
}

const floating = `^([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|-?INF|NaN)$`

// unionPattern accepts what one of a union's members does, going by how each is written. It returns false if there is nothing to say.
func unionPattern(members []*xsd.Value) (string, bool) {
	alternatives := make([]string, 0, len(members))
	for _, member := range members {
		pattern, ok := shape(member)
		if !ok {
			return "", false
		}
		alternatives = append(alternatives, strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$"))
	}
	out := "^(?:" + strings.Join(alternatives, "|") + ")$"
	_, err := regexp.Compile(out)
	return out, err == nil && len(members) > 0
}

// shape is how values of a type are written, as a pattern of RE2.
func shape(v *xsd.Value) (string, bool) {
	switch {
	case v.Item != nil:
		return "", false
	case len(v.Enumeration) > 0:
		quoted := make([]string, len(v.Enumeration))
		for i, value := range v.Enumeration {
			quoted[i] = regexp.QuoteMeta(value)
		}
		return "^(?:" + strings.Join(quoted, "|") + ")$", true
	case len(v.Patterns) > 0:
		return translate(v.Patterns)
	case v.Union:
		return unionPattern(v.Members)
	}
	for _, known := range []string{integers[v.Builtin][0], lexical[v.Builtin], others[v.Builtin]} {
		if known != "" {
			return known, true
		}
	}
	return "", false
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
