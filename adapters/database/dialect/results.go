package dialect

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
)

// Reconcile holds the columns that a result set of a call has against those that were declared for it, and returns what its values are to be read as. Names are compared
// without regard to case, and order counts. The error is a [Fault] of the reason [ResultMismatch].
func Reconcile(declared [][]*Column, result int, actual []*Column) ([]*Column, error) {
	if result >= len(declared) {
		return nil, mismatch("result set %d is not declared; its columns are %s", result+1, described(actual))
	}
	wanted := declared[result]
	if len(wanted) != len(actual) {
		return nil, mismatch("result set %d is declared with %d columns; it has %d: %s", result+1, len(wanted), len(actual), described(actual))
	}
	out := make([]*Column, len(wanted))
	for i, column := range wanted {
		if !strings.EqualFold(column.Name, actual[i].Name) {
			return nil, mismatch("column %d of result set %d is declared as %s; its columns are %s", i+1, result+1, column.Name, described(actual))
		}
		if out[i] = readAs(column, actual[i]); out[i] == nil {
			return nil, mismatch("the column %s of result set %d is declared with a type that cannot hold its %s", column.Name, result+1, actual[i].Native)
		}
	}
	return out, nil
}

// readAs is what a column is to be read as to be told as it was declared; nil if it cannot be.
func readAs(declared, actual *Column) *Column {
	switch {
	case declared.Kind == actual.Kind, isMoment(declared.Kind) && isMoment(actual.Kind):
		return actual
	case isExact(actual.Kind) && (isExact(declared.Kind) || declared.Kind == Decimal):
		return declared
	case declared.Kind == Float || declared.Kind == Double || declared.Kind == Bytes || declared.Kind == Array || isMoment(declared.Kind):
		return nil
	default: // by the text of its values
		return declared
	}
}

func isMoment(kind Kind) bool { return kind == Timestamp || kind == LocalTimestamp }

func isExact(kind Kind) bool {
	return kind == Bool || kind == Int16 || kind == Int32 || kind == Int64 || kind == Uint32 || kind == Uint64
}

func mismatch(format string, arguments ...any) error {
	cause := fmt.Sprintf(format, arguments...)
	return &Fault{Code: codes.Internal, Reason: ResultMismatch, Detail: cause, Cause: errors.New(cause)}
}

// described lists columns with their types.
func described(columns []*Column) string {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = column.Name + " " + column.Native
	}
	return strings.Join(names, ", ")
}
