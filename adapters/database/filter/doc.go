// Package filter makes conditions of SQL of filters that package listing has read, typed against the columns of a table.
//
// # Design
//
// A filter can become nothing but quoted column names, operators of a fixed list, and parameters: [dialect.Builder] has no way to put its text into a
// statement.
//
// Of an array a filter asks whether it has an item (tags:"a"). What cannot be compared, such as JSON, is absent or present and nothing else. A * within a text is a
// character like any other: a text that is to be contained is asked for by s:"text".
//
// A value of more digits than the engine keeps of it lies between two that the column can hold, and is compared with the lower of them.
package filter
