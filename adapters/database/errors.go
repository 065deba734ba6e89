package database

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// messages is what callers read about each reason. What an engine says is not among it: the tables from native codes to reasons are the engines'
// own.
var messages = map[string]string{
	dialect.UniqueViolation:     "There is a record with these values already.",
	dialect.ForeignKeyViolation: "A record that this one refers to does not exist, or others still refer to this one.",
	dialect.NotNullViolation:    "A value is missing.",
	dialect.CheckViolation:      "A value breaks a rule of the data.",
	dialect.ValueRejected:       "A value does not fit its field.",
	dialect.TooLong:             "A value is too long for its field.",
	dialect.OutOfRange:          "A value is out of the range of its field.",
	dialect.Deadlock:            "Something else was changing the same records. Try again.",
	dialect.SerializationFailed: "Something else was changing the same records. Try again.",
	dialect.LockTimeout:         "Something else was changing the same records. Try again.",
	dialect.SchemaChanged:       "The tables behind this have changed since they were read.",
	dialect.NotWritable:         "The records cannot be written.",
	dialect.Raised:              "The rules of the data do not allow this.",
	dialect.ResultMismatch:      "What came back is not what was expected.",
	dialect.PoolExhausted:       "Everything behind this is busy. Try again.",
	dialect.ValueUnreadable:     "A record holds a value that cannot be told faithfully.",
}

// violated is what a violation says about a field for each reason that lies in the request.
var violated = map[string]string{
	dialect.UniqueViolation:     "there is a record with this value already",
	dialect.ForeignKeyViolation: "there is no record that it refers to",
	dialect.NotNullViolation:    "a value is required",
	dialect.CheckViolation:      "the value breaks a rule of the data",
	dialect.ValueRejected:       "the value does not fit the field",
	dialect.TooLong:             "the value is too long",
	dialect.OutOfRange:          "the value is out of range",
}

// A place is where in a request the columns of a fault are to be found.
type place struct {
	resource *resource
	// fields are those of the request that hold columns, behind prefix.
	fields []*field
	prefix string
	// writes is true if the request gives values to be stored, and changes if they are those of a row that is there. written are the fields stored.
	writes, changes bool
	written         []*field
	// filtered is true if the request has a filter, which then is what a rejected value came from.
	filtered bool
}

// callError makes a caller's error of what a database returned. where may be nil.
func callError(ctx context.Context, err error, where *place) error {
	if ended := ctx.Err(); ended != nil {
		return adapters.FromContext(errors.Join(ended, err))
	}
	var known *adapters.Error
	if errors.As(err, &known) {
		return known
	}
	if known := adapters.FromContext(err); known != nil {
		return known
	}
	var fault *dialect.Fault
	if !errors.As(err, &fault) {
		return &adapters.Error{Code: codes.Internal, Cause: err}
	}
	out := &adapters.Error{Code: fault.Code, Reason: fault.Reason, Message: messages[fault.Reason], Unsent: fault.Unsent, Cause: fault}
	if where == nil {
		return out
	}
	if fault.Reason == dialect.SchemaChanged && where.resource != nil {
		out.Message = where.resource.changed(fault)
	}
	out.Violations = where.violations(fault)
	if fault.Reason == dialect.ForeignKeyViolation {
		where.refer(out, fault)
	}
	return out
}

// changed says what the caller knows of a table that has changed, and of its column where the engine names one.
func (r *resource) changed(fault *dialect.Fault) string {
	for _, f := range r.record.fields {
		if f.column.Name == fault.Token || slices.Contains(fault.Columns, f.column.Name) {
			return fmt.Sprintf("The field %s of %s is not there any more, or is another than it was when the tables were read.", f.jsonName, r.public)
		}
	}
	return fmt.Sprintf("The table behind %s has changed since it was read.", r.public)
}

// refer tells the two sides of a foreign key apart: whether what was written refers to nothing, or others refer to what was to go.
func (p *place) refer(out *adapters.Error, fault *dialect.Fault) {
	inserts := p.writes && !p.changes
	switch {
	case len(out.Violations) > 0 || inserts:
		out.Code, out.Message = codes.InvalidArgument, "A record that this one refers to does not exist."
	case !p.writes || fault.Table != "" && fault.Table != p.resource.table.Name || len(p.written) > 0 && len(p.references()) == 0:
		out.Reason, out.Message = adapters.ReasonInUse, "Other records still refer to this one."
	}
}

// references are the foreign keys that the statement wrote columns of.
func (p *place) references() []dialect.ForeignKey {
	var out []dialect.ForeignKey
	for _, key := range p.resource.table.ForeignKeys {
		if slices.ContainsFunc(p.written, func(f *field) bool { return slices.Contains(key.Columns, f.column.Name) }) {
			out = append(out, key)
		}
	}
	return out
}

// violations says which fields of the request a fault lies in.
func (p *place) violations(fault *dialect.Fault) []adapters.Violation {
	description, ok := violated[fault.Reason]
	if !ok {
		return nil
	}
	if p.filtered {
		return []adapters.Violation{{Field: "filter", Description: "a value does not fit the field that it is compared with"}}
	}
	if p.resource == nil || fault.Table != "" && fault.Table != p.resource.table.Name {
		return nil
	}
	columns := p.columns(fault)
	if len(columns) == 0 && !p.writes && len(p.fields) == 1 && (fault.Reason == dialect.ValueRejected || fault.Reason == dialect.OutOfRange) {
		columns = []string{p.fields[0].column.Name} // the key is the only value that was sent
	}
	var violations []adapters.Violation
	for _, column := range columns {
		index := slices.IndexFunc(p.fields, func(f *field) bool { return f.column.Name == column })
		if index >= 0 {
			violations = append(violations, adapters.Violation{Field: p.prefix + p.fields[index].jsonName, Description: description})
		}
	}
	return violations
}

// columns are those that the fault names, by itself or through its constraint.
func (p *place) columns(fault *dialect.Fault) []string {
	if len(fault.Columns) == 0 && fault.Constraint == "" && fault.Reason == dialect.ForeignKeyViolation && p.writes {
		if written := p.references(); len(written) == 1 { // SQLite does not say which, but there is only one
			return written[0].Columns
		}
	}
	if at := fault.Parameter - 1; len(fault.Columns) == 0 && at >= 0 && at < len(p.written) { // what is stored comes first
		return []string{p.written[at].column.Name}
	}
	if len(fault.Columns) > 0 || fault.Constraint == "" {
		return fault.Columns
	}
	for _, constraint := range p.resource.table.Constraints {
		if constraint.Name == fault.Constraint {
			return constraint.Columns
		}
	}
	if !p.writes {
		return nil // it is the other table's reference that stands in the way
	}
	for _, key := range p.resource.table.ForeignKeys {
		if key.Name == fault.Constraint {
			return key.Columns
		}
	}
	return nil
}
