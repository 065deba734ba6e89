package xmlrecord

import (
	"fmt"
	"strings"
)

// A Path names the elements that are records by their local names from the root, separated by slashes; * is any name. A path that begins with // counts from anywhere, so
// that //Ntry is every Ntry. Records do not nest: within one none is looked for. The empty path is every child of the root.
type Path struct {
	names    []string
	anywhere bool
}

// ParsePath reads a path.
func ParsePath(text string) (Path, error) {
	if text == "" {
		return Path{names: []string{"*", "*"}}, nil
	}
	rest, anywhere := strings.CutPrefix(text, "//")
	names := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	for i, name := range names {
		_, local, prefixed := strings.Cut(name, ":")
		if prefixed {
			names[i] = local
		}
		if names[i] == "" {
			return Path{}, fmt.Errorf("the path %q has an empty name", text)
		}
	}
	return Path{names: names, anywhere: anywhere}, nil
}

// matches reports whether the element at the end of these is a record.
func (p Path) matches(open []string) bool {
	if len(open) < len(p.names) || len(open) > len(p.names) && !p.anywhere {
		return false
	}
	for i, name := range open[len(open)-len(p.names):] {
		if p.names[i] != "*" && p.names[i] != name {
			return false
		}
	}
	return true
}
