// Package oracle is the Oracle engine of the database adapter, on sijms/go-ora, which speaks the wire protocol without cgo. It is for Oracle Database 12c release 1 and
// later.
//
// No machine of this project can run Oracle, so it was not run against one. What it says is held by golden files and what it makes of answers by a double of
// the driver; both follow the documents of Oracle SQL and the source of the driver, and nothing else.
//
//	engine.go       Engine: opening, Syntax
//	connect.go      connections: settings of the session
//	run.go          transactions, statements, rows
//	describe.go     the types of a query, as the server tells them
//	inspect.go      the catalogue: tables, columns
//	constraints.go  the catalogue: keys, unique and check constraints, references
//	routines.go     the catalogue: procedures and functions, by themselves and in packages
//	calls.go        calling them
//	types.go        native types to kinds
//	values.go       values both ways
//	faults.go       numbers of errors to faults
//
// # Design
//
// An empty text is NULL to Oracle, and nothing can tell the two apart: what is written as an empty text is told as absent, a filter for an empty text finds nothing, and
// a column that must be given refuses it.
//
// A session spells numbers and moments in one way, whatever the server's settings are (NLS_NUMERIC_CHARACTERS and its kin), and sorts and compares by code points. Decimals go
// and come as text, which the driver and the server keep exact. A NUMBER without a precision is a decimal without a bound. A DATE has a time of day, and so is a date
// and time. TIMESTAMP WITH TIME ZONE and WITH LOCAL TIME ZONE are read in UTC.
//
// CHAR compares with blanks at the end as if they were none only where both sides are CHAR, so a parameter that is compared with one is cast to it. LOBs are compared and sorted
// by their first 1,000 characters or 2,000 bytes. Rows without a key are told apart by ROWID.
//
// The row that an INSERT or UPDATE wrote is read in the same PL/SQL block by its ROWID, through a cursor, so that what triggers and sequences gave it is seen.
//
// Reads that must see one state, and statements of others that must not write, run behind SET TRANSACTION READ ONLY. Statements of data definition commit by
// themselves, also in such a transaction, so only SELECT and WITH are let in there. Repeatable read and serializable are both SERIALIZABLE.
//
// A variable is CLIENT_IDENTIFIER, MODULE, ACTION or CLIENT_INFO, or NAMESPACE.KEY of an application context, which only the package that the namespace trusts may set; for
// sessions, and not for transactions, also any parameter of ALTER SESSION. What a transaction set is set back behind it.
//
// Routines are called by blocks of PL/SQL that name each parameter and pass it through a variable of its own type: so overloaded ones are told apart, and what has a default can
// be left out. What comes out is spelled by the block, which keeps it exact. Cursors are result sets, also the one that a function returns. Records, objects, collections
// and pipelined functions are not offered, nor what DBMS_SQL.RETURN_RESULT returns. Nothing tells of a routine that it only reads; one that is said to is called in a read-only
// transaction, which a COMMIT of its own or an autonomous transaction leaves.
package oracle
