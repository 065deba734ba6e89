// Package jsonrecord reads files of JSON objects: JSON lines, objects one behind the other in any white space, or one array of objects.
//
//	jsonrecord.go  Format and its reader
//	write.go       and written
package jsonrecord
