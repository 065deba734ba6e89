package mariadb

import "strings"

// compile makes the server's statement of one whose placeholders have numbers: ?1. A number may stand in several places, or in none; order tells which stands
// where. Those of decimals, if there are any, become decimals of the most digits that there are, since a text would be compared with a number as a double.
func compile(text string, decimals []bool) (native string, order []int) {
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
		if number <= len(decimals) && decimals[number-1] {
			out.WriteString("CAST(? AS DECIMAL(65, 30))")
		} else {
			out.WriteByte('?')
		}
	}
	out.WriteString(text[last:])
	return out.String(), order
}

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
