package codec

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/mirror"
	"github.com/postern-gateway/postern/adapters/soap/xsd"
)

// A plan says how messages of one type are read and written. It is complete after [Mapper.Link], and nobody changes it then.
type plan struct {
	message    *mirror.Message
	descriptor protoreflect.MessageDescriptor
	// reading is the plan as the decoder goes by it.
	reading *reading
	// name is the type's, for xsi:type; empty for an anonymous one.
	name xsd.Name
	tag  qualified // name, as it is written
	// text holds simple or mixed content.
	text      *field
	textValue *value
	// textRequired is true for simple content that cannot be empty.
	textRequired bool
	attributes   []*attribute
	// anyAttributes takes attributes that the schema leaves open; nil if it leaves none open.
	anyAttributes *field
	// acceptsAttributes says which.
	acceptsAttributes xsd.Wildcard
	// contentType is the attribute xmime:contentType, which says what binary content is; nil if there is none.
	contentType *attribute
	// content is what is written, in order; nil if there are no child elements.
	content *node
	// slots finds what a child element is, by its local name.
	slots map[string][]*slot
	// wildcard takes child elements that no slot knows.
	wildcard *slot
	groups   int
	nils     *field
	derived  []*derivation
	// array is set for an array of SOAP encoding that is a message of its own, beside nils; it has nothing else then.
	array *array
	// accessors is true for the element of an rpc message, whose first child is the return value under any name (SOAP 1.1 section 7.1).
	accessors bool
	// extra are the fields that stand for nothing in the element: header blocks and MIME parts.
	extra []*field
}

// An array is an array of SOAP encoding (SOAP 1.1 section 5.4.2; SOAP 1.2 part 2 section 3.1.4).
type array struct {
	// item is a member. Its name is how it is written; readers take any child element. Its field, a list, holds all members, in row-major order.
	item *element
	rank int
	// dimensions holds the sizes; nil if rank is 1.
	dimensions *field
	// of is the type of the members, without brackets, and ranks the brackets of the arrays that are members: xsd:int and [] for an array of arrays.
	of    qualified
	ranks string
}

// isEmpty reports whether an element of the type can only be empty.
func (p *plan) isEmpty() bool {
	return p.content == nil && p.text == nil && p.array == nil && len(p.attributes) == 0 && len(p.derived) == 0
}

// A derivation is a type that can stand for another, and the field that holds it then.
type derivation struct {
	field *field
	plan  *plan
}

// A field is a field of a mirrored message.
type field struct {
	mirror *mirror.Field
	fd     protoreflect.FieldDescriptor
}

// qualified is a name as the writer spells it.
type qualified struct {
	name xsd.Name
	// space is the index of the namespace in the mapper's table; 0 is no namespace.
	space int
	// text is "prefix:local".
	text string
}

type attribute struct {
	tag      qualified
	field    *field
	value    *value
	required bool
	fixed    *string
}

// An element says how one element is read and written.
type element struct {
	tag   qualified
	field *field
	// Exactly one of value, plan, free and array says what it holds.
	value *value
	plan  *plan
	free  bool
	// simple is true for free content of a simple type: xs:anySimpleType, which any other stands in for by xsi:type.
	simple bool
	// array is set for an array of SOAP encoding whose members the field holds; value, plan and free are not set then.
	array *array
	// typ is the name of its type, for xsi:type in an encoded body; empty for an anonymous one.
	typ qualified
	// demanded is true if it always stands in the message, though it may be nil or empty.
	demanded bool
	// global is true for an element that is declared globally, whose name has a namespace in an encoded body too.
	global   bool
	nillable bool
	// shared is true if several places of the content model take from the same field.
	shared   bool
	fallback *string // its default or fixed value
	fixed    *string
}

// repeats reports whether its field holds one item for each element of the name, and not the items of a single one of a list type.
func (e *element) repeats() bool {
	return e.field.fd.IsList() && e.array == nil && (e.value == nil || e.value.item == nil)
}

// A node is a part of a content model, for writing.
type node struct {
	kind     nodeKind
	min, max int
	element  *element
	children []*node
	group    *group
	wildcard *field
	// accepts says what may stand in the wildcard's place.
	accepts xsd.Wildcard
}

type nodeKind uint8

const (
	elementNode nodeKind = iota + 1
	sequenceNode
	choiceNode
	groupNode
	wildcardNode
)

// A group is a compositor that repeats: a list of messages.
type group struct {
	field *field
	plan  *plan
	index int // among the groups of its message
}

// A slot says where a child element goes.
type slot struct {
	space   string
	element *element // or
	group   *group   // or
	free    *field
	// index is the place in the content model, and branch the branch of the outermost choice; they say where an item of a
	// group ends and the next begins.
	index, branch int
	single        bool
}
