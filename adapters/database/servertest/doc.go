// Package servertest has what the database servers for tests have in common: whom they run as, and a port of their own.
package servertest
