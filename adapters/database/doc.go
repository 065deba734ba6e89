// Package database is the adapter for databases: each table a typed resource, each named query a method.
//
//	adapter.go    opening: the address, the catalogue
//	tables.go     the choice of tables, and of the key that names their rows
//	columns.go    how columns are read, as the settings have it
//	limits.go     how large an answer may be
//	engines.go    the engines that there are, and the only place that names them
//	backend.go    the open back end
//	mirror.go     tables and queries as descriptors
//	types.go      columns as fields: the value table of the design, constraints as rules
//	values.go     rows to messages and requests to arguments
//	call.go       the request path: get, create, update, delete
//	list.go       the request path of lists: filter, order, pages
//	queries.go    named queries: loading, typing, running
//	errors.go     faults to errors
//	import.go     `postern import database`
//	dialect/      what is known of engines, and each engine in a package of its own
//	filter/       filters to SQL
//	queryfile/    files of named queries
//	sqltext/      tokens of SQL, and check constraints
//	postgrestest/ a PostgreSQL server for tests
//
// # What a back end looks like
//
// One service per back end. A table `tenancies` has ListTenancies (GET /tenancies, with page_size, page_token, filter and order_by), GetTenancy
// (GET /tenancies/{tenancy_id}) and, where writing is allowed, CreateTenancy (POST), UpdateTenancy (PATCH) and DeleteTenancy (DELETE). A key of
// several columns is several segments of the path. A table or view without a key can only be listed. A query is GET /{name} if it only
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
