// Package record decodes the bytes of a record into values and encodes values into bytes: EBCDIC and other text, zoned, packed and binary numbers,
// and floating point, by a layout that is compiled once from a copybook or a list of columns.
//
//	layout.go     Layout, Field, Options: what a compiled layout is
//	compile.go    from a copybook to a layout
//	delimited.go  from a list of columns to a layout, and splitting a line into values (RFC 4180)
//	decode.go     Decoder: records to values, handed to a Sink
//	encode.go     values from a Source to records
//	condition.go  comparing a field of a record
//	key.go        values as bytes that sort
//	codec.go      text, and what all codecs share
//	zoned.go, packed.go, binary.go, float.go   numbers as COBOL stores them
//	number.go     exact decimals as text
//	format.go     dates, times and booleans
//	codepage.go   code pages
//	json.go       a Sink that writes JSON
//
// # Design
//
// A value never goes through floating point unless it is stored so: integers of up to 18 digits are int64, all other numbers are decimal text with
// the scale of the picture.
//
// Decoding pushes values into a [Sink] instead of building a tree, so that one walk serves messages, JSON and control totals, and
// a record costs no allocation of its own. Positions are found while walking, since a table that depends on a counter shifts what follows it;
// only fields at a fixed place can be looked up alone ([Layout.Extract]).
//
// What a bad number means is a rule of the layout ([Policy]); the default refuses the record. Encoding never rounds, cuts or replaces: what does not fit is an error.
package record
