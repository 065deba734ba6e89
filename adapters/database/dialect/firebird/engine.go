package firebird

import (
	"context"
	"database/sql"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/XSAM/otelsql"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"golang.org/x/text/encoding"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// Scheme starts the address of a database: firebird://USER:PASSWORD@HOST:PORT/PATH-OR-ALIAS.
const Scheme = "firebird"

// Engine opens Firebird databases.
type Engine struct{}

var _ dialect.Engine = Engine{}

// Schemes returns firebird.
func (Engine) Schemes() []string { return []string{Scheme} }

// Syntax returns Firebird's spelling.
func (Engine) Syntax() *dialect.Syntax {
	return &dialect.Syntax{
		Quote:       quote,
		Placeholder: func(int) string { return "?" },
		Output:      output,
		Compared:    compared,
		Kept:        kept,
		Contains: func(column *dialect.Column, text, part string) string {
			return "POSITION(" + compared(column, part) + " IN " + text + ") > 0"
		},
		Like: func(column *dialect.Column, text, pattern string) string {
			return text + " LIKE " + compared(column, pattern) + dialect.LikeEscape
		},
		NoValues:      "SELECT NULL FROM RDB$DATABASE WHERE 1 = 0",
		NullsFirst:    true,
		Capitals:      true,
		Ping:          "SELECT 1 FROM RDB$DATABASE",
		Page:          page,
		DefaultValues: "DEFAULT VALUES",
		Lock:          "WITH LOCK",
		Returning:     dialect.Returning{Insert: true, Update: true, Delete: true},
	}
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func page(limit, offset int64) string {
	out := "FETCH FIRST " + strconv.FormatInt(limit, 10) + " ROWS ONLY"
	if offset > 0 {
		out = "OFFSET " + strconv.FormatInt(offset, 10) + " ROWS " + out
	}
	return out
}

// comparedLength is how many characters of a BLOB are compared: a VARCHAR has room for 8,191 of UTF-8, and a record that is sorted for a few of these.
const comparedLength = "4000"

// output has the server bring the text of a BLOB to UTF-8. What is selected a second time for its order gets another name, since ORDER BY takes
// two columns of one name for a doubt.
func output(column *dialect.Column, expression string) string {
	if column.Kind == dialect.Cursor {
		return expression + " AS " + quote("ORDERED BY")
	}
	if isTextBlob(column) && !strings.HasSuffix(column.Native, " "+noCharset) {
		return "CAST(" + expression + " AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8)"
	}
	return expression
}

// mostLength is how many characters of a character set a VARCHAR has room for (Firebird 3 Language Reference, section 3.5).
var mostLength = map[string]string{"UTF8": "8191", noCharset: "32765", octets: "32765"}

// compared lets the content of a BLOB be compared and sorted, and a text be longer than the column that it is compared with, whose type it would have otherwise. All other
// arguments are what they are.
func compared(column *dialect.Column, expression string) string {
	charset := charsetOf(column)
	isBlob := strings.HasPrefix(column.Native, "BLOB")
	switch {
	case expression == "?" && column.Kind == dialect.Text:
		return "CAST(? AS VARCHAR(" + mostLength[charset] + ") CHARACTER SET " + charset + ")"
	case expression == "?" || !isBlob:
		return expression
	}
	return "CAST(SUBSTRING(" + expression + " FROM 1 FOR " + comparedLength + ") AS VARCHAR(" + comparedLength + ") CHARACTER SET " + charset + ")"
}

// charsetOf is the character set in which a column is compared.
func charsetOf(column *dialect.Column) string {
	switch {
	case column.Kind == dialect.Bytes:
		return octets
	case strings.HasSuffix(column.Native, " "+noCharset):
		return noCharset
	default:
		return "UTF8"
	}
}

// kept says that a parameter takes the type of the column that it is compared with, and is rounded to it. A DECFLOAT has no such end.
func kept(column *dialect.Column) (digits int, ok bool) {
	if column.Kind == dialect.Decimal {
		return column.Scale, column.Precision > 0
	}
	return 4, column.Kind == dialect.Timestamp || column.Kind == dialect.LocalTimestamp
}

// A database is a pool of connections.
type database struct {
	pool      *sql.DB
	connector *connector
	// schemas are those asked for, of which there are none.
	schemas  []string
	location *time.Location
	// encoding is what columns without a character set hold; nil for UTF-8. encodes is true if what is written is to be brought to it, and mixed if nobody knows.
	encoding       encoding.Encoding
	encodes, mixed bool
}

// Open connects.
func (Engine) Open(ctx context.Context, options dialect.Options) (dialect.Database, error) {
	address, err := dsn(options)
	if err != nil {
		return nil, err
	}
	connector, err := newConnector(address, options)
	if err != nil {
		return nil, fault(err)
	}
	pool := otelsql.OpenDB(connector, dialect.Tracing(options, semconv.DBSystemNameFirebirdSQL)...)
	dialect.SizePool(pool, options)
	opened := &database{pool: pool, connector: connector, schemas: options.Schemas, location: options.Zone(), encoding: options.Encoding}
	if err := opened.learn(ctx); err != nil {
		opened.Close()
		return nil, err
	}
	return opened, nil
}

// dsn makes the driver's address of the configured one. The session's text is UTF-8, and its clock UTC, since the driver looks a zone up for each value.
func dsn(options dialect.Options) (string, error) {
	bad := &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress, Detail: "the address is no Firebird URL: firebird://USER:PASSWORD@HOST:PORT/PATH-OR-ALIAS"}
	address, err := url.Parse(options.Address)
	if err != nil || address.Host == "" || address.User == nil || strings.Trim(address.Path, "/") == "" {
		return "", bad
	}
	settings := address.Query()
	settings.Set("charset", "UTF8")
	settings.Set("timezone", "UTC")
	settings.Set("column_name_to_lower", "false")
	settings.Set("cancel_hard_drop", "true")
	settings.Set("cancel_hard_drop_grace", strconv.FormatInt(cancelWait.Milliseconds(), 10))
	if options.Role != "" {
		settings.Set("role", options.Role)
	}
	address.Scheme, address.RawQuery = Scheme, settings.Encode()
	return address.String(), nil
}

// cancelWait is how long the server may take to heed a cancellation before the connection is closed.
const cancelWait = time.Second

// learn reads what the database says of its texts, which also shows that it can be reached.
func (d *database) learn(ctx context.Context) error {
	var none, others int
	err := d.within(ctx, dialect.Transaction{}, func(on *sql.Tx) error {
		return fault(on.QueryRowContext(ctx, `SELECT COALESCE(SUM(CASE WHEN f.RDB$CHARACTER_SET_ID = 0 THEN 1 ELSE 0 END), 0),
				COALESCE(SUM(CASE WHEN f.RDB$CHARACTER_SET_ID > 2 THEN 1 ELSE 0 END), 0)
			FROM RDB$RELATION_FIELDS r JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = r.RDB$FIELD_SOURCE
			WHERE COALESCE(r.RDB$SYSTEM_FLAG, 0) = 0`).Scan(&none, &others))
	})
	d.encodes, d.mixed = d.encoding != nil && none > 0 && others == 0, d.encoding != nil && none > 0 && others > 0
	return err
}

// Close ends all connections, and waits for them.
func (d *database) Close() {
	_ = d.pool.Close() // every write was committed
	d.connector.closing.Wait()
}
