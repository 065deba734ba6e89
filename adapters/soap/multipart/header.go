package multipart

import (
	"bytes"
	"strings"
)

// A header holds the fields of a part that matter, unfolded.
type header struct{ contentType, encoding, id, location string }

// readHeader reads header fields up to an empty line, and returns what comes after it. ok is false if there is no empty line.
func readHeader(part []byte) (h header, content []byte, ok bool) {
	var field strings.Builder
	for {
		line, rest, found := bytes.Cut(part, []byte("\n"))
		if !found || field.Len() > maxHeaderBytes {
			return header{}, nil, false
		}
		part = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			field.WriteByte(' ')
			field.Write(bytes.TrimSpace(line))
			continue
		}
		h.set(field.String())
		if len(line) == 0 {
			return h, part, true
		}
		field.Reset()
		field.Write(line)
	}
}

func (h *header) set(field string) {
	name, value, _ := strings.Cut(field, ":")
	value = strings.TrimSpace(value)
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "content-type":
		h.contentType = value
	case "content-transfer-encoding":
		h.encoding = strings.ToLower(value)
	case "content-id":
		h.id = bareID(value)
	case "content-location":
		h.location = value
	}
}

// bareID takes a Content-ID out of its angle brackets, which some servers leave out.
func bareID(id string) string {
	id = strings.TrimSpace(id)
	if inner, ok := strings.CutPrefix(id, "<"); ok {
		return strings.TrimSuffix(inner, ">")
	}
	return id
}

// mediaType takes a content type apart. It also reads values without quotes that need them: boundary=----=_Part_0. Of a name given twice the first counts.
func mediaType(contentType string) (string, map[string]string) {
	name, rest, _ := strings.Cut(contentType, ";")
	parameters := make(map[string]string)
	for rest != "" {
		var key, value string
		key, rest = cutAny(rest, "=;")
		key = strings.ToLower(strings.TrimSpace(key))
		if strings.HasPrefix(rest, "=") {
			value, rest = parameterValue(strings.TrimLeft(rest[1:], " \t"))
		}
		rest = strings.TrimPrefix(rest, ";")
		if _, twice := parameters[key]; !twice && key != "" {
			parameters[key] = value
		}
	}
	return strings.ToLower(strings.TrimSpace(name)), parameters
}

// cutAny cuts before the first of the characters.
func cutAny(text, characters string) (before, rest string) {
	if i := strings.IndexAny(text, characters); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// parameterValue reads a quoted string, or all up to a semicolon.
func parameterValue(text string) (value, rest string) {
	if !strings.HasPrefix(text, `"`) {
		value, rest = cutAny(text, ";")
		return strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			_, rest = cutAny(text[i+1:], ";")
			return b.String(), rest
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
