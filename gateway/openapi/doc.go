// Package openapi writes the OpenAPI 3.1 document of one published API version.
//
//	document.go   the document: information, tags, paths, components
//	operation.go  one operation of one route
//	schema.go     schemas of messages, by protoc-gen-connect-openapi, mended
//	wellknown.go  schemas of google.protobuf
//	object.go     JSON objects that keep the order of their members
//
// # Design
//
// Schemas come from protoc-gen-connect-openapi, which knows protovalidate's rules and gnostic's annotations. Operations do not: they are written from the
// very routes and parameters that gateway/rest serves, so that document and behaviour cannot differ. That also gives what the library does not have: JSON names in paths,
// streams, 202 and 204, problems, and one path for templates that differ in the names of their variables only.
//
// Of the schemas these are mended: a message with choices (oneof) becomes an object whose choices are told by which members are required, with
// "none" allowed unless the choice is required (the library's additionalProperties beside allOf could never be met); the types of google.protobuf are
// as protojson writes them; an optional field is a field that may be absent, not one that may be null; titles that repeat a
// field's name go. What no operation refers to is left out.
//
// The document is built from small ordered objects and not with a model of OpenAPI such as libopenapi's: there is nothing to resolve or to
// index in writing, and the order of members stays that of the .proto file. libopenapi reads the result in the tests.
package openapi
