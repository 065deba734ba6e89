package postgres

import (
	"errors"
	"regexp"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A meaning is what a SQLSTATE says to a caller.
type meaning struct {
	code   codes.Code
	reason string
}

// faults tells what each SQLSTATE means (PostgreSQL Error Codes, appendix A). One of two characters stands for its whole
// class, where no entry of its own says more.
var faults = map[string]meaning{
	"23505": {codes.AlreadyExists, dialect.UniqueViolation},
	"23P01": {codes.AlreadyExists, dialect.UniqueViolation}, // exclusion_violation
	"23503": {codes.FailedPrecondition, dialect.ForeignKeyViolation},
	"23001": {codes.FailedPrecondition, dialect.ForeignKeyViolation}, // restrict_violation
	"23502": {codes.InvalidArgument, dialect.NotNullViolation},
	"23514": {codes.InvalidArgument, dialect.CheckViolation},
	"44000": {codes.InvalidArgument, dialect.CheckViolation}, // with_check_option_violation
	"22001": {codes.InvalidArgument, dialect.TooLong},
	"22003": {codes.InvalidArgument, dialect.OutOfRange},
	"22008": {codes.InvalidArgument, dialect.OutOfRange}, // datetime_field_overflow
	"22":    {codes.InvalidArgument, dialect.ValueRejected},
	"23":    {codes.FailedPrecondition, dialect.ValueRejected},
	"428C9": {codes.InvalidArgument, dialect.ValueRejected}, // generated_always
	"P0":    {codes.FailedPrecondition, dialect.Raised},     // RAISE of PL/pgSQL
	"45":    {codes.FailedPrecondition, dialect.Raised},     // unhandled user-defined exception (ISO/IEC 9075-2 section 24.1)
	"40P01": {codes.Aborted, dialect.Deadlock},
	"40001": {codes.Aborted, dialect.SerializationFailed},
	"40003": {codes.Unavailable, dialect.ConnectionLost}, // statement_completion_unknown: nobody knows whether it was taken back
	"40":    {codes.Aborted, dialect.SerializationFailed},
	"55P03": {codes.Aborted, dialect.LockTimeout},
	"42501": {codes.PermissionDenied, dialect.AccessDenied},
	"25006": {codes.PermissionDenied, dialect.NotWritable}, // read_only_sql_transaction
	"28":    {codes.Unavailable, dialect.AccessDenied},     // our own password, and no fault of the caller
	"3D000": {codes.Unavailable, dialect.NoDatabase},
	"57014": {codes.DeadlineExceeded, dialect.StatementTimeout},
	"57":    {codes.Unavailable, dialect.ConnectionLost}, // shutdowns, cannot_connect_now
	"08":    {codes.Unavailable, dialect.ConnectionLost},
	"53300": {codes.Unavailable, dialect.TooManyConnections},
	"53":    {codes.Unavailable, dialect.OutOfSpace},
	"58":    {codes.Unavailable, dialect.ConnectionLost},
	"42P01": {codes.Internal, dialect.SchemaChanged}, // undefined_table
	"42703": {codes.Internal, dialect.SchemaChanged}, // undefined_column
	"0A000": {codes.Aborted, dialect.SchemaChanged},  // "cached plan must not change result type"
	"XX":    {codes.DataLoss, dialect.Damaged},
}

// quotedToken finds what a syntax error points to.
var quotedToken = regexp.MustCompile(`at or near "([^"]*)"`)

// missingColumn finds what column is gone, and refusedParameter which argument could not be read.
var (
	missingColumn    = regexp.MustCompile(`^column (?:.*\.)?"?([^".]+?)"?(?: of relation .*)? does not exist`)
	refusedParameter = regexp.MustCompile(`\bparameter \$(\d+)`)
)

// fault says what a driver's error means. The errors of a context, and faults, stay what they are; nil stays nil.
func fault(err error) error {
	if dialect.IsTold(err) {
		return err
	}
	var native *pgconn.PgError
	if !errors.As(err, &native) {
		return withoutState(err)
	}
	entry, ok := faults[native.Code]
	if !ok && len(native.Code) == 5 {
		entry, ok = faults[native.Code[:2]]
	}
	var refused *pgconn.ConnectError
	connecting := errors.As(err, &refused)
	switch {
	case ok:
	case connecting: // a server that takes nobody just now, for whatever reason: 55000 while it allows no connections
		entry = meaning{codes.Unavailable, dialect.ConnectionLost}
	case raised(native.Code):
		entry = meaning{codes.FailedPrecondition, dialect.Raised}
	default:
		entry = meaning{codes.Internal, dialect.Unknown}
	}
	out := &dialect.Fault{
		Code: entry.code, Reason: entry.reason, Table: native.TableName, Constraint: native.ConstraintName,
		Detail: native.Message, Position: int(native.Position), Cause: err, Unsent: connecting,
	}
	if native.ColumnName != "" {
		out.Columns = []string{native.ColumnName}
	}
	if match := quotedToken.FindStringSubmatch(native.Message); match != nil {
		out.Token = match[1]
	}
	if match := missingColumn.FindStringSubmatch(native.Message); match != nil && out.Reason == dialect.SchemaChanged {
		out.Token = match[1]
	}
	if match := refusedParameter.FindStringSubmatch(native.Where); match != nil {
		out.Parameter, _ = strconv.Atoi(match[1]) // digits alone
	}
	return out
}

// raised reports whether a SQLSTATE is of a class that the standard leaves free (ISO/IEC 9075-2 section 24.1) and the server itself uses none of: then a routine made it up.
func raised(state string) bool {
	if len(state) != 5 {
		return false
	}
	class := state[:2]
	free := class[0] >= '5' && class[0] <= '9' || class[0] >= 'I' && class[0] <= 'Z'
	return free && !slices.Contains([]string{"53", "54", "55", "57", "58", "72", "P0", "XX"}, class)
}

// withoutState deals with what the driver says by itself: nearly always that the connection is gone.
func withoutState(err error) error {
	var (
		connect *pgconn.ConnectError
		parse   *pgconn.ParseConfigError
	)
	switch {
	case errors.As(err, &parse):
		return &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.BadAddress, Detail: "the address is no PostgreSQL URL", Cause: err}
	case errors.As(err, &connect), pgconn.SafeToRetry(err), errors.Is(err, puddle.ErrClosedPool):
		return &dialect.Fault{Code: codes.Unavailable, Reason: dialect.ConnectionLost, Unsent: true, Cause: err}
	default:
		return &dialect.Fault{Code: codes.Unavailable, Reason: dialect.ConnectionLost, Cause: err}
	}
}
