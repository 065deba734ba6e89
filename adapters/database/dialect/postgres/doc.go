// Package postgres is the PostgreSQL engine of the database adapter, on pgx.
//
//	engine.go     Engine: opening, statements, transactions
//	rows.go       running a statement, and its rows
//	inspect.go    the catalogue, from pg_catalog
//	routines.go   functions and procedures of the catalogue
//	call.go       calls of them, and the cursors that they open
//	arrays.go     arrays, from their text
//	documents.go  looking into JSON documents
//	types.go      types to kinds
//	arguments.go  values to parameters
//	faults.go     SQLSTATE codes to faults
//	trace.go      names and attributes of spans, without values, and how long statements take
//
// # Design
//
// The catalogue is read with our own statements, one for each sort of thing, whatever the number of tables. A library that
// reads catalogues (ariga.io/atlas) would bring its own schema language and a query per table, and would leave views, domains and generated columns to us.
//
// Values come in binary where that is both exact and cheaper than text (whole numbers, floating point, booleans, timestamps, bytes), and as the server's own
// text everywhere else, under session settings that fix its form: ISO dates, ISO intervals, UTC. Exact numbers, dates and UUIDs are told as text, so their text is the cheapest: in
// binary it would have to be made here. Parameters go out as text and the
// server reads them by the types that it inferred, so every type of the server works as a filter or an input, and a value that does not fit gets the
// server's own SQLSTATE. What has a text form and no other (NaN, infinity and years before Christ, among exact numbers and dates) is told as that text; timestamps of
// the same sort are unreadable, since the design's Timestamp cannot hold them.
//
// A routine that leaves cursors open (refcursor) has its result sets read from them, within its transaction. The server tells their columns only then, so that they are
// held against what was declared. Functions are called among the tables of a SELECT, under names for their columns: a composite type that has changed is an error and not
// another column. Routines that take any number of values, or values of any type, are told as what cannot be offered.
//
// Money is read, compared and stored as a numeric in tables, since its own text follows the server's locale. In the columns of a query, whose text is its author's, it is that text.
// Types with an order of their own (network addresses, bit strings, ranges) are told as text, and filtered and ordered as the server does. Composite types, geometry and whatever
// extensions add are the server's text as well, without.
//
// Statements are prepared once for each connection, by the driver. A table that is changed under a prepared statement makes the server refuse it, before it has run: the
// statement is prepared anew and run once more. Only within a transaction that the adapter began it fails, since what the transaction has done is lost. A result is held against the
// types that the catalogue had, so that nothing is read as something else; whole numbers that have grown are read as long as they fit.
//
// A call that is given up, and a result of which nobody wants the rest, send the server a cancel request; the connection is closed if that does not end the statement soon.
//
// Spans are otelpgx's. Durations are our own by the same conventions: those of otelpgx make their attributes for each statement, which took 4 % of a read by key.
package postgres
