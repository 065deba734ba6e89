// Package memory is an adapter whose legacy system is a table in the process. It is the reference for authors of adapters, and the
// double with which the gateway's own tests and benchmarks run.
//
// Its one service, ItemsService, has a method of each sort that the contract knows: reads by key and by page, a
// write, and a stream.
//
//	adapter.go  opening: the descriptors and the handlers they are paired with
//	call.go     the request path
//	errors.go   the fault table
//
// # Design
//
// The table is lost at Close, as its name says. Items are kept as the dynamic messages that are answered, so that a read copies nothing; a
// message that has been handed out is never changed again.
package memory
