// Package xsd reads XML Schema 1.0 as it is found in WSDLs, into a model of what may stand where.
//
//	model.go    Type, Element, Attribute, Particle, Value: what a schema says
//	set.go      Set: all schemas of one WSDL, their global components, imports
//	element.go  elements, attributes and particles
//	types.go    complex types and their derivation
//	array.go    arrays and the other types of SOAP encoding
//	simple.go   simple types, facets, the built-in types
//
// # Design
//
// The reader is tolerant: it is no validator, and schemas that strict parsers refuse (duplicate globals, misplaced imports, broken
// unique-particle rules) are read for what they plainly mean. The first of two globals of the same name counts. The 1999 and 2000/10 namespaces count as
// the one of 2001.
//
// Components are read when they are first asked for, so types that no operation uses cost only their index entry, and what is wrong with them
// hurts nobody. Types of elements are resolved lazily, which makes recursion no special case.
package xsd
