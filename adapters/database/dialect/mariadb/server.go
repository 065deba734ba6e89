package mariadb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A server is what a server says about itself.
type server struct {
	mariaDB bool
	// version is its number: 10.11.6 is 101106.
	version int
}

// The versions that brought what is asked for.
const (
	mysqlChecks = 80016 // CHECK constraints
)

// checks reports whether the server has check constraints, and so a table of them.
func (s server) checks() bool { return s.mariaDB || s.version >= mysqlChecks }

// learn asks what the server is, over a connection that is not of the pool, and has config lead to the first of the schemas, if it is there.
func (d *database) learn(ctx context.Context, connector driver.Connector, config *mysql.Config) error {
	connected, err := connector.Connect(ctx)
	if err != nil {
		return dialect.Unsent(fault(err))
	}
	defer func() { _ = connected.Close() }() // it has no other use
	native, ok := connected.(nativeConn)
	if !ok {
		return fmt.Errorf("the driver's connection is a %T", connected)
	}
	version, err := one(ctx, native, "SELECT VERSION()")
	if err != nil {
		return fault(err)
	}
	if d.killer.server, err = serverName(ctx, native); err != nil {
		return fault(err)
	}
	d.server = parseVersion(version)
	found, err := one(ctx, native, "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?", d.schemas[0])
	if found == "1" {
		config.DBName = d.schemas[0]
	}
	return fault(err)
}

// serverName tells a server from others behind the same address.
func serverName(ctx context.Context, native nativeConn) (string, error) {
	return one(ctx, native, "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id)")
}

// parseVersion reads what VERSION() says: 10.11.6-MariaDB-1:10.11.6+maria~deb12, 8.0.36.
func parseVersion(text string) server {
	numbers, _, _ := strings.Cut(text, "-")
	parsed := server{mariaDB: strings.Contains(text, "MariaDB")}
	for i, part := range strings.SplitN(numbers, ".", 3) {
		number, err := strconv.Atoi(part)
		if err != nil {
			break
		}
		parsed.version += number * []int{10000, 100, 1}[i]
	}
	return parsed
}

// one runs a query that returns one text or number.
func one(ctx context.Context, native nativeConn, query string, arguments ...driver.Value) (string, error) {
	statement, err := native.PrepareContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer func() { _ = statement.Close() }() // the server answers nothing to it
	queried, ok := statement.(nativeStmt)
	if !ok {
		return "", fmt.Errorf("the driver's statement is a %T", statement)
	}
	named := make([]driver.NamedValue, len(arguments))
	for i, argument := range arguments {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: argument}
	}
	found, err := queried.QueryContext(ctx, named)
	if err != nil {
		return "", err
	}
	values := make([]driver.Value, 1)
	err = found.Next(values)
	if err != nil {
		return "", errors.Join(err, found.Close())
	}
	text := fmt.Sprint(values[0])
	if raw, ok := values[0].([]byte); ok {
		text = string(raw) // before it is closed, which may overwrite it
	}
	return text, found.Close()
}
