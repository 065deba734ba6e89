// Package xmlrecord reads XML files whose records are elements, one at a time, and ISO 20022 messages as such files.
//
//	path.go     Path: which elements are records
//	reader.go   a file's records
//	element.go  Element: a record as a tree, and its plain JSON
//	format.go   Format: records with declared fields, or shown as they are
//	write.go    and written
//	edge.go     with what stands around the records
//	iso20022.go ISO 20022: which elements are entries and transactions, and the totals that a message states
//
// # Design
//
// The tokens are encoding/xml's, which refuses what is not well-formed. What can be used to attack a reader is refused too: a document type
// declaration, so that there are no entities but the five of XML; elements nested deeper than 200 times; records longer than [framing.MaxRecord].
//
// A record's raw bytes are its element as it stands, in UTF-8. Prefixes of namespaces that are declared outside of it cannot be resolved any more, so elements are known by their
// local names.
package xmlrecord
