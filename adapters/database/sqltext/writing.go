package sqltext

import "strings"

// Writing returns the first thing in a statement by which it might do more than read: a first word other than SELECT and WITH, or one of the phrases, which are words in
// capitals with single blanks between them. It returns "" if there is none.
func Writing(text string, options Options, phrases []string) string {
	var words []string
	for _, token := range Scan(text, options) {
		if token.Kind == Word {
			words = append(words, token.Text)
		}
	}
	for i, word := range words {
		if i == 0 && !strings.EqualFold(word, "SELECT") && !strings.EqualFold(word, "WITH") {
			return word
		}
		for _, phrase := range phrases {
			end := i + strings.Count(phrase, " ") + 1
			if end <= len(words) && strings.EqualFold(strings.Join(words[i:end], " "), phrase) {
				return strings.Join(words[i:end], " ")
			}
		}
	}
	return ""
}
