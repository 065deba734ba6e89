package odbc

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A record is a diagnostic record of ODBC: the SQLSTATE, the server's own number, and its message.
type record struct {
	state   string
	native  int
	message string
}

// A diagnosed is an error that has records, as tests make it.
type diagnosed interface{ records() []record }

// A meaning is what a state says to a caller.
type meaning struct {
	code   codes.Code
	reason string
}

var (
	unfit      = meaning{codes.InvalidArgument, dialect.ValueRejected}
	tooLong    = meaning{codes.InvalidArgument, dialect.TooLong}
	outOfRange = meaning{codes.InvalidArgument, dialect.OutOfRange}
	missing    = meaning{codes.InvalidArgument, dialect.NotNullViolation}
	checked    = meaning{codes.InvalidArgument, dialect.CheckViolation}
	unique     = meaning{codes.AlreadyExists, dialect.UniqueViolation}
	referred   = meaning{codes.FailedPrecondition, dialect.ForeignKeyViolation}
	denied     = meaning{codes.PermissionDenied, dialect.AccessDenied}
	noAccess   = meaning{codes.Unavailable, dialect.AccessDenied} // our own password, and no fault of the caller
	changed    = meaning{codes.Internal, dialect.SchemaChanged}
	lost       = meaning{codes.Unavailable, dialect.ConnectionLost}
	deadlock   = meaning{codes.Aborted, dialect.Deadlock}
	waited     = meaning{codes.Aborted, dialect.LockTimeout}
	timeout    = meaning{codes.DeadlineExceeded, dialect.StatementTimeout}
	readOnly   = meaning{codes.PermissionDenied, dialect.NotWritable}
	full       = meaning{codes.Unavailable, dialect.OutOfSpace}
	raised     = meaning{codes.FailedPrecondition, dialect.Raised}
)

// natives tells what the numbers mean that say more than their state: of Db2 (SQLCODE) and of Informix. Their ranges do not meet.
var natives = map[int]meaning{
	-803: unique, -530: referred, -531: referred, -532: referred, -545: checked, -407: missing, -911: deadlock, -913: deadlock, -438: raised, -30082: noAccess,
	-239: unique, -268: unique, -691: referred, -692: referred, -391: missing, -143: deadlock, -154: waited, -243: waited, -244: waited, -951: noAccess,
	-746: raised, -312: full, -271: full,
}

// states tells what each SQLSTATE means, by the whole or by its class (ISO/IEC 9075-2 section 24.1, Db2 SQLSTATE messages, ODBC appendix A).
var states = map[string]meaning{
	"22": unfit, "22001": tooLong, "22003": outOfRange, "22007": unfit, "22008": outOfRange, "22018": unfit, "01004": tooLong,
	"23": checked, "23502": missing, "23503": referred, "23504": referred, "23505": unique, "23513": checked,
	"25006": readOnly, "28": noAccess, "40": {codes.Aborted, dialect.SerializationFailed}, "40001": deadlock,
	"42501": denied, "42502": denied, "42703": changed, "42704": changed, "42S02": changed, "42S22": changed, "42818": unfit, "42807": readOnly, "42808": readOnly,
	"08": lost, "HYT00": timeout, "HYT01": lost, "57014": timeout, "57033": waited, "57011": full, "57030": lost, "57": lost, "53": full,
	"IM002": {codes.InvalidArgument, dialect.BadAddress}, "IM003": {codes.InvalidArgument, dialect.BadAddress}, "01H": raised, "38": raised, "45": raised, "70": raised,
}

// named finds the constraint in the messages of Db2 (SQL0803N "2" is the number of an index, others are names) and of Informix.
var named = regexp.MustCompile(`(?:relationship|constraint|FOREIGN KEY) "([^"]+)"|constraint \(([^)]+)\)`)

// fault says what a driver's error means. The errors of a context, and faults, stay what they are; nil stays nil.
func fault(err error) error {
	if dialect.IsTold(err) {
		return err
	}
	records := recordsOf(err)
	var told diagnosed
	if errors.As(err, &told) {
		records = told.records()
	}
	if len(records) == 0 {
		return &dialect.Fault{Code: lost.code, Reason: lost.reason, Cause: err}
	}
	first := records[0]
	entry := meaningOf(first)
	out := &dialect.Fault{Code: entry.code, Reason: entry.reason, Detail: first.message, Cause: err}
	if match := named.FindStringSubmatch(first.message); match != nil {
		out.Constraint = last(match[1] + match[2])
	}
	return out
}

func meaningOf(one record) meaning {
	if entry, ok := natives[one.native]; ok && !slices.Contains([]string{"IM002", "IM003"}, one.state) {
		return entry
	}
	for _, length := range []int{5, 3, 2} {
		if len(one.state) >= length {
			if entry, ok := states[one.state[:length]]; ok {
				return entry
			}
		}
	}
	return meaning{codes.Internal, dialect.Unknown}
}

// last is a name without what stands before its last dot.
func last(name string) string { return strings.TrimSpace(name[strings.LastIndexByte(name, '.')+1:]) }
