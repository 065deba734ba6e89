package batch

import (
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/listing"
)

// A matcher is a compiled filter. It never changes and serves any number of goroutines.
type matcher struct {
	layout *record.Layout
	root   *node
	leaves []leaf
	// byField are the leaves that look at a field, by its Index.
	byField [][]int
	// single is true if every leaf can be decided without decoding the whole record.
	single bool
}

// A node is an expression in which no other is negated: NOT has been moved to the leaves, where it makes a comparison the opposite one. What is absent fits
// neither, which is what SQL makes of NULL.
type node struct {
	any   bool // one of the parts must hold; else all
	parts []*node
	leaf  int // where there are no parts
}

// A leaf is a condition on one field.
type leaf struct {
	field *record.Field
	// test is asked for a value that is there.
	test func(*record.Value) bool
	// absent is the answer where there is none. For a repeated field it is negated, too, where a value passes the test.
	absent   bool
	repeated bool
	// counts is true if an element that is null is a value, as when a list is asked whether it is empty.
	counts bool
}

func newMatcher(layout *record.Layout, expression listing.Expression) *matcher {
	m := &matcher{layout: layout, byField: make([][]int, layout.Size()), single: true}
	m.root = m.node(expression, false)
	singles := layout.Singles()
	for i, l := range m.leaves {
		m.byField[l.field.Index] = append(m.byField[l.field.Index], i)
		m.single = m.single && singles[l.field]
	}
	return m
}

func (m *matcher) node(expression listing.Expression, negated bool) *node {
	switch e := expression.(type) {
	case listing.All:
		return m.join(e, negated, negated)
	case listing.Any:
		return m.join(e, !negated, negated)
	case listing.Not:
		return m.node(e.Expression, !negated)
	case listing.Presence:
		there := e.Present != negated
		return m.leaf(e.Field, leaf{test: func(*record.Value) bool { return there }, absent: !there, counts: true})
	case listing.Contains:
		contains := container(e.Text)
		return m.leaf(e.Field, leaf{test: func(v *record.Value) bool { return contains(v) != negated }})
	case listing.Matches:
		return m.leaf(e.Field, leaf{test: func(v *record.Value) bool { return e.Holds(string(v.Text)) != negated }})
	case listing.Comparison:
		compare, operator := comparer(fieldOf(e.Field), e.Value), e.Operator
		return m.leaf(e.Field, leaf{test: func(v *record.Value) bool { return operator.Holds(compare(v)) != negated }})
	case listing.Has:
		compare := comparer(fieldOf(e.Field), e.Value)
		return m.leaf(e.Field, leaf{test: func(v *record.Value) bool { return compare(v) == 0 }, absent: negated})
	default:
		return &node{any: true, parts: []*node{}} // there is nothing else
	}
}

func (m *matcher) join(parts []listing.Expression, some, negated bool) *node {
	out := &node{any: some, parts: make([]*node, len(parts))}
	for i, part := range parts {
		out.parts[i] = m.node(part, negated)
	}
	return out
}

func (m *matcher) leaf(field *listing.Field, l leaf) *node {
	l.field, l.repeated = fieldOf(field), field.Repeated
	if l.repeated && l.counts {
		l.test = func(*record.Value) bool { return true } // and absent says the opposite
	}
	m.leaves = append(m.leaves, l)
	return &node{leaf: len(m.leaves) - 1}
}

// A match is a matcher at work, for one goroutine.
type match struct {
	*matcher
	decoder decoder
	values  *record.Decoder
	data    []byte
	passed  []bool // by leaf: a value that is there has passed
	seen    []bool // by leaf: there is a value
	failure error
}

// start begins to match, with a decoder of its own.
func (m *matcher) start(d decoder) *match {
	out := &match{matcher: m, decoder: d, passed: make([]bool, len(m.leaves)), seen: make([]bool, len(m.leaves))}
	out.values, _ = d.(*record.Decoder)
	return out
}

// matches reports whether a record fits. The error is that of decoding it.
func (m *match) matches(data []byte) (bool, error) {
	m.failure = nil
	if m.single && m.values != nil {
		m.data = data
		fits := m.holds(m.root)
		return fits && m.failure == nil, m.failure
	}
	clear(m.passed)
	clear(m.seen)
	if err := m.decoder.Decode(data, m); err != nil {
		return false, err
	}
	return m.holds(m.root), nil
}

func (m *match) holds(n *node) bool {
	if n.parts == nil {
		return m.decide(n.leaf)
	}
	for _, part := range n.parts {
		if m.holds(part) == n.any {
			return n.any
		}
	}
	return !n.any
}

func (m *match) decide(i int) bool {
	l := &m.leaves[i]
	switch {
	case !m.single || m.values == nil:
	case m.failure != nil:
		return false
	default:
		value, err := m.values.Single(m.data, l.field)
		if err != nil {
			m.failure = err
			return false
		}
		if value.Null {
			return l.absent
		}
		return l.test(value)
	}
	switch {
	case l.repeated:
		return m.passed[i] != l.absent
	case m.seen[i]:
		return m.passed[i]
	default:
		return l.absent
	}
}

// Value implements [record.Sink].
func (m *match) Value(f *record.Field, value *record.Value) error {
	for _, i := range m.byField[f.Index] {
		l := &m.leaves[i]
		if value.Null && !(l.counts && f.Repeated) {
			continue
		}
		m.seen[i] = true
		m.passed[i] = m.passed[i] || l.test(value)
	}
	return nil
}

// Begin implements [record.Sink]. A group that begins is there.
func (m *match) Begin(f *record.Field) error {
	for _, i := range m.byField[f.Index] {
		m.seen[i] = true
		m.passed[i] = m.passed[i] || m.leaves[i].test(nil)
	}
	return nil
}

// End implements [record.Sink].
func (*match) End(*record.Field) error { return nil }

// BeginList implements [record.Sink].
func (*match) BeginList(*record.Field) error { return nil }

// EndList implements [record.Sink].
func (*match) EndList(*record.Field) error { return nil }
