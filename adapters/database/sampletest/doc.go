// Package sampletest has schemas with rows, of the kinds that databases in service have, for tests that hold what is answered against what SQL says.
//
//	schema.go     a schema in terms of no engine: tables, columns, keys, rows
//	render.go     its statements in each engine's spelling
//	truth.go      what a query answers through database/sql, as the JSON that callers should read
//	awkward.go    the values that are put into rows
//	northwind.go  a trader: orders, their lines under a key of two columns, employees who report to each other
//	sakila.go     a film rental: films and actors, many to many, a view, checked words, a column with a default
//	chinook.go    a music shop: tracks, playlists, invoices
//	legacy.go     a ledger that grew for thirty years
//
// # Design
//
// All names are quoted, so that every engine keeps them as they are written here; Firebird's capitals are for the tests of its own. What callers should read is said
// by the schema itself (path and field) and by package truth, and so by nothing of the adapter.
//
// Rows are made with a fixed seed. They are of our own making, and share with the public samples no more than the shape.
package sampletest
