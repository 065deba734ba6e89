// Package database is the adapter for databases: each table a typed resource, each named query a method.
//
//	adapter.go    opening: the address, the catalogue
//	tables.go     the choice of tables, and of the key that names their rows
//	columns.go    how columns are read, as the settings have it
//	limits.go     how large an answer may be
//	engines.go    the engines that there are, and the only place that names them
//	backend.go    the open back end
//	mirror.go     tables as descriptors: rows and writes; mirror_read.go their reads, and mirror_relations.go what foreign keys lead to
//	types.go      columns as fields: the value table of the design, constraints as rules
//	values.go     rows to messages and requests to arguments
//	get.go        the request path of reads by key
//	list.go       the request path of lists; list_order.go orders and pages, list_plan.go what is compiled once
//	expand.go     rows with what they are related to
//	stream.go     the request path of streams
//	call.go       the request path of writes
//	written.go    rows that a statement wrote and cannot return
//	queries.go    named queries: loading, typing, running
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
//
// # What a back end looks like
//
// One service per back end. A table `tenancies` has ListTenancies (GET /tenancies, with page_size, page_token, filter, order_by, fields, include_total_size and
// expand), StreamTenancies (GET /tenancies:stream), GetTenancy (GET /tenancies/{tenancy_id}), for each foreign key of another table that leads to its key a list of that table's rows (ListTenancyRepairs, GET
// /tenancies/{tenancy_id}/repairs) and, where writing is allowed, CreateTenancy (POST), UpdateTenancy (PATCH) and DeleteTenancy (DELETE). A key of
// several columns is several segments of the path. A table or view without a key can only be listed and streamed. A query is GET /{name} if it only
// reads, else POST /{name}.
//
// # Design
//
// A column is an `optional` field, present unless it is NULL, also where it cannot be NULL: a resource is the body of an update too,
// and there presence says what to change. What must be given is demanded by the create request, which has the columns as fields of
// its own: read-only columns are not among them, and a violation's path is the path in the body that the caller sent.
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
// A statement that lost its connection may have been done, and the adapter does not repeat it. What certainly was not sent is marked so.
package database
