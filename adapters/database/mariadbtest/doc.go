// Package mariadbtest finds or starts a MariaDB server for tests.
//
// The server at the standard address (127.0.0.1:3306, user root, no password) is taken where there is one. Else a private
// one is started from the binaries that are installed; else, as root on Debian, they are installed first. Else [Start] fails and says
// what to install: nothing is skipped in silence.
//
// Each test has a database of its own, by [Server.Database], whose texts are UTF-8 and compared byte by byte.
package mariadbtest
