// Package filter makes conditions of SQL of filters that package listing has read, typed against the columns of a table.
//
// # Design
//
// A filter can become nothing but quoted column names, operators of a fixed list, and parameters: [dialect.Builder] has no way to put its text into a
// statement.
package filter
