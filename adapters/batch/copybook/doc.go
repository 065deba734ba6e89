// Package copybook reads COBOL record descriptions (ISO/IEC 1989 data description entries, as IBM Enterprise COBOL, Micro Focus and
// GnuCOBOL write them) and works out where each field lies in a record.
//
//	copybook.go  the layout tree: Copybook, Item, Picture
//	lines.go     reference format: fixed (columns 7 to 72) or free, comments, continuation
//	token.go     lines to words, literals and periods, each with its place
//	parse.go     data description entries to a tree of levels
//	clause.go    the clauses of one entry
//	picture.go   PICTURE character strings
//	storage.go   lengths, offsets, REDEFINES and OCCURS DEPENDING ON
//	errors.go    mistakes with file, line and column
//
// # Design
//
// All mistakes are found at once, each with its place; a copybook with mistakes gives no layout.
//
// Copybooks are fragments. A file that starts below level 01 is one record without a name. What only a compiler needs (keys and indexes of
// tables, EXTERNAL, GLOBAL, level 66) is read over, since it takes no storage.
//
// The tree is never expanded: a table of a million elements is one item. So a hostile copybook costs no more memory than its own text.
package copybook
