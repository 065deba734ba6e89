package firebird

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/nakagami/firebirdsql"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestFaultTable goes through the table row by row, each code behind a general one that the server tells first.
func TestFaultTable(t *testing.T) {
	t.Parallel()
	for native, want := range map[int]dialect.Fault{
		335544794: {Code: codes.DeadlineExceeded, Reason: dialect.StatementTimeout},
		335544856: {Code: codes.Unavailable, Reason: dialect.ConnectionLost},
		335544528: {Code: codes.Unavailable, Reason: dialect.ConnectionLost},
		335544726: {Code: codes.Unavailable, Reason: dialect.ConnectionLost},
		335544727: {Code: codes.Unavailable, Reason: dialect.ConnectionLost},
		335544741: {Code: codes.Unavailable, Reason: dialect.ConnectionLost},
		335544721: {Code: codes.Unavailable, Reason: dialect.ConnectionLost},
		335544472: {Code: codes.Unavailable, Reason: dialect.AccessDenied},
		335544665: {Code: codes.AlreadyExists, Reason: dialect.UniqueViolation},
		335544349: {Code: codes.AlreadyExists, Reason: dialect.UniqueViolation},
		335544466: {Code: codes.FailedPrecondition, Reason: dialect.ForeignKeyViolation},
		335544558: {Code: codes.InvalidArgument, Reason: dialect.CheckViolation},
		335544347: {Code: codes.InvalidArgument, Reason: dialect.CheckViolation},
		335544879: {Code: codes.InvalidArgument, Reason: dialect.CheckViolation},
		335544451: {Code: codes.Aborted, Reason: dialect.SerializationFailed},
		335544510: {Code: codes.Aborted, Reason: dialect.LockTimeout},
		335544336: {Code: codes.Aborted, Reason: dialect.Deadlock},
		335544345: {Code: codes.Aborted, Reason: dialect.LockTimeout},
		335544914: {Code: codes.InvalidArgument, Reason: dialect.TooLong},
		335544916: {Code: codes.InvalidArgument, Reason: dialect.OutOfRange},
		335544810: {Code: codes.InvalidArgument, Reason: dialect.OutOfRange},
		335544913: {Code: codes.InvalidArgument, Reason: dialect.OutOfRange},
		335544779: {Code: codes.InvalidArgument, Reason: dialect.OutOfRange},
		335544321: {Code: codes.InvalidArgument, Reason: dialect.ValueRejected},
		335544334: {Code: codes.InvalidArgument, Reason: dialect.ValueRejected},
		335544565: {Code: codes.InvalidArgument, Reason: dialect.ValueRejected},
		335544849: {Code: codes.InvalidArgument, Reason: dialect.ValueRejected},
		335544361: {Code: codes.PermissionDenied, Reason: dialect.NotWritable},
		335544765: {Code: codes.PermissionDenied, Reason: dialect.NotWritable},
		335544352: {Code: codes.PermissionDenied, Reason: dialect.AccessDenied},
		335544580: {Code: codes.Internal, Reason: dialect.SchemaChanged},
		335544578: {Code: codes.Internal, Reason: dialect.SchemaChanged},
		335544375: {Code: codes.Unavailable, Reason: dialect.NoDatabase},
		335544344: {Code: codes.Unavailable, Reason: dialect.NoDatabase},
		335544335: {Code: codes.DataLoss, Reason: dialect.Damaged},
		335544430: {Code: codes.Unavailable, Reason: dialect.OutOfSpace},
		335544517: {Code: codes.FailedPrecondition, Reason: dialect.Raised},
	} {
		var got *dialect.Fault
		said := &firebirdsql.FbError{GDSCodes: []int{335544569, native}}
		if !errors.As(fault(fmt.Errorf("wrapped: %w", said)), &got) || got.Code != want.Code || got.Reason != want.Reason {
			t.Errorf("%d: %+v, want %s %s", native, got, want.Code, want.Reason)
		}
		if lost(said) != (want.Reason == dialect.ConnectionLost) {
			t.Errorf("%d: whether the connection is lost", native)
		}
	}
	if len(faults) != 37 {
		t.Errorf("the table has %d rows, and 37 are tested", len(faults))
	}
}

// TestFaultWithoutCode holds what errors mean that the driver makes by itself.
func TestFaultWithoutCode(t *testing.T) {
	t.Parallel()
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := fault(ended); !errors.Is(got, ended) {
			t.Errorf("%v became %v", ended, got)
		}
	}
	for _, test := range []struct {
		err    error
		unsent bool
	}{{io.EOF, false}, {&net.OpError{Op: "dial", Err: io.EOF}, true}, {&net.OpError{Op: "read", Err: io.EOF}, false}} {
		var got *dialect.Fault
		if !errors.As(fault(test.err), &got) || got.Reason != dialect.ConnectionLost || got.Unsent != test.unsent {
			t.Errorf("%v became %+v", test.err, got)
		}
	}
}

// TestConnectionsAreRenewed holds that no connection has more transactions than the driver is to remember.
func TestConnectionsAreRenewed(t *testing.T) {
	t.Parallel()
	on := open(t, "", func(o *dialect.Options) { o.PoolSize = 1 })
	ask := dialect.Statement{Text: "SELECT CURRENT_CONNECTION FROM RDB$DATABASE", Columns: []*dialect.Column{{Name: "ID", Kind: dialect.Int64}}}
	seen := make(map[string]int)
	for range mostTransactions + 5 {
		seen[collect(t, on, ask)[0][0]]++
	}
	if len(seen) != 2 {
		t.Errorf("connections and their statements: %v, want two", seen)
	}
}
