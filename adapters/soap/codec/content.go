package codec

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// content writes the child elements of one message.
type content struct {
	writer  *Writer
	plan    *plan
	message protoreflect.Message
	// taken counts what shared elements have been written already.
	taken map[*element]int
	// opened counts the items of the field of wildcards that have been written already.
	opened int
	// wildcards is the field of the wildcards that have been written; nil if there was none.
	wildcards *field
	// nils are the names in nil_fields, once isNil has been asked.
	nils map[string]bool
}

func (c *content) node(n *node) {
	switch n.kind {
	case elementNode:
		c.element(n)
	case sequenceNode:
		if n.min == 0 && !c.present(n) {
			return
		}
		for _, child := range n.children {
			c.node(child)
		}
	case choiceNode:
		c.choice(n)
	case groupNode:
		c.group(n)
	case wildcardNode:
		c.wildcard(n)
	}
}

// isNil reports whether the message says that a field, or an item of it, is nil.
func (c *content) isNil(f *field, index int) bool {
	if c.plan.nils == nil || !c.message.Has(c.plan.nils.fd) {
		return false
	}
	if c.nils == nil {
		c.nils = make(map[string]bool)
		list := c.message.Get(c.plan.nils.fd).List()
		for i := range list.Len() {
			c.nils[list.Get(i).String()] = true
		}
	}
	name := f.mirror.JSONName
	if index >= 0 {
		name += "[" + strconv.Itoa(index) + "]"
	}
	return c.nils[name]
}

func (c *content) element(n *node) {
	e := n.element
	if e.repeats() {
		c.items(n)
		return
	}
	switch {
	case e.array != nil && c.isNil(e.field, -1):
		c.writeNil(e)
	case e.array != nil:
		if n.min > 0 || c.message.Has(e.field.fd) {
			c.array(c.writer.tag(e), e.array)
		}
	case e.shared && c.taken[e] > 0:
	case c.message.Has(e.field.fd):
		c.take(e, 1)
		c.one(e, c.message.Get(e.field.fd), -1)
	case e.nillable && c.isNil(e.field, -1):
		c.take(e, 1)
		c.writeNil(e)
	case n.min > 0:
		c.missing(e)
	}
}

func (c *content) take(e *element, n int) {
	if !e.shared {
		return
	}
	if c.taken == nil {
		c.taken = make(map[*element]int)
	}
	c.taken[e] += n
}

func (c *content) items(n *node) {
	e := n.element
	list := c.message.Get(e.field.fd).List()
	first, last := 0, list.Len()
	if e.shared {
		first = min(c.taken[e], last)
		last = min(last, first+n.max)
	} else if last > n.max {
		c.writer.violateField(e.field, "at most %d items are accepted", n.max)
		return
	}
	c.take(e, last-first)
	for i := first; i < last; i++ {
		if e.nillable && c.isNil(e.field, i) {
			c.writeNil(e)
			continue
		}
		c.one(e, list.Get(i), i)
	}
	if last-first >= n.min {
		return
	}
	if n.min == 1 && (e.nillable || e.fallback != nil || e.free) {
		c.missing(e)
		return
	}
	c.writer.violateField(e.field, "at least %d items are required", n.min)
}

// surplus finds items that no place of the content model has taken, of fields that several share. What stands in a branch that is not sent, the choice has refused.
func (c *content) surplus() {
	if len(c.taken) > 0 { // elements that are shared are rare, and most messages have none
		byNumber := func(a, b *element) int { return cmp.Compare(a.field.mirror.Number, b.field.mirror.Number) }
		for _, e := range slices.SortedFunc(maps.Keys(c.taken), byNumber) {
			if e.repeats() && c.message.Get(e.field.fd).List().Len() > c.taken[e] {
				c.writer.violateField(e.field, "at most %d items are accepted", c.taken[e])
			}
		}
	}
	if c.wildcards != nil && c.wildcards.fd.IsList() && c.message.Get(c.wildcards.fd).List().Len() > c.opened {
		c.writer.violateField(c.wildcards, "at most %d items are accepted", c.opened)
	}
}

// missing writes an element that must be there and is not given, if the schema says what it is then.
func (c *content) missing(e *element) {
	w := c.writer
	switch {
	case e.fallback != nil && e.value != nil:
		w.openTyped(e)
		w.buffer = append(w.buffer, '>')
		w.buffer = append(w.buffer, attributeEscaper.Replace(*e.fallback)...)
		w.close(w.tag(e))
	case e.nillable:
		c.writeNil(e)
	case e.free && !e.simple, e.value != nil && e.value.item != nil, e.plan != nil && e.plan.isEmpty():
		w.openTyped(e)
		w.buffer = append(w.buffer, '>')
		w.close(w.tag(e))
	default:
		w.violateField(e.field, "value is required")
	}
}

func (c *content) writeNil(e *element) {
	c.writer.open(c.writer.tag(e))
	c.writer.used[instanceSpace] = true
	c.writer.buffer = append(c.writer.buffer, ` xsi:nil="true"/>`...)
}

func (c *content) one(e *element, pv protoreflect.Value, index int) {
	w := c.writer
	switch {
	case e.plan != nil:
		w.enter(e.field, index)
		w.message(w.tag(e), e.plan, pv.Message(), nil)
		w.leave()
	case e.free:
		w.enter(e.field, index)
		w.freeElement(e, pv.Message())
		w.leave()
	default:
		w.openTyped(e)
		w.buffer = append(w.buffer, '>')
		w.text(e.field, e.value, pv)
		w.close(w.tag(e))
	}
}

func (c *content) group(n *node) {
	list := c.message.Get(n.group.field.fd).List()
	if list.Len() < n.min {
		c.writer.violateField(n.group.field, "at least %d items are required", n.min)
		return
	}
	for i := range list.Len() {
		c.writer.enter(n.group.field, i)
		c.writer.inside(n.group.plan, list.Get(i).Message())
		c.writer.leave()
	}
}

// wildcard writes elements that the schema leaves open. Several places of a content model that do so share them, in order.
func (c *content) wildcard(n *node) {
	c.wildcards = n.wildcard
	fd := n.wildcard.fd
	if !fd.IsList() {
		switch {
		case c.message.Has(fd):
			c.open(n, c.message.Get(fd).Message(), -1)
		case n.min > 0:
			c.writer.violateField(n.wildcard, "value is required")
		}
		return
	}
	list := c.message.Get(fd).List()
	first := min(c.opened, list.Len())
	c.opened = min(list.Len(), first+n.max)
	if c.opened-first < n.min {
		c.writer.violateField(n.wildcard, "at least %d items are required", n.min)
		return
	}
	for i := first; i < c.opened; i++ {
		c.open(n, list.Get(i).Message(), i)
	}
}

func (c *content) open(n *node, m protoreflect.Message, index int) {
	c.writer.enter(n.wildcard, index)
	c.writer.freeStruct(n, m)
	c.writer.leave()
}

// choice writes the branch that the message fills, and no other.
func (c *content) choice(n *node) {
	var chosen *node
	best := 0
	for _, branch := range n.children {
		if count := len(c.filled(branch, nil)); count > best {
			chosen, best = branch, count
		}
	}
	if chosen == nil {
		if n.min > 0 && !slices.ContainsFunc(n.children, emptiable) {
			c.writer.violate("one of %s is required", strings.Join(names(n, nil), ", "))
		}
		return
	}
	mine := c.filled(chosen, nil)
	for _, branch := range n.children {
		for _, f := range c.filled(branch, nil) {
			if !slices.Contains(mine, f) {
				c.writer.violateField(f, "it cannot stand beside %s", mine[0].mirror.JSONName)
			}
		}
	}
	c.node(chosen)
}

func emptiable(n *node) bool {
	switch {
	case n.min == 0:
		return true
	case n.kind == sequenceNode:
		return !slices.ContainsFunc(n.children, func(child *node) bool { return !emptiable(child) })
	case n.kind == choiceNode:
		return slices.ContainsFunc(n.children, emptiable)
	}
	return false
}

// names lists the fields of a part, for people.
func names(n *node, out []string) []string {
	switch {
	case n.element != nil:
		return append(out, n.element.field.mirror.JSONName)
	case n.group != nil:
		return append(out, n.group.field.mirror.JSONName)
	case n.wildcard != nil:
		return append(out, n.wildcard.mirror.JSONName)
	}
	for _, child := range n.children {
		out = names(child, out)
	}
	return out
}

func (c *content) present(n *node) bool { return len(c.filled(n, nil)) > 0 }

// filled appends the fields of a part that the message gives.
func (c *content) filled(n *node, out []*field) []*field {
	f := n.wildcard
	switch {
	case n.element != nil:
		f = n.element.field
		if n.element.nillable && !c.message.Has(f.fd) && c.isNil(f, -1) {
			return append(out, f)
		}
	case n.group != nil:
		f = n.group.field
	}
	if f != nil {
		if c.message.Has(f.fd) {
			out = append(out, f)
		}
		return out
	}
	for _, child := range n.children {
		out = c.filled(child, out)
	}
	return out
}
