package rest

import (
	"slices"
	"strings"
)

// A router finds the endpoint of a verb and path. It is made once, and takes the first of its routes that matches, in order of [compareTemplates].
//
// Routes are looked up by the literal that stands in their third segment, behind API and version: a service of hundreds of methods has as many.
type router struct {
	verbs map[string]*routeTable
}

// A routeTable is the routes of one verb.
type routeTable struct {
	// named holds the routes that may match a path with this third segment, and others those for any other.
	named  map[string][]*endpoint
	others []*endpoint
}

// distinguishing is the segment by which routes are looked up.
const distinguishing = 2

// newRouter makes the router of endpoints that are in order.
func newRouter(endpoints []*endpoint) router {
	r := router{verbs: make(map[string]*routeTable)}
	for _, e := range endpoints {
		if r.verbs[e.Verb] == nil {
			r.verbs[e.Verb] = &routeTable{named: make(map[string][]*endpoint)}
		}
		r.verbs[e.Verb].named[e.template.literal(distinguishing)] = nil
	}
	for verb, table := range r.verbs {
		delete(table.named, "")
		for _, e := range endpoints {
			if e.Verb == verb {
				table.add(e)
			}
		}
	}
	return r
}

func (t *routeTable) add(e *endpoint) {
	if literal := e.template.literal(distinguishing); literal != "" {
		t.named[literal] = append(t.named[literal], e)
		return
	}
	t.others = append(t.others, e)
	for name := range t.named {
		t.named[name] = append(t.named[name], e)
	}
}

// literal is the text of a segment, or "" where it is a wildcard or is not there.
func (t template) literal(i int) string {
	if i >= len(t.segments) {
		return ""
	}
	return t.segments[i].literal
}

// find returns the endpoint of a verb and path, and appends the values of its variables, as they stand in the path, to values. It returns nil if
// there is none. A last segment of nothing but a custom verb is no path at all.
func (r router) find(verb string, path splitPath, values []string) (*endpoint, []string) {
	table := r.verbs[verb]
	if table == nil {
		return nil, nil
	}
	for _, e := range table.candidates(path) {
		if e.template.isOnlyVerb(path) {
			return nil, nil
		}
		if length, ok := e.template.match(path); ok {
			return e, e.template.values(path, length, values)
		}
	}
	return nil, nil
}

// candidates returns the routes that may match the path.
func (t *routeTable) candidates(path splitPath) []*endpoint {
	if len(path.segments) > distinguishing {
		name, _, _ := strings.Cut(path.segments[distinguishing], ":") // literals have no colon, so what follows it is a custom verb
		if named, ok := t.named[name]; ok {
			return named
		}
	}
	return t.others
}

// allowed lists the verbs that have a route for the path, sorted.
func (r router) allowed(path splitPath) []string {
	var verbs []string
	for verb, table := range r.verbs {
		if slices.ContainsFunc(table.candidates(path), func(e *endpoint) bool { return e.template.matches(path) }) {
			verbs = append(verbs, verb)
		}
	}
	slices.Sort(verbs)
	return verbs
}

// A splitPath is a path with its segments.
type splitPath struct {
	text     string   // /a/b
	segments []string // a, b
}

// split cuts the path into segments, which are appended to buffer.
func split(path string, buffer []string) splitPath {
	segments := buffer
	for segment := range strings.SplitSeq(path[1:], "/") {
		segments = append(segments, segment)
	}
	return splitPath{text: path, segments: segments}
}

// last is the last segment. There is one at least.
func (p splitPath) last() string { return p.segments[len(p.segments)-1] }

// isOnlyVerb reports whether the last segment is the custom verb of the template, and nothing before it.
func (t template) isOnlyVerb(path splitPath) bool {
	last := path.last()
	return t.verb != "" && len(last) == len(t.verb)+1 && last[0] == ':' && last[1:] == t.verb
}

// match reports whether the path is one of the template, and how long it is without the custom verb.
func (t template) match(path splitPath) (length int, ok bool) {
	last, length := path.last(), len(path.text)
	if t.verb != "" {
		if last, ok = strings.CutSuffix(last, t.verb); !ok {
			return 0, false
		}
		if last, ok = strings.CutSuffix(last, ":"); !ok {
			return 0, false
		}
		length -= len(t.verb) + 1
	}
	final := len(path.segments) - 1
	for i, s := range t.segments {
		switch {
		case i > final:
			return 0, false
		case s.deep: // it is the template's last, and takes one segment at least
			return length, true
		case s.literal == "":
		case i == final && s.literal != last, i < final && s.literal != path.segments[i]:
			return 0, false
		}
	}
	return length, len(t.segments) == len(path.segments)
}

// matches reports whether the path is one of the template, and not only its custom verb.
func (t template) matches(path splitPath) bool {
	_, ok := t.match(path)
	return ok && !t.isOnlyVerb(path)
}

// values appends what the variables stand for in a path that matches, whose custom verb begins at length.
func (t template) values(path splitPath, length int, values []string) []string {
	for _, v := range t.variables {
		start, end := path.start(v.first), length
		if !t.segments[v.last-1].deep && v.last < len(path.segments) {
			end = path.start(v.last) - 1
		}
		values = append(values, path.text[start:end])
	}
	return values
}

// start is where a segment begins in the path.
func (p splitPath) start(segment int) int {
	at := 1
	for _, s := range p.segments[:segment] {
		at += len(s) + 1
	}
	return at
}
