package estate

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A step is one part of a field path: a field's name, or what stands in brackets.
type step struct {
	text    string
	bracket bool
}

// parsePath splits a field path. What cannot be understood ends it: the path then leads to the field around.
func parsePath(path string) []step {
	var steps []step
	for path != "" {
		switch path[0] {
		case '.':
			path = path[1:]
		case '[':
			inner, rest, ok := cutBracket(path[1:])
			if !ok {
				return steps
			}
			steps = append(steps, step{text: inner, bracket: true})
			path = rest
		default:
			end := strings.IndexAny(path, ".[")
			if end < 0 {
				end = len(path)
			}
			steps = append(steps, step{text: path[:end]})
			path = path[end:]
		}
	}
	return steps
}

// cutBracket reads up to the closing bracket; a key in quotes may hold anything.
func cutBracket(text string) (inner, rest string, ok bool) {
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return "", "", false
		}
		inner, err = strconv.Unquote(quoted)
		if err != nil {
			return "", "", false
		}
		rest, ok = strings.CutPrefix(text[len(quoted):], "]")
		return inner, rest, ok
	}
	return strings.Cut(text, "]")
}

// find returns the nodes of the key and of the value at path. Where the document does not hold the path, they are those of the
// nearest field around it; at the top, both are the document's mapping.
func (s *Source) find(path string) (key, value *yaml.Node) {
	key, value = s.root, s.root
	for _, step := range parsePath(path) {
		nextKey, nextValue := child(value, step)
		if nextValue == nil {
			return key, value
		}
		key, value = nextKey, nextValue
	}
	return key, value
}

// has reports whether the document holds the path.
func (s *Source) has(path string) bool {
	held, _ := s.follow(path)
	return held
}

// lacks reports whether the document holds all of the path but its end, which is missing among the fields that are there.
func (s *Source) lacks(path string) bool {
	held, last := s.follow(path)
	return !held && last.Kind == yaml.MappingNode
}

// follow goes along the path as far as the document holds it, and reports whether it holds all of it.
func (s *Source) follow(path string) (held bool, last *yaml.Node) {
	last = s.root
	for _, step := range parsePath(path) {
		_, next := child(last, step)
		if next == nil {
			return false, last
		}
		last = next
	}
	return true, last
}

func child(node *yaml.Node, step step) (key, value *yaml.Node) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			name := node.Content[i].Value
			if name == step.text || !step.bracket && lowerCamel(name) == lowerCamel(step.text) {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		index, err := strconv.Atoi(step.text)
		if err == nil && index >= 0 && index < len(node.Content) {
			return node.Content[index], node.Content[index]
		}
	}
	return nil, nil
}

// lowerCamel is the JSON name of a field: both spellings are accepted in YAML.
func lowerCamel(name string) string {
	var b strings.Builder
	upper := false
	for _, r := range name {
		switch {
		case r == '_':
			upper = true
		case upper && 'a' <= r && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
			upper = false
		default:
			b.WriteRune(r)
			upper = false
		}
	}
	return b.String()
}
