// Package sample makes messages from their schema: what a mock answers before there is a back end.
//
//	sample.go   Reply: messages, fields, lists, maps and choices
//	rules.go    the rules of a field, whatever its type
//	scalar.go   numbers, booleans, bytes and enumerations
//	text.go     strings, by rule, format and name
//	pattern.go  text that a regular expression matches
//	known.go    the messages of google.protobuf and google.longrunning
//
// A value comes from the first of these that the field's rules accept: the constant of its rules, the field of the same name in the
// request (so that the reply speaks of the citizen who was asked for), an allowed value, an example, and then something made to fit: by
// format (date, decimal, uuid, email, ...), pattern, length and range.
//
// Lists hold one or two elements, choices their first member, and next_page_token is empty, so that nobody pages through a mock for ever. A
// message within itself is left out. A long-running operation is done, with an empty response, where the method only reads; where it
// writes, it is under way, as it will be with a real back end.
//
// # Design
//
// The same request gets the same reply, in every process: values depend on a hash of method and request, and on nothing else.
//
// Replies keep the protovalidate rules of their fields. Rules in CEL are not solved; who has such rules writes an
// example. Bounds that depend on the present time (lt_now, gt_now, within) are the one case where a value depends on the clock.
package sample
