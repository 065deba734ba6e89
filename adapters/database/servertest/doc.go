// Package servertest has what the database servers for tests have in common: whom they run as, a port of their own, the wait until they answer, and a proxy that makes them come and go.
package servertest
