// Package fault decides what of an error leaves the process, for REST and gRPC callers alike.
//
// # Design
//
// Only an [adapters.Error] was written with a caller in mind, so only its text and details pass. Any other error that carries a gRPC status
// keeps its code and loses its text: the status of a library names hosts and addresses, and grpc-go puts the whole chain of
// Error() texts into a status once somebody wraps one. What carries nothing is Internal with a fixed text.
//
// An [adapters.Error] comes before a context error that it wraps: whoever made it has seen both, and asked
// [adapters.FromContext] first. A context error comes before all else.
package fault
