// Package memory is an adapter whose legacy system is a table in the process. It is the reference for authors of adapters, and the
// double with which the gateway's own tests and benchmarks run.
//
// Its one service, ItemsService, has a method of each sort that the contract knows: reads by key and by page, writes, one of them
// under conditions, and a stream.
//
//	adapter.go  opening: the descriptors and the handlers they are paired with
//	call.go     the request path
//	errors.go   the fault table
//
// # Design
//
// The table is lost at Close, as its name says. Items are kept as the dynamic messages that are answered, so that a read copies nothing; a
// message that has been handed out is never changed again.
//
// Every write gives its item the table's next number, which is its entity tag: so no state of an item ever has the tag of another, not even one of an item that was
// deleted and created again.
package memory
