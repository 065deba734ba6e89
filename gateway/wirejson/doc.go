// Package wirejson writes messages as proto3 JSON, straight from their wire bytes.
//
//	codec.go      Codec: the tables of one generation, and what is written with them
//	table.go      table: what is known of a message type before its first message comes
//	scan.go       scan: where in its bytes each field of a message stands
//	encoder.go    one message: its fields in order of declaration, lists, nested messages
//	mapping.go    map fields, sorted by key
//	scalar.go     numbers, enumerations, bytes and text
//	wellknown.go  the messages of google.protobuf that have a JSON of their own
//
// # Design
//
// The bytes are those of protojson with EmitDefaultValues, without the white space that protojson puts in at random: what callers compare or hash does not
// change with the build. The tests hold the two against each other with random messages of random types.
//
// An adapter that answers with a wire.Message has its bytes read in place. Any other message is marshalled first: dynamic messages are read by reflection
// once either way, and generated ones are marshalled faster than they are read by reflection.
//
// A message is read twice: a scan notes where each field stands, and then the fields are written in order of declaration. The scan steps over nested messages
// by their length, so a byte is looked at once for each level that it is nested in, but never more than as a length. Fields may come in any order, and more than
// once, as the encoding allows: the last value counts, and parts of one message are put together.
//
// Tables are made when a type is first met, and kept for as long as the codec. Types of the next load of the estate have descriptors of their own, so a codec belongs to
// one generation. Types that no adapter mirrors (extensions, groups, closed enumerations, required fields) and google.protobuf.FieldMask are left to protojson.
package wirejson
