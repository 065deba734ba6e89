// Package format is what all layouts of files have in common, so that an extract can be any of them.
//
//	format.go  Format: how a file is cut into records, and what fields they have
//	object.go  Object: a record that was read as a whole, handed to a sink
//	value.go   text as a value of a field's type
//	written.go  Written: formats that can be written, and what stands around their records
//	source.go   and what fills them in: single values
//	members.go  Members: a JSON object in its order, held to fields
//
// # Design
//
// A record keeps its raw bytes, and is decoded when it is read, as those of a copybook are. So the raw bytes hold all that decoding needs: where
// a format has context (the batch that an entry belongs to, the separators that an interchange states), its reader puts the lines or segments of the context in
// front of the record's own. What concerns the file as a whole (control totals, counts, an envelope that does not end) is the reader's to check; what concerns one record
// alone is found when it is decoded.
//
// The fields of a format never change, because a mirrored message is made of them. Where a standard leaves the content open, they are a generic list:
// of segments, of tags.
package format
