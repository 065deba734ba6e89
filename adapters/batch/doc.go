// Package batch is the adapter for batch files: extracts that a mainframe leaves at night are served as resources, and records that callers send leave in
// files and are completed by acknowledgements.
//
//	adapter.go     Adapter and Open
//	backend.go     the open back end: its workers, Drain, Check, Close
//	settings.go    the configuration, compiled: layouts, envelopes, keys
//	formatlayout.go  layouts whose records a format reads
//	describe.go    the mirrored services: the messages of layouts, and submissions
//	describeextract.go  and the methods of extracts
//	message.go     messages to records
//	reply.go       records to messages, as wire bytes
//	scan.go        reading a file against its envelope: header, details, trailer with count and totals
//	blocks.go      the details of a file, examined by several goroutines and taken in order
//	sum.go         control totals and hash totals
//	inbox.go       what is remembered of files that have arrived
//	arrival.go     which files have arrived, wherever inboxes are
//	filename.go    names of files: patterns, dates, done-files
//	incoming.go    a file that is being read
//	packed.go      the settings of what files are packed in
//	putaway.go     what becomes of it then
//	ingest.go      a file to a snapshot that replaces the last
//	publish.go     which comes into force together with what is to be remembered of it
//	quarantine.go  bad records, kept for operators
//	replay.go      and taken in after all
//	replayed.go    also by the other gateways of a store
//	readers.go     which of them still want a file
//	runs.go        what is remembered of each look at a file
//	operator.go    what operators may look into
//	backlog.go     what of it is on its way out
//	extract.go     one kind of extract
//	kept.go        the snapshots that are kept, the one in force, lent to readers
//	rollback.go    going back to one of them
//	checks.go      what must hold of a whole file
//	exact.go       exact numbers in expressions
//	calendar.go    when files are expected
//	delta.go       files of changes, and making them to a snapshot
//	sequence.go    whether a file's turn has come
//	catchup.go     reading from the archive what other gateways have read
//	call.go        get, list and stream
//	fields.go      what callers may name in filters, orders and masks
//	query.go       a request for records, and where its page begins and ends
//	match.go, compare.go  a filter, compiled to what looks at records
//	plan.go        which index answers a query with the fewest records
//	walk.go        records in an order, in flat memory
//	search.go      those of a run of entries that match a filter
//	submission.go  the settings of a kind of submission, compiled
//	submissionformat.go  and of those that leave in files of a format
//	describesubmission.go the mirrored methods of submissions and operations
//	accept.go      records that callers send, one or a list, stored together
//	required.go    what a submission must have
//	stored.go      what the store keeps of a submission and of a file
//	operation.go   operations: read, cancelled
//	operations.go  listed
//	watch.go       and followed until they end
//	cut.go         when what waits is cut into a file
//	outbox.go      cutting files
//	deliver.go     delivering them
//	show.go        the step of that by which the other side sees a file
//	acknowledge.go reading acknowledgements
//	jobs.go        jobs: delivery, expiry, deletion of what ended long ago
//	webhook.go     telling a URL of the ends of operations
//	telemetry.go   spans and metrics
//	links.go       spans that belong together across files
//	worker.go      work in the background
//	decode.go      files with a copybook to JSON lines, for `postern decode`
//	decoderecord.go  one record of them, with what stands beside its fields, and hierarchies of records
//	encode.go      JSON lines to files, for `postern encode`
//	encodefamily.go  hierarchies of records, taken apart
//	unchanged.go   and records that go out as they came in
//	encodeformat.go  JSON lines to files without a copybook
//	decodeformat.go and formats.go  the same for files without a copybook
//	import.go      a copybook to a configuration, for `postern import copybook`
//	importcsv.go   a CSV file to a configuration, for `postern import csv`
//	importsniff.go  the record format and code page that it fits
//	importpage.go  code pages of one kind, told apart by the text that they would make
//	importkey.go   the key that the data proposes
//	importguess.go and header, trailer and dates
//	errors.go      the fault table
//
// The sub-packages parse copybooks (copybook), decode and encode records (record), cut files into records (framing), compile the settings of both (layout), and keep snapshots (snapshot).
// Files without a copybook are formats (format), some of them with fields that a description names (schema): CSV (delimited), JSON lines (jsonrecord), XML and ISO 20022 (xmlrecord), X12, EDIFACT and TRADACOMS (edi), SWIFT MT (swiftmt), ACH, BAI2 and Fedwire (bank), image cash letters (x937).
// Schemas of omniparser are run by its library (omni).
// Inboxes and outboxes are directories that transport reaches, wherever they are; unwrap takes off files what they are packed in.
//
// # Design
//
// A snapshot holds the records' own bytes, decoded when they are read. So a list shows exactly what the file said, a new setting of `formats` needs no
// new extract, and nothing of a record is held twice.
//
// A record of a format (format.Format) is bytes that the format decodes by itself, and so is one that is assembled from several of the file (layout.Assembly). Their fields have no place of
// their own: a key or condition decodes a record up to its field. All else is as for a copybook, since both are a record.Layout.
//
// Lists are those of package listing, so that a caller cannot tell a file from a table. A filter is compiled to conditions on single fields, with NOT moved
// into them, since what is absent fits neither a condition nor its opposite, as in SQL. Where all of its fields stand at fixed places only they are decoded. What it says of
// keys and indexed fields picks the index and the run of its entries that is looked at; each record there is held against the whole filter, so that a run may be
// too long and never too short. A filter sees what a caller sees: text as UTF-8, without the blanks behind it. An order is one of an index's, or continues one
// within records that are equal in it; text has that of its bytes in the file, because that is how entries are sorted.
//
// A page token holds the keys of the last record, and not its place. So a list that is paged through while a new snapshot comes in goes on behind the same record of the new
// one, as it would over a table; one that asks for asOf stays with that data, or fails once it is no longer kept.
//
// A file is cut into records by one goroutine, which fills blocks of them. What a record says alone (what it is, whether all of its fields can be decoded, its keys, what it adds to
// totals) is found out block by block on as many cores as there are. What depends on the records in front of it (numbers, quarantine, the trailer, the snapshot) is done by the
// one goroutine that takes the blocks, in the order of the file. So this holds for every record format, results are those of one goroutine, and there is only one way
// through a file. There is a fixed number of blocks, of so many bytes and records at most, which bounds memory. Details that are assembled from several records are judged by the one that
// takes them.
//
// A file counts whole or not at all. It is read once, in flat memory, while its snapshot is built aside; only when every check has passed does the snapshot
// replace the last, in one step. A file that fails is remembered by name, size and time, so that it is looked at again only once it has changed; this is also
// how a file that is still being written is waited for. Where no trailer tells that a file is whole, it must have been left alone for a second. The newest file is tried first, and one that is older than the snapshot in force is passed over, as is
// one with the same content. Where files are numbered and order matters, or files hold changes, the oldest is tried first, and one can be held until those before it have come. Older is what says so itself (the header's date), and between two of one date, what came first.
//
// A file of changes is a snapshot aside, of which several records may be of one key; from it and the one in force a new one is made, in one walk over each, and in flat
// memory. Changes are judged before anything is written, in order of the file, and wait until what they are made to is there.
//
// The snapshot comes into force by a rename, and what became of the file is written to the store behind it. A crash, or a full disk, may come between: so the snapshot carries the run
// that made it, and the next look writes it down if the store does not have it. Without that the file would count as a duplicate of itself, and its changes would be made twice.
//
// What has been rolled back stays so until data comes that is newer than any that was in force: the rollback is in the store, and names snapshots by when their data was
// true, so that it holds for every gateway, after restarts too. A gateway with a disk of its own makes its own snapshots, from the inbox or, where another has put
// a file away, from the archive; the runs in the store say what there was.
//
// The records that a replay has taken in are in the store, and each gateway makes the replay of its own snapshot; a snapshot carries which ones it has. A file is deleted by the last gateway that
// wants it: each says in the store how far it has come, and is waited for while it says so.
//
// A submission is durable in the store before its caller has an answer. The path of a file has three recorded steps, so that a crash at any
// point neither loses nor repeats it: what goes into it is decided and stored with it (one transaction takes the submissions off the queue); it is written aside in
// the outbox under a hidden name, and only when it is on disk is that recorded; then it is renamed. A restart that finds a
// recorded file without its hidden name knows that the rename has happened, even if the other side has taken the file since. A second hidden file, the
// witness, tells this from a share that is not mounted. Each step is recorded only if nobody has recorded it before, and each gateway writes to a hidden name of its own, so
// that several on one store and one outbox send nothing twice either.
//
// A submission is one record of the store while it waits, and one once it is in a file, found by the number that its reference, its id and its place in the file all lead to. What every submission would
// change (counters, and that a file is delivered) is written once for all of them, and callers who come together share a transaction.
//
// Files are delivered by jobs, each by one gateway at a time and behind those before it; the recorded steps make it safe even if a job runs twice. An operation ends once, in the transaction that its answer,
// expiry or cancellation is decided in, and that transaction adds the job which tells the webhook. An answer that comes after the expiry is noted, and changes nothing.
//
// An idempotency key is the gateway's: it is noted before a submission is stored, so a crash between the two leaves a key of unknown outcome, and never a second submission.
//
// On a server the steps are the same; a rename whose answer is lost is found out by looking for the hidden name. A bucket of objects has no rename: there the copy under the
// file's own name is recorded before it is made, as one more step. If the hidden object is still there after a crash, and the copy is not, it may have been taken: then a
// person decides, since nothing is sent twice (DELIVERY_UNKNOWN). A done-file spares that, as nobody takes a file before it: with one, the copy is made again. The
// done-file comes last, and not if its file has gone already.
//
// A file is whole when its done-file is there and no older than itself; else when it has been left alone, which the trailer or a rename may make unnecessary. On a server, whose
// clock is its own, that is how long we have seen it unchanged. Before it is archived or deleted it is made sure that it is the one that was read, by a rename aside.
//
// The mirror keeps what is absent apart from zero and from blanks with field presence. A table of plain fields cannot: there an absent element is zero or empty, and a filter
// finds nothing equal to it.
// Names of 88 levels are told in comments; only submissions are held to their values, since records come as they are.
package batch
