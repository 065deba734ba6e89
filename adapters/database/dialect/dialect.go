package dialect

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// An Engine opens databases of one make. It has no state.
type Engine interface {
	// Schemes are those of the URLs that address such a database, the usual one first: postgres, postgresql.
	Schemes() []string
	// Syntax is how the engine spells SQL.
	Syntax() *Syntax
	// Open connects. The context bounds the connecting only. The error is a [Fault].
	Open(ctx context.Context, options Options) (Database, error)
}

// Options is how a database is opened.
type Options struct {
	// Address is the whole URL, with its scheme. It may hold a password.
	Address string
	// Dir is where relative paths in the address start.
	Dir string
	// Schemas are those whose tables are read, the one that names without a schema belong to first; none means the engine's own default.
	Schemas []string
	// Role is whom the session acts as; empty means the user of the address.
	Role string
	// Variables are set for every session.
	Variables []Variable
	// PoolSize is the most connections that are open at once, and IdleSize how many of them are kept while there is nothing to do.
	PoolSize, IdleSize int
	// Lifetime is how old a connection becomes at most; 0 means any age.
	Lifetime time.Duration
	// Location is the zone of a [LocalTimestamp].
	Location *time.Location
	// Encoding is what text columns hold whose bytes are not what the engine takes them for, such as CP1252 in a column declared as Latin-1, as x/text names it.
	// Nil means that the engine is right.
	Encoding encoding.Encoding
	// UnreadableZeroDates makes dates that are none, such as 0000-00-00, unreadable. Else they are NULL.
	UnreadableZeroDates bool
	// Name tells the server who connects, where it asks.
	Name string
	// Backend is the back end's name, for spans and metrics.
	Backend string
	// TracerProvider and MeterProvider are for spans and metrics of the driver.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

// A Database is a pool of connections. All of its methods may run concurrently. Their errors are [Fault]s, except that what a
// callback returns is passed on as it is.
type Database interface {
	// Inspect reads the catalogue.
	Inspect(ctx context.Context) (*Schema, error)
	// Describe asks the engine for the types of a statement without running it.
	Describe(ctx context.Context, statement Statement) (Description, error)
	// Query runs a statement in a transaction of its own, calls each for every row of the result, and returns the number of rows that
	// were written. each may be nil; the row is good until it returns. When ctx ends, the engine is told to stop.
	Query(ctx context.Context, statement Statement, each func(row []Value) error) (int64, error)
	// Run calls do with a transaction, commits it when do returns nil, and takes it back otherwise. do may be called once only: whether
	// to try again is the adapter's to say.
	Run(ctx context.Context, transaction Transaction, do func(Tx) error) error
	// Close ends all connections, and waits for them.
	Close()
}

// A Tx is a transaction under way. It is for one goroutine, and good until the function that it was given to returns.
type Tx interface {
	// Query is [Database.Query] within the transaction.
	Query(ctx context.Context, statement Statement, each func(row []Value) error) (int64, error)
}

// A Speaker is a [Database] whose spelling is known only once it is open, where one engine opens several makes. It is then that and not the engine's.
type Speaker interface {
	Syntax() *Syntax
}

// A Caller is a [Database] whose engine has stored procedures or functions. A Tx that implements it too calls them within its transaction.
type Caller interface {
	// Call calls a routine, and calls each for every row of every result set, which are counted from 0. It returns the values of the routine's parameters
	// that are out or in-out and no cursors, in their order, and behind them what it returned, if it returns a value.
	Call(ctx context.Context, call Call, each func(result int, row []Value) error) ([]Value, error)
}

// A Call is one call of a routine.
type Call struct {
	Routine *Routine
	// Arguments are those of its parameters that are in or in-out and no cursors, in order.
	Arguments []Argument
	// Results are the columns of its result sets, in order, where they are not the routine's Rows. A result set that is not among them, or that has other columns, is
	// a fault of the reason [ResultMismatch].
	Results [][]*Column
	// Mode says what it may do.
	Mode Mode
	// Label is what traces call it.
	Label Label
}

// A Transaction is how statements are to be run together.
type Transaction struct {
	// Mode is the strongest of its statements'.
	Mode Mode
	// Isolation is what it may see of others.
	Isolation Isolation
	// Variables are set before the first statement, and hold until the end of the transaction.
	Variables []Variable
}

// A Variable is a setting of a session, by its name in the engine's words.
type Variable struct{ Name, Value string }

// An Isolation is a level of isolation (ISO/IEC 9075-2 section 4.41.4).
type Isolation int

// The levels. An engine that lacks one takes the next stronger one.
const (
	DefaultIsolation Isolation = iota
	ReadCommitted
	RepeatableRead
	Serializable
)

// A Mode says what a statement may do.
type Mode int

// The modes.
const (
	// Read is a statement made by the adapter, which only reads.
	Read Mode = iota
	// ReadOnly is a statement made by somebody else, which the engine must keep from writing.
	ReadOnly
	// Write is a statement that may write.
	Write
)

// A Statement is one SQL statement with its parameters and what it returns.
type Statement struct {
	// Text is in the engine's words, with its placeholders.
	Text string
	// Arguments belong to the placeholders in order. For Describe their values mean nothing.
	Arguments []Argument
	// Columns are those of the result, which has no others.
	Columns []*Column
	// Mode says what it may do.
	Mode Mode
	// Label is what traces call it.
	Label Label
}

// A Description is what an engine says about a statement.
type Description struct {
	// Parameters are the kinds of the parameters in order. An engine that knows none leaves it nil.
	Parameters []*Column
	// Columns are those of the result. An engine that cannot tell a column's type leaves its Native empty.
	Columns []*Column
}

// Syntax is how an engine spells SQL.
type Syntax struct {
	// Quote returns an identifier in quotes.
	Quote func(name string) string
	// Placeholder returns the nth parameter, counted from 1.
	Placeholder func(n int) string
	// Output returns what reads an expression, such as a column's quoted name, as a column of a result.
	Output func(column *Column, expression string) string
	// Compared returns what stands for a column or a parameter of its kind where values are compared with less, greater or equal.
	Compared func(column *Column, expression string) string
	// Kept returns how many digits behind the point, of a decimal or of a second, a value keeps that is compared with a column, where that may be fewer than were
	// sent. ok is false if it keeps all of them; nil means that values always do.
	Kept func(column *Column) (digits int, ok bool)
	// Told returns the condition that a value of the column, which is not NULL, is one that callers are told, where some are answered as absent, such as dates that are
	// none; "" if all are told, and nil if all always are.
	Told func(column *Column, expression string) string
	// Stored returns what stands for a parameter of the column's kind where it is stored in the column; nil means that it stands for itself.
	Stored func(column *Column, placeholder string) string
	// Contains returns the condition that the text of a column contains another, case and all.
	Contains func(column *Column, text, part string) string
	// Like returns the condition that a text is of a pattern, which is a parameter of what Pattern makes; nil means LIKE with [LikeEscape].
	Like func(column *Column, text, pattern string) string
	// Pattern spells a pattern: texts with anything between each two of them. Nil means [LikePattern].
	Pattern func(parts []string) string
	// Trimmed returns a text without the blanks at its end; nil means TRIM(TRAILING FROM text).
	Trimmed func(text string) string
	// Documents is how JSON documents are looked into; nil means that they are not.
	Documents *Documents
	// NullsFirst is true if NULL comes before all values in ascending order and behind them in descending order; false
	// means the reverse of both.
	NullsFirst bool
	// Arrays is true if a list is one value, which x = ANY (list) looks into.
	Arrays bool
	// NoValues is a sub-query of one column and no row, for an IN without values; "" means SELECT NULL WHERE 1 = 0.
	NoValues string
	// Brackets is true if [name] is a quoted name.
	Brackets bool
	// Capitals is true if a name without quotes is the one in capitals.
	Capitals bool
	// Ping is a statement that asks for a sign of life, and returns one integer.
	Ping string
	// Page ends a SELECT that has an ORDER BY: at most limit rows, behind the first offset ones.
	Page func(limit, offset int64) string
	// Skip is what stands behind the SELECT of a page that begins behind the first offset rows, for an engine whose Page has no place for it; nil for nothing.
	Skip func(offset int64) string
	// NoOrder is what a page of rows that nothing orders is ordered by; "" if Page needs no ORDER BY before it.
	NoOrder string
	// RowValues is true if (a, b) > (1, 2) compares rows.
	RowValues bool
	// DefaultValues stands for columns and values in an INSERT that gives none; "" if the engine has no such words, and one column must be given DEFAULT.
	DefaultValues string
	// Lock makes a SELECT of one row keep others from changing it until the transaction ends; "" if the engine's writing transactions are alone
	// anyway.
	Lock string
	// LockTable is Lock for an engine that wants it behind the table's name, as WITH (UPDLOCK).
	LockTable string
	// Latin1 is what the engine takes the bytes of Latin-1 for, where that is not ISO 8859-1; nil means that it is.
	Latin1 *charmap.Charmap
	// OneWriter is true if statements and transactions that write have one connection of their own, and take turns.
	OneWriter bool
	// Returning says whether a statement that writes can return the rows that it wrote. Where it cannot, they are read behind it in the same
	// transaction, by their key.
	Returning Returning
	// LastKey is an expression that returns the key that the engine gave to the row that the session inserted last; "" if there is none.
	LastKey string
}

// Returning is how the rows that a statement wrote are had from it.
type Returning struct {
	// Insert, Update and Delete are true if these statements can return rows.
	Insert, Update, Delete bool
	// Row makes a statement that inserts or updates one row of a table return these columns of it: it returns the texts that stand before the statement,
	// before its VALUES or WHERE, and behind it. ok is false if there is no way for this table. Nil means RETURNING and the columns, behind the statement.
	Row func(table *Table, columns []*Column) (head, before, behind string, ok bool)
}
