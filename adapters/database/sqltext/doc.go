// Package sqltext reads SQL as far as the database adapter must understand it: tokens, so that parameters and literals are told apart from
// look-alikes in strings and comments, and the check constraints that say which values a column may have.
//
//	token.go    Scan: SQL text as tokens
//	check.go    ParseCheck: a check constraint as bounds on single columns
//	writing.go  Writing: the words by which a statement might do more than read
//
// # Design
//
// There is no SQL parser here on purpose. Every engine has its own grammar, and it alone knows whether a statement is right; so
// statements are given to the engine to judge, and what is read here is only what an engine cannot be asked for. What is not understood
// is left alone: a check that is not recognised gives no bound, and the engine still holds it.
package sqltext
