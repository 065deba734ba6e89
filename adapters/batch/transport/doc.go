// Package transport reaches the directories that batch files come from and go to: those of the local file system, and those of servers.
//
//	transport.go  what a directory can do, and its faults
//	local.go      a directory of the local file system
//	remote.go     a directory of a server that one stays connected with: sessions, and what becomes of lost ones
//	wire.go       the network connections of a session, and their end when no byte moves
//	sftp.go       sessions of SFTP
//	ftp.go        sessions of FTP and FTPS
//	objects.go    a directory in a bucket of objects
//	web.go        what HTTP connections to buckets have in common: their patience, the meaning of statuses
//	s3.go         buckets of S3
//	gcs.go        buckets of Google Cloud Storage
//	azure.go      containers of Azure Blob Storage
//	settings.go   the configuration
//
// # Design
//
// A [Directory] is one directory and not a whole file system, so that no name can lead out of it, and each inbox and outbox has a connection of its own: a slow
// transfer of one holds up no other.
//
// Faults tell three cases apart, since the caller does something else in each: what is not there ([io/fs.ErrNotExist]); a server that cannot be reached, where nothing
// has happened ([ErrUnreachable]) or nobody knows ([ErrUnknown]); and one that says no ([ErrRefused]).
//
// A session is kept, since polling would else log in every few seconds, and some servers lock out who does. One that is lost is made anew: at once for an operation that
// changes nothing or may be repeated, if the session was an old one; after that with growing pauses ([Pause]). What changes something is never sent twice; it is [ErrUnknown].
//
// The timeout is on silence and not on the whole of an operation: a file may take an hour, as long as its bytes keep moving.
//
// Some FTP servers list no hidden names, and answer 550 for whatever displeases them. So a file counts as not there only if MLST, the listing and SIZE all say so. The end of
// the data connection is the end of the file only once the server has said so with 226.
//
// S3 is minio-go: one client with its chain of credentials, which repeats nothing by itself when told so. Each object is written by one signed PUT, so that it appears
// whole. Google Cloud Storage is the generated client of its JSON API, which storage/v1 is, over requests that we sign in ourselves: the larger client on top of it brings
// gRPC with xDS, and repeats. Azure is azblob 1.6: later ones bring Apache Arrow for a form of listing that nobody needs here. Both name each content of a file
// (generation, ETag), which copying and removing hold it to; with S3 that holds for copying alone.
package transport
