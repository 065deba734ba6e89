package mirror

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// FieldName turns a legacy name into a protobuf field name in lower_snake_case: CustID, CUST-ID and
// "Cust Id" all become cust_id.
func FieldName(original string) string {
	parts := words(original)
	for i, word := range parts {
		parts[i] = strings.ToLower(word)
	}
	return identifier(strings.Join(parts, "_"), "field_")
}

// TypeName turns a legacy name into a name for a message, service or method in UpperCamelCase: getAccount becomes GetAccount, and
// RENT_ACCOUNT RentAccount.
func TypeName(original string) string {
	parts := words(original)
	for i, word := range parts {
		parts[i] = capitalise(word)
	}
	return identifier(strings.Join(parts, ""), "X")
}

// JSONName turns a protobuf field name into the lowerCamelCase name that callers see.
func JSONName(field string) string {
	var b strings.Builder
	upper := false
	for _, r := range field {
		switch {
		case r == '_':
			upper = true
		case upper:
			b.WriteRune(unicode.ToUpper(r))
			upper = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Names hands out names that are unique in one scope. The zero value is ready.
type Names struct {
	taken map[string]bool
	// next is where the search for a name's free suffix begins: all below are taken.
	next map[string]int
}

// Unique returns name if it is free, else name with the first free of the suffixes 2, 3, ... It depends on nothing but
// the order of the calls. Names that differ only in case or underscores count as the same, since their JSON names may clash.
func (n *Names) Unique(name string) string {
	if n.taken == nil {
		n.taken, n.next = make(map[string]bool), make(map[string]int)
	}
	candidate := name
	if n.taken[fold(candidate)] {
		i := max(2, n.next[name])
		for candidate = name + suffix(name, i); n.taken[fold(candidate)]; candidate = name + suffix(name, i) {
			i++
		}
		n.next[name] = i + 1
	}
	n.taken[fold(candidate)] = true
	return candidate
}

func suffix(name string, i int) string {
	if name == strings.ToLower(name) {
		return "_" + strconv.Itoa(i)
	}
	return strconv.Itoa(i)
}

func fold(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// words splits at everything that is no letter or digit, and where the case says that a word begins: HTTPServer is HTTP and
// Server, getAccount2 is get and Account2.
func words(original string) []string {
	var (
		out     []string
		current []rune
		runes   = ascii(original)
	)
	flush := func() {
		if len(current) > 0 {
			out = append(out, string(current))
			current = nil
		}
	}
	for i, r := range runes {
		if !isLetter(r) && !isDigit(r) {
			flush()
			continue
		}
		if len(current) > 0 && isUpper(r) {
			previous := current[len(current)-1]
			nextIsLower := i+1 < len(runes) && isLower(runes[i+1])
			if !isUpper(previous) || nextIsLower {
				flush()
			}
		}
		current = append(current, r)
	}
	flush()
	return out
}

// capitalise makes Account of account and of ACCOUNT.
func capitalise(word string) string {
	return strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
}

// identifier makes sure that a name starts with a letter.
func identifier(name, prefix string) string {
	if name == "" || !isLetter(rune(name[0])) {
		return prefix + name
	}
	return name
}

// ascii spells the letters of other Latin alphabets with plain ones, and anything else as a blank.
func ascii(original string) []rune {
	var out []rune
	for _, r := range norm.NFKD.String(original) {
		switch {
		case r < unicode.MaxASCII:
			out = append(out, r)
		case unicode.Is(unicode.Mn, r): // the accent that NFKD took off its letter
		default:
			spelt, ok := spellings[r]
			if !ok {
				spelt = " "
			}
			out = append(out, []rune(spelt)...)
		}
	}
	return out
}

var spellings = map[rune]string{
	'ß': "ss", 'æ': "ae", 'Æ': "Ae", 'ø': "o", 'Ø': "O", 'đ': "d", 'Đ': "D", 'ł': "l", 'Ł': "L", 'þ': "th", 'Þ': "Th",
	'ð': "d", 'Ð': "D", 'œ': "oe", 'Œ': "Oe", 'ı': "i",
}

func isUpper(r rune) bool  { return r >= 'A' && r <= 'Z' }
func isLower(r rune) bool  { return r >= 'a' && r <= 'z' }
func isLetter(r rune) bool { return isUpper(r) || isLower(r) }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
