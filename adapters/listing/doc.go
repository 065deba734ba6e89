// Package listing is what lists have in common, whatever is listed: filters (AIP-160), orders (AIP-132), page tokens (AIP-158) and partial responses
// (AIP-157).
//
//	field.go    Field: what callers may name in a filter or an order
//	filter.go   ParseFilter: a filter's text as a typed Expression
//	literal.go  literals with all their digits
//	matches.go  texts with stars in them
//	order.go    ParseOrder
//	mask.go     ParseMask: which fields of a reply are wanted
//	token.go    page tokens that are good for one query only
//	request.go  the fields of requests and replies, and what is said of a bad request
//
// # Filters
//
//	a = 1, a != 1, a < 1, a <= 1, a > 1, a >= 1   a row whose a is absent fits none of them
//	a = null, a != null, a:*                      absence and presence
//	a:"text"                                      a contains the text, case and all
//	a = "text*", a != "*text"                     a begins or ends with the text: a star stands for any characters, and \* for itself
//	a:1, a:"text" of a repeated a                  one of its elements is that
//	a.b                                           a field of a group, or a value within a JSON document, which is text, a number or a boolean as the literal is
//	a.b:1, a.b:"text" of a value in a document    it is that, or a list with it
//	a AND b, a b, a OR b, NOT a, -a, (a)          OR binds tighter than AND, as AIP-160 has it
//	a                                             for a boolean field: a = true
//
// # Design
//
// The grammars are the AIPs', read by go.einride.tech/aip. The typing is ours, since the library knows no decimals or dates, and since a literal must keep its exact
// digits on the way to whoever compares it. What comes out is a tree of fields, operators of a fixed list, and values: an adapter makes of it what it compares with, and never
// sees the caller's text.
package listing
