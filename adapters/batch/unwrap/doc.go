// Package unwrap takes off files what they are packed in: OpenPGP (RFC 9580), and inside it gzip (RFC 1952), ZIP (APPNOTE 6.3), Zstandard (RFC 8878) or bzip2.
//
//	unwrap.go   the layers, one around the other, and their bounds
//	openpgp.go  decryption, and who has signed
//	zip.go      ZIP archives of one file
//	pack.go     packing, for files that leave
//
// # Design
//
// Everything is a stream: memory does not grow with the file. Only a ZIP archive, whose directory stands at its end, goes through a temporary file.
//
// The end of a file ([io.EOF]) comes only once everything about it has proved true: check sums, the integrity of what was encrypted, and the signature. Until then, who reads must
// let nothing come of it.
//
// A file may not unpack to more than a set number of bytes, nor, past the first 64 MiB, to more than 500 times what has been read of it. What a mainframe writes full of
// blanks stays far below that, and a bomb does not.
package unwrap
