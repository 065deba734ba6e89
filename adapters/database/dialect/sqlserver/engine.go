package sqlserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strconv"
	"strings"
	"time"

	"github.com/XSAM/otelsql"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Scheme starts the address of a database: sqlserver://USER:PASSWORD@HOST:PORT/INSTANCE?database=NAME.
const Scheme = "sqlserver"

// Engine opens SQL Server databases.
type Engine struct{}

var _ dialect.Engine = Engine{}

// Schemes returns sqlserver.
func (Engine) Schemes() []string { return []string{Scheme, "mssql"} }

// Syntax returns the spelling of Transact-SQL.
func (Engine) Syntax() *dialect.Syntax {
	return &dialect.Syntax{
		Quote:         quote,
		Placeholder:   func(n int) string { return "@p" + strconv.Itoa(n) },
		Output:        output,
		Compared:      compared,
		Contains:      contains,
		Pattern:       pattern,
		Trimmed:       func(text string) string { return "RTRIM(" + text + ")" },
		NullsFirst:    true,
		Brackets:      true,
		Ping:          "SELECT CAST(1 AS bigint)",
		Page:          page,
		NoOrder:       "(SELECT NULL)",
		DefaultValues: "DEFAULT VALUES",
		LockTable:     "WITH (UPDLOCK, HOLDLOCK)",
		Returning:     dialect.Returning{Insert: true, Update: true, Row: returning},
	}
}

func quote(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

func page(limit, offset int64) string {
	return "OFFSET " + strconv.FormatInt(offset, 10) + " ROWS FETCH NEXT " + strconv.FormatInt(limit, 10) + " ROWS ONLY"
}

// contains compares by code points. The length of an empty text is asked for in bytes, since = takes blanks for nothing.
func contains(_ *dialect.Column, text, part string) string {
	const exact = " AS nvarchar(max)) COLLATE Latin1_General_100_BIN2"
	return "(CHARINDEX(CAST(" + part + exact + ", CAST(" + text + exact + ") > 0 OR DATALENGTH(" + part + ") = 0 AND " + text + " IS NOT NULL)"
}

// pattern is one of LIKE, where a bracket begins a set of characters.
func pattern(parts []string) string {
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = strings.ReplaceAll(dialect.LikePattern([]string{part}), "[", "![")
	}
	return strings.Join(escaped, "%")
}

// output tells the types that come as bytes of the server's own as text. What is selected a second time for its order gets another name, since ORDER BY takes
// two columns of one name for a doubt.
func output(column *dialect.Column, expression string) string {
	switch {
	case column.Kind == dialect.Cursor:
		return expression + " AS " + quote("ordered by")
	case column.Kind == dialect.Opaque && objects[column.Native]:
		return expression + ".ToString()"
	case column.Native == "sql_variant":
		return "CAST(" + expression + " AS nvarchar(4000))"
	default:
		return expression
	}
}

// compared makes comparable what is not, and has a column and a parameter compared as the column is sorted.
func compared(column *dialect.Column, expression string) string {
	if strings.HasPrefix(expression, "@") {
		if column.Native == "datetime" || column.Native == "smalldatetime" {
			return "CAST(" + expression + " AS " + column.Native + ")"
		}
		return expression
	}
	base, _, _ := strings.Cut(column.Native, " COLLATE ")
	base, _, _ = strings.Cut(base, "(")
	switch base {
	case "text", "ntext":
		return "CAST(" + expression + " AS nvarchar(max))"
	case "image":
		return "CAST(" + expression + " AS varbinary(max))"
	case "char", "varchar":
		if strings.Contains(column.Native, " COLLATE SQL_") {
			return "CAST(" + expression + " AS nvarchar(4000))"
		}
	}
	return expression
}

// written is the table variable that takes the key of the row that a statement wrote.
const written = "@postern_written"

// returning reads the row behind the statement, in the same batch. See the package's design.
func returning(table *dialect.Table, columns []*dialect.Column) (head, before, behind string, ok bool) {
	if len(table.Key) == 0 {
		return "", "", "", false
	}
	name := quote(table.Name)
	if table.Schema != "" {
		name = quote(table.Schema) + "." + name
	}
	var declared, inserted, same, outputs []string
	for _, key := range table.Key {
		column := table.Column(key)
		if column == nil {
			return "", "", "", false
		}
		declared = append(declared, quote(key)+" "+column.Native)
		inserted = append(inserted, "inserted."+quote(key))
		same = append(same, "w."+quote(key)+" = "+name+"."+quote(key))
	}
	for _, column := range columns {
		outputs = append(outputs, output(column, quote(column.Name)))
	}
	head = "SET NOCOUNT ON; DECLARE " + written + " TABLE (" + strings.Join(declared, ", ") + "); "
	before = " OUTPUT " + strings.Join(inserted, ", ") + " INTO " + written
	behind = "; SELECT " + strings.Join(outputs, ", ") + " FROM " + name + " WHERE EXISTS (SELECT 1 FROM " + written + " AS w WHERE " + strings.Join(same, " AND ") + ")"
	return head, before, behind, true
}

// A database is a pool of connections.
type database struct {
	pool     *sql.DB
	schemas  []string
	location *time.Location
	// snapshot is true if the database allows the isolation level of that name.
	snapshot bool
}

// Open connects.
func (Engine) Open(ctx context.Context, options dialect.Options) (dialect.Database, error) {
	config, err := configOf(options)
	if err != nil {
		return nil, err
	}
	initial, err := initialSettings(options.Variables)
	if err != nil {
		return nil, err
	}
	opened, err := open(ctx, &connector{config: config, initial: initial}, options, config.Database)
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// open makes a pool of a connector's connections.
func open(ctx context.Context, connector driver.Connector, options dialect.Options, name string) (*database, error) {
	pool := otelsql.OpenDB(connector, dialect.Tracing(options, semconv.DBSystemNameMicrosoftSQLServer, semconv.DBNamespace(name))...)
	dialect.SizePool(pool, options)
	opened := &database{pool: pool, schemas: options.Schemas, location: options.Zone()}
	if err := opened.learn(ctx); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// learn asks what the database allows, and for the schema that names belong to, which also shows that it can be reached.
func (d *database) learn(ctx context.Context) error {
	var schema string
	row := d.pool.QueryRowContext(ctx, "SELECT CAST(snapshot_isolation_state AS bit), SCHEMA_NAME() FROM sys.databases WHERE database_id = DB_ID()")
	if err := row.Scan(&d.snapshot, &schema); err != nil {
		return dialect.Unsent(fault(err))
	}
	if len(d.schemas) == 0 {
		d.schemas = []string{schema}
	}
	return nil
}

// Close ends all connections.
func (d *database) Close() {
	_ = d.pool.Close() // every write was committed
}
