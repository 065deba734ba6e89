// Package queryfile reads the files of named queries: SQL statements, each under a head of comments that says what the engine
// cannot be asked.
//
//	-- name: ArrearsByDistrict :many
//	-- Rent accounts of a district that are behind by at least an amount.
//	-- param: district text
//	-- param: minimum decimal nullable
//	-- returns: total decimal(10,2)
//	SELECT account_id, sum(amount) AS total FROM arrears WHERE district = :district ...;
//
// The first line names the query and says what it answers: one row (:one), a list (:many), or the number of rows written (:exec). `param` gives a
// parameter's type, and whether it may be left out; `returns` a column's. `writes` says that a query of one or many writes; without it the
// engine runs the query read-only. Other comments of the head describe the query to its callers. A file may hold
// several queries.
//
// # Design
//
// The head follows sqlc's, which people know. Parameters are written :name in every engine's SQL, so that a query says what it wants and not
// in which order; they become the engine's own placeholders here. Positions are kept through that, so that the engine's message
// about a character of the statement can be shown at its place in the file.
package queryfile
