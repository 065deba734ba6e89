// Package registry holds the services in force: what they look like (the [Catalog]), how they are answered (the
// [Registry]), and the connection over which one part of the gateway calls another without a byte being serialised
// (the [Conn]).
//
//	catalog.go   descriptors and types of one load of the estate; lookups; a resolver for JSON, Any and reflection
//	registry.go  the methods with their handlers
//	options.go   what a method's options say of it
//	conn.go      grpc.ClientConnInterface over a registry, in process
//
// # Design
//
// Catalog and Registry never change once they are made. A reload makes new ones and swaps a pointer, so no call
// sees half of two estates, and the request path takes no lock.
//
// The catalogue comes first and the handlers after it, because a contract's handlers are compiled against the descriptors of all other
// services, other contracts included. For the same reason a Conn exists before the registry that it calls.
//
// Types are dynamicpb types of the descriptors of this load, except where a method names a Go type of its own. They are never
// registered in protoregistry's globals: two loads of the same estate would clash there.
package registry
