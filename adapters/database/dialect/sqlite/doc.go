// Package sqlite is the SQLite engine of the database adapter, on modernc.org/sqlite, which needs no cgo.
//
//	engine.go   Engine: opening, statements, rows
//	documents.go looking into JSON documents
//	inspect.go  the catalogue, by pragmas
//	define.go   what only the text of CREATE TABLE says: check constraints
//	types.go    declared types to kinds, and values both ways
//	faults.go   result codes to faults
//
// # Design
//
// SQLite types values and not columns. The declared type says what a column means; a value that does not fit it (text in an
// INTEGER column) cannot be told faithfully, and reading it is a fault that names the column. INT and INTEGER are 64
// bits, since that is what such a column may hold. A date and time is read as SQLite's own functions do: ISO 8601 text, seconds since
// 1970 for an integer, a Julian day for a real; an offset in the text is honoured, and without one the back end's zone holds.
//
// Filters and orders compare points in time by those functions, and so to the millisecond.
//
// Reading and writing have a pool each. Connections that read are query_only, so that no statement can write through them; there is one connection
// that writes, since SQLite takes one writer at a time, and so writers wait their turn here and not in its busy loop.
//
// Columns are read through a unary plus, which changes nothing but hides the declared type from the driver, and so
// keeps it from parsing dates before we see them. In named queries, which are run as they are, it does; it is told the zone for that.
package sqlite
