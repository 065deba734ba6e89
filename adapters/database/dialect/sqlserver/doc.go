// Package sqlserver is the SQL Server engine of the database adapter, on microsoft/go-mssqldb, which speaks TDS without cgo. It is for SQL Server 2016 and later
// and for Azure SQL.
//
// No machine of this project can run SQL Server, so it was not run against one. What it says is held by golden files and what it makes of answers by a double
// of the driver; both follow the documents of Transact-SQL and of the driver, and nothing else.
//
//	engine.go       Engine: opening, Syntax
//	connect.go      connections, which end with the context that they are made in
//	settings.go     the address, and what is set for each session
//	run.go          transactions, statements, rows
//	describe.go     the types of a statement, as the server infers them
//	inspect.go      the catalogue: tables, columns
//	constraints.go  the catalogue: keys, unique and check constraints, references
//	routines.go     the catalogue: procedures and functions
//	calls.go        calling them
//	types.go        native types to kinds
//	values.go       values both ways
//	faults.go       numbers of errors to faults
//
// # Design
//
// The row that an INSERT or UPDATE wrote is read in the same batch, by the key that OUTPUT puts into a table variable: OUTPUT without INTO is refused for tables
// with triggers, and would show the row as it was before they ran. A table without a key has no such way, and its row is told as it was given.
//
// SQL Server has no read-only transactions. A statement of others that must not write is refused if a word in it could write, such as INSERT, INTO or EXEC, and
// runs in a transaction that is always taken back. So does a routine that is called to read only: what it wrote is taken back. An address with
// applicationintent=ReadOnly leads to a readable secondary, where there is one, which refuses writes by itself.
//
// Repeatable reads are those of SNAPSHOT where the database allows that, since no lock is then taken; else REPEATABLE READ. Writes use the level as it is called. Each
// transaction says its level, since that of the one before would stay with the connection.
//
// A variable of a session is one of the options that SET knows and that change no meaning of a statement (LOCK_TIMEOUT, DEADLOCK_PRIORITY,
// QUERY_GOVERNOR_COST_LIMIT), or else a key of SESSION_CONTEXT, which predicates of row-level security read. The server forgets all of them when a connection is
// used again. There are no roles to act as: EXECUTE AS would have to be reverted before that, and a connection whose caller is gone is closed instead.
//
// Decimals go as text that is cast to a decimal of as many digits behind the point as the text has, so that nothing is rounded before it is compared, and money, which
// does not take text, takes it. A datetime has ticks of 1/300 s; what it is compared with is brought to such ticks first. Texts go as Unicode. A column of char or varchar with
// a collation whose name starts with SQL_ orders such text in another way than its own, so it is compared and sorted as nvarchar, for which its
// index serves no search: the server would do the same by itself, and less evenly.
//
// A write has a transaction of its own also where it is one statement, since database/sql sends a statement again behind a connection that the driver calls bad. Any error
// ends it on the server too (XACT_ABORT), except in procedures, which may catch errors and go on.
//
// Which parameters have a default is read of the definition of a procedure, which is all that tells; one whose definition is encrypted has none. A parameter that goes out
// takes no default.
//
// Tables without a key have no locator: %%physloc%% is not documented, and rows move. They are paged by offset.
//
// sql_variant, hierarchyid and the geo types are told as text, and cannot be written.
package sqlserver
