package wsdl

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

const namespace = "http://schemas.xmlsoap.org/wsdl/"

// reader collects what the documents of a WSDL declare.
type reader struct {
	loader  *document.Loader
	schemas *xsd.Set
	seen    map[*document.Node]bool
	roots   []*document.Node

	messages  table
	portTypes table
	bindings  table
	services  []*document.Node
	policyIDs map[policyKey]*document.Node
	// operations are those of each portType, by name.
	operations map[*document.Node]map[string][]*document.Node

	out *Definitions
}

// table holds the global declarations of one kind.
type table map[document.Name]*document.Node

// find looks a name up, by its local part alone if that is good for exactly one, at last in any case of letters. It returns the name that
// was found.
func (t table) find(name document.Name) (*document.Node, document.Name) {
	if node := t[name]; node != nil {
		return node, name
	}
	for _, equal := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var fits []document.Name
		for other := range t {
			if equal(other.Local, name.Local) {
				fits = append(fits, other)
			}
		}
		if len(fits) == 1 {
			return t[fits[0]], fits[0]
		}
	}
	return nil, name
}

// name resolves the QName in an attribute.
func (r *reader) name(node *document.Node, attribute string) (document.Name, error) {
	return xsd.Resolve(node, node.Attribute(attribute), node.Document().Root.Attribute("targetNamespace"))
}

// Read reads the WSDL at an absolute path or URL with all that it imports. The error is a [document.Error], or several joined.
func Read(ctx context.Context, loader *document.Loader, location string) (*Definitions, error) {
	r := &reader{
		loader: loader, schemas: xsd.NewSet(loader), seen: make(map[*document.Node]bool),
		messages: make(table), portTypes: make(table), bindings: make(table), policyIDs: make(map[policyKey]*document.Node), operations: make(map[*document.Node]map[string][]*document.Node),
	}
	r.out = &Definitions{Schemas: r.schemas}
	root, err := loader.Load(ctx, location, nil)
	if err != nil {
		return nil, err
	}
	if err := r.collect(ctx, root.Root, nil); err != nil {
		return nil, err
	}
	for _, node := range r.services {
		if isWSDL2(node.Name.Space) {
			r.service2(node)
		} else {
			r.service(node)
		}
	}
	r.unoffered()
	return r.out, nil
}

// collect reads one document and what it imports.
func (r *reader) collect(ctx context.Context, node, importing *document.Node) error {
	if r.seen[node] {
		return nil
	}
	r.seen[node] = true
	switch {
	case xsd.IsSchema(node) && importing != nil:
		return r.schemas.Add(ctx, node)
	case node.Name.Local == "description" && isWSDL2(node.Name.Space):
		return r.collect2(ctx, node)
	case node.Name != document.Name{Space: namespace, Local: "definitions"}:
		return node.Errorf("this is no WSDL: its root element is %s; {%s}definitions is accepted", node.Name, namespace)
	}
	r.roots = append(r.roots, node)
	r.collectPolicies(node)
	var problems []error
	for _, child := range node.Children {
		switch {
		case child.Name.Space == namespace:
			problems = append(problems, r.declare(ctx, child, node.Attribute("targetNamespace")))
		case xsd.IsSchema(child): // the types around it were forgotten
			problems = append(problems, r.schemas.Add(ctx, child))
		}
	}
	return errors.Join(problems...)
}

func (r *reader) declare(ctx context.Context, node *document.Node, target string) error {
	name := document.Name{Space: target, Local: node.Attribute("name")}
	switch node.Name.Local {
	case "import":
		return r.imports(ctx, node)
	case "types":
		return r.types(ctx, node)
	case "message":
		r.messages.add(name, node)
	case "portType":
		r.portTypes.add(name, node)
	case "binding":
		r.bindings.add(name, node)
	case "service":
		r.services = append(r.services, node)
	}
	return nil
}

func (r *reader) types(ctx context.Context, node *document.Node) error {
	var problems []error
	for _, child := range node.Children {
		if xsd.IsSchema(child) {
			problems = append(problems, r.schemas.Add(ctx, child))
		} else if child.Name.Local == "import" && child.Attribute("schemaLocation") != "" {
			problems = append(problems, r.schemas.Import(ctx, child)) // xs:import may stand in the types of WSDL 2.0, and does in some of WSDL 1.1
		}
	}
	return errors.Join(problems...)
}

func (t table) add(name document.Name, node *document.Node) {
	if t[name] == nil {
		t[name] = node
	}
}

func (r *reader) imports(ctx context.Context, node *document.Node) error {
	reference := node.Attribute("location")
	if reference == "" {
		return nil
	}
	location, err := node.Document().Locate(reference)
	if err != nil {
		return node.Errorf("%v", err)
	}
	imported, err := r.loader.Load(ctx, location, node)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.skipError("import of "+reference, "", err, node.Position())
		return nil
	case err != nil:
		return err
	}
	return r.collect(ctx, imported.Root, node)
}

func documentation(node *document.Node) string {
	if doc := node.Child(document.Name{Space: node.Name.Space, Local: "documentation"}); doc != nil {
		return strings.Join(strings.Fields(allText(doc)), " ")
	}
	return ""
}

func allText(node *document.Node) string {
	text := node.Text
	for _, child := range node.Children {
		text += " " + allText(child)
	}
	return text
}

func children(node *document.Node, local string) []*document.Node {
	var out []*document.Node
	for _, child := range node.Children {
		if child.Name == (document.Name{Space: namespace, Local: local}) {
			out = append(out, child)
		}
	}
	return out
}
