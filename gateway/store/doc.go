// Package store keeps what must outlive the process: the submissions and operations of batch files, and whatever else an
// adapter puts into its [adapters.Store].
//
// # Design
//
// One SQLite file in the gateway's data directory, without cgo. Writes are durable when they return (journal in WAL mode, synchronous
// FULL), and happen one after another on a connection of their own; reads have connections beside it, so they never wait for a
// writer. Each user of the store has a space, and sees no other's keys.
package store
