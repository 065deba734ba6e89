// Package store keeps what must outlive the process: the submissions and operations of batch files, keys of idempotent calls, and whatever else an
// adapter puts into its [adapters.Store].
//
//	store.go        Store, and the space of each of its users
//	engine.go       SQLite and PostgreSQL: how they are opened, and their statements
//	group.go        updates that are made durable together
//	transaction.go  the transaction that users see
//
// # Design
//
// One SQLite file in the gateway's data directory, without cgo; or a PostgreSQL database, for several gateways that share what they keep. Writes are durable when they return (SQLite's
// journal is in WAL mode with synchronous FULL; PostgreSQL's own setting holds there), and happen one after another, across gateways too: in SQLite because it has one writer, in
// PostgreSQL by an advisory lock. Reads have connections beside it, so they never wait for a writer. Each user of the store has a space, and sees no
// other's keys.
//
// What makes a write slow is waiting for the disk, so those that come while another is under way share one transaction of the database with it, each behind a savepoint of its own: the
// last of those who wait commits for all. One that fails is taken back alone. A hundred callers at once cost the disk little more than one does, and a
// single caller waits no longer than before.
package store
