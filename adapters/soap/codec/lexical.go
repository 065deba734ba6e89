package codec

import (
	"fmt"
	"regexp"
	"strings"

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

// maxRepeat is what RE2 can count to.
const maxRepeat = 1000

// wholeDigits matches the digits before the point, as many as totalDigits allows if there are none behind it.
func wholeDigits(v *xsd.Value) string {
	if v.TotalDigits == nil || *v.TotalDigits == 0 || *v.TotalDigits > maxRepeat {
		return `[0-9]+`
	}
	return fmt.Sprintf(`0*[0-9]{1,%d}`, *v.TotalDigits)
}
