// Package postgrestest finds or starts a PostgreSQL server for tests.
//
// The server at the standard address (127.0.0.1:5432, user postgres or root, no password) is taken where there is one. Else a private
// one is started from the binaries that are installed; else, as root on Debian, they are installed first. Else [Start] fails and says
// what to install: nothing is skipped in silence.
//
// Each test has a schema of its own, by [Server.Schema], or a whole database, by [Server.Database], which takes ten times as long.
package postgrestest
