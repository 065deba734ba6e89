// Package postgres is the PostgreSQL engine of the database adapter, on pgx.
//
//	engine.go   Engine: opening, statements, rows
//	inspect.go  the catalogue, from pg_catalog
//	types.go    types to kinds, and values both ways
//	faults.go   SQLSTATE codes to faults
//	trace.go    names and attributes of spans, without values
//
// # Design
//
// The catalogue is read with our own statements, one for each sort of thing, whatever the number of tables. A library that
// reads catalogues (ariga.io/atlas) would bring its own schema language and a query per table, and would leave views, domains and generated columns to us.
//
// Values come in binary where that is both exact and cheap (timestamps, floating point, bytes), and as the server's own
// text everywhere else, under session settings that fix its form: ISO dates, ISO intervals, UTC. Parameters go out as text and the
// server reads them by the types that it inferred, so every type of the server works as a filter or an input, and a value that does not fit gets the
// server's own SQLSTATE.
//
// A call that is given up sends the server a cancel request; the connection is closed if that does not end the statement soon.
package postgres
