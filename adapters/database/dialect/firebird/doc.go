// Package firebird is the Firebird engine of the database adapter, on nakagami/firebirdsql, which speaks the wire protocol without cgo. It is for Firebird 3 and
// later, and was run against 3.0; what Firebird 4 added (INT128, DECFLOAT, zones) is read by the rules of its documents.
//
//	engine.go    Engine: opening, Syntax
//	connect.go   connections: settings of the session, and which of them are still good
//	run.go       transactions, statements, rows
//	describe.go  the types of a statement, by preparing it
//	inspect.go   the catalogue: tables, columns
//	rules.go     the catalogue: keys, unique and check constraints, references
//	routines.go  the catalogue: procedures and functions, and calling them
//	types.go     native types to kinds
//	values.go    values both ways
//	faults.go    codes of errors to faults
//
// # Design
//
// Every statement runs in a transaction that is begun and ended for it: a read-only one where it only reads. The driver's own
// way, one transaction that is committed again and again and never ends, keeps the server from ever clearing old versions of rows.
//
// The driver keeps a note of each transaction of a connection until the connection is closed, and then asks the server about each. So a connection is closed after
// some thousand transactions, out of the caller's sight. It also does not notice by itself that a server has gone; a connection
// whose transaction could not be ended in order is not used again.
//
// The isolation levels are READ COMMITTED, SNAPSHOT for repeatable read, and SNAPSHOT TABLE STABILITY for serializable. The driver begins read-only transactions
// as READ COMMITTED only, so a statement of others that must not write sees each row as it was committed last, whatever isolation is asked for.
//
// Text comes as UTF-8. Columns of character set NONE have bytes of which the server knows nothing: they are read as UTF-8, or as what the
// setting text_encoding says. With that setting, what is written is stored in the same encoding if all text columns are NONE; where some are not, an argument
// beyond ASCII is refused, since the server does not say which column it is for. Text BLOBs are read through a CAST to UTF-8, which the
// server does not do by itself, and are compared and sorted by their first 4,000 characters, where the server would sort them by their numbers.
//
// A parameter that is compared with a column has the column's type, so that the server rounds a number to the column's scale, and refuses a text that is longer than the
// column. Filters therefore say what such a number lies between ([dialect.Syntax].Kept), and texts are cast to the longest type that there is.
//
// The driver takes the blanks off the end of a CHAR. They are put back, since the column's length says how many they were. Numbers with a scale come as text, and so exact.
// TIMESTAMP and TIME have four digits of a second; what is finer is rounded. Strings longer than 32,766 bytes are sent as a BLOB, whose bytes the
// server stores as they are.
//
// UPDATE and DELETE with RETURNING answer one row of NULLs where they found none to write; such a row is left out. They fail where they find more than one.
//
// Databases of SQL dialect 1 are read too, through a connection of dialect 3: there DATE is a TIMESTAMP, and NUMERIC of more than 9 digits is a
// double, which is told with the digits behind the point that it was declared with.
//
// A statement is cancelled on the server by op_cancel. Where the server does not heed it within a second, as while it waits for a lock, the connection is
// closed, which ends it too.
package firebird
