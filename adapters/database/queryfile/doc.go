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
// The first line names the query and says what it answers: one row (:one), a list (:many), rows without end (:stream), or the number of rows written (:exec). Behind it may stand
//
//	-- param: NAME TYPE nullable -- DESCRIPTION        a parameter's type, and that it may be left out, which is NULL
//	-- param: NAME TYPE default VALUE -- DESCRIPTION   what it is when it is left out; text in quotes: 'secure'
//	-- param: NAME TYPE[] -- DESCRIPTION               a list, for x IN (:NAME); one that is left out is empty, and then nothing is in it
//	-- returns: COLUMN TYPE -- DESCRIPTION             a column's type, where the engine cannot tell it, or another one is wanted
//	-- paged: by COLUMN, COLUMN desc                   the list comes in pages, in this order; together the columns must tell any two rows apart
//	-- timeout: 5s                                     how long a call may take
//	-- writes                                          a query of one or many writes; without it the engine runs the query read-only
//
// Other comments of the head describe the query to its callers. A file may hold several queries.
//
//	parse.go     files and heads
//	statement.go statements, and the way back from a place in one to its place in the file
//
// # Design
//
// The head follows sqlc's, which people know. Parameters are written :name in every engine's SQL, so that a query says what it wants and not
// in which order; they become the engine's own placeholders here. Positions are kept through that, so that the engine's message
// about a character of the statement can be shown at its place in the file. IN with a list is spelled by what the engine has: arrays, or as many placeholders as the list has items.
package queryfile
