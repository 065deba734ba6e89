// Package codec carries values between protobuf messages and XML, by plans that are made once for each schema type.
//
//	mapper.go    Mapper: schema types to mirrored messages and their plans
//	particle.go  content models, simplified to what a message can hold
//	fields.go    elements and attributes to fields
//	facets.go    simple types to protobuf types and their validation rules
//	plan.go      what reading and writing need to know of a type
//	body.go      Body: what stands in a SOAP body
//	headers.go   header blocks and declared faults
//	attachments.go  MIME parts, and binary content sent as attachments
//	encoded.go   SOAP encoding: arrays, xsi:type
//	write.go     message to XML, strict: elements, attributes, text
//	content.go   the child elements of a message, in the order of the schema
//	read.go      XML to message, tolerant
//	read_body.go ReadOptions, and a SOAP body to a message
//	value.go     values to text, exact
//	read_value.go  text to values, exact
//	datetime.go  dates and times
//	free.go      content that no schema describes, written
//	read_free.go  the same, read
//
// # Design
//
// A message has the fields of its type's elements and attributes, flat, whatever sequences and choices they stand in: callers write what
// they mean and the plan puts it in schema order. A choice between single elements is a oneof. Only a compositor that itself repeats, whose order
// would be lost, becomes a list of messages. A type that others are derived from has a oneof "derived" with one member for each; the member
// that is set stands in for the type, with xsi:type.
//
// All scalars have presence, so absent, empty and zero stay apart. An element that is nil where it could be absent is named in the
// message's field nil_fields, and so is a nil item of a list, as "names[2]".
//
// Reading takes tokens straight to the message, with no tree between. It goes by the element's name in its namespace, else by its local name alone, and
// passes over what it does not know. Only what would overwrite a value that has been read is an error. Writing is strict: what a validating server would refuse is a violation by field path.
//
// xs:date loses its zone, if it has one: callers get the calendar date that was meant. xs:dateTime is a point in time, and one without a zone
// is read in the back end's time zone. Attribute defaults are not filled in. The text of mixed content is joined in one field, so its
// place between the elements is lost.
package codec
