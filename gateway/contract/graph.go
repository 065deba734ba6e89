package contract

import (
	"slices"
	"strings"
)

// A graph says which parts of a method wait for which. Its parts are numbered: error rules first, then steps.
type graph struct {
	waits [][]int // for each part, those it waits for
	next  [][]int // for each part, those that wait for it
}

// order makes the graph of the method, and reports steps that wait for one another.
func (m *methodCompiler) order() *graph {
	rules, steps := m.made.rules, m.made.steps
	g := &graph{waits: make([][]int, len(rules)+len(steps))}
	for i, r := range rules {
		g.waits[i] = m.waitsOf(r.when.reads)
		if i > 0 {
			g.waits[i] = append(g.waits[i], i-1)
		}
	}
	for i, s := range steps {
		g.waits[len(rules)+i] = m.waitsOf(s.reads)
	}
	if circle := g.circle(); circle != nil {
		m.reportCircle(circle)
		return nil
	}
	g.readsFirst(len(rules), steps)
	g.next = make([][]int, len(g.waits))
	for part, waits := range g.waits {
		slices.Sort(waits)
		g.waits[part] = slices.Compact(waits)
		for _, other := range g.waits[part] {
			g.next[other] = append(g.next[other], part)
		}
	}
	return g
}

// reportCircle reports steps that wait for one another.
func (m *methodCompiler) reportCircle(circle []int) {
	var names []string
	for _, part := range circle {
		names = append(names, m.made.steps[part-len(m.made.rules)].name)
	}
	place := m.made.steps[circle[0]-len(m.made.rules)].place + ".name"
	if len(names) == 1 {
		m.found.Add(m.api.BindingSource.At(place, "the step %s reads its own reply", names[0]))
		return
	}
	m.found.Add(m.api.BindingSource.At(place, "these steps wait for one another: %s", strings.Join(append(names, names[0]), " reads ")))
}

// waitsOf returns the parts that must have ended before the variables can be read.
func (m *methodCompiler) waitsOf(variables map[string]bool) []int {
	var waits []int
	for i, s := range m.made.steps {
		if m.declared[s.name] == s && variables[s.name] || variables[asOfVariable] || variables[unavailableVariable] && s.optional {
			waits = append(waits, len(m.made.rules)+i)
		}
	}
	return waits
}

// circle returns parts that wait for one another in a circle, or nil if there are none.
func (g *graph) circle() []int {
	const (
		unseen = iota
		open
		closed
	)
	state := make([]int, len(g.waits))
	var way, circle []int
	var visit func(part int) bool
	visit = func(part int) bool {
		switch state[part] {
		case closed:
			return false
		case open:
			circle = slices.Clone(way[slices.Index(way, part):])
			return true
		}
		state[part] = open
		way = append(way, part)
		if slices.ContainsFunc(g.waits[part], visit) {
			return true
		}
		way = way[:len(way)-1]
		state[part] = closed
		return false
	}
	for part := range g.waits {
		if visit(part) {
			return circle
		}
	}
	return nil
}

// readsFirst makes every step that may have effects wait for all parts that are not behind such a step. Those do not wait for it, so no
// circle can come of it.
func (g *graph) readsFirst(rules int, steps []*step) {
	behind := make(map[int]bool)
	var isBehind func(part int) bool
	isBehind = func(part int) bool {
		if known, ok := behind[part]; ok {
			return known
		}
		behind[part] = part >= rules && steps[part-rules].writes() || slices.ContainsFunc(g.waits[part], isBehind)
		return behind[part]
	}
	var reads []int
	for part := range g.waits {
		if !isBehind(part) {
			reads = append(reads, part)
		}
	}
	for i, s := range steps {
		if s.writes() {
			g.waits[rules+i] = append(g.waits[rules+i], reads...)
		}
	}
}
