// Package bank reads the files that American banks exchange: NACHA (ACH), BAI2 and Fedwire.
//
//	bank.go  what the formats share: lines, and errors with their place
//	ach.go   ACH: entries as records, with the context of file and batch
//	bai2.go  BAI2: accounts as records, with their summaries and transactions
//	wire.go  Fedwire messages
//	write.go  files of documents
//
// # Design
//
// The rules of these formats (some hundred codes, check digits, hashes and totals) are those of the libraries of moov-io, which banks run: ach, bai2 and wire. They
// read a file as a whole, so memory grows with the file, and one of more than [MaxFile] bytes is refused. That is far more than what the networks take. Only when
// a file has passed all checks does it give its first record.
//
// [Document] is the whole file as the library shows it. A record is decoded by what the standard says of its positions, in the names of this package, so that a new version
// of a library changes no mirrored field.
package bank
