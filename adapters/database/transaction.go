package database

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const (
	// defaultRetries is how often a write is tried again, unless write_retries says otherwise.
	defaultRetries = 3
	// firstWait is about how long the first of them waits; each of the others waits about twice as long as the one before.
	firstWait = 10 * time.Millisecond
)

// A queryFunc runs a statement, as [dialect.Database] and [dialect.Tx] do.
type queryFunc func(ctx context.Context, statement dialect.Statement, each func(row []dialect.Value) error) (int64, error)

// transactions is how the settings want transactions.
type transactions struct {
	isolation dialect.Isolation // of writes
	retries   int
	// variables are made for each transaction, in order of their names.
	variables []transactionVariable
	// traits are the claims and headers that they are made of.
	traits adapters.CallerTraits
}

// A transactionVariable is a setting of the session that each transaction makes of its caller. value says false if it is to stay as it is.
type transactionVariable struct {
	name, field string
	value       func(ctx context.Context) (string, bool)
}

// isolations are the levels as the settings name them.
var isolations = map[string]dialect.Isolation{
	"read committed": dialect.ReadCommitted, "repeatable read": dialect.RepeatableRead, "serializable": dialect.Serializable,
}

// transactionsOf reads the settings.
func transactionsOf(settings *configv1.DatabaseBackend) (transactions, error) {
	out := transactions{isolation: isolations[settings.GetIsolation()], retries: defaultRetries}
	if settings.WriteRetries != nil {
		out.retries = int(settings.GetWriteRetries())
	}
	session := settings.GetSession()
	for variable, claim := range session.GetClaims() {
		out.traits.Claims = append(out.traits.Claims, claim)
		out.variables = append(out.variables, transactionVariable{name: variable, field: "session.claims", value: func(ctx context.Context) (string, bool) {
			return adapters.CallerFrom(ctx).Claims[claim], true
		}})
	}
	for variable, header := range session.GetHeaders() {
		out.traits.Headers = append(out.traits.Headers, http.CanonicalHeaderKey(header))
		out.variables = append(out.variables, transactionVariable{name: variable, field: "session.headers", value: func(ctx context.Context) (string, bool) {
			return strings.Join(adapters.CallerFrom(ctx).Header(header), ", "), true
		}})
	}
	if variable := session.GetTraceVariable(); variable != "" {
		out.variables = append(out.variables, transactionVariable{name: variable, field: "session.trace_variable", value: traceID})
	}
	slices.SortFunc(out.variables, func(a, b transactionVariable) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)), cmp.Compare(a.field, b.field))
	})
	var findings []adapters.Finding
	for i := 1; i < len(out.variables); i++ {
		if before := out.variables[i-1]; strings.EqualFold(before.name, out.variables[i].name) {
			findings = append(findings, adapters.Finding{Field: out.variables[i].field, Message: before.field + " sets " + before.name + " already"})
		}
	}
	if len(findings) > 0 {
		return out, &adapters.ConfigError{Findings: findings}
	}
	return out, nil
}

// traceID is the id of the trace that the call is part of, if there is one.
func traceID(ctx context.Context) (string, bool) {
	id := trace.SpanContextFromContext(ctx).TraceID()
	return id.String(), id.IsValid()
}

// valued are the variables of a transaction for the caller of ctx.
func (t *transactions) valued(ctx context.Context) []dialect.Variable {
	var out []dialect.Variable
	for _, variable := range t.variables {
		if value, ok := variable.value(ctx); ok {
			out = append(out, dialect.Variable{Name: variable.name, Value: value})
		}
	}
	return out
}

var (
	// passing are the codes of faults that say nothing about the settings, and ofValue the reasons of those that say something about a value alone.
	passing = []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted}
	ofValue = []string{dialect.ValueRejected, dialect.OutOfRange, dialect.TooLong}
)

// checkVariables has the engine take each variable, so that one that it does not know is a mistake in the settings now, and not an error of every call.
func (s *source) checkVariables(ctx context.Context) error {
	var findings []adapters.Finding
	for _, variable := range s.transactions.variables {
		value, _ := variable.value(context.Background()) // of a caller of whom nothing is known
		wanted := dialect.Transaction{Mode: dialect.Read, Variables: []dialect.Variable{{Name: variable.name, Value: value}}}
		err := s.database.Run(ctx, wanted, func(dialect.Tx) error { return nil })
		var fault *dialect.Fault
		switch {
		case err == nil:
		case !errors.As(err, &fault) || slices.Contains(passing, fault.Code):
			return err
		case slices.Contains(ofValue, fault.Reason): // the next caller's may do
		default:
			findings = append(findings, adapters.Finding{Field: variable.field, Message: "the database does not take the setting " + variable.name + ": " + cmp.Or(fault.Detail, fault.Reason)})
		}
	}
	if len(findings) > 0 {
		return &adapters.ConfigError{Findings: findings}
	}
	return nil
}

// reading calls do with what runs statements of the adapter that read. Several of them see the same state.
func (s *source) reading(ctx context.Context, several bool, do func(queryFunc) error) error {
	return s.seeing(ctx, dialect.Read, several, do)
}

// readingOnly is reading for statements of somebody else, which the engine must keep from writing: their mode is [dialect.ReadOnly].
func (s *source) readingOnly(ctx context.Context, several bool, do func(queryFunc) error) error {
	return s.seeing(ctx, dialect.ReadOnly, several, do)
}

// seeing begins a transaction where one is needed: one statement for which no variable is set is one by itself.
func (s *source) seeing(ctx context.Context, mode dialect.Mode, several bool, do func(queryFunc) error) error {
	if !several && len(s.transactions.variables) == 0 {
		return do(s.query)
	}
	transaction := dialect.Transaction{Mode: mode, Variables: s.transactions.valued(ctx)}
	if several {
		transaction.Isolation = dialect.RepeatableRead
	}
	return s.run(ctx, transaction, func(tx dialect.Tx) error { return do(tx.Query) })
}

// writing calls do with a transaction that writes, and commits it when do returns nil. Where the engine took the transaction back because others were
// writing the same, all of it is done again: do may be called several times, and starts from nothing each time. What do runs must not commit by itself.
func (s *source) writing(ctx context.Context, do func(dialect.Tx) error) error {
	return s.again(ctx, func() error { return s.writingOnce(ctx, do) })
}

// writingOnce is writing without another try, for what may commit by itself, such as a procedure: a part of it may stand.
func (s *source) writingOnce(ctx context.Context, do func(dialect.Tx) error) error {
	transaction := dialect.Transaction{Mode: dialect.Write, Isolation: s.transactions.isolation, Variables: s.transactions.valued(ctx)}
	return s.run(ctx, transaction, do)
}

// query runs a statement that is a transaction by itself. One of the adapter's own that only reads is run once more if its connection was lost before it told a row, as that of a
// server is which was started again.
func (s *source) query(ctx context.Context, statement dialect.Statement, each func(row []dialect.Value) error) (int64, error) {
	leave, err := s.gates.enter(ctx, statement.Mode)
	if err != nil {
		return 0, err
	}
	defer leave()
	if statement.Mode != dialect.Read || each == nil {
		return s.database.Query(ctx, statement, each)
	}
	told := false
	count, err := s.database.Query(ctx, statement, func(row []dialect.Value) error {
		told = true
		return each(row)
	})
	if !told && lost(ctx, err) {
		return s.database.Query(ctx, statement, each)
	}
	return count, err
}

// lost reports whether a connection was lost while there is time left.
func lost(ctx context.Context, err error) bool {
	var fault *dialect.Fault
	return errors.As(err, &fault) && fault.Reason == dialect.ConnectionLost && ctx.Err() == nil
}

// run begins a transaction, in which the engine is told of the caller before do is called. If the engine refuses what it is told, such as a role that it does not know or the empty
// one of a caller without that claim, it lets this caller in nowhere. A connection that was lost before that is replaced once.
func (s *source) run(ctx context.Context, transaction dialect.Transaction, do func(dialect.Tx) error) error {
	leave, err := s.gates.enter(ctx, transaction.Mode)
	if err != nil {
		return err
	}
	defer leave()
	begun := false
	begin := func(tx dialect.Tx) error {
		begun = true
		return do(tx)
	}
	err = s.database.Run(ctx, transaction, begin)
	if !begun && lost(ctx, err) {
		err = s.database.Run(ctx, transaction, begin)
	}
	var fault *dialect.Fault
	if !begun && len(s.transactions.traits.Claims) > 0 && errors.As(err, &fault) && slices.Contains(ofValue, fault.Reason) {
		return &dialect.Fault{Code: codes.PermissionDenied, Reason: dialect.AccessDenied, Unsent: true, Detail: fault.Detail, Cause: fault}
	}
	return err
}

// writingOne is writing for a single statement, which needs no more than itself to be a transaction unless the settings ask for more. repeatable is false if the
// statement may commit by itself.
func (s *source) writingOne(ctx context.Context, repeatable bool, do func(queryFunc) error) error {
	write := func() error { return do(s.query) }
	if s.transactions.isolation != dialect.DefaultIsolation || len(s.transactions.variables) > 0 {
		write = func() error { return s.writingOnce(ctx, func(tx dialect.Tx) error { return do(tx.Query) }) }
	}
	if !repeatable {
		return write()
	}
	return s.again(ctx, write)
}

// again does a write until it succeeds, fails for good, or was tried often enough.
func (s *source) again(ctx context.Context, write func() error) error {
	err := write()
	for retry := 0; retry < s.transactions.retries && takenBack(err); retry++ {
		if !wait(ctx, retry) {
			break // the write's own error says more than that there is no time left
		}
		err = write()
	}
	return err
}

// takenBack reports whether the engine itself said that nothing is left of a transaction because others were writing the same. A connection that was
// lost says nothing of the kind, least of all during a commit.
func takenBack(err error) bool {
	var fault *dialect.Fault
	return errors.As(err, &fault) && (fault.Reason == dialect.Deadlock || fault.Reason == dialect.SerializationFailed)
}

// wait lets others finish, for a time made up anew each time, so that those who met do not meet again. It returns false if there is no time left.
func wait(ctx context.Context, retry int) bool {
	around := firstWait << retry
	timer := time.NewTimer(around/2 + rand.N(around)) //nolint:gosec // it is no secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
