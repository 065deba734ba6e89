// Package snapshot is the file that an extract is served from: the records' own bytes and sorted key arrays, written once, never changed,
// and memory-mapped to be read.
//
//	snapshot.go  Snapshot: opening, reading by key and in order
//	writer.go    Writer: building the file aside and putting it in its place in one step
//	sort.go      sorting key entries in place
//	set.go       numbers of records, a bit each
//	mmap_*.go    mapping a file into memory
//
// # Design
//
// The file is, in this order: the records, one behind the other; for records of different lengths the offset of each, 8 bytes big-endian;
// for each index its entries, sorted; a description in JSON; and a trailer with the description's place, length and checksum. An entry is key bytes of one
// width and the record's number in 4 bytes, so that comparing entries bytewise sorts by key and then by place in the file. The first index is the unique key; an
// entry of the others is the indexed value, the unique key, and the number, so that a list can go on behind a key even when a new snapshot has
// come in between.
//
// Opening reads only the description. What it says is checked against the file's size, so that a damaged file is an error and never a
// crash. Entries are sorted inside the mapped file, so memory stays flat. Closing a snapshot unmaps it: its user must know that nobody reads
// it any more.
package snapshot
