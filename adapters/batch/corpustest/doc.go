// Package corpustest reads the corpus of batch files that stands beside the project, and compares what was decoded with what the cases of it expect.
//
//	cases.go    Case: a row of cases.tsv
//	compare.go  records as JSON against the expected ones
//
// # Design
//
// The adapter's own tests run the cases through its functions, and those of the command line through the command, so both compare in one way.
//
// Numbers are compared as exact decimals. Only fields that the copybook stores as floating point may differ by a relative 1e-6, since the expected files
// hold what a JVM printed of them.
package corpustest
