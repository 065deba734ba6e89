//go:build !odbc

package odbc

import "database/sql/driver"

// connectorOf fails: the driver needs cgo and the driver manager of the system, which most do not have.
func connectorOf(string) (driver.Connector, error) {
	return nil, badAddress("this build has no ODBC: build with -tags odbc")
}

// recordsOf tells nothing of an error.
func recordsOf(error) []record { return nil }
