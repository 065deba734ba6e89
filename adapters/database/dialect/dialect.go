package dialect

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
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
	// Schema is the schema whose tables are read; empty means the engine's own default.
	Schema string
	// PoolSize is the most connections that are open at once.
	PoolSize int
	// Location is the zone of a [LocalTimestamp].
	Location *time.Location
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
	// Ping asks for a sign of life.
	Ping(ctx context.Context) error
	// Close ends all connections, and waits for them.
	Close()
}

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
	// Contains returns the condition that one text contains another, case and all.
	Contains func(text, part string) string
	// NullsFirst is true if NULL comes before all values in ascending order and behind them in descending order; false
	// means the reverse of both.
	NullsFirst bool
	// Brackets is true if [name] is a quoted name.
	Brackets bool
}
