// Package framing cuts a stream of bytes into records, each with its number and its place in the file, in memory that does not grow with the file.
//
//	framing.go  Reader, Fixed and Lines
//
// # Design
//
// A reader hands out slices of its own buffer, good until the next call, so that a file of millions of records costs no allocation for
// each.
package framing
