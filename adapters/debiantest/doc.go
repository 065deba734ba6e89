// Package debiantest installs the packages of Debian that tests run real programs from.
//
//	install.go  apt, one at a time
//
// `go test` runs the tests of several packages at once, and apt takes nobody else beside it, not even to read its lists. So who installs holds a lock of
// this project's first, and waits for whoever else uses apt on the machine.
package debiantest
