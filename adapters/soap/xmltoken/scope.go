package xmltoken

import "bytes"

// scope is the namespace bindings in force, innermost last.
type scope struct {
	bindings []Binding
	known    map[string]string // every namespace once, so that the same name is the same string
}

// A Binding is a prefix and the namespace that it stands for. The default namespace has the prefix "".
type Binding struct {
	Prefix []byte
	Space  string
}

func (s *scope) reset() scope {
	return scope{bindings: s.bindings[:0], known: s.known}
}

func (s *scope) len() int { return len(s.bindings) }

func (s *scope) truncate(n int) { s.bindings = s.bindings[:n] }

func (s *scope) bind(prefix, space []byte) {
	s.bindings = append(s.bindings, Binding{Prefix: prefix, Space: s.intern(space)})
}

// maxKnown bounds how many namespaces a reader that is used again and again remembers.
const maxKnown = 1000

// maxBindings bounds the declarations that are in force at once: every name is looked up among them.
const maxBindings = 512

func (s *scope) intern(space []byte) string {
	if known, ok := s.known[string(space)]; ok {
		return known
	}
	if s.known == nil || len(s.known) >= maxKnown {
		s.known = make(map[string]string)
	}
	text := string(space)
	s.known[text] = text
	return text
}

func (s *scope) lookup(prefix []byte) (string, bool) {
	for i := len(s.bindings) - 1; i >= 0; i-- {
		if bytes.Equal(s.bindings[i].Prefix, prefix) {
			return s.bindings[i].Space, true
		}
	}
	if len(prefix) == 0 {
		return "", true
	}
	if string(prefix) == "xml" {
		return XMLNamespace, true
	}
	return "", false
}

// Lookup returns the namespace that a prefix stands for at the current token; "" is the default namespace.
func (r *Reader) Lookup(prefix string) (string, bool) {
	return r.scope.lookup([]byte(prefix))
}

// Bindings returns the namespace declarations of the current start tag.
func (r *Reader) Bindings() []Binding {
	if len(r.open) == 0 {
		return nil
	}
	return r.scope.bindings[r.open[len(r.open)-1].bindings:]
}
