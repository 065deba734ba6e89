package bundle

import (
	"bytes"
	"encoding/xml"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// Names gives each document a file name of its own, by location: its own base name, with the extension .wsdl or .xsd, and a number where two
// have the same one.
func Names(documents []*document.Document) map[string]string {
	names := make(map[string]string, len(documents))
	taken := make(map[string]bool, len(documents))
	for _, d := range documents {
		names[d.Location] = fileName(d, taken)
	}
	return names
}

var unsafeInName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

func fileName(d *document.Document, taken map[string]bool) string {
	base := filepath.Base(d.Location)
	if document.IsURL(d.Location) {
		address, _, _ := strings.Cut(d.Location, "?")
		base = path.Base(address)
	}
	extension := ".wsdl"
	if xsd.IsSchema(d.Root) {
		extension = ".xsd"
	}
	base = strings.Trim(unsafeInName.ReplaceAllString(strings.TrimSuffix(base, path.Ext(base)), "_"), ".-")
	if base == "" {
		base = "service"
	}
	name := base + extension
	for i := 2; taken[strings.ToLower(name)]; i++ {
		name = base + "-" + strconv.Itoa(i) + extension
	}
	taken[strings.ToLower(name)] = true
	return name
}

// A Change is a new value for an attribute of a document's element.
type Change struct {
	Node *document.Node
	// Attribute is the name of the attribute, which has no namespace and is there.
	Attribute string
	Value     string
}

// Rewrite returns a document's text in UTF-8 in which every import, include and redefine of a document in names refers to it by its name there. Further
// changes may be given; they, too, may be anywhere in the document.
func Rewrite(d *document.Document, names map[string]string, further ...Change) []byte {
	changes := slices.Clone(further)
	walk(d.Root, func(node *document.Node) {
		attribute := referringAttribute(node)
		if attribute == "" {
			return
		}
		if location, err := d.Locate(node.Attribute(attribute)); err == nil && names[location] != "" {
			changes = append(changes, Change{node, attribute, names[location]})
		}
	})
	slices.SortStableFunc(changes, func(a, b Change) int { return a.Node.Offset() - b.Node.Offset() })
	source := d.Source()
	out := make([]byte, 0, len(source)+len(xmlDeclaration))
	at := 0
	for _, c := range changes {
		from, to := attributeValue(source, c.Node.Offset(), c.Attribute)
		if from < at {
			continue
		}
		out = append(append(out, source[at:from]...), escape(c.Value)...)
		at = to
	}
	out = append(out, source[at:]...)
	return append([]byte(xmlDeclaration), anyXMLDeclaration.ReplaceAll(bytes.TrimPrefix(out, []byte("\ufeff")), nil)...)
}

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>`

var anyXMLDeclaration = regexp.MustCompile(`^\s*<\?xml[^>]*\?>`)

func walk(node *document.Node, visit func(*document.Node)) {
	visit(node)
	for _, child := range node.Children {
		walk(child, visit)
	}
}

// referringAttribute returns the attribute in which an import, include or redefine refers to a document, or "".
func referringAttribute(node *document.Node) string {
	switch node.Name.Local {
	case "import", "include", "redefine":
		for _, attribute := range []string{"schemaLocation", "location"} {
			if node.Attribute(attribute) != "" {
				return attribute
			}
		}
	}
	return ""
}

// attributeValue returns where the value of an attribute of the start tag at offset begins and ends, or -1.
func attributeValue(source []byte, offset int, attribute string) (from, to int) {
	for i := offset; i < len(source); i++ {
		switch c := source[i]; c {
		case '>':
			return -1, -1
		case '"', '\'': // the value of another attribute
			end := bytes.IndexByte(source[i+1:], c)
			if end < 0 {
				return -1, -1
			}
			i += end + 1
		case ' ', '\t', '\n', '\r':
			rest, named := bytes.CutPrefix(source[i+1:], []byte(attribute))
			if !named {
				continue
			}
			rest, equal := bytes.CutPrefix(bytes.TrimLeft(rest, " \t\r\n"), []byte("="))
			rest = bytes.TrimLeft(rest, " \t\r\n")
			if !equal || len(rest) == 0 {
				continue
			}
			from = len(source) - len(rest) + 1
			end := bytes.IndexByte(source[from:], rest[0])
			if end < 0 {
				return -1, -1
			}
			return from, from + end
		}
	}
	return -1, -1
}

func escape(value string) []byte {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(value)) // a buffer takes everything
	return out.Bytes()
}
