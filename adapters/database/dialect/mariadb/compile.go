package mariadb

import (
	"strconv"
	"strings"
)

// compile makes the server's statement of one whose placeholders have numbers: ?1. A number may stand in several places, or in none; order tells which stands
// where. Those that have a type among types become values of it, since a text would be compared with a number as a double.
func compile(text string, types []string) (native string, order []int) {
	found := placeholders(text)
	if len(found) == 0 {
		return text, nil
	}
	var out strings.Builder
	out.Grow(len(text))
	last := 0
	for _, at := range found {
		out.WriteString(text[last:at])
		number, end := 0, at+1
		for ; end < len(text) && text[end] >= '0' && text[end] <= '9' && number < 1e6; end++ {
			number = number*10 + int(text[end]-'0')
		}
		last = end
		number = max(number, 1)
		order = append(order, number)
		if number <= len(types) && types[number-1] != "" {
			out.WriteString("CAST(? AS " + types[number-1] + ")")
		} else {
			out.WriteByte('?')
		}
	}
	out.WriteString(text[last:])
	return out.String(), order
}

// mostScale is how many digits behind the point MariaDB lets a decimal have; MySQL has fewer, and so have its columns.
const mostScale = 38

// decimalType is the type of decimals that has so many digits behind the point, and before it as many as there can be.
func decimalType(scale int) string { return "DECIMAL(65, " + strconv.Itoa(scale) + ")" }

// placeholders returns where the placeholders are: outside of quotes and comments.
func placeholders(text string) []int {
	var found []int
	for at := 0; at < len(text); at++ {
		switch c := text[at]; {
		case c == '?':
			found = append(found, at)
		case c == '`' || c == '\'' || c == '"':
			at = closing(text, at)
		case c == '#', strings.HasPrefix(text[at:], "-- "), strings.HasPrefix(text[at:], "--\n"):
			at = ending(text, at, "\n")
		case strings.HasPrefix(text[at:], "/*") && !strings.HasPrefix(text[at:], "/*!"):
			at = ending(text, at+len("/*"), "*/")
		}
	}
	return found
}

// closing returns where the quote that opens at start closes, or the text's last byte. A doubled quote opens again at once, which comes to the same.
func closing(text string, start int) int {
	for at := start + 1; at < len(text); at++ {
		switch {
		case text[at] == '\\' && text[start] != '`':
			at++
		case text[at] == text[start]:
			return at
		}
	}
	return len(text) - 1
}

// ending returns the last byte of what ends a comment.
func ending(text string, start int, end string) int {
	if start > len(text) {
		return len(text)
	}
	if at := strings.Index(text[start:], end); at >= 0 {
		return start + at + len(end) - 1
	}
	return len(text) - 1
}
