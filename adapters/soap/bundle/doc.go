// Package bundle makes the documents of a WSDL into texts that refer to each other, and to nothing else: for copies beside a back end's configuration, and
// for a server that serves them.
//
// # Design
//
// A document keeps its own text: only the values of its references are changed, in place. So comments, order and line numbers of what the user knows
// stay, and a later mistake in the copy has the same line as in the original. Each becomes UTF-8, because a document that came over HTTP may have
// said its encoding nowhere but there.
//
// The names of files are told apart without regard to case, since not every file system has one.
package bundle
