// Package edi reads and writes X12, EDIFACT and TRADACOMS.
//
//	syntax.go       Standard, Syntax: separators and character set, as the first segment states them
//	segment.go      Segment: elements, repetitions and components
//	reader.go       Scanner: a file's segments
//	interchange.go  Messages: a file's messages, with the checks of envelopes
//	format.go       Format: messages as records with a list of segments
//	view.go         a segment as JSON
//	write.go        Writer: and from that to a file
//	tree.go         a whole file as JSON: interchanges, groups and messages as loops
package edi
