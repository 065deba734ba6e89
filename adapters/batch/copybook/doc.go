// Package copybook reads COBOL record descriptions (ISO/IEC 1989 data description entries, as IBM Enterprise COBOL, Micro Focus and
// GnuCOBOL write them) and works out where each field lies in a record.
//
//	copybook.go  the layout tree: Copybook, Item, Picture
//	lines.go     reference format: fixed (columns 7 to 72) or free, comments, continuation
//	conditional.go  lines that compiler directives leave out: >>IF, >>EVALUATE, >>DEFINE, $IF
//	token.go     lines to words, literals and periods, each with its place
//	copy.go      COPY and REPLACE, with REPLACING
//	parse.go     data description entries to a tree of levels
//	clause.go    the clauses of one entry
//	value.go     literals and figurative constants, of VALUE and of conditions
//	constant.go  level 78 and CONSTANT: literals with names
//	renames.go   level 66
//	program.go   what stands around record descriptions in programs, and EXEC SQL
//	picture.go   PICTURE character strings
//	edited.go    those that edit numbers: thousands, currency, signs that float
//	storage.go   lengths, offsets, slack bytes, REDEFINES and OCCURS DEPENDING ON
//	join.go      several records as one: one behind the other, or alternatives
//	errors.go    mistakes with file, line and column
//
// # Design
//
// All mistakes are found at once, each with its place; a copybook with mistakes gives no layout.
//
// Copybooks are fragments. A file that starts below level 01 is one record without a name. What only a compiler needs (keys and indexes of
// tables, EXTERNAL, GLOBAL) is read over, since it takes no storage. A whole program is read for the records of its data division.
//
// Compilers differ, and a copybook does not say whose it is. What all of them agree on is read without being asked; [Options] say the rest:
//
//	                          IBM Enterprise COBOL    Micro Focus             GnuCOBOL
//	BINARY, COMP, COMP-4      2, 4, 8 bytes           1 to 8 bytes (1--8)     1, 2, 4, 8 bytes
//	COMP-5                    big endian              the machine's order     the machine's order
//	COMP-X, COMP-6            not there               fewest bytes, unsigned  fewest bytes, unsigned
//	COMP-1, COMP-2            hexadecimal             IEEE 754                IEEE 754
//	POINTER                   4 bytes (8 in LP64)     4 or 8 bytes            8 bytes
//	SYNC of 8 bytes           boundary of 4           boundary of 8           boundary of 8
//	a minus in ASCII          (EBCDIC: zone D)        p to y on the digit     p to y on the digit
//	format of the text        fixed                   $SET SOURCEFORMAT       >>SOURCE FORMAT
//	constants                 CONSTANT                level 78                level 78, CONSTANT
//
// The options for them are BinarySizes, PointerBytes, SyncMax and NoSync here, and the byte order and the floating point format of package record. In ASCII, package record
// reads either way to carry a minus, and writes the characters that EBCDIC shows ({ to R).
//
// What COPY brings in keeps its own file and lines, and what REPLACING puts in has the place of what it replaces, so that a mistake is shown where
// somebody can mend it. Texts are found by a function of the caller, which decides what may be read.
//
// The tree is never expanded: a table of a million elements is one item. So a hostile copybook costs no more memory than its own text.
package copybook
