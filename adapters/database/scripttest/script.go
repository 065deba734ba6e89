package scripttest

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// A Script is a server that answers by what was written down. It is a [driver.Connector], and may be used concurrently.
type Script struct {
	// Answers are looked through in order; the first whose When is part of the statement is given. A statement that none fits fails.
	Answers []Answer

	mu  sync.Mutex
	log []string
}

// An Answer is what the server says to a statement.
type Answer struct {
	// When is a part of the statement's text.
	When string
	// Results are the result sets.
	Results []Result
	// Affected is how many rows were written.
	Affected int64
	// Err fails the statement.
	Err error
	// Hangs waits until the caller is gone.
	Hangs bool
	// Do is called with the arguments, and may fill in those that are out; nil for nothing.
	Do func(arguments []driver.NamedValue) error
}

// A Result is one result set. Err comes behind its rows.
type Result struct {
	Columns []Column
	Rows    [][]driver.Value
	Err     error
}

// A Column is the name of a column, and what the driver calls its type.
type Column struct{ Name, Type string }

// Names are columns of no known type.
func Names(names ...string) []Column {
	out := make([]Column, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out
}

// Log returns what was said so far: statements with their arguments, and the begin, commit and rollback of transactions.
func (s *Script) Log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.log...)
}

func (s *Script) say(format string, arguments ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf(format, arguments...))
}

// Connect implements [driver.Connector].
func (s *Script) Connect(context.Context) (driver.Conn, error) { return &conn{s}, nil }

// Driver implements [driver.Connector].
func (s *Script) Driver() driver.Driver { return unopened{} }

type unopened struct{}

// Open fails, since there is no address.
func (unopened) Open(string) (driver.Conn, error) { return nil, errors.New("a script has no address") }

type conn struct{ script *Script }

var (
	_ driver.QueryerContext    = (*conn)(nil)
	_ driver.ExecerContext     = (*conn)(nil)
	_ driver.ConnBeginTx       = (*conn)(nil)
	_ driver.NamedValueChecker = (*conn)(nil)
)

// CheckNamedValue takes any value, as drivers with types of their own do.
func (c *conn) CheckNamedValue(*driver.NamedValue) error { return nil }

// Prepare fails: engines run statements at once.
func (c *conn) Prepare(string) (driver.Stmt, error) {
	return nil, errors.New("a script prepares nothing")
}

// Close implements [driver.Conn].
func (c *conn) Close() error { return nil }

// Begin implements [driver.Conn].
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// BeginTx implements [driver.ConnBeginTx].
func (c *conn) BeginTx(_ context.Context, options driver.TxOptions) (driver.Tx, error) {
	c.script.say("begin %d", options.Isolation)
	return &transaction{c.script}, nil
}

type transaction struct{ script *Script }

// Commit implements [driver.Tx].
func (t *transaction) Commit() error {
	t.script.say("commit")
	_, err := t.script.answer(context.Background(), "commit", nil)
	return err
}

// Rollback implements [driver.Tx].
func (t *transaction) Rollback() error {
	t.script.say("rollback")
	return nil
}

func (s *Script) answer(ctx context.Context, statement string, arguments []driver.NamedValue) (Answer, error) {
	for _, answer := range s.Answers {
		if !strings.Contains(statement, answer.When) {
			continue
		}
		if answer.Hangs {
			<-ctx.Done()
			return Answer{}, ctx.Err()
		}
		if answer.Do != nil {
			if err := answer.Do(arguments); err != nil {
				return Answer{}, err
			}
		}
		return answer, answer.Err
	}
	if statement == "commit" {
		return Answer{}, nil
	}
	return Answer{}, fmt.Errorf("the script has no answer to: %s", statement)
}

func (s *Script) said(statement string, arguments []driver.NamedValue) {
	text := strings.Join(strings.Fields(statement), " ")
	for _, argument := range arguments {
		text += fmt.Sprintf(" | %T %v", argument.Value, argument.Value)
	}
	s.say("%s", text)
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(ctx context.Context, statement string, arguments []driver.NamedValue) (driver.Result, error) {
	c.script.said(statement, arguments)
	answer, err := c.script.answer(ctx, statement, arguments)
	return driver.RowsAffected(answer.Affected), err
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, statement string, arguments []driver.NamedValue) (driver.Rows, error) {
	c.script.said(statement, arguments)
	answer, err := c.script.answer(ctx, statement, arguments)
	if err != nil {
		return nil, err
	}
	if len(answer.Results) == 0 {
		answer.Results = []Result{{}}
	}
	return &rows{results: answer.Results}, nil
}

// NewRows are the rows of a result, for what has no statement, such as a cursor.
func NewRows(result Result) driver.Rows { return &rows{results: []Result{result}} }

type rows struct {
	results []Result
	next    int
}

var (
	_ driver.RowsNextResultSet              = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
)

// Columns implements [driver.Rows].
func (r *rows) Columns() []string {
	var names []string
	for _, column := range r.results[0].Columns {
		names = append(names, column.Name)
	}
	return names
}

// ColumnTypeDatabaseTypeName implements [driver.RowsColumnTypeDatabaseTypeName].
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.results[0].Columns[i].Type }

// Close implements [driver.Rows].
func (r *rows) Close() error { return nil }

// Next implements [driver.Rows].
func (r *rows) Next(destination []driver.Value) error {
	result := r.results[0]
	if r.next >= len(result.Rows) {
		if result.Err != nil {
			return result.Err
		}
		return io.EOF
	}
	copy(destination, result.Rows[r.next])
	r.next++
	return nil
}

// HasNextResultSet implements [driver.RowsNextResultSet].
func (r *rows) HasNextResultSet() bool { return len(r.results) > 1 }

// NextResultSet implements [driver.RowsNextResultSet].
func (r *rows) NextResultSet() error {
	if !r.HasNextResultSet() {
		return io.EOF
	}
	r.results, r.next = r.results[1:], 0
	return nil
}
