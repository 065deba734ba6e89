package dialect

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
)

// A Runner is a pool of database/sql, one of its connections, or a transaction.
type Runner interface {
	ExecContext(ctx context.Context, query string, arguments ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

var (
	_ Runner = (*sql.DB)(nil)
	_ Runner = (*sql.Conn)(nil)
	_ Runner = (*sql.Tx)(nil)
)

// SizePool gives a pool the options' bounds. An idle size of 0 keeps all connections.
func SizePool(pool *sql.DB, options Options) {
	pool.SetMaxOpenConns(options.PoolSize)
	pool.SetMaxIdleConns(options.PoolSize)
	if options.IdleSize > 0 {
		pool.SetMaxIdleConns(options.IdleSize)
	}
	pool.SetConnMaxLifetime(options.Lifetime)
}

// Zone is the options' Location, or UTC.
func (o Options) Zone() *time.Location {
	if o.Location == nil {
		return time.UTC
	}
	return o.Location
}

// QueryWithin is [Database.Query] by way of [Database.Run].
func QueryWithin(ctx context.Context, database Database, statement Statement, each func(row []Value) error) (int64, error) {
	var count int64
	err := database.Run(ctx, Transaction{Mode: statement.Mode}, func(on Tx) (err error) {
		count, err = on.Query(ctx, statement, each)
		return err
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// Bind makes the driver's arguments, one of each. A fault is marked as of its argument.
func Bind(arguments []Argument, native func(Argument) (any, error)) ([]any, error) {
	out := make([]any, len(arguments))
	for i, argument := range arguments {
		value, err := native(argument)
		if err != nil {
			return nil, OfArgument(err, i)
		}
		out[i] = value
	}
	return out, nil
}

// Execute runs a statement that returns no rows, and returns how many it wrote. fault says what a driver's error means, and is nil for nil.
func Execute(ctx context.Context, on Runner, text string, arguments []any, fault func(error) error) (int64, error) {
	result, err := on.ExecContext(ctx, text, arguments...)
	if err != nil {
		return 0, fault(err)
	}
	affected, err := result.RowsAffected()
	if err != nil {
		return 0, fault(err)
	}
	return affected, nil
}

// ScanEach scans each row of a result into the targets, and then calls row. fault says what a driver's error means, and is nil for nil. An error of row ends it, and is
// returned as it is. The rows are the caller's to close.
func ScanEach(rows *sql.Rows, targets []any, fault func(error) error, row func() error) error {
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return fault(err)
		}
		if err := row(); err != nil {
			return err
		}
	}
	return fault(rows.Err())
}

// EachRow runs a query and calls row for each row of its result, with the targets filled in. Its errors are the driver's.
func EachRow(ctx context.Context, on Runner, query string, arguments, targets []any, row func()) error {
	rows, err := on.QueryContext(ctx, query, arguments...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told by then
	return ScanEach(rows, targets, func(err error) error { return err }, func() error {
		row()
		return nil
	})
}

// A RowReader passes on the rows of a result, as the driver tells them.
type RowReader struct {
	// Columns are those of the result.
	Columns []*Column
	// Read tells a value as the column's kind: of the column of that place, counted from 0, and not nil, which is NULL. What it has an error of is unreadable.
	Read func(out *Value, column int, raw any) error
	// SkipNulls leaves out rows of nothing but NULLs, which some engines answer where they found none.
	SkipNulls bool
	// Fault says what a driver's error means, and is nil for nil.
	Fault func(error) error
}

// Each calls each for every row, and returns how many there were. each may be nil. The rows are the caller's to close.
func (r RowReader) Each(rows *sql.Rows, each func(row []Value) error) (int64, error) {
	raw := make([]any, len(r.Columns))
	targets := make([]any, len(r.Columns))
	for i := range raw {
		targets[i] = &raw[i]
	}
	row := make([]Value, len(r.Columns))
	var count int64
	err := ScanEach(rows, targets, r.Fault, func() error {
		if r.SkipNulls && allNil(raw) {
			return nil
		}
		count++
		if each == nil {
			return nil
		}
		for i, column := range r.Columns {
			ReadValue(&row[i], column, raw[i], func(out *Value, raw any) error { return r.Read(out, i, raw) })
		}
		return each(row)
	})
	return count, err
}

// ReadValue tells what a driver read: nil is NULL, and what read has an error of is unreadable.
func ReadValue(out *Value, column *Column, raw any, read func(out *Value, raw any) error) {
	*out = Value{Null: raw == nil}
	if raw == nil {
		return
	}
	if err := read(out, raw); err != nil {
		out.Unreadable = Unreadable(column, err)
	}
}

// Unreadable says of which column a value cannot be told, and why.
func Unreadable(column *Column, why error) error {
	return fmt.Errorf("reading the column %s of type %s: %w", column.Name, column.Native, why)
}

// ColumnTypes are the driver's types of a result, which must have as many columns as were read of the catalogue.
func ColumnTypes(rows *sql.Rows, columns []*Column) ([]*sql.ColumnType, error) {
	types, err := rows.ColumnTypes()
	if err == nil && len(types) != len(columns) {
		err = fmt.Errorf("the result has %d columns, and not %d as the catalogue had", len(types), len(columns))
		return nil, &Fault{Code: codes.Internal, Reason: SchemaChanged, Detail: err.Error(), Cause: err}
	}
	return types, err
}

func allNil(raw []any) bool {
	for _, one := range raw {
		if one != nil {
			return false
		}
	}
	return true
}

// CloseRows closes a result that has been read. err is what the reading returned, which comes first.
func CloseRows(rows *sql.Rows, err error, fault func(error) error) error {
	if closing := rows.Close(); err == nil && closing != nil {
		return fault(closing)
	}
	return err
}

// WithSchemas puts the placeholders of the schemas' names where a query has %s, and returns the arguments that belong to them.
func WithSchemas(query string, schemas []string, placeholder func(n int) string) (string, []any) {
	parts := strings.Split(query, "%s")
	var out strings.Builder
	var arguments []any
	for n, part := range parts {
		if n > 0 {
			for i, schema := range schemas {
				if i > 0 {
					out.WriteString(", ")
				}
				arguments = append(arguments, schema)
				out.WriteString(placeholder(len(arguments)))
			}
		}
		out.WriteString(part)
	}
	return out.String(), arguments
}
