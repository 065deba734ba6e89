package firebird

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nakagami/firebirdsql"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A meaning is what a code says to a caller.
type meaning struct {
	native int
	code   codes.Code
	reason string
}

// faults tells what each code means (Firebird 3 Language Reference, appendix B). The server tells several for one failure, the general ones among
// them; the first here that is among those counts.
var faults = []meaning{
	{firebirdsql.ISCCancelled, codes.DeadlineExceeded, dialect.StatementTimeout},
	{firebirdsql.ISCAttShutdown, codes.Unavailable, dialect.ConnectionLost},
	{firebirdsql.ISCShutdown, codes.Unavailable, dialect.ConnectionLost},
	{firebirdsql.ISCNetReadErr, codes.Unavailable, dialect.ConnectionLost},
	{firebirdsql.ISCNetWriteErr, codes.Unavailable, dialect.ConnectionLost},
	{firebirdsql.ISCLostDbConnection, codes.Unavailable, dialect.ConnectionLost},
	{firebirdsql.ISCNetworkError, codes.Unavailable, dialect.ConnectionLost},
	{firebirdsql.ISCLogin, codes.Unavailable, dialect.AccessDenied}, // our own password, and no fault of the caller
	{firebirdsql.ISCUniqueKeyViolation, codes.AlreadyExists, dialect.UniqueViolation},
	{firebirdsql.ISCNoDup, codes.AlreadyExists, dialect.UniqueViolation},
	{firebirdsql.ISCForeignKey, codes.FailedPrecondition, dialect.ForeignKeyViolation},
	{firebirdsql.ISCCheckConstraint, codes.InvalidArgument, dialect.CheckViolation},
	{firebirdsql.ISCNotValid, codes.InvalidArgument, dialect.CheckViolation}, // or not null: see violation
	{firebirdsql.ISCNotValidForVar, codes.InvalidArgument, dialect.CheckViolation},
	{firebirdsql.ISCUpdateConflict, codes.Aborted, dialect.SerializationFailed},
	{firebirdsql.ISCLockTimeout, codes.Aborted, dialect.LockTimeout},
	{firebirdsql.ISCDeadlock, codes.Aborted, dialect.Deadlock},
	{firebirdsql.ISCLockConflict, codes.Aborted, dialect.LockTimeout},
	{firebirdsql.ISCStringTruncation, codes.InvalidArgument, dialect.TooLong},
	{firebirdsql.ISCNumericOutOfRange, codes.InvalidArgument, dialect.OutOfRange},
	{firebirdsql.ISCDateRangeExceeded, codes.InvalidArgument, dialect.OutOfRange},
	{firebirdsql.ISCDatetimeRangeExceeded, codes.InvalidArgument, dialect.OutOfRange},
	{firebirdsql.ISCExceptionIntegerOverflow, codes.InvalidArgument, dialect.OutOfRange},
	{firebirdsql.ISCArithExcept, codes.InvalidArgument, dialect.ValueRejected},
	{firebirdsql.ISCConvertError, codes.InvalidArgument, dialect.ValueRejected},
	{firebirdsql.ISCTransliterationFailed, codes.InvalidArgument, dialect.ValueRejected},
	{firebirdsql.ISCMalformedString, codes.InvalidArgument, dialect.ValueRejected},
	{firebirdsql.ISCReadOnlyTrans, codes.PermissionDenied, dialect.NotWritable},
	{firebirdsql.ISCReadOnlyDatabase, codes.PermissionDenied, dialect.NotWritable},
	{firebirdsql.ISCNoPriv, codes.PermissionDenied, dialect.AccessDenied},
	{firebirdsql.ISCExcept, codes.FailedPrecondition, dialect.Raised}, // of a routine or trigger
	{firebirdsql.ISCDsqlRelationErr, codes.Internal, dialect.SchemaChanged},
	{firebirdsql.ISCDsqlFieldErr, codes.Internal, dialect.SchemaChanged},
	{firebirdsql.ISCUnavailable, codes.Unavailable, dialect.NoDatabase},
	{firebirdsql.ISCIoError, codes.Unavailable, dialect.NoDatabase},
	{firebirdsql.ISCDbCorrupt, codes.DataLoss, dialect.Damaged},
	{firebirdsql.ISCVirmemexh, codes.Unavailable, dialect.OutOfSpace},
}

// What messages say of where a fault lies, beyond their parameters.
var (
	validated    = regexp.MustCompile(`validation error for column "?([^"]+?)"?(?:\."([^"]+)")?, value "`)
	quotedTable  = regexp.MustCompile(`on table "([^"]+)"`)
	placed       = regexp.MustCompile(`(?i)line (\d+), column (\d+)`)
	missingValue = "*** null ***"
)

// lost reports whether the connection is of no more use.
func lost(said *firebirdsql.FbError) bool {
	return slices.ContainsFunc(said.GDSCodes, func(code int) bool {
		return slices.ContainsFunc(faults, func(m meaning) bool { return m.native == code && m.reason == dialect.ConnectionLost })
	})
}

// fault says what a driver's error means. The errors of a context, and faults, stay what they are; nil stays nil.
func fault(err error) error {
	if dialect.IsTold(err) {
		return err
	}
	var native *firebirdsql.FbError
	if !errors.As(err, &native) {
		return dialect.Lost(err)
	}
	out := &dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Detail: native.Message, Cause: err}
	for _, entry := range faults {
		at := slices.Index(native.GDSCodes, entry.native)
		if at < 0 {
			continue
		}
		out.Code, out.Reason = entry.code, entry.reason
		var parameters []string
		if at < len(native.Params) {
			parameters = native.Params[at]
		}
		where(out, entry.native, parameters, native.Message)
		break
	}
	out.Token = token(native)
	return out
}

// where finds out what a fault is about.
func where(out *dialect.Fault, code int, parameters []string, message string) {
	switch code {
	case firebirdsql.ISCUniqueKeyViolation, firebirdsql.ISCForeignKey, firebirdsql.ISCCheckConstraint:
		if len(parameters) > 1 {
			out.Constraint, out.Table = parameters[0], parameters[1]
		}
	case firebirdsql.ISCNoDup:
		if len(parameters) > 0 {
			out.Constraint = parameters[0]
		}
		if match := quotedTable.FindStringSubmatch(message); match != nil {
			out.Table = match[1]
		}
	case firebirdsql.ISCNotValid, firebirdsql.ISCNotValidForVar:
		if strings.Contains(message, missingValue) {
			out.Reason = dialect.NotNullViolation
		}
		if match := validated.FindStringSubmatch(message); match != nil && match[2] != "" {
			out.Table, out.Columns = match[1], []string{match[2]}
		}
	}
}

// token is what a message about a statement's text quotes of it.
func token(native *firebirdsql.FbError) string {
	for _, code := range []int{firebirdsql.ISCDsqlRelationErr, firebirdsql.ISCDsqlFieldErr, firebirdsql.ISCDsqlTokenUnkErr} {
		at := slices.Index(native.GDSCodes, code)
		if at < 0 {
			continue
		}
		for _, parameters := range native.Params[min(at+1, len(native.Params)):] { // isc_random, which is the next
			if len(parameters) > 0 {
				return parameters[0]
			}
		}
	}
	return ""
}

// located adds the place in the statement that the message tells as line and column.
func located(err error, statement string) error {
	var known *dialect.Fault
	if !errors.As(err, &known) {
		return err
	}
	match := placed.FindStringSubmatch(known.Detail)
	if match == nil {
		return err
	}
	line, _ := strconv.Atoi(match[1]) // digits alone
	column, _ := strconv.Atoi(match[2])
	before := 0
	for range line - 1 {
		end := strings.IndexByte(statement[before:], '\n')
		if end < 0 {
			return err
		}
		before += end + 1
	}
	if rest := len(statement) - before; column > rest {
		column = rest
	}
	known.Position = len([]rune(statement[:before+max(column-1, 0)])) + 1
	return err
}
