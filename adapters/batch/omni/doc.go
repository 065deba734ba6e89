// Package omni runs schemas of omniparser (omni.2.1, https://github.com/jf-tech/omniparser): files in csv, fixed width, EDI, JSON and XML become whatever
// records a schema's transform_declarations make of them, by XPath, templates, JavaScript and its functions.
//
//	omni.go    Format: a schema, and the records that it makes of a file
//	record.go  a record: raw, its hash, and what it becomes
//	javascript.go  the scripts of a schema, each call within bounds
//
// # Design
//
// The library itself runs the schema, so that one which runs elsewhere does the same here. Only its JavaScript is run by us: the library's functions for it can neither be bounded nor
// ended. A script has no access to anything outside of its arguments, and a call of it has a time and a depth; the memory that it takes has no bound, so a schema is to be trusted as a program is.
//
// What a schema makes has no declared fields, so its records can be shown and not served. The library does not tell where a record begins: its offset is
// always 0, and messages of the library name lines where it knows them.
//
// The library gives up by panicking in places. A file must never end the process, so a panic is made an error of that file.
package omni
