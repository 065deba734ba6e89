// Package database is the adapter for databases: each table a typed resource, each named query a method.
//
//	adapter.go    opening: the address, the catalogue
//	tables.go     the choice of tables, and of the key that names their rows
//	names.go      names in the settings, as the engine folds them
//	columns.go    how columns are read, as the settings have it
//	limits.go     how large an answer may be
//	engines.go    the engines that there are, and the only place that names them
//	backend.go    the open back end
//	mirror.go     tables as descriptors: rows and writes; mirror_read.go their reads, and mirror_relations.go what foreign keys lead to
//	types.go      columns as fields: the value table of the design, constraints as rules
//	values.go     rows to messages and requests to arguments
//	lists.go      arrays
//	get.go        the request path of reads by key
//	list.go       the request path of lists; list_order.go orders and pages, list_plan.go what is compiled once
//	expand.go     rows with what they are related to
//	stream.go     the request path of streams
//	call.go       the request path of writes
//	days.go       dates that are no day
//	condition.go  what a write is made under: entity tags and dates
//	transaction.go transactions: what the session is told in each, and which writes are tried again
//	gate.go       calls that wait for a connection
//	returning.go  rows that a statement wrote and returns
//	written.go    running a statement that writes one row; rows that it cannot return
//	queries.go    named queries: loading; query_types.go types them, query_methods.go makes methods of them, query_calls.go runs them, query_pages.go in pages
//	unlocked.go   named queries that a lock file does not hold yet
//	routines.go   stored procedures and functions: the choice; routine_methods.go makes methods of them, routine_call.go calls them
//	errors.go     faults to errors
//	import.go     `postern import database`
//	dialect/      what is known of engines, and each engine in a package of its own
//	filter/       filters to SQL
//	queryfile/    files of named queries
//	sqltext/      tokens of SQL, and check constraints
//	postgrestest/ a PostgreSQL server for tests
//	mariadbtest/  a MariaDB server for tests
//	firebirdtest/ a Firebird server for tests
//	servertest/   what these have in common
//	sampletest/   schemas with rows, for tests on all engines
//	scripttest/   a double of a driver, for engines that no test can run
//
// # What a back end looks like
//
// One service per back end. A table `tenancies` has ListTenancies (GET /tenancies, with page_size, page_token, filter, order_by, fields, include_total_size and
// expand), StreamTenancies (GET /tenancies:stream), GetTenancy (GET /tenancies/{tenancy_id}), for each foreign key of another table that leads to its key a list of that table's rows (ListTenancyRepairs, GET
// /tenancies/{tenancy_id}/repairs) and, where writing is allowed, CreateTenancy (POST), UpdateTenancy (PATCH) and DeleteTenancy (DELETE). A key of
// several columns is several segments of the path. A table or view without a key can only be listed and streamed. A query is GET /{name} if it only
// reads, else POST /{name}; so is a stored procedure or function that the settings choose.
//
// # Design
//
// A column is an `optional` field, present unless it is NULL, also where it cannot be NULL: a resource is the body of an update too,
// and there presence says what to change. What must be given is demanded by the create request, which has the columns as fields of
// its own: read-only columns are not among them, and a violation's path is the path in the body that the caller sent.
//
// An array is a google.protobuf.ListValue and no repeated field: that could tell neither NULL from an empty array, nor hold a NULL, nor arrays within. Its items are
// in JSON what a field of their type is. What they must be is the engine's to say.
//
// A field's number is the column's own, where the engine numbers columns for life as PostgreSQL does: one that is dropped leaves its number unused. Elsewhere it is
// the column's place in the table: a column added at the end changes no other; one that is dropped moves those behind it, and clients compiled from the
// descriptors must be compiled again. JSON goes by names, and is not touched.
//
// A table without a primary key takes the unique constraint of the fewest columns that are never NULL for one, since it names rows as well. A view has none, and the
// settings may name its key.
//
// Lists are paged by keyset: the values of the order's columns, closed by the primary key or the engine's own row locator, so that
// pages stay right while rows come and go, and the tenth thousand is as cheap as the first. Only views whose key the settings do not name, which have neither, are
// paged by offset. A page token holds these values as the engine compares them, and a checksum over them and the query; it is no secret and
// gives no access, since all it can become is parameters of the same statement.
//
// Related rows (`expand`) take one statement for each relation and 500 rows of a page, in one transaction with the page, so that all are of one state. Of a relation to many no more than the first 100
// rows are told of each row, which a window function counts off in the database; the list of their own has them all. They are held by a message, since a list cannot say whether it
// was asked for or whether there are more. What a reply tells of related rows goes no further: they have none of their own.
// The field of a relation has a number made of the foreign key's table and columns, far from those of columns.
//
// A stream is in no order unless it is asked for, since sorting a large table is what its caller would wait for. Rows pass from the driver to the caller one by one, and are kept by nobody. It
// has neither limit of an answer.
//
// A reply with `fields` or `expand` has no entity tag: the tag is the whole row's, and of nothing else.
//
// The catalogue is read by the engines themselves and not through ariga.io/atlas, whose PostgreSQL and SQLite drivers bring the HCL
// schema language along, run a query per table, and know no views. Statements are put together by dialect.Builder and not by huandu/go-sqlbuilder: it
// is a fifth of the size of an import, and it cannot be given a string that is no constant.
//
// A table or column that is dropped under an open back end is INTERNAL with the reason SCHEMA_CHANGED, which is not UNAVAILABLE: the
// database is well, its other tables still answer, and the same call would fail again. It stays so until the back end is opened again.
//
// An update that gives no field, in its mask or its body, is INVALID_ARGUMENT. AIP-134 leaves it open; a PATCH of {} is a mistake more
// often than a wish, and a 200 would say that something was done. A mask's empty path, which an empty body makes, names nothing.
//
// A named query that is paged becomes a sub-query, of which each page selects the rows behind the last one's, by the columns that its head names. The engine does not say whether a
// query's column can be NULL, so the condition allows for it. A list of values is an array where the engine has them, and else as many placeholders as it has items, so that
// its statement depends on their number; no list has more than 1000. An empty list has nothing in it: IN finds no row, and NOT IN leaves none out.
//
// A routine is called in a transaction, which an error takes back: one that it raises, and a return code that the settings make an error. A routine that commits by itself is
// called in a transaction all the same, and never a second time. What it raises of its own accord is FAILED_PRECONDITION with the reason REFUSED_BY_DATABASE, and its text goes
// to the log and to the rules of bindings. A parameter that is left out is NULL, unless it has a default: then NULL cannot be sent. Overloaded routines are published with the types of their parameters in
// their names. Result sets whose columns the engine does not tell are declared by the settings, and one that differs is INTERNAL with the reason RESULT_MISMATCH.
//
// A statement that lost its connection may have been done, and the adapter repeats none but its own that read and have told no row yet, and those whose transaction had not begun; both once. What certainly was not sent is marked so.
// A call waits for a connection in front of the pool, and leaves a tenth of its time, at most a quarter of a second, to say that there was none: UNAVAILABLE with the reason POOL_EXHAUSTED. Only a write of which the engine
// itself says that it was taken back for others' (a deadlock, a serialisation failure) is made again, after a wait, as often as write_retries says; so is a named query
// that begins with INSERT, UPDATE, DELETE, MERGE, REPLACE or WITH, and no other, since what it calls might commit by itself. Routines are called once.
//
// What a session is told of its caller (session.claims, headers, trace_variable) is told in each transaction and holds no longer, so that a connection brings nothing from one
// caller to the next. Where there is none of it, a read is one statement without a transaction. A claim that is not there is the empty text, so that a policy of rows
// that compares with it lets nobody in. An engine that has no such settings refuses the configuration when it is opened.
//
// An entity tag is made of the version column where there is one, and tells it if it is a number or bytes; then the statement that writes compares it. Else it is a hash, and the row is
// read and locked in the transaction that writes it. If-Match on a row that is not there is a condition that does not hold. If-Unmodified-Since is looked at where the version column is a
// point in time, and refused elsewhere.
//
// A foreign key that a write breaks is a mistake of the request where the write refers to nothing (INVALID_ARGUMENT, with the field), and RESOURCE_IN_USE where others refer to what was to go. SQLite does
// not say which key it is: it is told if the write concerns only one.
package database
