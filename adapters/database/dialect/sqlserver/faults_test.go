package sqlserver

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	mssql "github.com/microsoft/go-mssqldb"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestFaults holds numbers and messages as SQL Server's documents have them against what they mean.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		number  int32
		message string
		want    dialect.Fault
	}{
		{2601, "Cannot insert duplicate key row in object 'dbo.tenancies' with unique index 'UX_code'. The duplicate key value is (A).",
			dialect.Fault{Code: codes.AlreadyExists, Reason: dialect.UniqueViolation, Table: "tenancies", Constraint: "UX_code"}},
		{2627, "Violation of PRIMARY KEY constraint 'PK_t'. Cannot insert duplicate key in object 'dbo.t'. The duplicate key value is (1).",
			dialect.Fault{Code: codes.AlreadyExists, Reason: dialect.UniqueViolation, Table: "t", Constraint: "PK_t"}},
		{547, `The INSERT statement conflicted with the FOREIGN KEY constraint "FK_t_u". The conflict occurred in database "d", table "dbo.u", column 'id'.`,
			dialect.Fault{Code: codes.FailedPrecondition, Reason: dialect.ForeignKeyViolation, Constraint: "FK_t_u"}},
		{547, `The DELETE statement conflicted with the REFERENCE constraint "FK_t_u". The conflict occurred in database "d", table "dbo.t", column 'u'.`,
			dialect.Fault{Code: codes.FailedPrecondition, Reason: dialect.ForeignKeyViolation, Constraint: "FK_t_u"}},
		{547, `The UPDATE statement conflicted with the CHECK constraint "CK_rent". The conflict occurred in database "d", table "dbo.t", column 'rent'.`,
			dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.CheckViolation, Constraint: "CK_rent", Table: "t", Columns: []string{"rent"}}},
		{515, "Cannot insert the value NULL into column 'name', table 'd.dbo.t'; column does not allow nulls. INSERT fails.",
			dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.NotNullViolation, Table: "t", Columns: []string{"name"}}},
		{2628, "String or binary data would be truncated in table 'd.dbo.t', column 'name'. Truncated value: 'abc'.",
			dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.TooLong, Table: "t", Columns: []string{"name"}}},
		{8115, "Arithmetic overflow error converting nvarchar to data type numeric.", dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.OutOfRange}},
		{245, "Conversion failed when converting the nvarchar value 'a' to data type int.", dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.ValueRejected}},
		{1205, "Transaction (Process ID 51) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.",
			dialect.Fault{Code: codes.Aborted, Reason: dialect.Deadlock}},
		{3960, "Snapshot isolation transaction aborted due to update conflict.", dialect.Fault{Code: codes.Aborted, Reason: dialect.SerializationFailed}},
		{1222, "Lock request time out period exceeded.", dialect.Fault{Code: codes.Aborted, Reason: dialect.LockTimeout}},
		{229, "The INSERT permission was denied on the object 't', database 'd', schema 'dbo'.", dialect.Fault{Code: codes.PermissionDenied, Reason: dialect.AccessDenied}},
		{3906, `Failed to update database "d" because the database is read-only.`, dialect.Fault{Code: codes.PermissionDenied, Reason: dialect.NotWritable}},
		{208, "Invalid object name 'dbo.gone'.", dialect.Fault{Code: codes.Internal, Reason: dialect.SchemaChanged, Token: "dbo.gone"}},
		{102, "Incorrect syntax near 'FORM'.", dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Token: "FORM"}},
		{156, "Incorrect syntax near the keyword 'WHERE'.", dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Token: "WHERE"}},
		{4060, `Cannot open database "d" requested by the login. The login failed.`, dialect.Fault{Code: codes.Unavailable, Reason: dialect.NoDatabase}},
		{18456, "Login failed for user 'sa'.", dialect.Fault{Code: codes.Unavailable, Reason: dialect.AccessDenied}},
		{1105, "Could not allocate space for object 't'.", dialect.Fault{Code: codes.Unavailable, Reason: dialect.OutOfSpace}},
		{824, "SQL Server detected a logical consistency-based I/O error.", dialect.Fault{Code: codes.DataLoss, Reason: dialect.Damaged}},
		{50000, "raised by a trigger", dialect.Fault{Code: codes.FailedPrecondition, Reason: dialect.Raised}},
	} {
		got := faultOf(t, fault(mssql.Error{Number: c.number, Class: 16, Message: c.message}))
		if diff := cmp.Diff(&c.want, got, cmpopts.IgnoreFields(dialect.Fault{}, "Detail", "Cause")); diff != "" {
			t.Errorf("%d (-want +got):\n%s", c.number, diff)
		}
	}
	for number, entry := range faults {
		if got := faultOf(t, fault(mssql.Error{Number: number})); got.Code != entry.code || got.Reason != entry.reason {
			t.Errorf("%d is %s %s", number, got.Code, got.Reason)
		}
	}
}

func TestFaultsOfConnections(t *testing.T) {
	t.Parallel()
	for _, err := range []error{io.EOF, mssql.StreamError{InnerError: io.ErrUnexpectedEOF}, mssql.Error{Number: 99999, Class: 20}} {
		if got := faultOf(t, fault(err)); got.Reason != dialect.ConnectionLost || got.Code != codes.Unavailable || got.Unsent {
			t.Errorf("%v is %+v", err, got)
		}
	}
	if got := faultOf(t, fault(&net.OpError{Op: "dial", Err: errors.New("refused")})); !got.Unsent {
		t.Errorf("a connection that was refused is %+v", got)
	}
	if err := fault(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone is %v", err)
	}
	if fault(nil) != nil {
		t.Error("nothing is a fault")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	options := testOptions()
	config, err := configOf(options)
	if err != nil || config.Database != "housing" || config.AppName != "postern housing" {
		t.Errorf("%+v, %v", config, err)
	}
	for _, change := range []func(*dialect.Options){
		func(o *dialect.Options) { o.Address = "sqlserver:" }, func(o *dialect.Options) { o.Address = "sqlserver://h:x" },
		func(o *dialect.Options) { o.Address = "sqlserver://h?encrypt=perhaps" }, func(o *dialect.Options) { o.Role = "clerk" },
	} {
		wrong := testOptions()
		change(&wrong)
		_, err := Engine{}.Open(t.Context(), wrong)
		if got := faultOf(t, err); got.Reason != dialect.BadAddress {
			t.Errorf("%s: the fault is %+v", wrong.Address, got)
		}
	}
	set, err := initialSettings([]dialect.Variable{{Name: "lock_timeout", Value: "1000"}, {Name: "site", Value: "o'hara"}})
	if want := "SET LOCK_TIMEOUT 1000; EXEC sp_set_session_context @key = N'site', @value = N'o''hara';"; err != nil || set != want {
		t.Errorf("%s, %v", set, err)
	}
	if _, err := initialSettings([]dialect.Variable{{Name: "LOCK_TIMEOUT", Value: "1; DROP TABLE t"}}); err == nil {
		t.Error("a value with statements in it is taken")
	}
}
