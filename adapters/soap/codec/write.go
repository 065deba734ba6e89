package codec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A Writer writes one SOAP body. What it finds wrong with the message it collects as violations.
type Writer struct {
	mapper     *Mapper
	buffer     []byte
	used       []bool // by index of namespace
	path       []step
	violations []adapters.Violation
}

// A step is a part of a field path; index is -1 for a field that is no list.
type step struct {
	name  string
	index int
}

// NewWriter returns a writer of bodies whose plans come from the mapper.
func (m *Mapper) NewWriter() *Writer {
	return &Writer{mapper: m, used: make([]bool, len(m.spaces))}
}

// Bytes returns what was written.
func (w *Writer) Bytes() []byte { return w.buffer }

// AppendNamespaces appends the declarations of the namespaces that were used, each with a blank before it.
func (w *Writer) AppendNamespaces(out []byte) []byte {
	for index, used := range w.used {
		if used && index > 0 {
			out = fmt.Appendf(out, " xmlns:%s=\"%s\"", prefix(index), attributeEscaper.Replace(w.mapper.spaces[index]))
		}
	}
	return out
}

var attributeEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")

func (w *Writer) violate(format string, arguments ...any) {
	var path strings.Builder
	for i, s := range w.path {
		if i > 0 {
			path.WriteByte('.')
		}
		path.WriteString(s.name)
		if s.index >= 0 {
			path.WriteString("[" + strconv.Itoa(s.index) + "]")
		}
	}
	w.violations = append(w.violations, adapters.Violation{Field: path.String(), Description: fmt.Sprintf(format, arguments...)})
}

func (w *Writer) enter(f *field, index int) { w.path = append(w.path, step{f.mirror.JSONName, index}) }

func (w *Writer) leave() { w.path = w.path[:len(w.path)-1] }

func (w *Writer) violateField(f *field, format string, arguments ...any) {
	w.enter(f, -1)
	w.violate(format, arguments...)
	w.leave()
}

func (w *Writer) open(tag qualified) {
	w.used[tag.space] = true
	w.buffer = append(w.buffer, '<')
	w.buffer = append(w.buffer, tag.text...)
}

func (w *Writer) close(tag qualified) {
	w.buffer = append(w.buffer, '<', '/')
	w.buffer = append(w.buffer, tag.text...)
	w.buffer = append(w.buffer, '>')
}

// escape appends text so that it is good between tags and in an attribute.
func (w *Writer) escape(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("it is not valid UTF-8")
	}
	from := 0
	for i := range len(text) {
		var entity string
		switch c := text[i]; {
		case c == '&':
			entity = "&amp;"
		case c == '<':
			entity = "&lt;"
		case c == '>':
			entity = "&gt;"
		case c == '"':
			entity = "&quot;"
		case c == '\r':
			entity = "&#xD;"
		case c == 0xEF && (strings.HasPrefix(text[i:], "\uFFFE") || strings.HasPrefix(text[i:], "\uFFFF")):
			return errors.New("it holds a character that XML cannot carry")
		case c >= ' ' || c == '\n' || c == '\t':
			continue
		default:
			return fmt.Errorf("it holds the character U+%04X, which XML cannot carry", c)
		}
		w.buffer = append(append(w.buffer, text[from:i]...), entity...)
		from = i + 1
	}
	w.buffer = append(w.buffer, text[from:]...)
	return nil
}

// qname writes {namespace}local with a prefix.
func (w *Writer) qname(text string) error {
	name, ok := parseName(text)
	if !ok {
		return errors.New("it is no name; {namespace}local is accepted")
	}
	if name.Space != "" {
		index, known := w.mapper.indexOf[name.Space]
		if !known {
			return errors.New("its namespace is not one of the service's")
		}
		w.used[index] = true
		w.buffer = append(append(w.buffer, prefix(index)...), ':')
	}
	return w.escape(name.Local)
}

func parseName(text string) (xsd.Name, bool) {
	if !strings.HasPrefix(text, "{") {
		return xsd.Name{Local: text}, isName(text)
	}
	end := strings.LastIndexByte(text, '}')
	if end < 0 {
		return xsd.Name{}, false
	}
	return xsd.Name{Space: text[1:end], Local: text[end+1:]}, isName(text[end+1:])
}

// isName accepts what can be a local name; it is as strict as injection of markup demands.
func isName(text string) bool {
	if text == "" || text[0] == '-' || text[0] == '.' || text[0] >= '0' && text[0] <= '9' {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if c < 0x80 && c != '_' && c != '-' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return utf8.ValidString(text)
}

// message writes an element of a complex type. substitute is the type to name in xsi:type, if it is another than declared.
func (w *Writer) message(tag qualified, p *plan, m protoreflect.Message, substitute *qualified) {
	for _, d := range p.derived {
		if m.Has(d.field.fd) {
			w.enter(d.field, -1)
			w.message(tag, d.plan, m.Get(d.field.fd).Message(), &d.plan.tag)
			w.leave()
			return
		}
	}
	w.open(tag)
	if substitute != nil {
		w.used[instanceSpace] = true
		w.used[substitute.space] = true
		w.buffer = append(w.buffer, ` xsi:type="`...)
		w.buffer = append(append(w.buffer, substitute.text...), '"')
	}
	w.attributes(p, m)
	w.buffer = append(w.buffer, '>')
	w.inside(p, m)
	w.close(tag)
}

// inside writes the text and child elements.
func (w *Writer) inside(p *plan, m protoreflect.Message) {
	if p.text != nil && m.Has(p.text.fd) {
		w.text(p.text, p.textValue, m.Get(p.text.fd))
	}
	if p.content != nil {
		c := content{writer: w, plan: p, message: m}
		c.node(p.content)
	}
}

func (w *Writer) attributes(p *plan, m protoreflect.Message) {
	for _, a := range p.attributes {
		has := m.Has(a.field.fd)
		if !has && !a.required {
			continue
		}
		if !has && a.fixed == nil {
			w.violateField(a.field, "value is required")
			continue
		}
		w.buffer = append(w.buffer, ' ')
		w.used[a.tag.space] = true
		w.buffer = append(append(w.buffer, a.tag.text...), '=', '"')
		if has {
			w.text(a.field, a.value, m.Get(a.field.fd))
		} else {
			w.buffer = append(w.buffer, attributeEscaper.Replace(*a.fixed)...)
		}
		w.buffer = append(w.buffer, '"')
	}
}

// text writes a simple value, or a list of them with blanks between.
func (w *Writer) text(f *field, v *value, pv protoreflect.Value) {
	if v.item == nil {
		if err := v.encode(w, pv); err != nil {
			w.violateField(f, "the value cannot be sent: %v", err)
		}
		return
	}
	list := pv.List()
	for i := range list.Len() {
		if i > 0 {
			w.buffer = append(w.buffer, ' ')
		}
		if err := v.item.encode(w, list.Get(i)); err != nil {
			w.violateField(f, "item %d cannot be sent: %v", i, err)
		}
	}
}

// content writes the child elements of one message.
type content struct {
	writer  *Writer
	plan    *plan
	message protoreflect.Message
	// taken counts what shared elements have been written already.
	taken map[*element]int
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
	if e.field.fd.IsList() && (e.value == nil || e.value.item == nil) {
		c.items(n)
		return
	}
	switch {
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

// missing writes an element that must be there and is not given, if the schema says what it is then.
func (c *content) missing(e *element) {
	w := c.writer
	switch {
	case e.fallback != nil && e.value != nil:
		w.open(e.tag)
		w.buffer = append(w.buffer, '>')
		w.buffer = append(w.buffer, attributeEscaper.Replace(*e.fallback)...)
		w.close(e.tag)
	case e.nillable:
		c.writeNil(e)
	case e.free, e.value != nil && e.value.item != nil:
		w.open(e.tag)
		w.buffer = append(w.buffer, '/', '>')
	default:
		w.violateField(e.field, "value is required")
	}
}

func (c *content) writeNil(e *element) {
	c.writer.open(e.tag)
	c.writer.used[instanceSpace] = true
	c.writer.buffer = append(c.writer.buffer, ` xsi:nil="true"/>`...)
}

func (c *content) one(e *element, pv protoreflect.Value, index int) {
	w := c.writer
	switch {
	case e.plan != nil:
		w.enter(e.field, index)
		w.message(e.tag, e.plan, pv.Message(), nil)
		w.leave()
	case e.free:
		w.enter(e.field, index)
		w.freeElement(e.tag, pv.Message())
		w.leave()
	default:
		w.open(e.tag)
		w.buffer = append(w.buffer, '>')
		w.text(e.field, e.value, pv)
		w.close(e.tag)
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

func (c *content) wildcard(n *node) {
	fd := n.wildcard.fd
	if !fd.IsList() {
		if c.message.Has(fd) {
			c.writer.enter(n.wildcard, -1)
			c.writer.freeStruct(c.message.Get(fd).Message())
			c.writer.leave()
		}
		return
	}
	list := c.message.Get(fd).List()
	for i := range list.Len() {
		c.writer.enter(n.wildcard, i)
		c.writer.freeStruct(list.Get(i).Message())
		c.writer.leave()
	}
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
