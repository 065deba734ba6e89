// Package schema reads descriptions of layouts that are no copybooks: the columns of CSV and fixed-width files, the members of JSON and XML records, the loops of
// EDI messages.
//
//	schema.go  Schema: what a description says, and its mistakes
//	fields.go  fields and their types
//	open.go    from a description to a format
//	fixed.go   fixed-width text with several types of records, and control totals
//	writefixed.go  and written
//	loops.go   the loops of EDI messages
//
// # Design
//
// A description is YAML, or JSON, which is a part of it. It is read strictly: a key that is not known is a mistake with its line, and so is a type that the format cannot have.
//
// Control totals are part of the layout, since a file that fails them was cut off or altered, whatever is done with it: its reader refuses it behind the trailer.
package schema
