// Package filter compiles an AIP-160 filter into a condition of SQL, typed against the columns of a table.
//
// # Design
//
// The grammar is AIP-160's, read by go.einride.tech/aip. The typing is ours, since the library knows no decimals or dates,
// and since a literal must keep its exact digits on the way to the engine. A filter can become nothing but quoted column names, operators of a fixed list, and
// parameters: [dialect.Builder] has no way to put its text into a statement.
//
// What it means:
//
//	a = 1, a != 1, a < 1, a <= 1, a > 1, a >= 1   as in SQL, so a row whose a is NULL fits none of them
//	a = null, a != null, a:*                      absence and presence
//	a:"text"                                      a contains the text, case and all
//	a AND b, a b, a OR b, NOT a, -a, (a)          OR binds tighter than AND, as AIP-160 has it
//	a                                             for a boolean column: a = true
package filter
