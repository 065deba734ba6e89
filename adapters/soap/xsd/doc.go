// Package xsd reads XML Schema 1.0 as it is found in WSDLs, into a model of what may stand where.
//
//	model.go      Type, Element, Attribute, Particle, Value: what a schema says
//	set.go        Set: all schemas of one WSDL, their global components, imports
//	lookup.go     what names stand for
//	element.go    elements and particles
//	attribute.go  attributes and their groups
//	types.go      complex types and their derivation
//	array.go      arrays and the other types of SOAP encoding
//	simple.go     simple types, facets, the built-in types
//	problem.go    what is wrong in a schema and could be read past
//	wellknown.go  the schemas of namespaces that many use and few bring along, which are in wellknown
//
// # Design
//
// The reader is tolerant: it is no validator, and schemas that strict parsers refuse (duplicate globals, misplaced imports, broken
// unique-particle rules) are read for what they plainly mean. The first of two globals of the same name counts. The 1999 and 2000/10 namespaces count as
// the one of 2001.
//
// What cannot be understood costs only itself. A reference to nothing becomes free content, and a facet that is no number does not count; each is a [Problem] with
// its place. Only what would have no end is an error. A name whose namespace is wrong is found by its local part, if just one global
// component has it: schemas written by hand get prefixes wrong, and no tool complained.
//
// Schemas of well-known namespaces are carried along, in our own words and only as far as messages need them, so that nothing has to be fetched from the
// servers of standards bodies. A schema that the WSDL brings along comes first.
//
// Components are read when they are first asked for, so types that no operation uses cost only their index entry, and what is wrong with them
// hurts nobody. Types of elements are resolved lazily, which makes recursion no special case.
package xsd
