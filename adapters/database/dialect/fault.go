package dialect

import (
	"context"
	"errors"
	"net"
	"strings"

	"google.golang.org/grpc/codes"
)

// A Fault is why a statement failed, in terms that all engines share. Its text is for logs.
type Fault struct {
	// Code is the kind of the failure.
	Code codes.Code
	// Reason is a stable name of it: UNIQUE_VIOLATION.
	Reason string
	// Table and Columns are where it lies, as far as the engine says.
	Table   string
	Columns []string
	// Parameter is which of the statement's arguments was refused, counted from 1; 0 means that it is not known.
	Parameter int
	// Constraint is the rule that was broken, if the engine names it.
	Constraint string
	// Unsent is true if the statement certainly never reached the engine.
	Unsent bool
	// Detail is the engine's own message, and Position the character in the statement that it points to, counted from 1; 0 means that it does not. Token is what
	// it quotes of the statement, if it does. They are for whoever wrote the statement.
	Detail   string
	Position int
	Token    string
	// Cause is the driver's error.
	Cause error
}

// Error returns the whole story.
func (f *Fault) Error() string {
	if f.Cause == nil {
		return f.Reason
	}
	return f.Reason + ": " + onOneLine(f.Cause.Error())
}

// onOneLine is the text of an error whose driver takes several lines for it, each of them once: of a connection, two may say that neither way to connect was open.
func onOneLine(text string) string {
	var out strings.Builder
	seen := make(map[string]bool)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || seen[line] {
			continue
		}
		seen[line] = true
		switch {
		case strings.HasSuffix(out.String(), ":"):
			out.WriteString(" ")
		case out.Len() > 0:
			out.WriteString("; ")
		}
		out.WriteString(line)
	}
	return out.String()
}

// Unwrap returns the driver's error.
func (f *Fault) Unwrap() error { return f.Cause }

// IsTold reports whether an error is said already: it is nil, of a context, or a [Fault].
func IsTold(err error) bool {
	var known *Fault
	return err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Lost is the fault of a driver's error that no server told: the connection is gone, or could not be dialled.
func Lost(cause error) *Fault {
	var dialing *net.OpError
	return &Fault{Code: codes.Unavailable, Reason: ConnectionLost, Unsent: errors.As(cause, &dialing) && dialing.Op == "dial", Cause: cause}
}

// Unsent marks a fault that came before any statement, and returns it.
func Unsent(err error) error {
	var known *Fault
	if errors.As(err, &known) {
		known.Unsent = true
	}
	return err
}

// Rejected is the fault of a value that a caller sent, and that the engine cannot be given.
func Rejected(why error) *Fault {
	return &Fault{Code: codes.InvalidArgument, Reason: ValueRejected, Cause: why}
}

// OfArgument marks a fault as of one of the statement's arguments, counted from 0, and returns it.
func OfArgument(err error, argument int) error {
	var known *Fault
	if errors.As(err, &known) {
		known.Parameter = argument + 1
	}
	return err
}

// RefuseWriting is the fault of a statement that may only read, and has a phrase that could write; nil if the phrase is empty.
func RefuseWriting(phrase string) error {
	if phrase == "" {
		return nil
	}
	return &Fault{
		Code: codes.PermissionDenied, Reason: NotWritable, Token: phrase, Detail: "a query that only reads may not use " + phrase + "; declare that it writes",
	}
}

// The reasons that faults have in common.
const (
	UniqueViolation     = "UNIQUE_VIOLATION"
	ForeignKeyViolation = "FOREIGN_KEY_VIOLATION"
	NotNullViolation    = "NOT_NULL_VIOLATION"
	CheckViolation      = "CHECK_VIOLATION"
	ValueRejected       = "VALUE_REJECTED"
	TooLong             = "VALUE_TOO_LONG"
	OutOfRange          = "VALUE_OUT_OF_RANGE"
	Deadlock            = "DEADLOCK"
	SerializationFailed = "SERIALIZATION_FAILURE"
	LockTimeout         = "LOCK_NOT_AVAILABLE"
	AccessDenied        = "DATABASE_ACCESS_DENIED"
	NotWritable         = "NOT_WRITABLE"
	StatementTimeout    = "STATEMENT_TIMEOUT"
	ConnectionLost      = "CONNECTION_LOST"
	TooManyConnections  = "TOO_MANY_CONNECTIONS"
	// PoolExhausted is a call that found all connections in use for as long as it could wait.
	PoolExhausted   = "POOL_EXHAUSTED"
	OutOfSpace      = "OUT_OF_SPACE"
	SchemaChanged   = "SCHEMA_CHANGED"
	NoDatabase      = "NO_SUCH_DATABASE"
	BadAddress      = "BAD_ADDRESS"
	NoSetting       = "NO_SUCH_SETTING"
	ValueUnreadable = "VALUE_UNREADABLE"
	Damaged         = "DATABASE_DAMAGED"
	// Raised is an error that a routine or trigger raised of its own accord.
	Raised = "REFUSED_BY_DATABASE"
	// ResultMismatch is a result set that differs from what was declared.
	ResultMismatch = "RESULT_MISMATCH"
	Unknown        = "DATABASE_ERROR"
)
