// Package benefits simulates the benefits system: a mainframe that is spoken to in files. It writes a nightly extract of all
// claims, and takes changes of address, which it answers with an acknowledgement file.
//
//	claim.go          the claims, made up from the citizens
//	extract.go        the extract: header, claims, trailer with control totals
//	record.go         fields of a fixed-length EBCDIC record: text, zoned, packed and binary numbers
//	addresschange.go  reading and checking a file of changes, and writing its acknowledgement
//	mainframe.go      the job that waits for such files
//
// The copybooks that describe the records stand in the estate, since the mainframe's people handed them over.
//
// # Design
//
// The bytes are written here by hand, position by position, and not from the copybooks: the gateway's batch adapter reads
// copybooks, and a mistake in its reading must not be made twice. Code page 037 comes from golang.org/x/text.
//
// A file appears under its name only when it is whole, by a rename. A file of changes is put away after its
// acknowledgement is written. When the process dies in between, the next start writes the same acknowledgement again.
package benefits
