// Package odbc is the engine of the database adapter for what is reached through ODBC: Db2 for Linux, UNIX and Windows, Db2 for i (AS/400), and Informix. It is on
// alexbrainman/odbc, which needs cgo and the system's driver manager, and is compiled under the build tag odbc; without it an odbc: address is a mistake that says so.
//
// None of the three was run against, and no build with the tag was run against any server. What is made of answers is held by a double of the driver, which follows IBM's
// documents and nothing else.
//
//	engine.go       Engine: opening, and finding out what the server is
//	driver_odbc.go  the driver, under the tag; driver_none.go is in its place without it
//	dbms.go         what differs between the makes
//	db2.go          both makes of Db2
//	informix.go     Informix
//	run.go          transactions, statements, rows
//	inspect.go      the catalogue, from each make's queries
//	values.go       values both ways
//	faults.go       SQLSTATEs and native numbers to faults
//
// # Design
//
// The server is asked for tables that only one make has, so that the address needs no more than a connection string.
//
// The driver reads decimals as floats, and moments in the zone of this process; and it binds texts as the type that the server would like, without a fraction. So columns
// of these types are selected as text, and placeholders are cast from text to what they stand for. A named query selects a decimal as VARCHAR, or it is not told.
//
// What orders a page comes back as text, which both Db2 and Informix compare with the column by its own type.
//
// A driver that stops a statement in ODBC has none for those that return no rows: such a write is waited for, also when its caller is gone, and then taken back. How
// long it may take is for the connection string to say, and so is how long connecting may.
//
// There are no read-only transactions. A statement of others that must not write is refused if a word in it could, and its transaction is taken back.
//
// Db2 returns the row that a statement wrote from FINAL TABLE, and refuses where a trigger behind the statement changes it. Db2 for i does so for INSERT alone, and
// Informix not at all: there the row is read behind the statement by its key, which only a SERIAL gives.
//
// Not offered: routines, roles and variables of sessions, DECFLOAT and floating DECIMAL, intervals, Informix's large objects and its check constraints, and unique indexes that
// no constraint stands for. Keys of Informix are read up to 8 columns.
package odbc
