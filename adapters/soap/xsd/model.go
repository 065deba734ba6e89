package xsd

import (
	"slices"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// Name is a name with its namespace.
type Name = document.Name

// Namespace is the namespace of XML Schema 1.0.
const Namespace = "http://www.w3.org/2001/XMLSchema"

// InstanceNamespace is the namespace of xsi:type and xsi:nil.
const InstanceNamespace = "http://www.w3.org/2001/XMLSchema-instance"

// Unbounded is the Max of a particle that may occur any number of times.
const Unbounded = -1

// An Element is an element declaration.
type Element struct {
	// Name is the element's name as it stands on the wire.
	Name     Name
	Doc      string
	Nillable bool
	Abstract bool
	// Default and Fixed are nil if the schema gives none.
	Default, Fixed *string
	Global         bool

	resolve  func() (*Type, error)
	resolved *Type
}

// Type returns the element's type. The error says what reference points at nothing.
func (e *Element) Type() (*Type, error) {
	if e.resolved == nil {
		t, err := e.resolve()
		if err != nil {
			return nil, err
		}
		e.resolved = t
	}
	return e.resolved, nil
}

// NewElement returns an element of a type that no schema declares: the accessor of an rpc part.
func NewElement(name Name, t *Type) *Element {
	return &Element{Name: name, resolved: t}
}

// ParticleKind is what a [Particle] is.
type ParticleKind uint8

// The kinds of particles. All is read as Sequence: its order is free, and schema order is as good as any.
const (
	ElementParticle ParticleKind = iota + 1
	AnyParticle
	SequenceParticle
	ChoiceParticle
)

// A Particle is a part of a content model.
type Particle struct {
	Kind ParticleKind
	// Min and Max say how often it occurs; Max may be [Unbounded].
	Min, Max int
	// Element is set for an ElementParticle.
	Element *Element
	// Wildcard is set for an AnyParticle: what may stand there.
	Wildcard Wildcard
	// Children are the parts of a sequence or choice.
	Children []*Particle
	// Group is the name of the model group that it came from, if it did.
	Group string
	Doc   string
}

// A Wildcard says from which namespaces elements or attributes may come that the schema does not name (XML Schema part 1 section 3.10). The zero Wildcard
// is ##any. What it says of their validation (processContents) is not kept: it is the back end's.
type Wildcard struct {
	// Spaces are the namespaces that are accepted, with "" for none; those that are not, if Other is true. Nil accepts all.
	Spaces []string
	Other  bool
}

// Accepts reports whether what stands in a namespace, "" for none, may stand here.
func (w *Wildcard) Accepts(space string) bool {
	return w.Spaces == nil || slices.Contains(w.Spaces, space) != w.Other
}

// An Attribute is an attribute use.
type Attribute struct {
	Name     Name
	Doc      string
	Required bool
	// Default and Fixed are nil if the schema gives none.
	Default, Fixed *string
	Value          *Value
}

// A Type is a simple or complex type.
type Type struct {
	// Name is empty for an anonymous type.
	Name     Name
	Doc      string
	Abstract bool
	// Mixed content has text between its elements.
	Mixed bool
	// Complex is false for a simple type.
	Complex bool
	// Any is true for xsd:anyType, whose content may be anything.
	Any bool
	// Value is what the text holds, for a simple type or a complex type with simple content; nil for others.
	Value *Value
	// Content is the content model with the base type's part first; nil if there are no child elements.
	Content *Particle
	// Attributes are the attribute uses, inherited ones first.
	Attributes []*Attribute
	// AnyAttribute says which attributes there may be that the schema does not name; nil for none.
	AnyAttribute *Wildcard
	// Array is set for an array of SOAP encoding; nothing else says what it holds then.
	Array *Array
}

// A Value is the value space of a simple type: a built-in type and what restricts it.
type Value struct {
	// Builtin is the local name of the built-in type that it comes from: decimal, string. A union is a string.
	Builtin string
	// Item is the type of the items of a list, whose lengths count items; nil for anything else.
	Item *Value
	// Union is true if the value may be of one of several types, which are the Members.
	Union   bool
	Members []*Value
	Facets
}

// Facets restrict a value (XML Schema part 2 section 4.3). A nil pointer or empty list means no restriction.
type Facets struct {
	MinLength, MaxLength        *int
	TotalDigits, FractionDigits *int
	MinInclusive, MaxInclusive  *string
	MinExclusive, MaxExclusive  *string
	Enumeration                 []string
	Patterns                    []string // alternatives, of the last step that has any
	WhiteSpace                  string
}
