// Package mariadb is the engine of the database adapter for MariaDB and MySQL, on go-sql-driver/mysql.
//
//	engine.go    Engine and MySQL: opening, and how SQL is spelled
//	documents.go looking into JSON documents
//	address.go   addresses, TLS, and what a session begins with
//	server.go    what a server says about itself
//	conn.go      sessions: prepared statements kept, and statements stopped
//	database.go  statements and transactions
//	compile.go   placeholders with numbers to those without
//	inspect.go   the catalogue, from information_schema
//	routines.go  stored procedures and functions
//	types.go     types to kinds
//	values.go    values both ways
//	faults.go    error numbers to faults
//
// # What was run
//
// The tests run on MariaDB 10.11. No MySQL server was run: what is spelled for it alone (its table of check constraints, texts with their character set
// in them, keys named TABLE.KEY in messages, error numbers from 3000 on) follows its manual, and is tested against texts taken from there.
//
// # Design
//
// A database of these servers is what other engines call a schema. The address names one, from which tables are read; the settings may name others.
//
// MariaDB can return the rows that it inserts and deletes, MySQL cannot; neither returns those that it updates. The scheme of the address says which it
// is, since statements are made before a server is asked: mariadb: for MariaDB alone, mysql: for what both understand.
//
// Statements are prepared, also those without parameters, and kept by each session: only in the binary protocol do all values come in full, a FLOAT
// among them. The driver does not parse times, so that dates which are none (0000-00-00) and times beyond 24 hours come as they are. The latter are told as text;
// the former are NULL or unreadable, as the settings say. Where they are NULL, filters and orders take them for NULL too, but in the key that closes an order, which tells rows apart by what is
// stored. A filter still finds a range of an index; an order by a date cannot come from an index, unless the settings have such dates as unreadable.
//
// Sessions are in UTC, in UTF-8, and strict; the server's other modes are kept, since queries may count on them. A TINYINT(1) and a BIT(1) are booleans, and a stored 2 is
// unreadable. Longer BITs are the unsigned numbers that the server makes of them where it computes. Spatial values are told as text (WKT), and cannot be
// written.
//
// Most collations take a and A for equal, and texts that differ in blanks at their end. Such columns are unbound: no rule is made of their checks.
// Filters and orders follow the collation too, so that indexes serve them; what contains a text is found case and all. ENUM and SET are sorted by their texts and not by their
// numbers, since a comparison with a text goes by texts.
//
// A text that is compared with a DECIMAL is compared as a double, which has 15 digits. Cursors therefore say as what they were read, and decimals among parameters are
// cast to decimals of as many digits behind the point as they, or their column, have.
//
// What these servers call latin1 is CP1252, with the five bytes that it leaves free as control characters.
//
// A call that is given up closes its connection, as the driver does, which a server at work does not notice. So it is told to end the
// session over another connection, unless that leads to another server behind the same address.
package mariadb
