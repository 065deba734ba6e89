// Package delimited reads CSV and its kin: values with something between them, in all dialects.
//
//	dialect.go  Dialect: what stands between values and records, and around them
//	reader.go   Reader: a file's records
//	split.go    a record's values
//	charset.go  files in UTF-16
//	sniff.go    Sniff: the dialect that a file seems to have, and how sure that is
//	format.go   Format: records with named and typed columns
//	write.go    and written
//
// # Design
//
// A record keeps its bytes as they stand in the file, quotes included, in the file's own code page; only UTF-16 is turned into UTF-8 on the way, since nothing else could be
// cut by bytes. Cutting and splitting go by the same rule: a quote opens a value only where the value begins. So a quotation mark within a
// value that is not quoted is just a character, and cannot swallow the records behind it.
package delimited
