package sqlite

import (
	"errors"
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	driver "modernc.org/sqlite"
	result "modernc.org/sqlite/lib"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// badAddress is a mistake in the configuration.
const badAddress = codes.InvalidArgument

// faults tells what each result code means (Result and Error Codes). An extended code that is not listed means what its
// primary code means.
var faults = map[int]struct {
	code   codes.Code
	reason string
}{
	result.SQLITE_CONSTRAINT_UNIQUE:     {codes.AlreadyExists, dialect.UniqueViolation},
	result.SQLITE_CONSTRAINT_PRIMARYKEY: {codes.AlreadyExists, dialect.UniqueViolation},
	result.SQLITE_CONSTRAINT_ROWID:      {codes.AlreadyExists, dialect.UniqueViolation},
	result.SQLITE_CONSTRAINT_FOREIGNKEY: {codes.FailedPrecondition, dialect.ForeignKeyViolation},
	result.SQLITE_CONSTRAINT_NOTNULL:    {codes.InvalidArgument, dialect.NotNullViolation},
	result.SQLITE_CONSTRAINT_CHECK:      {codes.InvalidArgument, dialect.CheckViolation},
	result.SQLITE_CONSTRAINT_DATATYPE:   {codes.InvalidArgument, dialect.ValueRejected},
	result.SQLITE_CONSTRAINT:            {codes.FailedPrecondition, dialect.ValueRejected},
	result.SQLITE_MISMATCH:              {codes.InvalidArgument, dialect.ValueRejected},
	result.SQLITE_RANGE:                 {codes.InvalidArgument, dialect.ValueRejected},
	result.SQLITE_TOOBIG:                {codes.InvalidArgument, dialect.TooLong},
	result.SQLITE_BUSY:                  {codes.Aborted, dialect.LockTimeout},
	result.SQLITE_BUSY_SNAPSHOT:         {codes.Aborted, dialect.SerializationFailed},
	result.SQLITE_LOCKED:                {codes.Aborted, dialect.LockTimeout},
	result.SQLITE_INTERRUPT:             {codes.DeadlineExceeded, dialect.StatementTimeout},
	result.SQLITE_READONLY:              {codes.PermissionDenied, dialect.NotWritable},
	result.SQLITE_PERM:                  {codes.PermissionDenied, dialect.AccessDenied},
	result.SQLITE_AUTH:                  {codes.PermissionDenied, dialect.AccessDenied},
	result.SQLITE_CANTOPEN:              {codes.Unavailable, dialect.NoDatabase},
	result.SQLITE_IOERR:                 {codes.Unavailable, dialect.ConnectionLost},
	result.SQLITE_FULL:                  {codes.Unavailable, dialect.OutOfSpace},
	result.SQLITE_NOMEM:                 {codes.Unavailable, dialect.OutOfSpace},
	result.SQLITE_SCHEMA:                {codes.Aborted, dialect.SchemaChanged},
	result.SQLITE_CORRUPT:               {codes.DataLoss, dialect.Damaged},
	result.SQLITE_NOTADB:                {badAddress, dialect.BadAddress},
	result.SQLITE_ERROR:                 {codes.Internal, dialect.Unknown},
}

// What messages say of where a fault lies. SQLite has no fields for it.
var (
	violatedColumns = regexp.MustCompile(`(?:UNIQUE|NOT NULL) constraint failed: (.+?)(?: \(\d+\))?$`)
	violatedCheck   = regexp.MustCompile(`CHECK constraint failed: (.+?)(?: \(\d+\))?$`)
	nothingNamed    = regexp.MustCompile(`no such (?:table|column): |has no column named `)
	quotedToken     = regexp.MustCompile(`near "([^"]*)"|no such (?:column|table|function): (\S+)|has no column named (\S+)|ambiguous column name: (\S+)|unrecognized token: "([^"]*)"`)
)

// fault says what a driver's error means. The errors of a context, and faults, stay what they are; nil stays nil.
func fault(err error) error {
	if dialect.IsTold(err) {
		return err
	}
	out := &dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Cause: err}
	var native *driver.Error
	if !errors.As(err, &native) {
		return out
	}
	entry, ok := faults[native.Code()]
	if !ok {
		entry, ok = faults[native.Code()&0xff]
	}
	if ok {
		out.Code, out.Reason = entry.code, entry.reason
	}
	if nothingNamed.MatchString(native.Error()) { // which has no code of its own
		out.Reason = dialect.SchemaChanged
	}
	out.Detail = strings.TrimPrefix(native.Error(), "SQL logic error: ")
	if match := violatedColumns.FindStringSubmatch(native.Error()); match != nil {
		for name := range strings.SplitSeq(match[1], ", ") {
			table, column, _ := strings.Cut(name, ".")
			out.Table, out.Columns = table, append(out.Columns, column)
		}
	}
	if match := violatedCheck.FindStringSubmatch(native.Error()); match != nil {
		out.Constraint = match[1]
	}
	if match := quotedToken.FindStringSubmatch(native.Error()); match != nil {
		out.Token = strings.Join(match[1:], "")
	}
	return out
}
