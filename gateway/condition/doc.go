// Package condition reads the conditions that a write is only to be made under: If-Match and If-Unmodified-Since (RFC 9110 section 13.1), as the headers of a REST
// request or the metadata of a gRPC call.
//
//	condition.go  Read: from headers to [adapters.Conditions]
//
// # Design
//
// The conditions are read where a call comes in, because they are the caller's, and are handed down in the context; an adapter, which alone knows the state of
// its resource in the moment of the write, looks at them. A method that does not look is never called under a condition: one that is
// not looked at must not be taken for one that holds.
//
// For the same reason a date that cannot be read is refused, where RFC 9110 section 13.1.4 has it ignored: the write would be made without the condition that its
// caller wanted.
package condition
