// Package diagnostic says what is wrong in the files of an estate, and where: file:line:col, the line itself, a caret under
// the column, and what would be accepted.
//
//	diagnostic.go  Diagnostic and List: what is found, sorted and printed
//	text.go        Text: a source file, from which located diagnostics are made
//	print.go       the line and its caret
//
// # Design
//
// A [List] is an error, so a function that finds mistakes returns (result, error) like any other, and all of
// them travel at once. Every mistake is an error: there are no warnings, because nobody reads them.
//
// Lines and columns count from 1. A column counts Unicode code points, as YAML and CEL do, not bytes and not cells of
// the terminal; the caret is placed by the width of what stands before it (tabs are kept as tabs).
//
// A diagnostic is printed to terminals and to the logs of CI systems, and the files are foreign text: control characters
// are shown as U+FFFD, so that a file cannot send commands to the terminal of who checks it.
package diagnostic
