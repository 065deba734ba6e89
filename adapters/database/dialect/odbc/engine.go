package odbc

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/XSAM/otelsql"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Scheme starts the address of a database: odbc:CONNECTION-STRING, as odbc:DRIVER={IBM DB2 ODBC DRIVER};HOSTNAME=h;PORT=50000;DATABASE=d;UID=u;PWD=p.
const Scheme = "odbc"

// Engine opens databases through ODBC: Db2 for Linux, UNIX and Windows, Db2 for i, and Informix.
type Engine struct{}

var _ dialect.Engine = Engine{}

// Schemes returns odbc.
func (Engine) Schemes() []string { return []string{Scheme} }

// Syntax returns the spelling of Db2. What is open tells its own, by [dialect.Speaker].
func (Engine) Syntax() *dialect.Syntax { return db2().syntax }

// Syntaxes are the spellings of all makes, by the makes' names.
func Syntaxes() map[string]*dialect.Syntax {
	out := make(map[string]*dialect.Syntax)
	for _, made := range makes() {
		out[made.name] = made.syntax
	}
	return out
}

// makes are those that are known, in the order in which a server is asked whether it is one.
func makes() []*dbms { return []*dbms{db2(), db2i(), informix()} }

// A database is a pool of connections.
type database struct {
	*dbms
	pool     *sql.DB
	schemas  []string
	location *time.Location
}

var _ dialect.Speaker = (*database)(nil)

// Syntax implements [dialect.Speaker].
func (d *database) Syntax() *dialect.Syntax { return d.syntax }

// Open connects, and asks the server what it is.
func (Engine) Open(ctx context.Context, options dialect.Options) (dialect.Database, error) {
	_, text, _ := strings.Cut(options.Address, ":")
	if !strings.Contains(text, "=") {
		return nil, badAddress("an ODBC address is odbc:CONNECTION-STRING, such as odbc:DSN=housing;UID=USER;PWD=PASSWORD")
	}
	if options.Role != "" || len(options.Variables) > 0 {
		return nil, badAddress("sessions through ODBC have no role and no variables; leave session out")
	}
	native, err := connectorOf(text)
	if err != nil {
		return nil, err
	}
	opened, err := open(ctx, native, options, makes())
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// badAddress is a mistake in the configuration.
func badAddress(detail string) error {
	return &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress, Detail: detail}
}

// open makes a pool of a connector's connections to a database of one of the makes.
func open(ctx context.Context, native driver.Connector, options dialect.Options, known []*dbms) (*database, error) {
	pool := otelsql.OpenDB(native, dialect.Tracing(options, semconv.DBSystemNameOtherSQL)...)
	dialect.SizePool(pool, options)
	opened := &database{pool: pool, schemas: options.Schemas, location: options.Zone()}
	if err := opened.learn(ctx, known); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// learn finds out the make by asking for what only it has, and the schema that names belong to.
func (d *database) learn(ctx context.Context, known []*dbms) error {
	for _, made := range known {
		var schema string
		err := d.pool.QueryRowContext(ctx, made.probe).Scan(&schema)
		if err == nil {
			d.dbms = made
			if len(d.schemas) == 0 {
				d.schemas = []string{strings.TrimSpace(schema)}
			}
			return d.quotes(ctx)
		}
		if err = fault(err); !unknownThere(err) {
			return dialect.Unsent(err)
		}
	}
	return badAddress("the server behind this address is neither Db2 for Linux, UNIX and Windows, nor Db2 for i, nor Informix")
}

// quotes holds that a name in quotes is a name, which is a setting of Informix.
func (d *database) quotes(ctx context.Context) error {
	if d.quoted == "" {
		return nil
	}
	var got string
	if err := d.pool.QueryRowContext(ctx, d.quoted).Scan(&got); err != nil {
		return dialect.Unsent(fault(err))
	}
	if strings.TrimSpace(got) != "1" {
		return badAddress("names in quotes are taken for texts; add DELIMIDENT=Y to the address")
	}
	return nil
}

// unknownThere reports whether a server was reached that has not what it was asked for.
func unknownThere(err error) bool {
	var known *dialect.Fault
	return errors.As(err, &known) && slices.Contains([]string{dialect.SchemaChanged, dialect.Unknown, dialect.NotWritable}, known.Reason) ||
		errors.As(err, &known) && known.Code == codes.PermissionDenied
}

// Close ends all connections.
func (d *database) Close() {
	_ = d.pool.Close() // every write was committed
}
