package database

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
	"github.com/postern-gateway/postern/adapters/mirror"
)

// typeOf returns the protobuf type of a column, with the rules that its type sets.
func typeOf(column *dialect.Column) mirror.Type {
	if column.Reading.Boolean != nil {
		return mirror.Bool
	}
	switch column.Kind {
	case dialect.Bool:
		return mirror.Bool
	case dialect.Int16:
		return mirror.Int32.With(int32Rules(math.MinInt16, math.MaxInt16))
	case dialect.Int32:
		return mirror.Int32
	case dialect.Int64:
		return mirror.Int64
	case dialect.Uint32:
		return mirror.Uint32
	case dialect.Uint64:
		return mirror.Uint64
	case dialect.Float:
		return mirror.Float
	case dialect.Double:
		return mirror.Double
	case dialect.Decimal:
		return mirror.Decimal(column.Precision, column.Scale)
	case dialect.Text:
		if len(column.Values) > 0 {
			return mirror.Enum(column.Values...)
		}
		return mirror.MaxLength(column.Length)
	case dialect.Bytes:
		return mirror.Bytes
	case dialect.Date:
		return mirror.Date()
	case dialect.Time:
		return mirror.Formatted("time", "12:30:00")
	case dialect.Timestamp, dialect.LocalTimestamp:
		return mirror.Timestamp
	case dialect.Interval:
		return mirror.Formatted("duration", "P1DT12H")
	case dialect.UUID:
		return mirror.Formatted("uuid", "123e4567-e89b-12d3-a456-426614174000")
	case dialect.JSON:
		return mirror.Formatted("json", `{"a": 1}`)
	case dialect.Array:
		return mirror.List
	default:
		return mirror.String
	}
}

// fieldOf is a column as a field of a reply that no table's row is.
func fieldOf(column *dialect.Column) mirror.Field {
	described := mirror.Field{Original: column.Name, Comment: column.Comment, Type: typeOf(column), Optional: true}
	switch column.Kind {
	case dialect.Opaque, dialect.Word:
		described.Comment = strings.TrimSpace(described.Comment + "\n\nThe database's own text of its type " + column.Native + ".")
	}
	return described
}

// requestFieldOf is a column as a field of a request. Its list is a repeated field, which the query of an address can give.
func requestFieldOf(column *dialect.Column) mirror.Field {
	described := fieldOf(column)
	if column.Kind == dialect.Array {
		described.Type, described.Repeated = typeOf(column.Element), true
	}
	return described
}

// boundTypes returns the type of each column of a table by name, with what its checks demand.
func boundTypes(table *dialect.Table, syntax *dialect.Syntax) map[string]mirror.Type {
	types := make(map[string]mirror.Type, len(table.Columns))
	for _, column := range table.Columns {
		types[column.Name] = typeOf(column)
	}
	for _, constraint := range table.Constraints {
		if constraint.Check == "" {
			continue
		}
		for _, bound := range sqltext.ParseCheck(constraint.Check, sqltext.Options{Brackets: syntax.Brackets}) {
			column := table.Column(bound.Column)
			if column == nil || column.Unbound || column.Reading.Boolean != nil || column.Reading.Encoding != nil {
				continue
			}
			types[column.Name] = withBound(types[column.Name], column, bound)
		}
	}
	for _, column := range table.Columns {
		types[column.Name] = withChecks(types[column.Name], column, syntax)
	}
	return types
}

// withChecks adds what the checks of a column's own type demand.
func withChecks(t mirror.Type, column *dialect.Column, syntax *dialect.Syntax) mirror.Type {
	if column.Unbound || column.Reading.Boolean != nil || column.Reading.Encoding != nil {
		return t
	}
	for _, check := range column.Checks {
		for _, bound := range sqltext.ParseCheck(check, sqltext.Options{Brackets: syntax.Brackets}) {
			if strings.EqualFold(bound.Column, "VALUE") {
				t = withBound(t, column, bound)
			}
		}
	}
	return t
}

// withBound adds a check's demand to a type, where protovalidate can hold it as exactly as the engine does.
func withBound(t mirror.Type, column *dialect.Column, bound sqltext.Bound) mirror.Type {
	switch {
	case column.Kind == dialect.Text && len(bound.Values) > 0 && len(column.Values) == 0:
		return t.With(&validate.FieldRules{Type: &validate.FieldRules_String_{String_: &validate.StringRules{In: bound.Values}}})
	case len(bound.Values) > 0:
		return t
	case column.Kind == dialect.Int16 || column.Kind == dialect.Int32:
		limit, err := strconv.ParseInt(bound.Limit, 10, 32)
		if err != nil {
			return t
		}
		return t.With(int32Bound(bound.Operator, int32(limit)))
	case column.Kind == dialect.Int64:
		limit, err := strconv.ParseInt(bound.Limit, 10, 64)
		if err != nil {
			return t
		}
		return t.With(int64Bound(bound.Operator, limit))
	default:
		return t
	}
}

func int32Rules(low, high int32) *validate.FieldRules {
	rules := int32Bound(">=", low)
	proto.Merge(rules, int32Bound("<=", high))
	return rules
}

func int32Bound(operator string, limit int32) *validate.FieldRules {
	rules := &validate.Int32Rules{}
	switch operator {
	case "<":
		rules.LessThan = &validate.Int32Rules_Lt{Lt: limit}
	case "<=":
		rules.LessThan = &validate.Int32Rules_Lte{Lte: limit}
	case ">":
		rules.GreaterThan = &validate.Int32Rules_Gt{Gt: limit}
	case ">=":
		rules.GreaterThan = &validate.Int32Rules_Gte{Gte: limit}
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Int32{Int32: rules}}
}

func int64Bound(operator string, limit int64) *validate.FieldRules {
	rules := &validate.Int64Rules{}
	switch operator {
	case "<":
		rules.LessThan = &validate.Int64Rules_Lt{Lt: limit}
	case "<=":
		rules.LessThan = &validate.Int64Rules_Lte{Lte: limit}
	case ">":
		rules.GreaterThan = &validate.Int64Rules_Gt{Gt: limit}
	case ">=":
		rules.GreaterThan = &validate.Int64Rules_Gte{Gte: limit}
	}
	return &validate.FieldRules{Type: &validate.FieldRules_Int64{Int64: rules}}
}

// mustBeGiven reports whether an insert without the column fails.
func mustBeGiven(table *dialect.Table, column *dialect.Column) bool {
	if column.Default || column.Generated {
		return false
	}
	return !column.Nullable || slices.Contains(table.Key, column.Name)
}

// required demands presence.
func required() *validate.FieldRules {
	return &validate.FieldRules{Required: proto.Bool(true)}
}
