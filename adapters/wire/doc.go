// Package wire is for adapters that write their replies as protobuf wire bytes, straight from what the legacy system sent.
//
//	message.go  Message: wire bytes as a proto.Message
//	writer.go   Writer: fields and nested messages, appended one after the other
//
// # Design
//
// A reply usually goes out as JSON, as gRPC, or into a few fields of a contract, and a tree of dynamic messages between the legacy system and these
// costs more than everything else on the way. A [Message] keeps the bytes: gRPC sends them as they are, the REST API reads them in place, and only who
// looks at single fields by reflection pays for a tree, once.
package wire
