package transport

import (
	"net/http"
	"strings"
)

// A challenge is one that a service offers (RFC 9110 section 11.6.1).
type challenge struct {
	// scheme is in lower case.
	scheme string
	// token is the token68, if there is one.
	token string
	// parameters have their names in lower case.
	parameters map[string]string
}

// readChallenges reads the WWW-Authenticate headers, as far as they can be read.
func readChallenges(header http.Header) []challenge {
	var out []challenge
	for _, value := range header.Values("Www-Authenticate") {
		r := &challengeReader{rest: value}
		for r.next() {
			out = append(out, r.challenge)
		}
	}
	return out
}

// A challengeReader reads a list of challenges. Challenges and their parameters are both divided by commas, so that a word begins a challenge unless "=" comes after it.
type challengeReader struct {
	rest      string
	challenge challenge
}

func (r *challengeReader) next() bool {
	r.skip(" \t,")
	scheme := r.word()
	if scheme == "" {
		return false
	}
	r.challenge = challenge{scheme: strings.ToLower(scheme), parameters: make(map[string]string)}
	r.skip(" \t")
	if token, after, ok := token68(r.rest); ok {
		r.challenge.token, r.rest = token, after
		return true
	}
	for {
		r.skip(" \t,")
		before := r.rest
		name := strings.ToLower(r.word())
		r.skip(" \t")
		if name == "" || !strings.HasPrefix(r.rest, "=") {
			r.rest = before
			return true
		}
		r.rest = r.rest[1:]
		r.skip(" \t")
		if _, twice := r.challenge.parameters[name]; !twice {
			r.challenge.parameters[name] = r.value()
		} else {
			r.value()
		}
	}
}

func (r *challengeReader) skip(characters string) { r.rest = strings.TrimLeft(r.rest, characters) }

func isTokenByte(c byte) bool {
	return c > ' ' && c < 0x7F && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c))
}

// word reads a token (RFC 9110 section 5.6.2).
func (r *challengeReader) word() string {
	end := 0
	for end < len(r.rest) && isTokenByte(r.rest[end]) {
		end++
	}
	word := r.rest[:end]
	r.rest = r.rest[end:]
	return word
}

// value reads a token or a quoted string (RFC 9110 section 5.6.4). One that is not closed goes to the end.
func (r *challengeReader) value() string {
	if !strings.HasPrefix(r.rest, `"`) {
		end := strings.IndexAny(r.rest, ", \t") // more than a token: some write URIs without quotes
		if end < 0 {
			end = len(r.rest)
		}
		value := r.rest[:end]
		r.rest = r.rest[end:]
		return value
	}
	var b strings.Builder
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			r.rest = r.rest[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(r.rest):
			i++
			b.WriteByte(r.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	r.rest = ""
	return b.String()
}

// token68 reads what is not a parameter: it ends at a comma or the end, and "=" stands only at its end.
func token68(text string) (token, after string, ok bool) {
	end := strings.IndexByte(text, ',')
	if end < 0 {
		end = len(text)
	}
	token = strings.TrimRight(text[:end], " \t")
	bare := strings.TrimRight(token, "=")
	if bare == "" || strings.ContainsAny(bare, "= \t\"") {
		return "", text, false
	}
	return token, text[end:], true
}
