package sqlserver

import (
	"errors"
	"regexp"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A meaning is what a number says to a caller.
type meaning struct {
	code   codes.Code
	reason string
}

var (
	unique     = meaning{codes.AlreadyExists, dialect.UniqueViolation}
	tooLong    = meaning{codes.InvalidArgument, dialect.TooLong}
	outOfRange = meaning{codes.InvalidArgument, dialect.OutOfRange}
	unfit      = meaning{codes.InvalidArgument, dialect.ValueRejected}
	denied     = meaning{codes.PermissionDenied, dialect.AccessDenied}
	readOnly   = meaning{codes.PermissionDenied, dialect.NotWritable}
	changed    = meaning{codes.Internal, dialect.SchemaChanged}
	noDatabase = meaning{codes.Unavailable, dialect.NoDatabase}
	noAccess   = meaning{codes.Unavailable, dialect.AccessDenied} // our own password, and no fault of the caller
	lost       = meaning{codes.Unavailable, dialect.ConnectionLost}
	tooMany    = meaning{codes.Unavailable, dialect.TooManyConnections}
	full       = meaning{codes.Unavailable, dialect.OutOfSpace}
	damaged    = meaning{codes.DataLoss, dialect.Damaged}
	conflict   = meaning{codes.Aborted, dialect.SerializationFailed}
)

// faults tells what each number means (SQL Server, Database Engine events and errors).
var faults = map[int32]meaning{
	2601: unique, 2627: unique,
	547:  {codes.InvalidArgument, dialect.CheckViolation}, // or a foreign key: see where
	515:  {codes.InvalidArgument, dialect.NotNullViolation},
	8152: tooLong, 2628: tooLong,
	220: outOfRange, 232: outOfRange, 242: outOfRange, 248: outOfRange, 8115: outOfRange, 517: outOfRange,
	206: unfit, 235: unfit, 241: unfit, 245: unfit, 257: unfit, 293: unfit, 295: unfit, 1065: unfit, 8114: unfit, 8169: unfit, 9402: unfit, 9420: unfit,
	1205: {codes.Aborted, dialect.Deadlock},
	1222: {codes.Aborted, dialect.LockTimeout},
	3960: conflict, 3961: conflict, 41302: conflict, 41305: conflict, 41325: conflict,
	229: denied, 230: denied, 262: denied, 297: denied, 300: denied, 916: denied,
	271: readOnly, 272: readOnly, 273: readOnly, 544: readOnly, 3906: readOnly, 3908: readOnly, 33504: readOnly,
	207: changed, 208: changed, 213: changed, 2812: changed,
	4060: noDatabase, 911: noDatabase, 927: noDatabase, 942: noDatabase, 945: noDatabase,
	18452: noAccess, 18456: noAccess, 18486: noAccess, 18487: noAccess, 18488: noAccess,
	17809: tooMany, 10928: tooMany, 10929: tooMany, 10936: tooMany,
	233: lost, 596: lost, 6005: lost, 983: lost, 40197: lost, 40501: lost, 40613: lost, 49918: lost, 49919: lost, 49920: lost,
	1101: full, 1105: full, 9002: full, 701: full, 802: full, 40544: full,
	823: damaged, 824: damaged, 825: damaged, 605: damaged,
}

// endsConnection is the severity from which on the server closes the connection.
const endsConnection = 20

// firstRaised is the first number that THROW and RAISERROR give to errors of routines and triggers.
const firstRaised = 50000

// What messages say of where a fault lies.
var (
	conflicted = regexp.MustCompile(`conflicted with the (FOREIGN KEY|REFERENCE|SAME TABLE REFERENCE|CHECK|FOREIGN KEY SAME TABLE) constraint "([^"]+)"`)
	inTable    = regexp.MustCompile(`(?:table|object) ["']([^"']+)["']`)
	inColumn   = regexp.MustCompile(`column '([^']+)'`)
	keyed      = regexp.MustCompile(`(?:constraint|unique index) '([^']+)'`)
	quoted     = regexp.MustCompile(`(?:near|name|object|column|keyword|procedure) (?:the keyword )?'([^']+)'`)
)

// fault says what a driver's error means. The errors of a context, and faults, stay what they are; nil stays nil.
func fault(err error) error {
	if dialect.IsTold(err) {
		return err
	}
	var native mssql.Error
	if !errors.As(err, &native) {
		return dialect.Lost(err)
	}
	native = telling(native)
	out := &dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Detail: native.Message, Cause: err}
	if entry, ok := faults[native.Number]; ok {
		out.Code, out.Reason = entry.code, entry.reason
	} else if native.Class >= endsConnection {
		out.Code, out.Reason = lost.code, lost.reason
	} else if native.Number >= firstRaised {
		out.Code, out.Reason = codes.FailedPrecondition, dialect.Raised
	}
	where(out, native)
	return out
}

// telling is the first of several errors of one failure that the table knows; the last one may only say that the statement has been terminated.
func telling(native mssql.Error) mssql.Error {
	for _, one := range native.All {
		if _, ok := faults[one.Number]; ok {
			return one
		}
	}
	return native
}

// where finds out what a fault is about, of which the server tells nothing but in its message.
func where(out *dialect.Fault, native mssql.Error) {
	message := native.Message
	switch native.Number {
	case 547:
		if match := conflicted.FindStringSubmatch(message); match != nil {
			out.Constraint = match[2]
			if match[1] != "CHECK" {
				// The table and column that it names are the other's.
				out.Code, out.Reason = codes.FailedPrecondition, dialect.ForeignKeyViolation
				return
			}
		}
		out.Table = named(inTable, message)
		if column := inColumn.FindStringSubmatch(message); column != nil {
			out.Columns = []string{column[1]}
		}
	case 515, 2628:
		out.Table = named(inTable, message)
		if column := inColumn.FindStringSubmatch(message); column != nil {
			out.Columns = []string{column[1]}
		}
	case 2601, 2627:
		out.Table = named(inTable, message)
		if match := keyed.FindStringSubmatch(message); match != nil {
			out.Constraint = match[1]
		}
	case 102, 156, 207, 208, 2812:
		if match := quoted.FindStringSubmatch(message); match != nil {
			out.Token = match[1]
		}
	}
}

// named is the table's own name in a message that tells it as database.schema.table.
func named(expression *regexp.Regexp, message string) string {
	match := expression.FindStringSubmatch(message)
	if match == nil {
		return ""
	}
	return match[1][strings.LastIndexByte(match[1], '.')+1:]
}
