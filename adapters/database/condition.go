package database

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// anyState is the tag of any state.
const anyState = "*"

// A condition is what a write of one row is made under. A nil one is none.
type condition struct {
	// tags are the states that the row may be in; nil means any.
	tags []string
	// since is when it may last have changed; zero means any time.
	since time.Time
	// versions are what the column of the version holds in these states, where the statement that writes can compare them itself.
	versions []any
}

// condition is what the call is made under. The error is of one that nobody could hold, before anything is done.
func (r *resource) condition(ctx context.Context) (*condition, error) {
	given := adapters.ConditionsFrom(ctx)
	switch {
	case slices.Contains(given.IfMatch, anyState):
		return &condition{}, nil
	case len(given.IfMatch) > 0:
		return &condition{tags: given.IfMatch, versions: r.versions(given.IfMatch)}, nil
	case given.IfUnmodifiedSince.IsZero():
		return nil, nil //nolint:nilnil // no condition is no mistake
	case r.version == nil || r.version.Kind != dialect.Timestamp && r.version.Kind != dialect.LocalTimestamp:
		return nil, &adapters.Error{
			Code: codes.Unimplemented, Reason: "CONDITION_NOT_SUPPORTED", Unsent: true,
			Message: "If-Unmodified-Since is not supported here, since these records do not say when they were changed. Use If-Match. Nothing has been done.",
		}
	default:
		return &condition{since: given.IfUnmodifiedSince}, nil
	}
}

// reads reports whether the row must be read before it is written.
func (c *condition) reads() bool {
	return c != nil && c.versions == nil && (c.tags != nil || !c.since.IsZero())
}

// failed is the error of a write that has found no row.
func (c *condition) failed(r *resource) error {
	if c == nil {
		return r.notFound()
	}
	return &adapters.Error{Code: codes.FailedPrecondition, Reason: adapters.ReasonChanged, Message: "The record is not in the state that the change is for. Read it again."}
}

// where adds what the statement itself compares.
func (c *condition) where(builder *dialect.Builder, r *resource) {
	if c == nil || c.versions == nil {
		return
	}
	joint := dialect.Fragment(" AND (")
	for _, version := range c.versions {
		builder.SQL(joint, builder.Compared(r.version), " = ", builder.ComparedParameter(r.version, version))
		joint = " OR "
	}
	builder.SQL(")")
}

// hold reads the row that key names, so that nobody else changes it until the transaction ends, and fails if the condition does not hold.
func (c *condition) hold(ctx context.Context, query queryFunc, r *resource, key func(*dialect.Builder)) error {
	if !c.reads() {
		return nil
	}
	builder := dialect.NewBuilder(r.syntax)
	builder.SQL("SELECT ").Outputs(r.columns).SQL(" FROM ").Table(r.table)
	if r.syntax.LockTable != "" {
		builder.SQL(" ", dialect.Fragment(r.syntax.LockTable))
	}
	key(builder)
	if r.syntax.Lock != "" {
		builder.SQL(" ", dialect.Fragment(r.syntax.Lock))
	}
	holds := false
	statement := dialect.Statement{Text: builder.Text(), Arguments: builder.Arguments(), Columns: r.columns, Label: r.labelled("SELECT")}
	_, err := query(ctx, statement, func(row []dialect.Value) error {
		holds = c.holds(r, row)
		return nil
	})
	if err == nil && !holds {
		err = c.failed(r)
	}
	return err
}

// holds reports whether a row is in one of the states. A date of HTTP has no fractions of a second, so they do not count.
func (c *condition) holds(r *resource, row []dialect.Value) bool {
	if !c.since.IsZero() {
		changed := &row[slices.Index(r.columns, r.version)]
		return !changed.Null && changed.Unreadable == nil && !changed.Time.Truncate(time.Second).After(c.since)
	}
	return slices.Contains(c.tags, r.tag(row))
}

// tag is the entity tag of a row's state: its version as it is, or else a hash of all columns.
func (r *resource) tag(row []dialect.Value) string {
	if r.version == nil {
		return entityTag(row, r.columns)
	}
	version := &row[slices.Index(r.columns, r.version)]
	if !r.versioned() {
		return entityTag([]dialect.Value{*version}, []*dialect.Column{r.version})
	}
	return versionPrefix + hex.EncodeToString(appendValue(nil, r.version, version))
}

// versionPrefix starts a tag that tells the version itself, which hashes do not.
const versionPrefix = "v"

// versioned reports whether tags tell the version itself: that of a kind whose equal values are the same in the engine as here.
func (r *resource) versioned() bool {
	switch r.version.Kind {
	case dialect.Int16, dialect.Int32, dialect.Int64, dialect.Uint32, dialect.Uint64, dialect.Bytes:
		return r.version.Reading.Boolean == nil
	default:
		return false
	}
}

// versions are what tags tell of versions; nil if the statement that writes cannot compare them. A tag that was never given out tells nothing.
func (r *resource) versions(tags []string) []any {
	if r.version == nil || !r.versioned() {
		return nil
	}
	var out []any
	for _, tag := range tags {
		spelled, isVersion := strings.CutPrefix(tag, versionPrefix)
		raw, err := hex.DecodeString(spelled)
		if !isVersion || err != nil || len(raw) == 0 { // the last of these is of NULL, which no value equals
			return nil
		}
		version, err := versionIn(r.version.Kind, raw[1:])
		if err != nil {
			return nil
		}
		out = append(out, version)
	}
	return out
}

// versionIn reads what [appendValue] has spelled.
func versionIn(kind dialect.Kind, spelled []byte) (any, error) {
	if kind == dialect.Bytes {
		return spelled, nil
	}
	number, err := strconv.ParseInt(string(spelled), 10, 64)
	if kind == dialect.Uint32 || kind == dialect.Uint64 {
		return uint64(number), err //nolint:gosec // the bits are what is meant
	}
	return number, err
}

// unmet is the error of a write under a condition: that a row is not there is no other failure than that it is in another state.
func (c *condition) unmet(r *resource, err error) error {
	var known *adapters.Error
	if c != nil && errors.As(err, &known) && known.Code == codes.NotFound {
		return c.failed(r)
	}
	return err
}
