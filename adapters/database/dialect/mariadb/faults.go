package mariadb

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A meaning is what an error number says to a caller.
type meaning struct {
	code   codes.Code
	reason string
}

// faults tells what each error number means (MariaDB Error Codes; MySQL 8.0 Server Error Message Reference). Up to 1999 they are common to both servers; from
// 3000 on they are MySQL's, and from 4000 on MariaDB's.
var faults = map[uint16]meaning{
	1022: {codes.AlreadyExists, dialect.UniqueViolation}, // ER_DUP_KEY
	1062: {codes.AlreadyExists, dialect.UniqueViolation}, // ER_DUP_ENTRY
	1169: {codes.AlreadyExists, dialect.UniqueViolation}, // ER_DUP_UNIQUE
	1586: {codes.AlreadyExists, dialect.UniqueViolation}, // ER_DUP_ENTRY_WITH_KEY_NAME
	1216: {codes.FailedPrecondition, dialect.ForeignKeyViolation},
	1217: {codes.FailedPrecondition, dialect.ForeignKeyViolation},
	1451: {codes.FailedPrecondition, dialect.ForeignKeyViolation}, // ER_ROW_IS_REFERENCED_2
	1452: {codes.FailedPrecondition, dialect.ForeignKeyViolation}, // ER_NO_REFERENCED_ROW_2
	1048: {codes.InvalidArgument, dialect.NotNullViolation},       // ER_BAD_NULL_ERROR
	1263: {codes.InvalidArgument, dialect.NotNullViolation},       // ER_WARN_NULL_TO_NOTNULL
	1364: {codes.InvalidArgument, dialect.NotNullViolation},       // ER_NO_DEFAULT_FOR_FIELD
	3819: {codes.InvalidArgument, dialect.CheckViolation},         // ER_CHECK_CONSTRAINT_VIOLATED
	4025: {codes.InvalidArgument, dialect.CheckViolation},         // ER_CONSTRAINT_FAILED
	1369: {codes.InvalidArgument, dialect.CheckViolation},         // ER_VIEW_CHECK_FAILED
	1644: {codes.FailedPrecondition, dialect.Raised},              // ER_SIGNAL_EXCEPTION, of a trigger or routine
	1406: {codes.InvalidArgument, dialect.TooLong},                // ER_DATA_TOO_LONG
	1153: {codes.InvalidArgument, dialect.TooLong},                // ER_NET_PACKET_TOO_LARGE
	1301: {codes.InvalidArgument, dialect.TooLong},                // ER_WARN_ALLOWED_PACKET_OVERFLOWED
	1264: {codes.InvalidArgument, dialect.OutOfRange},             // ER_WARN_DATA_OUT_OF_RANGE
	1441: {codes.InvalidArgument, dialect.OutOfRange},             // ER_DATETIME_FUNCTION_OVERFLOW
	1690: {codes.InvalidArgument, dialect.OutOfRange},             // ER_DATA_OUT_OF_RANGE
	1265: {codes.InvalidArgument, dialect.ValueRejected},          // ER_TRUNCATED: also an ENUM without the value
	1267: {codes.InvalidArgument, dialect.ValueRejected},          // ER_CANT_AGGREGATE_2COLLATIONS: characters that the column has not
	1270: {codes.InvalidArgument, dialect.ValueRejected},
	1271: {codes.InvalidArgument, dialect.ValueRejected},
	1292: {codes.InvalidArgument, dialect.ValueRejected},     // ER_TRUNCATED_WRONG_VALUE
	1366: {codes.InvalidArgument, dialect.ValueRejected},     // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
	1365: {codes.InvalidArgument, dialect.ValueRejected},     // ER_DIVISION_BY_ZERO
	1411: {codes.InvalidArgument, dialect.ValueRejected},     // ER_WRONG_VALUE_FOR_TYPE
	1416: {codes.InvalidArgument, dialect.ValueRejected},     // ER_CANT_CREATE_GEOMETRY_OBJECT
	1525: {codes.InvalidArgument, dialect.ValueRejected},     // ER_WRONG_VALUE
	1231: {codes.InvalidArgument, dialect.ValueRejected},     // ER_WRONG_VALUE_FOR_VAR: what a claim says, as a setting of the session
	1232: {codes.InvalidArgument, dialect.ValueRejected},     // ER_WRONG_TYPE_FOR_VAR
	3140: {codes.InvalidArgument, dialect.ValueRejected},     // ER_INVALID_JSON_TEXT
	3854: {codes.InvalidArgument, dialect.ValueRejected},     // ER_CANNOT_CONVERT_STRING
	4078: {codes.InvalidArgument, dialect.ValueRejected},     // ER_ILLEGAL_PARAMETER_DATA_TYPES2_FOR_OPERATION
	1906: {codes.InvalidArgument, dialect.ValueRejected},     // ER_WARNING_NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN
	3105: {codes.InvalidArgument, dialect.ValueRejected},     // ER_NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN
	1213: {codes.Aborted, dialect.Deadlock},                  // ER_LOCK_DEADLOCK
	1614: {codes.Aborted, dialect.Deadlock},                  // ER_XA_RBDEADLOCK
	1020: {codes.Aborted, dialect.SerializationFailed},       // ER_CHECKREAD: with innodb_snapshot_isolation
	1205: {codes.Aborted, dialect.LockTimeout},               // ER_LOCK_WAIT_TIMEOUT
	3572: {codes.Aborted, dialect.LockTimeout},               // ER_LOCK_NOWAIT
	1142: {codes.PermissionDenied, dialect.AccessDenied},     // ER_TABLEACCESS_DENIED_ERROR
	1143: {codes.PermissionDenied, dialect.AccessDenied},     // ER_COLUMNACCESS_DENIED_ERROR
	1227: {codes.PermissionDenied, dialect.AccessDenied},     // ER_SPECIFIC_ACCESS_DENIED_ERROR
	1370: {codes.PermissionDenied, dialect.AccessDenied},     // ER_PROCACCESS_DENIED_ERROR
	1044: {codes.Unavailable, dialect.AccessDenied},          // ER_DBACCESS_DENIED_ERROR: our own account, and no fault of the caller
	1045: {codes.Unavailable, dialect.AccessDenied},          // ER_ACCESS_DENIED_ERROR
	1129: {codes.Unavailable, dialect.AccessDenied},          // ER_HOST_IS_BLOCKED
	1130: {codes.Unavailable, dialect.AccessDenied},          // ER_HOST_NOT_PRIVILEGED
	1698: {codes.Unavailable, dialect.AccessDenied},          // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
	1820: {codes.Unavailable, dialect.AccessDenied},          // ER_MUST_CHANGE_PASSWORD
	1862: {codes.Unavailable, dialect.AccessDenied},          // ER_MUST_CHANGE_PASSWORD_LOGIN
	1959: {codes.Unavailable, dialect.AccessDenied},          // ER_INVALID_ROLE
	3118: {codes.Unavailable, dialect.AccessDenied},          // ER_ACCOUNT_HAS_BEEN_LOCKED
	4151: {codes.Unavailable, dialect.AccessDenied},          // ER_ACCOUNT_HAS_BEEN_LOCKED
	1049: {codes.Unavailable, dialect.NoDatabase},            // ER_BAD_DB_ERROR
	1036: {codes.PermissionDenied, dialect.NotWritable},      // ER_OPEN_AS_READONLY
	1288: {codes.PermissionDenied, dialect.NotWritable},      // ER_NON_UPDATABLE_TABLE
	1290: {codes.PermissionDenied, dialect.NotWritable},      // ER_OPTION_PREVENTS_STATEMENT: --read-only
	1348: {codes.PermissionDenied, dialect.NotWritable},      // ER_NONUPDATEABLE_COLUMN
	1471: {codes.PermissionDenied, dialect.NotWritable},      // ER_NON_INSERTABLE_TABLE
	1792: {codes.PermissionDenied, dialect.NotWritable},      // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
	1836: {codes.PermissionDenied, dialect.NotWritable},      // ER_READ_ONLY_MODE
	1317: {codes.DeadlineExceeded, dialect.StatementTimeout}, // ER_QUERY_INTERRUPTED
	1969: {codes.DeadlineExceeded, dialect.StatementTimeout}, // ER_STATEMENT_TIMEOUT
	3024: {codes.DeadlineExceeded, dialect.StatementTimeout}, // ER_QUERY_TIMEOUT
	1040: {codes.Unavailable, dialect.TooManyConnections},    // ER_CON_COUNT_ERROR
	1203: {codes.Unavailable, dialect.TooManyConnections},    // ER_TOO_MANY_USER_CONNECTIONS
	1226: {codes.Unavailable, dialect.TooManyConnections},    // ER_USER_LIMIT_REACHED
	1053: {codes.Unavailable, dialect.ConnectionLost},        // ER_SERVER_SHUTDOWN
	1077: {codes.Unavailable, dialect.ConnectionLost},        // ER_NORMAL_SHUTDOWN
	1152: {codes.Unavailable, dialect.ConnectionLost},        // ER_ABORTING_CONNECTION
	1158: {codes.Unavailable, dialect.ConnectionLost},        // ER_NET_READ_ERROR
	1159: {codes.Unavailable, dialect.ConnectionLost},        // ER_NET_READ_INTERRUPTED
	1160: {codes.Unavailable, dialect.ConnectionLost},        // ER_NET_ERROR_ON_WRITE
	1161: {codes.Unavailable, dialect.ConnectionLost},        // ER_NET_WRITE_INTERRUPTED
	1184: {codes.Unavailable, dialect.ConnectionLost},        // ER_NEW_ABORTING_CONNECTION
	1927: {codes.Unavailable, dialect.ConnectionLost},        // ER_CONNECTION_KILLED
	2006: {codes.Unavailable, dialect.ConnectionLost},        // CR_SERVER_GONE_ERROR
	2013: {codes.Unavailable, dialect.ConnectionLost},        // CR_SERVER_LOST
	3032: {codes.Unavailable, dialect.ConnectionLost},        // ER_SERVER_OFFLINE_MODE
	1021: {codes.Unavailable, dialect.OutOfSpace},            // ER_DISK_FULL
	1037: {codes.Unavailable, dialect.OutOfSpace},            // ER_OUTOFMEMORY
	1038: {codes.Unavailable, dialect.OutOfSpace},            // ER_OUT_OF_SORTMEMORY
	1041: {codes.Unavailable, dialect.OutOfSpace},            // ER_OUT_OF_RESOURCES
	1114: {codes.Unavailable, dialect.OutOfSpace},            // ER_RECORD_FILE_FULL
	1206: {codes.Unavailable, dialect.OutOfSpace},            // ER_LOCK_TABLE_FULL
	1461: {codes.Unavailable, dialect.OutOfSpace},            // ER_MAX_PREPARED_STMT_COUNT_REACHED
	1054: {codes.Internal, dialect.SchemaChanged},            // ER_BAD_FIELD_ERROR
	1072: {codes.Internal, dialect.SchemaChanged},            // ER_KEY_COLUMN_DOES_NOT_EXITS
	1136: {codes.Internal, dialect.SchemaChanged},            // ER_WRONG_VALUE_COUNT_ON_ROW
	1146: {codes.Internal, dialect.SchemaChanged},            // ER_NO_SUCH_TABLE
	1305: {codes.Internal, dialect.SchemaChanged},            // ER_SP_DOES_NOT_EXIST
	1318: {codes.Internal, dialect.SchemaChanged},            // ER_SP_WRONG_NO_OF_ARGS
	1356: {codes.Internal, dialect.SchemaChanged},            // ER_VIEW_INVALID
	1412: {codes.Aborted, dialect.SchemaChanged},             // ER_TABLE_DEF_CHANGED
	1615: {codes.Aborted, dialect.SchemaChanged},             // ER_NEED_REPREPARE
	1034: {codes.DataLoss, dialect.Damaged},                  // ER_NOT_KEYFILE
	1035: {codes.DataLoss, dialect.Damaged},                  // ER_OLD_KEYFILE
	1194: {codes.DataLoss, dialect.Damaged},                  // ER_CRASHED_ON_USAGE
	1195: {codes.DataLoss, dialect.Damaged},                  // ER_CRASHED_ON_REPAIR
	1712: {codes.DataLoss, dialect.Damaged},                  // ER_INDEX_CORRUPT
	1877: {codes.DataLoss, dialect.Damaged},                  // ER_TABLE_CORRUPT
}

// What messages say of where a fault lies. These servers have no fields for it.
var (
	violatedKey     = regexp.MustCompile(`(?s)^Duplicate entry .* for key '([^']*)'$`)
	violatedForeign = regexp.MustCompile("a foreign key constraint fails \\(`(?:[^`]|``)*`\\.`((?:[^`]|``)*)`, CONSTRAINT `((?:[^`]|``)*)` FOREIGN KEY \\(([^)]*)\\)")
	violatedCheck   = regexp.MustCompile("^CONSTRAINT `((?:[^`]|``)*)` failed for `(?:[^`]|``)*`\\.`((?:[^`]|``)*)`|^Check constraint '(.*)' is violated")
	namedColumn     = regexp.MustCompile("(?:^Column|^Field|for column|The value specified for generated column) (?:`(?:[^`]|``)*`\\.`((?:[^`]|``)*)`\\.`((?:[^`]|``)*)`|'([^']*)')(?: at row \\d+| cannot be null| doesn't have a default value| in table .*)?\\.?$")
	nearText        = regexp.MustCompile(`(?s)near '(.*)' at line \d+$`)
	quotedToken     = regexp.MustCompile(`^(?:Unknown column '([^']*)'|Table '(?:[^'.]*\.)?([^']*)' doesn't exist|(?:FUNCTION|PROCEDURE) (?:[^ ]*\.)?([^ .]+) does not exist|Column '([^']*)' in .* is ambiguous|Duplicate column name '([^']*)')`)
	identifierPart  = regexp.MustCompile("`((?:[^`]|``)*)`")
)

// fault says what a driver's error means. The errors of a context, and faults, stay what they are; nil stays nil.
func fault(err error) error {
	if dialect.IsTold(err) {
		return err
	}
	var native *mysql.MySQLError
	if !errors.As(err, &native) {
		// What the driver says by itself is nearly always that the connection is gone.
		return &dialect.Fault{
			Code: codes.Unavailable, Reason: dialect.ConnectionLost, Cause: err,
			Unsent: errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone),
		}
	}
	entry, ok := faults[native.Number]
	if !ok {
		entry = meaning{codes.Internal, dialect.Unknown}
	}
	out := &dialect.Fault{Code: entry.code, Reason: entry.reason, Detail: native.Message, Cause: err}
	locate(out, native.Message)
	return out
}

// locate reads the place out of the message.
func locate(out *dialect.Fault, message string) {
	switch out.Reason {
	case dialect.UniqueViolation:
		if match := violatedKey.FindStringSubmatch(message); match != nil {
			out.Constraint = match[1]
			if table, key, ok := strings.Cut(match[1], "."); ok { // as MySQL says it since 8.0.19
				out.Table, out.Constraint = table, key
			}
		}
	case dialect.ForeignKeyViolation:
		if match := violatedForeign.FindStringSubmatch(message); match != nil {
			out.Table, out.Constraint = unquote(match[1]), unquote(match[2])
			for _, column := range identifierPart.FindAllStringSubmatch(match[3], -1) {
				out.Columns = append(out.Columns, unquote(column[1]))
			}
		}
	case dialect.CheckViolation:
		if match := violatedCheck.FindStringSubmatch(message); match != nil {
			out.Table, out.Constraint = unquote(match[2]), unquote(match[1])+match[3]
			// MariaDB names a check of a column TABLE.COLUMN.
			if column, ok := strings.CutPrefix(out.Constraint, out.Table+"."); ok && out.Table != "" {
				out.Constraint, out.Columns = column, []string{column}
			}
		}
	default:
		if match := namedColumn.FindStringSubmatch(message); match != nil {
			out.Table = unquote(match[1])
			out.Columns = []string{unquote(match[2]) + match[3]}
		}
		if match := quotedToken.FindStringSubmatch(message); match != nil {
			token := strings.Join(match[1:], "")
			out.Token = token[strings.LastIndex(token, ".")+1:]
			out.Columns = nil
		}
	}
}

func unquote(name string) string { return strings.ReplaceAll(name, "``", "`") }
