// Package batch is the adapter for batch files: extracts that a mainframe leaves at night are served as resources, and records that callers send leave in
// files and are completed by acknowledgements.
//
//	adapter.go     Adapter and Open
//	backend.go     the open back end: its workers, Drain, Check, Close
//	settings.go    the configuration, compiled: layouts, envelopes, keys
//	describe.go    the mirrored services
//	message.go     records to messages and back
//	scan.go        reading a file against its envelope: header, details, trailer with count and totals
//	inbox.go       files that arrive, and what is remembered of them
//	ingest.go      a file to a snapshot that replaces the last
//	extract.go     the snapshot in force, lent to readers
//	call.go        list and get
//	token.go       page tokens
//	submission.go  a record that a caller sends, and its operation
//	required.go    what a submission must have
//	outbox.go      cutting files
//	deliver.go     delivering them
//	acknowledge.go reading acknowledgements
//	telemetry.go   spans and metrics
//	worker.go      work in the background
//	decode.go      any file to JSON lines, for `postern decode`
//	import.go      a copybook to a configuration, for `postern import copybook`
//	importkey.go   the key that the data proposes
//	errors.go      the fault table
//
// The sub-packages parse copybooks (copybook), decode and encode records (record), cut files into records (framing), and keep snapshots (snapshot).
//
// # Design
//
// A snapshot holds the records' own bytes, decoded when they are read. So a list shows exactly what the file said, a new setting of `formats` needs no
// new extract, and nothing of a record is held twice.
//
// A file counts whole or not at all. It is read once, in flat memory, while its snapshot is built aside; only when every check has passed does the snapshot
// replace the last, in one step. A file that fails is remembered by name, size and time, so that it is looked at again only once it has changed; this is also
// how a file that is still being written is waited for. Where no trailer tells that a file is whole, it must have been left alone for a second. The newest file is tried first, and one that is older than the snapshot in force is passed over, as is
// one with the same content. Older is what says so itself (the header's date), and between two of one date, what came first.
//
// A submission is durable in the store before its caller has an answer. The path of a file has three recorded steps, so that a crash at any
// point neither loses nor repeats it: what goes into it is decided and stored with it (one transaction takes the submissions off the queue); it is written aside in
// the outbox under a hidden name, and only when it is on disk is that recorded; then it is renamed. A restart that finds a
// recorded file without its hidden name knows that the rename has happened, even if the other side has taken the file since. A second hidden file, the
// witness, tells this from a share that is not mounted. Each step is recorded only if nobody has recorded it before, and each gateway writes to a hidden name of its own, so
// that several on one store and one outbox send nothing twice either.
//
// The mirror keeps absent numbers and dates apart from zero with field presence. A table of plain fields cannot: there an absent element is zero or empty.
// Names of 88 levels are told in comments; only submissions are held to their values, since records come as they are.
package batch
