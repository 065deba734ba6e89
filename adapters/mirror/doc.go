// Package mirror builds the protobuf file that describes a back end's mirrored services, the same way for every
// adapter: how legacy names become protobuf names, how legacy types become protobuf types, and how what the source
// declares (lengths, patterns, allowed values, NOT NULL) becomes protovalidate rules.
//
// An adapter makes a [File], adds messages and services to it while it walks its WSDL, catalogue or copybook, and
// calls [File.Build] once at the end. Messages may be referred to before they have all their fields, so recursive
// types need no care.
//
//	name.go   names: deterministic, unique in their scope
//	type.go   the value table of the design: one constructor for each row
//	file.go   File, Message, Service and the descriptors they become
//
// # Design
//
// One back end is one file. All names share one package, collisions get a number, and a lock file, reflection or
// an OpenAPI document never has to follow imports between mirrored files.
//
// What a type means beyond its protobuf kind is said with annotations that tools know already: buf.validate rules for what is
// accepted (with an example, which mocks and documents use), gnostic's openapi.v3.property for a format (decimal, date),
// google.api.http for the default route, and comments for the original name. So a lock file loses nothing.
//
// Descriptors are written as descriptorpb messages and linked once by protodesc, which checks them. Nothing panics on a
// hostile name: names are sanitised before they are used.
package mirror
