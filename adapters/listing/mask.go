package listing

import (
	"fmt"
	"strings"
)

// MaxMask is the longest mask in bytes.
const MaxMask = 4096

// ParseMask reads the fields of a reply that are wanted: names with commas between them. It returns them in the caller's order, each once; none, or *, is nil and means
// all. The error says, in words for the caller, what is wrong.
func ParseMask(text string, fields Fields) ([]*Field, error) {
	if len(text) > MaxMask {
		return nil, fmt.Errorf("it has at most %d characters", MaxMask)
	}
	if text = strings.TrimSpace(text); text == "" || text == "*" {
		return nil, nil
	}
	var out []*Field
	seen := make(map[*Field]bool)
	for name := range strings.SplitSeq(text, ",") {
		field := fields(strings.TrimSpace(name))
		if field == nil {
			return nil, fmt.Errorf("there is no field %s", quoted(strings.TrimSpace(name)))
		}
		if !seen[field] {
			seen[field] = true
			out = append(out, field)
		}
	}
	return out, nil
}
