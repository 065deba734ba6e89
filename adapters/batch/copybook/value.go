package copybook

import "strings"

// maxRepeated bounds what ALL makes of a literal.
const maxRepeated = 1 << 12

// A stated is a literal or figurative constant as it stands.
type stated struct {
	text string
	all  bool // as many times as the field has room for
}

// value reads a literal, number or figurative constant, after ALL if it is there; literals may be joined with &.
func (p *parser) value(t token) stated {
	all := t.upper() == "ALL"
	if all {
		t = p.next()
	}
	value := figurative(p.constants.value(t))
	for p.accept("&") {
		value.text += p.constants.value(p.next()).text
	}
	value.all = value.all || all && t.kind == literal
	return value
}

// figurative is a literal or a figurative constant (ISO/IEC 1989, "Figurative constant values").
func figurative(t token) stated {
	switch t.upper() {
	case "SPACE", "SPACES":
		return stated{}
	case "ZERO", "ZEROS", "ZEROES":
		return stated{"0", true}
	case "QUOTE", "QUOTES":
		return stated{`"`, true}
	case "HIGH-VALUE", "HIGH-VALUES":
		return stated{HighValues, false}
	case "LOW-VALUE", "LOW-VALUES", "NULL", "NULLS":
		return stated{LowValues, false}
	default:
		return stated{t.text, false}
	}
}

// of is the value that a field of this item has: ALL repeats a literal in a text.
func (v stated) of(item *Item) string {
	if !v.all || item == nil || item.Picture == nil || item.Picture.Category == Numeric || item.Picture.Category == NumericEdited {
		return v.text
	}
	characters := []rune(v.text)
	size := min(item.Picture.Size, maxRepeated)
	var b strings.Builder
	for i := range max(size, len(characters)) {
		if len(characters) == 0 {
			break
		}
		b.WriteRune(characters[i%len(characters)])
	}
	return b.String()
}
