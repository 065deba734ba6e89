package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/wire"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A routineCall calls a stored procedure or function.
type routineCall struct {
	*routineChoice
	source *source
	label  dialect.Label
	reply  protoreflect.MessageDescriptor
	// refusing is the message of what the routine says when it refuses.
	refusing protoreflect.MessageDescriptor
	// given are the fields of the request, out those of the reply that are no result sets, and sets the result sets.
	given []*field
	out   *record
	sets  []resultSet
	size  size
}

// A resultSet is where the rows of one go.
type resultSet struct {
	number protoreflect.FieldNumber
	record *record
}

var errNoRoutines = errors.New("the engine calls no routines in a transaction")

func (c *routineCall) answer(ctx context.Context, request proto.Message) (proto.Message, error) {
	w := wire.NewWriter(make([]byte, 0, c.size.expected()))
	err := c.within(ctx, func(tx dialect.Tx) error {
		caller, ok := tx.(dialect.Caller)
		if !ok {
			return errNoRoutines
		}
		values, err := caller.Call(ctx, c.calling(request.ProtoReflect()), c.rows(&w))
		if err != nil {
			return err
		}
		if len(values) < len(c.out.fields) {
			return fmt.Errorf("%s gave %d values of %d", c.routine.Name, len(values), len(c.out.fields))
		}
		if err := c.refusal(values); err != nil {
			return err // and the transaction is taken back
		}
		return c.out.write(&w, values)
	})
	if err != nil {
		return nil, c.failed(ctx, err)
	}
	c.size.learn(w.Len())
	return wire.NewMessage(c.reply, w.Bytes()), nil
}

// within calls do with a transaction. One that writes is not done again: a routine may commit by itself.
func (c *routineCall) within(ctx context.Context, do func(dialect.Tx) error) error {
	if c.writes {
		return c.source.writingOnce(ctx, do)
	}
	return c.source.run(ctx, dialect.Transaction{Mode: dialect.ReadOnly, Variables: c.source.transactions.valued(ctx)}, do)
}

// calling is the call that a request asks for. What is left out is NULL, or takes its default if it has one.
func (c *routineCall) calling(request protoreflect.Message) dialect.Call {
	call := dialect.Call{Routine: c.routine, Mode: dialect.ReadOnly, Label: c.label}
	if c.writes {
		call.Mode = dialect.Write
	}
	for _, f := range c.given {
		argument := argumentFor(f, request)
		argument.Default = f.column.Default && !request.Has(f.descriptor)
		call.Arguments = append(call.Arguments, argument)
	}
	for _, result := range c.results {
		call.Results = append(call.Results, result.columns)
	}
	return call
}

// rows writes the rows of all result sets, which come one set behind the other.
func (c *routineCall) rows(w *wire.Writer) func(int, []dialect.Value) error {
	count, limits := 0, c.source.limits
	return func(result int, row []dialect.Value) error {
		if result >= len(c.sets) {
			return fmt.Errorf("%s gave a result set more than the %d that are known", c.routine.Name, len(c.sets))
		}
		if count++; count > limits.query {
			return tooManyRows(limits.query)
		}
		set := c.sets[result]
		mark := w.Open(set.number)
		if err := set.record.write(w, row); err != nil {
			return err
		}
		w.Close(mark)
		return limits.hold(w.Len())
	}
}

// refusal is the error that the return code means; nil if it means none.
func (c *routineCall) refusal(values []dialect.Value) error {
	at := slices.IndexFunc(c.out.fields, func(f *field) bool { return f.column == c.code })
	if at < 0 || values[at].Null {
		return nil
	}
	entry := c.meaning(returnCode(c.code, &values[at]))
	if entry == nil || entry.GetCode() == adapters.CodeName(codes.OK) {
		return nil
	}
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(strconv.Quote(entry.GetCode()))); err != nil {
		return fmt.Errorf("reading the code that a return code means: %w", err)
	}
	return &adapters.Error{Code: code, Reason: entry.GetReason(), Message: entry.GetMessage()}
}

// meaning is what the settings say of a return code: by itself, or else of all others; nil if they say nothing.
func (c *routineCall) meaning(value string) *configv1.DatabaseReturnCode {
	for _, wanted := range []string{value, "*"} {
		for _, entry := range c.codes {
			if entry.GetValue() == wanted {
				return entry
			}
		}
	}
	return nil
}

// returnCode is a return code as the settings spell it.
func returnCode(column *dialect.Column, value *dialect.Value) string {
	switch column.Kind {
	case dialect.Bool, dialect.Int16, dialect.Int32, dialect.Int64, dialect.Uint32, dialect.Uint64, dialect.Float, dialect.Double, dialect.Timestamp, dialect.LocalTimestamp:
		return spelled(column, value)
	default:
		return strings.TrimRight(string(value.Text), " ")
	}
}

// failed makes a caller's error, which names the parameter that a fault lies in if the engine does.
func (c *routineCall) failed(ctx context.Context, err error) error {
	public := callError(ctx, err, nil)
	var known *adapters.Error
	var fault *dialect.Fault
	if !errors.As(public, &known) || !errors.As(err, &fault) {
		return public
	}
	if fault.Reason == dialect.Raised {
		var w wire.Writer
		w.String(1, strings.ToValidUTF8(fault.Detail, "?"))
		known.Detail = wire.NewMessage(c.refusing, w.Bytes())
	}
	if fault.Table != "" || violated[fault.Reason] == "" {
		return public
	}
	for _, column := range fault.Columns {
		index := slices.IndexFunc(c.given, func(f *field) bool { return f.column.Name == column })
		if index >= 0 {
			known.Violations = append(known.Violations, adapters.Violation{Field: c.given[index].jsonName, Description: violated[fault.Reason]})
		}
	}
	return public
}
