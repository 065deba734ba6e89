package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestFaults goes through the table row by row, and through codes that only their class says something about.
func TestFaults(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]meaning{
		"23505": {codes.AlreadyExists, dialect.UniqueViolation},
		"23P01": {codes.AlreadyExists, dialect.UniqueViolation},
		"23503": {codes.FailedPrecondition, dialect.ForeignKeyViolation},
		"23001": {codes.FailedPrecondition, dialect.ForeignKeyViolation},
		"23502": {codes.InvalidArgument, dialect.NotNullViolation},
		"23514": {codes.InvalidArgument, dialect.CheckViolation},
		"44000": {codes.InvalidArgument, dialect.CheckViolation},
		"22001": {codes.InvalidArgument, dialect.TooLong},
		"22003": {codes.InvalidArgument, dialect.OutOfRange},
		"22008": {codes.InvalidArgument, dialect.OutOfRange},
		"22P02": {codes.InvalidArgument, dialect.ValueRejected},
		"22021": {codes.InvalidArgument, dialect.ValueRejected},
		"23000": {codes.FailedPrecondition, dialect.ValueRejected},
		"428C9": {codes.InvalidArgument, dialect.ValueRejected},
		"40P01": {codes.Aborted, dialect.Deadlock},
		"40001": {codes.Aborted, dialect.SerializationFailed},
		"40003": {codes.Unavailable, dialect.ConnectionLost},
		"55P03": {codes.Aborted, dialect.LockTimeout},
		"42501": {codes.PermissionDenied, dialect.AccessDenied},
		"25006": {codes.PermissionDenied, dialect.NotWritable},
		"28P01": {codes.Unavailable, dialect.AccessDenied},
		"3D000": {codes.Unavailable, dialect.NoDatabase},
		"57014": {codes.DeadlineExceeded, dialect.StatementTimeout},
		"57P01": {codes.Unavailable, dialect.ConnectionLost},
		"08006": {codes.Unavailable, dialect.ConnectionLost},
		"53300": {codes.Unavailable, dialect.TooManyConnections},
		"53100": {codes.Unavailable, dialect.OutOfSpace},
		"58030": {codes.Unavailable, dialect.ConnectionLost},
		"42P01": {codes.Internal, dialect.SchemaChanged},
		"42703": {codes.Internal, dialect.SchemaChanged},
		"0A000": {codes.Aborted, dialect.SchemaChanged},
		"XX001": {codes.DataLoss, dialect.Damaged},
		"P0001": {codes.FailedPrecondition, dialect.Raised},
		"P0002": {codes.FailedPrecondition, dialect.Raised},
		"45000": {codes.FailedPrecondition, dialect.Raised},
		"TN001": {codes.FailedPrecondition, dialect.Raised},
		"72000": {codes.Internal, dialect.Unknown},
		"F0000": {codes.Internal, dialect.Unknown},
		"":      {codes.Internal, dialect.Unknown},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			var got *dialect.Fault
			if !errors.As(fault(fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: state})), &got) {
				t.Fatal("it is no fault")
			}
			if diff := cmp.Diff(want, meaning{got.Code, got.Reason}, cmp.AllowUnexported(meaning{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFaultKeepsPlaces holds that what the server says of the place is kept.
func TestFaultKeepsPlaces(t *testing.T) {
	t.Parallel()
	native := &pgconn.PgError{Code: "23502", TableName: "t", ColumnName: "c", ConstraintName: "k", Message: `syntax error at or near "x"`, Position: 7}
	want := &dialect.Fault{
		Code: codes.InvalidArgument, Reason: dialect.NotNullViolation, Table: "t", Columns: []string{"c"}, Constraint: "k",
		Detail: native.Message, Position: 7, Token: "x", Cause: native,
	}
	if diff := cmp.Diff(want, fault(native), cmp.Comparer(func(a, b *pgconn.PgError) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestFaultLeavesContextsAlone(t *testing.T) {
	t.Parallel()
	if got := fault(nil); got != nil {
		t.Errorf("no error became %v", got)
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := fault(fmt.Errorf("query: %w", ended)); !errors.Is(got, ended) {
			t.Errorf("%v became %v", ended, got)
		}
	}
	var lost *dialect.Fault
	if !errors.As(fault(errors.New("unexpected EOF")), &lost) || lost.Code != codes.Unavailable || lost.Unsent {
		t.Errorf("a broken connection became %+v", lost)
	}
	if !errors.As(fault(puddle.ErrClosedPool), &lost) || lost.Code != codes.Unavailable || !lost.Unsent {
		t.Errorf("a closed pool became %+v", lost)
	}
}
