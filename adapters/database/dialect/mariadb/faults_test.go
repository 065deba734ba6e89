package mariadb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestFaults goes through the table row by row, and through numbers that are not in it.
func TestFaults(t *testing.T) {
	t.Parallel()
	wanted := map[uint16]meaning{
		1022: {codes.AlreadyExists, dialect.UniqueViolation},
		1062: {codes.AlreadyExists, dialect.UniqueViolation},
		1169: {codes.AlreadyExists, dialect.UniqueViolation},
		1586: {codes.AlreadyExists, dialect.UniqueViolation},
		1216: {codes.FailedPrecondition, dialect.ForeignKeyViolation},
		1217: {codes.FailedPrecondition, dialect.ForeignKeyViolation},
		1451: {codes.FailedPrecondition, dialect.ForeignKeyViolation},
		1452: {codes.FailedPrecondition, dialect.ForeignKeyViolation},
		1048: {codes.InvalidArgument, dialect.NotNullViolation},
		1263: {codes.InvalidArgument, dialect.NotNullViolation},
		1364: {codes.InvalidArgument, dialect.NotNullViolation},
		3819: {codes.InvalidArgument, dialect.CheckViolation},
		4025: {codes.InvalidArgument, dialect.CheckViolation},
		1369: {codes.InvalidArgument, dialect.CheckViolation},
		1644: {codes.FailedPrecondition, dialect.Raised},
		1406: {codes.InvalidArgument, dialect.TooLong},
		1153: {codes.InvalidArgument, dialect.TooLong},
		1301: {codes.InvalidArgument, dialect.TooLong},
		1264: {codes.InvalidArgument, dialect.OutOfRange},
		1441: {codes.InvalidArgument, dialect.OutOfRange},
		1690: {codes.InvalidArgument, dialect.OutOfRange},
		1265: {codes.InvalidArgument, dialect.ValueRejected},
		1267: {codes.InvalidArgument, dialect.ValueRejected},
		1270: {codes.InvalidArgument, dialect.ValueRejected},
		1271: {codes.InvalidArgument, dialect.ValueRejected},
		1292: {codes.InvalidArgument, dialect.ValueRejected},
		1366: {codes.InvalidArgument, dialect.ValueRejected},
		1365: {codes.InvalidArgument, dialect.ValueRejected},
		1411: {codes.InvalidArgument, dialect.ValueRejected},
		1416: {codes.InvalidArgument, dialect.ValueRejected},
		1525: {codes.InvalidArgument, dialect.ValueRejected},
		1231: {codes.InvalidArgument, dialect.ValueRejected},
		1232: {codes.InvalidArgument, dialect.ValueRejected},
		3140: {codes.InvalidArgument, dialect.ValueRejected},
		3854: {codes.InvalidArgument, dialect.ValueRejected},
		4078: {codes.InvalidArgument, dialect.ValueRejected},
		1906: {codes.InvalidArgument, dialect.ValueRejected},
		3105: {codes.InvalidArgument, dialect.ValueRejected},
		1213: {codes.Aborted, dialect.Deadlock},
		1614: {codes.Aborted, dialect.Deadlock},
		1020: {codes.Aborted, dialect.SerializationFailed},
		1205: {codes.Aborted, dialect.LockTimeout},
		3572: {codes.Aborted, dialect.LockTimeout},
		1142: {codes.PermissionDenied, dialect.AccessDenied},
		1143: {codes.PermissionDenied, dialect.AccessDenied},
		1227: {codes.PermissionDenied, dialect.AccessDenied},
		1370: {codes.PermissionDenied, dialect.AccessDenied},
		1044: {codes.Unavailable, dialect.AccessDenied},
		1045: {codes.Unavailable, dialect.AccessDenied},
		1129: {codes.Unavailable, dialect.AccessDenied},
		1130: {codes.Unavailable, dialect.AccessDenied},
		1698: {codes.Unavailable, dialect.AccessDenied},
		1820: {codes.Unavailable, dialect.AccessDenied},
		1862: {codes.Unavailable, dialect.AccessDenied},
		1959: {codes.Unavailable, dialect.AccessDenied},
		3118: {codes.Unavailable, dialect.AccessDenied},
		4151: {codes.Unavailable, dialect.AccessDenied},
		1049: {codes.Unavailable, dialect.NoDatabase},
		1036: {codes.PermissionDenied, dialect.NotWritable},
		1288: {codes.PermissionDenied, dialect.NotWritable},
		1290: {codes.PermissionDenied, dialect.NotWritable},
		1348: {codes.PermissionDenied, dialect.NotWritable},
		1471: {codes.PermissionDenied, dialect.NotWritable},
		1792: {codes.PermissionDenied, dialect.NotWritable},
		1836: {codes.PermissionDenied, dialect.NotWritable},
		1317: {codes.DeadlineExceeded, dialect.StatementTimeout},
		1969: {codes.DeadlineExceeded, dialect.StatementTimeout},
		3024: {codes.DeadlineExceeded, dialect.StatementTimeout},
		1040: {codes.Unavailable, dialect.TooManyConnections},
		1203: {codes.Unavailable, dialect.TooManyConnections},
		1226: {codes.Unavailable, dialect.TooManyConnections},
		1053: {codes.Unavailable, dialect.ConnectionLost},
		1077: {codes.Unavailable, dialect.ConnectionLost},
		1152: {codes.Unavailable, dialect.ConnectionLost},
		1158: {codes.Unavailable, dialect.ConnectionLost},
		1159: {codes.Unavailable, dialect.ConnectionLost},
		1160: {codes.Unavailable, dialect.ConnectionLost},
		1161: {codes.Unavailable, dialect.ConnectionLost},
		1184: {codes.Unavailable, dialect.ConnectionLost},
		1927: {codes.Unavailable, dialect.ConnectionLost},
		2006: {codes.Unavailable, dialect.ConnectionLost},
		2013: {codes.Unavailable, dialect.ConnectionLost},
		3032: {codes.Unavailable, dialect.ConnectionLost},
		1021: {codes.Unavailable, dialect.OutOfSpace},
		1037: {codes.Unavailable, dialect.OutOfSpace},
		1038: {codes.Unavailable, dialect.OutOfSpace},
		1041: {codes.Unavailable, dialect.OutOfSpace},
		1114: {codes.Unavailable, dialect.OutOfSpace},
		1206: {codes.Unavailable, dialect.OutOfSpace},
		1461: {codes.Unavailable, dialect.OutOfSpace},
		1054: {codes.Internal, dialect.SchemaChanged},
		1072: {codes.Internal, dialect.SchemaChanged},
		1136: {codes.Internal, dialect.SchemaChanged},
		1146: {codes.Internal, dialect.SchemaChanged},
		1305: {codes.Internal, dialect.SchemaChanged},
		1318: {codes.Internal, dialect.SchemaChanged},
		1356: {codes.Internal, dialect.SchemaChanged},
		1412: {codes.Aborted, dialect.SchemaChanged},
		1615: {codes.Aborted, dialect.SchemaChanged},
		1034: {codes.DataLoss, dialect.Damaged},
		1035: {codes.DataLoss, dialect.Damaged},
		1194: {codes.DataLoss, dialect.Damaged},
		1195: {codes.DataLoss, dialect.Damaged},
		1712: {codes.DataLoss, dialect.Damaged},
		1877: {codes.DataLoss, dialect.Damaged},
		1064: {codes.Internal, dialect.Unknown},
		0:    {codes.Internal, dialect.Unknown},
	}
	for number := range faults {
		if _, ok := wanted[number]; !ok {
			t.Errorf("%d is not tested", number)
		}
	}
	for number, want := range wanted {
		var got *dialect.Fault
		if !errors.As(fault(fmt.Errorf("wrapped: %w", &mysql.MySQLError{Number: number})), &got) {
			t.Fatal("it is no fault")
		}
		if diff := cmp.Diff(want, meaning{got.Code, got.Reason}, cmp.AllowUnexported(meaning{})); diff != "" {
			t.Errorf("%d: %s", number, diff)
		}
	}
}

// TestFaultPlaces reads messages as the servers write them; those marked so are MySQL's, from its manual.
func TestFaultPlaces(t *testing.T) {
	t.Parallel()
	type place struct {
		Table, Constraint, Token string
		Columns                  []string
	}
	for _, test := range []struct {
		number  uint16
		message string
		want    place
	}{
		{1062, "Duplicate entry 'it's' for key 'one_each'", place{Constraint: "one_each"}},
		{1062, "Duplicate entry 'x\n' for key 'PRIMARY'", place{Constraint: "PRIMARY"}},
		{1062, "Duplicate entry '1' for key 't.PRIMARY'", place{Table: "t", Constraint: "PRIMARY"}}, // MySQL
		{1452, "Cannot add or update a child row: a foreign key constraint fails (`d`.`p q`, CONSTRAINT `f``k` FOREIGN KEY (`a`, `b`) REFERENCES `c` (`a`, `b`))",
			place{Table: "p q", Constraint: "f`k", Columns: []string{"a", "b"}}},
		{1451, "Cannot delete or update a parent row: a foreign key constraint fails (`d`.`p`, CONSTRAINT `fkc` FOREIGN KEY (`c`) REFERENCES `c` (`a`))",
			place{Table: "p", Constraint: "fkc", Columns: []string{"c"}}},
		{4025, "CONSTRAINT `dd` failed for `d`.`c`", place{Table: "c", Constraint: "dd"}},
		{4025, "CONSTRAINT `c.b` failed for `d`.`c`", place{Table: "c", Constraint: "b", Columns: []string{"b"}}},
		{3819, "Check constraint 't_chk_1' is violated.", place{Constraint: "t_chk_1"}}, // MySQL
		{1048, "Column 'name' cannot be null", place{Columns: []string{"name"}}},
		{1364, "Field 'name' doesn't have a default value", place{Columns: []string{"name"}}},
		{1406, "Data too long for column 'name' at row 1", place{Columns: []string{"name"}}},
		{1264, "Out of range value for column 'a' at row 1", place{Columns: []string{"a"}}},
		{1265, "Data truncated for column 'e' at row 1", place{Columns: []string{"e"}}},
		{1366, "Incorrect integer value: 'for column 'x' at row 1' for column `d`.`c`.`a` at row 1", place{Table: "c", Columns: []string{"a"}}},
		{1292, "Incorrect date value: '2020-02-31' for column `d`.`c`.`dt` at row 1", place{Table: "c", Columns: []string{"dt"}}},
		{1292, "Incorrect date value: '2020-02-31' for column 'dt' at row 1", place{Columns: []string{"dt"}}}, // MySQL
		{1054, "Unknown column 't.x' in 'SELECT'", place{Token: "x"}},
		{1146, "Table 'd.nix' doesn't exist", place{Token: "nix"}},
		{1305, "PROCEDURE d.nixx does not exist", place{Token: "nixx"}},
		{1305, "FUNCTION nixf does not exist", place{Token: "nixf"}},
	} {
		var got *dialect.Fault
		if !errors.As(fault(&mysql.MySQLError{Number: test.number, Message: test.message}), &got) {
			t.Fatal("it is no fault")
		}
		if diff := cmp.Diff(test.want, place{got.Table, got.Constraint, got.Token, got.Columns}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.message, diff)
		}
	}
}

func TestFaultsOfTheDriver(t *testing.T) {
	t.Parallel()
	if got := fault(nil); got != nil {
		t.Errorf("no error became %v", got)
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := fault(fmt.Errorf("query: %w", ended)); !errors.Is(got, ended) {
			t.Errorf("%v became %v", ended, got)
		}
	}
	for err, sent := range map[error]bool{io.ErrUnexpectedEOF: true, mysql.ErrInvalidConn: true, driver.ErrBadConn: false} {
		var lost *dialect.Fault
		if !errors.As(fault(err), &lost) || lost.Code != codes.Unavailable || lost.Unsent == sent {
			t.Errorf("%v became %+v", err, lost)
		}
	}
	var refused *dialect.Fault
	if !errors.As(dialect.Unsent(fault(&mysql.MySQLError{Number: 1040})), &refused) || !refused.Unsent || refused.Reason != dialect.TooManyConnections {
		t.Errorf("too many connections became %+v", refused)
	}
}
