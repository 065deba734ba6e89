// Package adapters is the contract between the gateway and what wraps a legacy system: all that the author of an adapter has to
// know, and all that the gateway knows of an adapter.
//
// An [Adapter] opens back ends of one kind: SOAP services, databases, batch files. An open [Backend] offers mirrored
// services, each made of a protobuf descriptor (what it looks like, one to one with what the legacy system says about
// itself) and handlers (how it is answered). A handler takes and returns proto.Message, so an adapter is free to use dynamic messages,
// generated ones, or views of wire bytes.
//
//	adapter.go     Adapter, Backend, Service, Method and the handlers; how packages are named
//	errors.go      Error, for calls, and ConfigError, for what the user wrote
//	caller.go      Caller: who made a call
//	conditions.go  Conditions: what a write is made under
//	reply.go       Reply: freshness and entity tag of an answer
//	store.go       Store: what must outlive the process
//	jobs.go        Jobs: work that must be done even so
//	operated.go    Operated: what operators may look into and set right
//	secret.go      reading secrets
//
// To write an adapter, start from adapters/memory, which is the reference; build descriptors with adapters/mirror; write replies as wire bytes with adapters/wire where speed asks for it; and hold the result
// against adapters/adaptertest, which every adapter passes.
//
// # What an adapter does not do
//
// It knows nothing of REST, access, retries, breakers, caches, or tracing set-up: all these are the gateway's,
// and the same for every adapter. It keeps no goroutine that [Backend].Close does not end. It never sends a
// write twice. It lets no legacy text, host name, path, SQL or secret into the public part of an [Error].
//
// # Design
//
// Interfaces are small, and further powers are optional one-method interfaces ([Checker], [Noter], [Drainer], [Operated], [CallerReader]), so that the contract can
// grow without breaking a partner's adapter.
//
// What the gateway must know of a method (that it only reads, where it is published by default, what its
// fields demand) is said in the descriptor, with options that are standards already, and not in Go. So it survives in the lock
// file, and a remote adapter in any language says it in the same way.
package adapters
