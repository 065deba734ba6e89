// Package filter makes conditions of SQL of filters that package listing has read, typed against the columns of a table.
//
// # Design
//
// A filter can become nothing but quoted column names, operators of a fixed list, and parameters: [dialect.Builder] has no way to put its text into a
// statement.
//
// Of an array a filter asks whether it has an item (tags:"a"). What cannot be compared, such as XML, is absent or present and nothing else.
//
// A path leads into a JSON document by way of objects (details.maker.name = "Ada"). The literal says what the value is compared as: text, a number or a boolean; a value of another kind compares as none, and null
// is as absent as what is not there. details.tags:"a" asks for the value, or for a list with it. Equality becomes containment where an index of PostgreSQL serves that (jsonb @>). Documents give no order.
//
// A text with stars in it (name = "foo*") compares by the column's collation, as = does, and finds what begins with a text by an index where the engine can; s:"text" asks for a part of a text, case and all.
//
// NOT is moved to the conditions on single columns. There a value that the engine has and that callers are not told ([dialect.Syntax].Told) fails both a condition and its opposite, as NULL does.
//
// A value of more digits than the engine keeps of it lies between two that the column can hold, and is compared with the lower of them.
package filter
