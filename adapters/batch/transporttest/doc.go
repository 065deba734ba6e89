// Package transporttest runs servers of files for tests: SFTP, FTP, S3, Google Cloud Storage and Azure Blob Storage, each in the process of the test, on a free port, over a directory of the test's own.
//
//	server.go  what they have in common: faults to order, secrets
//	sftp.go    SFTP, by pkg/sftp
//	ftp.go     FTP, by ftpserverlib
//	web.go     servers of objects, over HTTP
//	s3.go      S3, by gofakes3
//	objects.go  objects in memory, for those that follow
//	gcs.go     Google Cloud Storage: as much of its JSON API as is used. fake-gcs-server holds no copy and no removal to a generation, and brings gRPC with xDS
//	azure.go   Azure Blob Storage: as much of its REST API as is used. Azurite is 374 npm packages; with one that is up, named by POSTERN_TEST_AZURITE, the tests of transport run on it too
//
// A [Server] can be told to fail at any operation ([Server.Fail]), in the ways that servers do.
package transporttest
