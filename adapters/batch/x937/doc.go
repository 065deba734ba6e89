// Package x937 reads image cash letters: ANSI X9.37 (DSTU), X9.100-187 and their kin, in ASCII and EBCDIC.
//
//	x937.go      Format: a file cut into records, its records as JSON
//	table.go     the types of records, and the fields of each by their place
//	record.go    the values of a record
//	letter.go    the order of records, and totals of amounts
//	document.go  the whole file, nested: cash letters, bundles, items with their images
//
// # Design
//
// No library for these files can be had (moov-io/imagecashletter is refused by the module proxy), so the tables of the standard stand here, in the names of that library's JSON, which
// the document has the shape of: what is blank is 0, "" or the first day of the year 1 there. A record on its own leaves such fields out.
//
// Totals of amounts, and the numbers of bundles and cash letters, are checked, since they mean the same everywhere. Numbers of items and of records are not: exchanges
// differ in what they count.
//
// An image stays the bytes that it is, whatever the code page of the file.
package x937
