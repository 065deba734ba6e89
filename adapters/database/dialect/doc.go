// Package dialect is what the database adapter knows of database engines: how a schema looks, how a statement is run, and what
// an engine spells in its own way. Each engine is a package of its own below this one.
//
//	schema.go   Schema, Table, Column: what an engine says about itself, in terms that all engines share
//	reading.go  Reading: what the settings say of a column beyond the engine
//	value.go    Value and Argument: what is read from and sent to an engine
//	dialect.go  Engine and Database, which an engine implements, and Syntax, which it fills in
//	builder.go  Builder: statements made of fixed text, quoted identifiers and parameters, and of nothing else
//	documents.go Documents: how JSON documents are looked into
//	floor.go    values of more digits than a comparison keeps
//	results.go  Reconcile: result sets that somebody declared
//	fault.go    Fault: why a statement failed
//	trace.go    Label: what a statement is called in traces
//	quiet.go    Quiet: spans without the words of engines
//	sqlrows.go  running statements and reading rows, of engines over database/sql
//	sqltrace.go Tracing: spans of engines over database/sql
//
// # Design
//
// The interface is small because the adapter keeps to SQL that engines share. Where they differ in a word,
// [Syntax] holds a function; where they differ in a way of working (introspection, types, errors, sessions), the
// engine does it whole.
//
// Rows pass through a slice of [Value] that is used again for each row: a struct and not an interface, so that reading a row of
// numbers allocates nothing, whichever driver is underneath.
package dialect
