package oracle

import (
	"errors"
	"regexp"
	"strings"

	"github.com/sijms/go-ora/v2/network"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A meaning is what a number says to a caller.
type meaning struct {
	code   codes.Code
	reason string
}

var (
	checked    = meaning{codes.InvalidArgument, dialect.CheckViolation}
	referred   = meaning{codes.FailedPrecondition, dialect.ForeignKeyViolation}
	missing    = meaning{codes.InvalidArgument, dialect.NotNullViolation}
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
	waited     = meaning{codes.Aborted, dialect.LockTimeout}
)

// faults tells what each number means (Oracle Database Error Messages, ORA-00000 and on).
var faults = map[int]meaning{
	1: {codes.AlreadyExists, dialect.UniqueViolation}, 2290: checked, 2291: referred, 2292: referred, 2266: referred, 1400: missing, 1407: missing,
	12899: tooLong, 1401: tooLong, 1461: tooLong, 1438: outOfRange, 1426: outOfRange, 1841: outOfRange, 1873: outOfRange,
	1722: unfit, 1843: unfit, 1847: unfit, 1830: unfit, 1840: unfit, 1858: unfit, 1861: unfit, 932: unfit, 1465: unfit, 6502: unfit, 1410: unfit, 12704: unfit,
	60: {codes.Aborted, dialect.Deadlock}, 8177: {codes.Aborted, dialect.SerializationFailed}, 54: waited, 30006: waited,
	1031: denied, 1039: denied, 28115: denied, 1456: readOnly, 16000: readOnly, 1732: readOnly, 1733: readOnly, 32795: readOnly, 32796: readOnly, 54013: readOnly,
	942: changed, 904: changed, 4043: changed, 1775: changed, 4063: changed, 8103: changed,
	1013: {codes.DeadlineExceeded, dialect.StatementTimeout}, 12505: noDatabase, 12514: noDatabase, 1033: noDatabase, 1034: noDatabase, 12528: noDatabase,
	1017: noAccess, 28000: noAccess, 28001: noAccess, 1045: noAccess,
	28: lost, 1012: lost, 1089: lost, 1092: lost, 3113: lost, 3114: lost, 3135: lost, 12537: lost, 12541: lost, 12570: lost, 2396: lost,
	18: tooMany, 20: tooMany, 12516: tooMany, 12519: tooMany, 12520: tooMany, 2391: tooMany,
	1653: full, 1654: full, 1652: full, 1658: full, 1536: full, 30036: full, 4031: full, 257: full,
	1578: damaged, 1110: damaged,
}

// The numbers that RAISE_APPLICATION_ERROR gives to errors of routines and triggers.
const (
	firstRaised = 20000
	lastRaised  = 20999
)

// What messages say of where a fault lies.
var (
	constrained = regexp.MustCompile(`constraint \(([^)]+)\)`)
	placed      = regexp.MustCompile(`\("([^"]+)"\."([^"]+)"\."([^"]+)"\)|column "([^"]+)"\."([^"]+)"\."([^"]+)"`)
	tokened     = regexp.MustCompile(`ORA-0*(?:904|942): "?([^":]+(?:"\."[^":]+)*)"?:`)
)

// fault says what a driver's error means. The errors of a context, and faults, stay what they are; nil stays nil.
func fault(err error) error {
	if dialect.IsTold(err) {
		return err
	}
	var native *network.OracleError
	if !errors.As(err, &native) {
		return dialect.Lost(err)
	}
	out := &dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Detail: strings.TrimSpace(native.ErrMsg), Cause: err}
	if entry, ok := faults[native.ErrCode]; ok {
		out.Code, out.Reason = entry.code, entry.reason
	} else if native.ErrCode >= firstRaised && native.ErrCode <= lastRaised {
		out.Code, out.Reason = codes.FailedPrecondition, dialect.Raised
	}
	if match := constrained.FindStringSubmatch(native.ErrMsg); match != nil {
		out.Constraint = match[1][strings.LastIndexByte(match[1], '.')+1:]
	}
	if match := placed.FindStringSubmatch(native.ErrMsg); match != nil && (out.Reason == dialect.NotNullViolation || out.Reason == dialect.TooLong) {
		out.Table, out.Columns = match[2]+match[5], []string{match[3] + match[6]}
	}
	if match := tokened.FindStringSubmatch(native.ErrMsg); match != nil {
		out.Token = match[1][strings.LastIndexByte(match[1], '"')+1:]
	}
	return out
}
