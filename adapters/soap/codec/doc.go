// Package codec carries values between protobuf messages and XML, by plans that are made once for each schema type.
//
//	mapper.go    Mapper: schema types to mirrored messages and their plans
//	particle.go  content models, simplified to what a message can hold
//	fields.go    elements and attributes to fields
//	facets.go    simple types to protobuf types and their validation rules
//	pattern.go   patterns of XML Schema as those of RE2, and samples of them
//	ranges.go    how values are written, and what bounds them
//	plan.go      what reading and writing need to know of a type
//	body.go      Body: what stands in a SOAP body
//	headers.go   header blocks and declared faults
//	attachments.go  MIME parts, and binary content sent as attachments
//	encoded.go   SOAP encoding: arrays, xsi:type
//	write.go     message to XML, strict: elements, attributes, text
//	content.go   the child elements of a message, in the order of the schema
//	value.go     values to text, exact
//	datetime.go  dates and times to text
//	free.go      content that no schema describes, written
//	read.go      XML to message, tolerant
//	read_body.go    ReadOptions, ReadReport; a SOAP body, a header block or a fault's detail to a message
//	read_plan.go    plans as the decoder goes by them
//	read_child.go   child elements, repeating compositors, nil, xsi:type
//	read_value.go   text to values, exact
//	read_time.go    text to dates and times
//	read_array.go   arrays of SOAP encoding
//	read_free.go    content that no schema describes
//	multiref.go     what stands elsewhere: href and id, attachments
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
// Reading takes tokens straight to wire bytes ([wire.Message]), with no tree between and no allocation for a value. It goes by the element's name in its
// namespace, else by its local name alone, and passes over what it does not know. Only what would overwrite a value that has been read is an error, and by
// [ReadOptions].Lenient not even that. The items of a list stand together on the wire, however the reply mixes them. Writing is strict: what a validating
// server would refuse is a violation by field path.
//
// An element that refers to another (href="#id", enc:ref) is read as if that one stood in its place, each time that it is referred to, in all up to a
// multiple of the reply's size. A reference that leads back to where it stands is left out: a message is a tree.
//
// xs:date loses its zone, if it has one: callers get the calendar date that was meant. xs:dateTime is a point in time, and one without a zone
// is read in the back end's time zone. The days 0001-01-01 and 9999-12-31, on which the least and the
// greatest date of .NET are, mean no day of a calendar: without a zone they are UTC, both ways, and a zone of their own that takes them out of the
// years 0001 to 9999 is not heeded (0001-01-01T00:00:00+01:00 is 0001-01-01T00:00:00Z). A leap second is the second that follows it. A date
// and time beyond these years has no Timestamp and cannot be read.
//
// Attribute defaults are not filled in. The text of mixed content is joined in one field, so its place between the elements is lost.
package codec
