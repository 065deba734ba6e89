package mariadb

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/XSAM/otelsql"
	"github.com/go-sql-driver/mysql"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"golang.org/x/text/encoding/charmap"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Engine opens MariaDB databases.
type Engine struct{}

// MySQL opens MySQL databases, and MariaDB ones with the SQL that both understand.
type MySQL struct{}

var (
	_ dialect.Engine = Engine{}
	_ dialect.Engine = MySQL{}
)

// Schemes returns mariadb.
func (Engine) Schemes() []string { return []string{"mariadb"} }

// Schemes returns mysql.
func (MySQL) Schemes() []string { return []string{"mysql"} }

// Syntax returns MariaDB's spelling.
func (Engine) Syntax() *dialect.Syntax {
	syntax := MySQL{}.Syntax()
	syntax.Returning = dialect.Returning{Insert: true, Delete: true} // since 10.5; an UPDATE returns nothing before 13
	return syntax
}

// Syntax returns MySQL's spelling, all of which MariaDB understands.
func (MySQL) Syntax() *dialect.Syntax {
	return &dialect.Syntax{
		Quote:       quote,
		Placeholder: func(n int) string { return "?" + strconv.Itoa(n) }, // see compile
		Output:      output,
		Compared:    compared,
		Kept:        kept,
		Told:        told,
		Latin1:      charmap.Windows1252, // MySQL 8.4 Reference Manual, section 12.10.2
		Contains: func(_ *dialect.Column, text, part string) string {
			return "LOCATE(" + part + ", CONVERT(" + text + " USING utf8mb4) COLLATE utf8mb4_bin) > 0"
		},
		Documents:  &dialect.Documents{Value: documentValue, Number: documentNumber, Has: documentHas},
		NullsFirst: true,
		Ping:       "SELECT 1",
		Page:       dialect.LimitOffset,
		// The optimizers find a range for a > 1 OR a = 1 AND b > 2, and none for (a, b) > (1, 2).
		RowValues:     false,
		DefaultValues: "() VALUES ()",
		Lock:          "FOR UPDATE",
		LastKey:       "LAST_INSERT_ID()",
	}
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// output reads a geometry as text. All else is read as it is.
func output(column *dialect.Column, expression string) string {
	if column.Kind == dialect.Opaque && geometries[column.Native] {
		return "ST_AsText(" + expression + ")"
	}
	return expression
}

// compared makes an ENUM or SET the text that it is shown as, since they are sorted by number, but compared with a text as texts; and a parameter that is
// compared with a decimal a decimal, since a text would be compared as a double.
func compared(column *dialect.Column, expression string) string {
	switch {
	case numbered(column.Native):
		return "CONVERT(" + expression + " USING utf8mb4) COLLATE utf8mb4_bin"
	case column.Kind == dialect.Decimal && strings.HasPrefix(expression, "?"):
		return "CAST(" + expression + " AS " + decimalType(column.Scale) + ")"
	default:
		return expression
	}
}

// kept says that a parameter that is a point in time is cut to microseconds, and a decimal to the digits of its column.
func kept(column *dialect.Column) (digits int, ok bool) {
	if column.Kind == dialect.Decimal {
		return column.Scale, true
	}
	return 6, column.Kind == dialect.Timestamp || column.Kind == dialect.LocalTimestamp
}

// told is the condition that a date is none of those that the reader makes NULL. The first part of it is one that an index serves.
func told(column *dialect.Column, expression string) string {
	switch column.Kind {
	case dialect.Date, dialect.Timestamp, dialect.LocalTimestamp:
		return expression + " >= '0001-01-01' AND MONTH(" + expression + ") > 0 AND DAYOFMONTH(" + expression + ") > 0"
	default:
		return ""
	}
}

// numbered reports whether a type is one whose texts have numbers.
func numbered(native string) bool {
	return strings.HasPrefix(native, "enum(") || strings.HasPrefix(native, "set(")
}

// Open connects once, so that a wrong address or password is known now.
func (Engine) Open(ctx context.Context, options dialect.Options) (dialect.Database, error) {
	opened, err := open(ctx, options, Engine{}.Syntax())
	if err != nil {
		return nil, err
	}
	if !opened.server.mariaDB {
		opened.Close()
		return nil, badAddress("the server is a MySQL server, whose address starts with mysql:")
	}
	return opened, nil
}

// Open connects once, so that a wrong address or password is known now.
func (MySQL) Open(ctx context.Context, options dialect.Options) (dialect.Database, error) {
	opened, err := open(ctx, options, MySQL{}.Syntax())
	if err != nil {
		return nil, err
	}
	return opened, nil
}

func open(ctx context.Context, options dialect.Options, syntax *dialect.Syntax) (*database, error) {
	config, err := configOf(options)
	if err != nil {
		return nil, err
	}
	if options.UnreadableZeroDates {
		syntax.Told = nil
	}
	opened := &database{schemas: options.Schemas, syntax: syntax, reader: reader{location: options.Location, zeroDates: !options.UnreadableZeroDates}}
	if len(opened.schemas) == 0 {
		opened.schemas = []string{config.DBName}
	}
	settings, err := sessionOf(options)
	if err != nil {
		return nil, err
	}
	native, err := mysql.NewConnector(config)
	if err != nil {
		return nil, badAddress("the address holds settings that do not go together")
	}
	opened.killer = newKiller(native)
	if err := opened.learn(ctx, native, config); err != nil {
		opened.killer.close()
		return nil, err
	}
	if native, err = mysql.NewConnector(config); err != nil { // which learn has told the database that names belong to
		return nil, badAddress("the address holds settings that do not go together")
	}
	pooled := &connector{native: native, settings: settings, killer: opened.killer, statements: max(1, min(mostStatements, mostOfServer/max(1, options.PoolSize)))}
	system := semconv.DBSystemNameMySQL
	if opened.server.mariaDB {
		system = semconv.DBSystemNameMariaDB
	}
	opened.pool = otelsql.OpenDB(pooled, dialect.Tracing(options, system, semconv.DBNamespace(config.DBName))...)
	dialect.SizePool(opened.pool, options)
	if err := opened.reach(ctx); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

const (
	// goneWait is how long the server may take to notice that the connection of learn is gone, which counts among those of an account until then, and goneTick how often it
	// is asked.
	goneWait = 2 * time.Second
	goneTick = 20 * time.Millisecond
)

// reach connects once. An account may have no more connections than this one.
func (d *database) reach(ctx context.Context) error {
	end := time.After(goneWait)
	for {
		err := fault(d.pool.PingContext(ctx))
		var known *dialect.Fault
		if !errors.As(err, &known) || known.Reason != dialect.TooManyConnections {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-end:
			return err
		case <-time.After(goneTick):
		}
	}
}

// badAddress is a mistake in the configuration.
func badAddress(detail string) error {
	return &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress, Detail: detail}
}
