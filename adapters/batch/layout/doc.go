// Package layout compiles the settings of a file's layout (BatchLayout): how the file is cut into records, what a record is, and how records of several kinds
// belong together.
//
//	layout.go    Layout: from settings and copybooks to what reads a file
//	settings.go  the options of records
//	cut.go       cutting a file into records
//	segments.go  kinds of records, and their numbers
//	family.go    a record of a hierarchy with those that belong to it
//	assembly.go  the records of an extract, where they are not those of the file
//
// # Design
//
// The extracts of an estate, `postern decode` and `postern encode` share the settings and this package, so that what the tool shows is what the gateway serves.
//
// An extract has several 01 levels, of which the adapter compiles those that it needs; for it [Framed] compiles only how files are cut. Both ways share one cut.
//
// The record of a hierarchy in an extract is made of the bodies of several records of the file, and holds them all, so that it can be quarantined, kept and decoded alone. What would not
// be shown of it makes it a bad record; `postern decode` passes over that, as its users know it from other tools.
//
// A length that stands in a record is either a field or a CEL expression over fields. Both read only fields that stand at the same place in every record: where a record ends
// cannot depend on where it ends.
package layout
