package xsd

import (
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// An Array is what makes a type an array of SOAP encoding (SOAP 1.1 section 5.4.2, WSDL 1.1 section 2.2).
type Array struct {
	// Item is a member. Its name is what the schema says, else "item"; readers go by position, and accept any.
	Item *Element
	// Dimensions is 1 or more.
	Dimensions int
}

// wsdlNamespace is that of the attribute wsdl:arrayType.
const wsdlNamespace = "http://schemas.xmlsoap.org/wsdl/"

// arrayTypeOf returns the wsdl:arrayType of a node. By the slips of many hands it stands in other namespaces too, or in none.
func arrayTypeOf(node *document.Node) (declared string, given bool) {
	for _, a := range node.Attributes {
		if a.Name.Local == "arrayType" && (a.Name.Space != "" || node.Name.Local == "attribute") {
			return strings.TrimSpace(a.Value), true
		}
	}
	return "", false
}

// encodedArray is an array of anything.
var encodedArray = &Array{Item: NewElement(Name{Local: "item"}, anyType), Dimensions: 1}

// apacheNamespace is that of the collections of Apache SOAP and Axis, which many WSDLs use and few declare.
const apacheNamespace = "http://xml.apache.org/xml-soap"

func isEncodingNamespace(space string) bool {
	return space == encodingNamespace || space == encodingNamespace12
}

func isWSDLNamespace(space string) bool { return strings.HasPrefix(space, wsdlNamespace) }

// encodingTypes are the types of SOAP encoding 1.1 and 1.2 and of Apache's collections. Nobody changes them.
var encodingTypes = func() map[Name]*Type {
	types := make(map[Name]*Type)
	for _, space := range []string{encodingNamespace, encodingNamespace12} {
		for local, t := range builtinTypes {
			if t.Value != nil {
				types[Name{Space: space, Local: local}] = &Type{Name: Name{Space: space, Local: local}, Value: t.Value}
			}
		}
		types[Name{Space: space, Local: "Array"}] = &Type{Name: Name{Space: space, Local: "Array"}, Complex: true, Array: encodedArray}
		types[Name{Space: space, Local: "Struct"}] = anyType
	}
	item := &Type{Name: Name{Space: apacheNamespace, Local: "mapItem"}, Complex: true, Content: sequenceOf(
		&Particle{Kind: ElementParticle, Min: 1, Max: 1, Element: nillableElement("key")},
		&Particle{Kind: ElementParticle, Min: 1, Max: 1, Element: nillableElement("value")},
	)}
	types[item.Name] = item
	types[Name{Space: apacheNamespace, Local: "Map"}] = &Type{Name: Name{Space: apacheNamespace, Local: "Map"}, Complex: true, Content: sequenceOf(
		&Particle{Kind: ElementParticle, Max: Unbounded, Element: NewElement(Name{Local: "item"}, item)},
	)}
	types[Name{Space: apacheNamespace, Local: "Vector"}] = &Type{Name: Name{Space: apacheNamespace, Local: "Vector"}, Complex: true, Content: sequenceOf(
		&Particle{Kind: ElementParticle, Max: Unbounded, Element: nillableElement("item")},
	)}
	types[Name{Space: apacheNamespace, Local: "Element"}] = anyType
	types[Name{Space: apacheNamespace, Local: "Document"}] = anyType
	return types
}()

func sequenceOf(children ...*Particle) *Particle {
	return &Particle{Kind: SequenceParticle, Min: 1, Max: 1, Children: children}
}

func nillableElement(local string) *Element {
	e := NewElement(Name{Local: local}, anyType)
	e.Nillable = true
	return e
}

// array says what a type derived from an array is an array of: by wsdl:arrayType, else by the one element in its content, else what its
// base says. What cannot be read of it is told as a problem.
func (s *Set) array(base *Array, derivation *document.Node, own *Particle, sc *schema) *Array {
	out := *base
	if own != nil {
		if e := onlyElement(own); e != nil {
			out.Item = e
		}
	}
	declared, at := arrayType(derivation)
	if declared == "" {
		return &out
	}
	open := strings.IndexByte(declared, '[')
	if open < 0 {
		open, declared = len(declared), declared+"[]"
	}
	name := declared[:open]
	ranks, ok := ranksOf(declared[open:])
	if !ok {
		s.problem(at, "wsdl:arrayType is %q, which is not a type and brackets; one dimension is taken", declared)
		ranks = []int{1}
	}
	member := &Element{Name: out.Item.Name, Nillable: out.Item.Nillable}
	member.resolve = func() (*Type, error) {
		t := s.typeNamed(name, at, sc)
		for _, rank := range ranks[:len(ranks)-1] {
			t = &Type{Complex: true, Array: &Array{Item: NewElement(Name{Local: "item"}, t), Dimensions: rank}}
		}
		return t, nil
	}
	out.Item, out.Dimensions = member, ranks[len(ranks)-1]
	return &out
}

// onlyElement returns the element of a content model that holds just one.
func onlyElement(p *Particle) *Element {
	for p.Kind != ElementParticle {
		if len(p.Children) != 1 {
			return nil
		}
		p = p.Children[0]
	}
	return p.Element
}

// arrayType returns the wsdl:arrayType of a derivation, and the node that bears it.
func arrayType(derivation *document.Node) (declared string, at *document.Node) {
	for _, child := range derivation.Children {
		if value, ok := arrayTypeOf(child); ok {
			return value, child
		}
		if value, node := arrayType(child); value != "" {
			return value, node
		}
	}
	return "", nil
}

// ranksOf counts the dimensions in each pair of brackets: [][,] is 1 and 2. Sizes within are passed over.
func ranksOf(brackets string) ([]int, bool) {
	var ranks []int
	for brackets = strings.TrimSpace(brackets); brackets != ""; brackets = strings.TrimSpace(brackets) {
		end := strings.IndexByte(brackets, ']')
		if brackets[0] != '[' || end < 0 {
			return nil, false
		}
		ranks = append(ranks, 1+strings.Count(brackets[:end], ","))
		brackets = brackets[end+1:]
	}
	return ranks, len(ranks) > 0
}
