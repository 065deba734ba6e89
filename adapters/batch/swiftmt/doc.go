// Package swiftmt reads SWIFT FIN messages (MT): blocks, and the tags of their text.
//
//	reader.go   Messages: a file's messages
//	message.go  Parse: blocks and tags
//	format.go   Format: messages as records
//	write.go    and written
//
// # Design
//
// A file holds messages one behind the other (.fin), or separated by $ (RJE), or each between SOH and ETX (DOS-PCC). All are read alike: a message begins with
// block 1, and goes on to the next one. So an acknowledgement of the network (service 21), which stands in front of a copy of its message, is a message of its own.
//
// Text fields are tags with their values as they were sent, in the characters of the X set or whatever else was sent, since each field's format is stated in a standard that
// changes every year.
package swiftmt
