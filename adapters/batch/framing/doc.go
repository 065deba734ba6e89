// Package framing cuts a stream of bytes into records, each with its number and its place in the file, in memory that does not grow with the file.
//
//	framing.go   Reader, and Lines
//	fixed.go     records of one length, alone, by turns and in blocks; records that say their length themselves
//	variable.go  records and blocks with descriptor words (V, VB, VBS), or with headers of their own
//	wrap.go      readers over others: parts of a file, other line ends, splitting, bounds
//	write.go     Writer: the same the other way round
//
// # Design
//
// A reader hands out slices of its own buffer, good until the next call, so that a file of millions of records costs no allocation for
// each.
package framing
