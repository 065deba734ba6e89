package codec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A Writer writes one SOAP body. What it finds wrong with the message it collects as violations.
type Writer struct {
	mapper *Mapper
	buffer []byte
	// encoding is set for a body that is encoded, and not literal.
	encoding *encoding
	options  WriteOptions
	// headers are the header blocks, once they have been written.
	headers     []byte
	attachments []Attachment
	boundary    string // of the Content-IDs
	// contentType is what xmime:contentType says of the binary content that is being written.
	contentType string
	used        []bool // by index of namespace
	// foreign are namespaces that no schema of the service knows, which values brought; they come behind the others.
	foreign []string
	path    []step
	// quoted is true inside an attribute's value, where a reader would take line ends and tabs for blanks.
	quoted     bool
	violations []adapters.Violation
}

// A step is a part of a field path; index is -1 for a field that is no list.
type step struct {
	name  string
	index int
}

// NewWriter returns a writer of bodies whose plans come from the mapper.
func (m *Mapper) NewWriter() *Writer {
	return &Writer{mapper: m, used: make([]bool, len(m.spaces)), buffer: make([]byte, 0, 512)}
}

// Headers returns the header blocks, as they stand in soap:Header; nil if there are none.
func (w *Writer) Headers() []byte { return w.headers }

// Bytes returns what stands in the body.
func (w *Writer) Bytes() []byte { return w.buffer }

// AppendNamespaces appends the declarations of the namespaces that were used, in the body and the header blocks, each with a blank before it.
func (w *Writer) AppendNamespaces(out []byte) []byte {
	for index, used := range w.used {
		if used {
			out = append(out, w.mapper.declarations[index]...)
		}
	}
	for i, space := range w.foreign {
		out = append(out, declaration(foreignPrefix(i), space)...)
	}
	return out
}

func declaration(prefix, space string) string {
	if space == "" {
		return ""
	}
	return " xmlns:" + prefix + `="` + attributeEscaper.Replace(space) + `"`
}

func foreignPrefix(index int) string { return "x" + strconv.Itoa(index+1) }

// prefix returns the prefix of a namespace, and sees to its declaration.
func (w *Writer) prefix(space string) string {
	if index, known := w.mapper.indexOf[space]; known {
		w.used[index] = true
		return w.mapper.prefixes[index]
	}
	index := slices.Index(w.foreign, space)
	if index < 0 {
		index = len(w.foreign)
		w.foreign = append(w.foreign, space)
	}
	return foreignPrefix(index)
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

// openTyped begins an element of a simple type.
func (w *Writer) openTyped(e *element) {
	w.open(w.tag(e))
	if w.encoding != nil {
		w.typed(e.typ)
	}
}

// tag is how an element is named: accessors have no namespace (SOAP 1.1 section 5.1).
func (w *Writer) tag(e *element) qualified {
	if w.encoding != nil && !e.global {
		return qualified{name: e.tag.name, text: e.tag.name.Local}
	}
	return e.tag
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
		case c == '\n' && w.quoted:
			entity = "&#xA;"
		case c == '\t' && w.quoted:
			entity = "&#x9;"
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
		w.buffer = append(append(w.buffer, w.prefix(name.Space)...), ':')
	}
	return w.escape(name.Local)
}

func parseName(text string) (xsd.Name, bool) {
	if !strings.HasPrefix(text, "{") {
		return xsd.Name{Local: text}, isName(text)
	}
	end := strings.LastIndexByte(text, '}')
	if end < 2 {
		return xsd.Name{}, false
	}
	name := xsd.Name{Space: text[1:end], Local: text[end+1:]}
	return name, isName(name.Local) && !strings.ContainsFunc(name.Space, unicode.IsControl)
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
	if p.array != nil {
		c := content{writer: w, plan: p, message: m}
		c.array(tag, p.array)
		return
	}
	w.open(tag)
	if substitute != nil {
		w.used[substitute.space] = true
		w.xsiType(substitute.text)
	} else {
		w.typed(p.tag)
	}
	w.attributes(p, m)
	w.buffer = append(w.buffer, '>')
	w.inside(p, m)
	w.close(tag)
}

// inside writes the text and child elements.
func (w *Writer) inside(p *plan, m protoreflect.Message) {
	if p.text != nil && m.Has(p.text.fd) {
		w.contentType = ""
		if p.contentType != nil {
			w.contentType = m.Get(p.contentType.field.fd).String()
		}
		w.text(p.text, p.textValue, m.Get(p.text.fd))
		w.contentType = ""
	} else if p.textRequired {
		w.violateField(p.text, "value is required")
	}
	if p.content != nil {
		c := content{writer: w, plan: p, message: m}
		c.node(p.content)
		c.surplus()
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
			w.quoted = true
			w.text(a.field, a.value, m.Get(a.field.fd))
			w.quoted = false
		} else {
			w.buffer = append(w.buffer, attributeEscaper.Replace(*a.fixed)...)
		}
		w.buffer = append(w.buffer, '"')
	}
	if p.anyAttributes != nil && m.Has(p.anyAttributes.fd) {
		w.enter(p.anyAttributes, -1)
		w.openAttributes(p, m.Get(p.anyAttributes.fd).Message())
		w.leave()
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
	if n := list.Len(); n < v.shortest || v.longest > 0 && n > v.longest {
		w.violateField(f, "it has %d items, and from %d to %d are accepted", n, v.shortest, max(v.longest, v.shortest))
	}
	for i := range list.Len() {
		if i > 0 {
			w.buffer = append(w.buffer, ' ')
		}
		if err := v.item.encode(w, list.Get(i)); err != nil {
			w.violateField(f, "item %d cannot be sent: %v", i, err)
		}
	}
}
