// Package firebirdtest starts a Firebird server for tests.
//
// It is a private one, in a directory of its own with its own security database, on a free port of the loopback interface. Where the
// binaries are not installed they are, as root on Debian, which takes some 15 seconds. Else [Start] fails and says what to install: nothing is skipped in silence.
//
// Each test has a database of its own, by [Server.Database]: a copy of an empty one, filled by isql.
//
//	server.go   Server: starting, stopping, databases
//	install.go  the binaries
//	layout.go   the directory that the server takes for its installation
package firebirdtest
