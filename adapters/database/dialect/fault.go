package dialect

import "google.golang.org/grpc/codes"

// A Fault is why a statement failed, in terms that all engines share. Its text is for logs.
type Fault struct {
	// Code is the kind of the failure.
	Code codes.Code
	// Reason is a stable name of it: UNIQUE_VIOLATION.
	Reason string
	// Table and Columns are where it lies, as far as the engine says.
	Table   string
	Columns []string
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
	return f.Reason + ": " + f.Cause.Error()
}

// Unwrap returns the driver's error.
func (f *Fault) Unwrap() error { return f.Cause }

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
	OutOfSpace          = "OUT_OF_SPACE"
	SchemaChanged       = "SCHEMA_CHANGED"
	NoDatabase          = "NO_SUCH_DATABASE"
	BadAddress          = "BAD_ADDRESS"
	ValueUnreadable     = "VALUE_UNREADABLE"
	Damaged             = "DATABASE_DAMAGED"
	Unknown             = "DATABASE_ERROR"
)
