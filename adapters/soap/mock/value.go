package mock

import (
	"encoding/base64"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// examples are values of the built-in types that need no thought.
var examples = map[string]string{
	"boolean": "true", "float": "1.5", "double": "1.5", "duration": "P1D", "dateTime": "2026-01-31T09:30:00Z", "date": "2026-01-31", "time": "09:30:00Z",
	"gYear": "2026", "gYearMonth": "2026-01", "gMonth": "--01", "gMonthDay": "--01-31", "gDay": "---31", "anyURI": "urn:example:sample", "language": "en",
	"QName": "sample", "NOTATION": "sample", "timeInstant": "2026-01-31T09:30:00Z", "timeDuration": "P1D", "recurringDate": "--01-31",
}

// text returns a value for an element or attribute of this name.
func (s *sampler) text(v *xsd.Value, name string, fixed, preset *string) string {
	switch {
	case fixed != nil:
		return *fixed
	case v == nil:
		return "sample"
	}
	if asked, ok := s.echo[strings.ToLower(name)]; ok && accepts(v, asked) {
		return asked
	}
	if preset != nil {
		return *preset
	}
	return s.value(v, name)
}

func (s *sampler) value(v *xsd.Value, name string) string {
	switch {
	case len(v.Enumeration) > 0:
		return v.Enumeration[0]
	case v.Item != nil:
		items := make([]string, max(1, least(v)))
		for i := range items {
			items[i] = s.value(v.Item, name)
		}
		return strings.Join(items, " ")
	}
	if len(v.Patterns) > 0 {
		if text, ok := matching(v); ok {
			return text
		}
	}
	if v.Union && len(v.Members) > 0 {
		return s.value(v.Members[0], name)
	}
	switch v.Builtin {
	case "ID":
		s.ids++
		return "id" + strconv.Itoa(s.ids)
	case "IDREF", "IDREFS", "ENTITY", "ENTITIES":
		return "id1"
	case "hexBinary":
		return strings.Repeat("C0", lengthFor(v, 2))
	case "base64Binary":
		return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("sample", 1+lengthFor(v, 6)/6)[:lengthFor(v, 6)]))
	}
	if isNumber(v.Builtin) {
		return number(v)
	}
	if example, ok := examples[v.Builtin]; ok {
		for _, bound := range []*string{v.MinInclusive, v.MaxInclusive} {
			if bound != nil {
				return *bound
			}
		}
		if v.Builtin != "anyURI" && v.Builtin != "language" {
			return example
		}
		return sized(v, example)
	}
	return sized(v, name)
}

func least(v *xsd.Value) int {
	if v.MinLength != nil {
		return min(*v.MinLength, 1000)
	}
	return 0
}

// lengthFor is a length that the facets allow, as near as can be to the one wanted.
func lengthFor(v *xsd.Value, wanted int) int {
	if v.MaxLength != nil {
		wanted = min(wanted, *v.MaxLength)
	}
	return max(wanted, least(v))
}

// sized makes a text as long as the facets demand.
func sized(v *xsd.Value, text string) string {
	length := lengthFor(v, utf8.RuneCountInString(text))
	runes := []rune(text)
	for len(runes) < length {
		runes = append(runes, 'x')
	}
	return string(runes[:length])
}

var integers = []string{
	"integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger",
	"unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
}

func isNumber(builtin string) bool { return builtin == "decimal" || slices.Contains(integers, builtin) }

// number returns 12.50, or 1, or the bound next to it.
func number(v *xsd.Value) string {
	digits, text := 0, "1"
	switch v.Builtin {
	case "decimal":
		if digits, text = 2, "12.50"; v.FractionDigits != nil && *v.FractionDigits < 2 || v.TotalDigits != nil && *v.TotalDigits < 4 {
			digits, text = 0, "1"
		}
	case "negativeInteger", "nonPositiveInteger":
		text = "-1"
	}
	value, _ := new(big.Rat).SetString(text)
	step := big.NewRat(1, 1)
	if digits > 0 {
		step = big.NewRat(1, 100)
	}
	if low := rational(v.MinInclusive); low != nil && value.Cmp(low) < 0 {
		return strings.TrimSpace(*v.MinInclusive)
	}
	if high := rational(v.MaxInclusive); high != nil && value.Cmp(high) > 0 {
		return strings.TrimSpace(*v.MaxInclusive)
	}
	if low := rational(v.MinExclusive); low != nil && value.Cmp(low) <= 0 {
		value.Add(low, step)
	}
	if high := rational(v.MaxExclusive); high != nil && value.Cmp(high) >= 0 {
		value.Sub(high, step)
	}
	return value.FloatString(digits)
}

func rational(text *string) *big.Rat {
	if text == nil {
		return nil
	}
	value, ok := new(big.Rat).SetString(strings.TrimSpace(*text))
	if !ok {
		return nil
	}
	return value
}

// accepts reports whether a text is certainly a value of the type. It knows strings and numbers only.
func accepts(v *xsd.Value, text string) bool {
	if v.Item != nil || v.Union {
		return false
	}
	if len(v.Enumeration) > 0 && !slices.Contains(v.Enumeration, text) {
		return false
	}
	for i, pattern := range v.Patterns {
		if re, err := regexp.Compile(anchored(pattern)); err == nil && re.MatchString(text) {
			break
		}
		if i == len(v.Patterns)-1 {
			return false
		}
	}
	if isNumber(v.Builtin) {
		value, ok := new(big.Rat).SetString(text)
		if !ok || strings.ContainsAny(text, "eE/_") || v.Builtin != "decimal" && !value.IsInt() || v.TotalDigits != nil || v.FractionDigits != nil {
			return false
		}
		low, high, above, below := rational(v.MinInclusive), rational(v.MaxInclusive), rational(v.MinExclusive), rational(v.MaxExclusive)
		return (low == nil || value.Cmp(low) >= 0) && (high == nil || value.Cmp(high) <= 0) &&
			(above == nil || value.Cmp(above) > 0) && (below == nil || value.Cmp(below) < 0)
	}
	if !slices.Contains([]string{"string", "normalizedString", "token"}, v.Builtin) {
		return false
	}
	length := utf8.RuneCountInString(text)
	return length >= least(v) && (v.MaxLength == nil || length <= *v.MaxLength)
}

var schemaClasses = strings.NewReplacer(`\\`, `\\`, `\i`, `[A-Za-z_:]`, `\c`, `[-A-Za-z0-9._:]`, `\I`, `[^A-Za-z_:]`, `\C`, `[^-A-Za-z0-9._:]`)

// anchored makes a pattern of XML Schema one of Go's.
func anchored(pattern string) string { return "^(?:" + schemaClasses.Replace(pattern) + ")$" }

// matching makes a text that matches a pattern and has a length that the facets allow.
func matching(v *xsd.Value) (string, bool) {
	for _, pattern := range v.Patterns {
		re, err := regexp.Compile(anchored(pattern))
		if err != nil {
			continue
		}
		tree, err := syntax.Parse(anchored(pattern), syntax.Perl)
		if err != nil {
			continue
		}
		for repeats := range 65 {
			var out strings.Builder
			expand(&out, tree, repeats)
			text := out.String()
			length := utf8.RuneCountInString(text)
			if re.MatchString(text) && length >= least(v) && (v.MaxLength == nil || length <= *v.MaxLength) {
				return text, true
			}
		}
	}
	return "", false
}

// expand writes a text that an expression matches, in which what may be repeated is so often, if it may.
func expand(out *strings.Builder, re *syntax.Regexp, repeats int) {
	times := 1
	switch re.Op {
	case syntax.OpLiteral:
		out.WriteString(string(re.Rune))
		return
	case syntax.OpCharClass:
		out.WriteRune(fromClass(re.Rune))
		return
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteByte('x')
		return
	case syntax.OpAlternate:
		expand(out, re.Sub[0], repeats)
		return
	case syntax.OpStar:
		times = repeats
	case syntax.OpPlus:
		times = max(1, repeats)
	case syntax.OpQuest:
		times = min(1, repeats)
	case syntax.OpRepeat:
		times = max(re.Min, repeats)
		if re.Max >= 0 {
			times = min(times, re.Max)
		}
	}
	for range times {
		for _, sub := range re.Sub {
			expand(out, sub, repeats)
		}
	}
}

// fromClass returns a letter or digit of a character class, if it has one.
func fromClass(ranges []rune) rune {
	for _, preferred := range "1AaxX09" {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= preferred && preferred <= ranges[i+1] {
				return preferred
			}
		}
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] > ' ' {
			return max(ranges[i], '!')
		}
	}
	if len(ranges) > 0 {
		return ranges[0]
	}
	return 'x'
}
