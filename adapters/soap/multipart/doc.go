// Package multipart reads and writes SOAP messages with attachments: MTOM with XOP (W3C, 2005), and SOAP Messages with Attachments (W3C note, 2000), both of them
// multipart/related (RFC 2387).
//
//	read.go    Parse, and finding an attachment by its reference
//	header.go  header fields and their parameters, as servers write them
//	write.go   Write and WriteMTOM
//
// # Design decisions
//
// Parts are slices of the message, which for attachments of megabytes is what counts; only base64 and quoted-printable need memory of their own. mime/multipart copies every part through
// a reader, and mime.ParseMediaType refuses boundaries that servers send without quotes, so the scanner is our own.
//
// A message whose closing boundary is missing is truncated, and an error: how much of its last part is missing cannot be told. A boundary counts only at the beginning of a line that
// holds nothing else. Lines end as the first boundary's line does, so that a binary part may end with either half of the other kind.
//
// The root is the part that start names or, without one that fits, the first. Two parts of one Content-ID are an error, since nobody could say which is meant.
package multipart
