// Package record decodes the bytes of a record into values and encodes values into bytes: EBCDIC and other text, zoned, packed and binary numbers,
// and floating point, by a layout that is compiled once from a copybook or a list of columns.
//
//	layout.go     Layout, Field, Options: what a compiled layout is
//	compile.go    from a copybook to a layout
//	references.go  what its fields say of each other: counters of tables, choices among alternatives
//	describe.go   layouts of records that other packages read
//	delimited.go  from a list of columns to a layout, and splitting a line into values (RFC 4180)
//	decode.go     Decoder: records to values, handed to a Sink
//	encode.go     values from a Source to records
//	encodedelimited.go  and to lines of delimited values (RFC 4180)
//	single.go     one field of a record, and the keys that its values have
//	condition.go  comparing a field of a record
//	rule.go       CEL expressions over fields: alternatives, and the lengths of records
//	segment.go    alternatives that are selected from outside, groups as one text, and level 66
//	key.go        values as bytes that sort
//	codec.go      text, and what all codecs share
//	zoned.go, packed.go, binary.go, float.go   numbers as COBOL stores them
//	signs.go      DISPLAY numbers with their sign anywhere
//	edited.go     numbers as people read them: thousands, currency, signs that float; and in UTF-16
//	number.go     exact decimals as text
//	format.go and dateformat.go   dates, times and booleans
//	codepage.go   what a code page does
//	codepages.go  code pages by name; their tables are in codepages.txt
//	json.go       a Sink that writes JSON
//	jsondebug.go  and the bytes behind values
//	program.go    JSON and checks of records whose fields all stand at fixed places, without walking the tree
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
// A layout without alternatives and counters is also compiled to a flat list of steps, each with the bytes and the name of one value: for JSON that is twice as
// fast as the walk. Whether a record can be decoded is told by those steps that can fail, which text cannot. A record with anything that a policy must decide about is walked all the same, so that there is one place for policies.
//
// An edited number (ZZ,ZZ9.99CR) is a number, read strictly by its picture and written by the editing rules. Plain ones around a point (-ZZ9.99) are read as any DISPLAY number is, since
// files of other programs fill them as they like. Blanks are zero where the picture says so (BLANK WHEN ZERO, or nothing but Z), unless the policy for blanks says otherwise.
//
// What a bad number means is a rule of the layout ([Policy]); the default refuses the record. Encoding never rounds, cuts or replaces: what does not fit is an error.
package record
