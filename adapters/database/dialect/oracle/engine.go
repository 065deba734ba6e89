package oracle

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"hash/crc32"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/XSAM/otelsql"
	goora "github.com/sijms/go-ora/v2"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Scheme starts the address of a database: oracle://USER:PASSWORD@HOST:PORT/SERVICE.
const Scheme = "oracle"

// Engine opens Oracle databases.
type Engine struct{}

var _ dialect.Engine = Engine{}

// Schemes returns oracle.
func (Engine) Schemes() []string { return []string{Scheme} }

// Syntax returns the spelling of Oracle SQL.
func (Engine) Syntax() *dialect.Syntax {
	return &dialect.Syntax{
		Quote:       quote,
		Placeholder: func(n int) string { return ":" + strconv.Itoa(n) },
		Output:      output,
		Compared:    compared,
		Contains:    func(_ *dialect.Column, text, part string) string { return "INSTR(" + text + ", " + part + ") > 0" },
		Capitals:    true,
		Ping:        "SELECT 1 FROM DUAL",
		Page:        page,
		Lock:        "FOR UPDATE",
		Returning:   dialect.Returning{Insert: true, Update: true, Row: returning},
	}
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, "") + `"` } // which no name has in it

func page(limit, offset int64) string {
	out := "FETCH NEXT " + strconv.FormatInt(limit, 10) + " ROWS ONLY"
	if offset > 0 {
		out = "OFFSET " + strconv.FormatInt(offset, 10) + " ROWS " + out
	}
	return out
}

// output brings moments to UTC and XML to text. What is selected a second time for its order gets a name of its own, since neither ORDER BY nor FETCH stands
// two columns of one name.
func output(column *dialect.Column, expression string) string {
	switch {
	case column.Kind == dialect.Cursor:
		return expression + " AS " + quote("by "+strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(expression))), 16))
	case column.Kind == dialect.Timestamp:
		return "SYS_EXTRACT_UTC(" + expression + ")"
	case column.Kind == dialect.Interval:
		return "TO_CHAR(" + expression + ")"
	case column.Kind == dialect.XML:
		return "XMLSERIALIZE(CONTENT " + expression + " AS CLOB)"
	case column.Native == "ROWID" || column.Native == "UROWID":
		return "ROWIDTOCHAR(" + expression + ")"
	default:
		return expression
	}
}

// compared makes comparable what is not. See the package's design.
func compared(column *dialect.Column, expression string) string {
	base, _, _ := strings.Cut(column.Native, "(")
	parameter := strings.HasPrefix(expression, ":")
	switch {
	case parameter && base == "CHAR":
		return "CAST(" + expression + " AS CHAR(2000))"
	case parameter && base == "NCHAR":
		return "CAST(" + expression + " AS NCHAR(1000))"
	case parameter && base == "DATE":
		return "CAST(" + expression + " AS DATE)"
	case parameter:
		return expression
	case base == "CLOB" || base == "NCLOB":
		return "DBMS_LOB.SUBSTR(" + expression + ", 1000, 1)"
	case base == "BLOB":
		return "DBMS_LOB.SUBSTR(" + expression + ", 2000, 1)"
	default:
		return expression
	}
}

// rowBlock starts a block that returns the row that it wrote through its last parameter, a cursor.
const rowBlock = "DECLARE postern_row UROWID; BEGIN "

// returning reads the row behind the statement, in the same block.
func returning(table *dialect.Table, columns []*dialect.Column) (head, before, behind string, ok bool) {
	name := quote(table.Name)
	if table.Schema != "" {
		name = quote(table.Schema) + "." + name
	}
	var outputs []string
	for _, column := range columns {
		outputs = append(outputs, output(column, quote(column.Name)))
	}
	behind = " RETURNING ROWID INTO postern_row; OPEN :postern_rows FOR SELECT " + strings.Join(outputs, ", ") + " FROM " + name + " WHERE ROWID = postern_row; END;"
	return rowBlock, "", behind, true
}

// A database is a pool of connections.
type database struct {
	pool      *sql.DB
	schemas   []string
	location  *time.Location
	variables []dialect.Variable
	// rowsOf reads a cursor, as [goora.WrapRefCursor] does.
	rowsOf func(context.Context, goora.Querier, *goora.RefCursor) (*sql.Rows, error)
}

// Open connects.
func (Engine) Open(ctx context.Context, options dialect.Options) (dialect.Database, error) {
	address, err := dsn(options)
	if err != nil {
		return nil, err
	}
	opened, err := open(ctx, goora.NewConnector(address), options)
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// badAddress is a mistake in the configuration.
func badAddress(detail string) error {
	return &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress, Detail: detail}
}

// dsn makes the driver's address of the configured one. Traces that the driver could write to files hold values, and are refused.
func dsn(options dialect.Options) (string, error) {
	address, err := url.Parse(options.Address)
	if err != nil || address.Host == "" || address.User == nil || strings.Trim(address.Path, "/") == "" && address.RawQuery == "" {
		return "", badAddress("the address is no Oracle URL: oracle://USER:PASSWORD@HOST:PORT/SERVICE")
	}
	settings := address.Query()
	for name := range settings {
		if strings.HasPrefix(strings.ToUpper(name), "TRACE") {
			return "", badAddress("the address has the driver write traces, which would hold values")
		}
	}
	if !settings.Has("PREFETCH_ROWS") {
		settings.Set("PREFETCH_ROWS", "200")
	}
	address.Scheme, address.RawQuery = Scheme, settings.Encode()
	if _, err := goora.ParseConfig(address.String()); err != nil {
		return "", badAddress("the address holds settings that the driver does not know, or that do not go together")
	}
	return address.String(), nil
}

// open makes a pool of a connector's connections.
func open(ctx context.Context, native driver.Connector, options dialect.Options) (*database, error) {
	settings, err := sessionOf(options)
	if err != nil {
		return nil, err
	}
	pool := otelsql.OpenDB(&connector{native: native, settings: settings}, dialect.Tracing(options, semconv.DBSystemNameOracleDB)...)
	dialect.SizePool(pool, options)
	opened := &database{pool: pool, schemas: options.Schemas, location: options.Zone(), variables: options.Variables, rowsOf: goora.WrapRefCursor}
	var schema string
	if err := pool.QueryRowContext(ctx, "SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL").Scan(&schema); err != nil {
		opened.Close()
		return nil, dialect.Unsent(fault(err))
	}
	if len(opened.schemas) == 0 {
		opened.schemas = []string{schema}
	}
	return opened, nil
}

// Close ends all connections.
func (d *database) Close() {
	_ = d.pool.Close() // every write was committed
}
