package filter

import (
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/listing"
)

// Field returns what callers may do with a column in filters and orders. Its Source is the column.
func Field(name, jsonName string, column *dialect.Column) *listing.Field {
	field := kindOf(column.Kind)
	if column.Reading.Boolean != nil {
		field = listing.Field{Kind: listing.Bool}
	}
	if column.Kind == dialect.Array && column.Element != nil {
		field = kindOf(column.Element.Kind)
		field.Repeated = field.Kind != listing.Opaque
	}
	field.Name, field.JSONName, field.Source = name, jsonName, column
	return &field
}

func kindOf(kind dialect.Kind) listing.Field {
	switch kind {
	case dialect.Bool:
		return listing.Field{Kind: listing.Bool}
	case dialect.Int16:
		return listing.Integers(16)
	case dialect.Int32:
		return listing.Integers(32)
	case dialect.Int64:
		return listing.Integers(64)
	case dialect.Uint32:
		return listing.Unsigneds(32)
	case dialect.Uint64:
		return listing.Unsigneds(64)
	case dialect.Float, dialect.Double:
		return listing.Field{Kind: listing.Float}
	case dialect.Decimal:
		return listing.Field{Kind: listing.Decimal}
	case dialect.Date:
		return listing.Field{Kind: listing.Date}
	case dialect.Timestamp, dialect.LocalTimestamp:
		return listing.Field{Kind: listing.Timestamp}
	case dialect.Text:
		return listing.Field{Kind: listing.Text}
	case dialect.Time, dialect.Interval, dialect.UUID, dialect.Word:
		return listing.Field{Kind: listing.Word}
	default:
		return listing.Field{Kind: listing.Opaque}
	}
}

// operators are the comparisons in SQL.
var operators = map[listing.Operator]dialect.Fragment{
	listing.Equal: " = ", listing.NotEqual: " <> ", listing.Less: " < ", listing.LessOrEqual: " <= ", listing.Greater: " > ", listing.GreaterOrEqual: " >= ",
}

// Compile returns the condition that an expression over fields of [Field] means, and adds its parameters to the builder.
func Compile(builder *dialect.Builder, expression listing.Expression) dialect.Fragment {
	return compile(builder, expression, false)
}

// compile compiles an expression or its opposite. NOT is moved to the conditions on columns, so that a value which is not told makes both of them fail, as NULL does.
func compile(builder *dialect.Builder, expression listing.Expression, negated bool) dialect.Fragment {
	switch e := expression.(type) {
	case listing.All:
		return join(builder, e, negated, negated)
	case listing.Any:
		return join(builder, e, !negated, negated)
	case listing.Not:
		return compile(builder, e.Expression, !negated)
	case listing.Presence:
		return presence(builder, e.Field, e.Present != negated)
	}
	condition, column := leaf(builder, expression, negated)
	if negated {
		condition = "NOT (" + condition + ")"
	}
	if column == nil {
		return condition
	}
	if told := builder.Told(column); told != "" {
		condition = "(" + condition + ") AND " + told
	}
	return condition
}

// presence is the condition that a field has a value that is told, or that it has none.
func presence(builder *dialect.Builder, field *listing.Field, present bool) dialect.Fragment {
	if place, ok := field.Source.(*within); ok {
		is := dialect.Fragment(" IS NULL")
		if present {
			is = " IS NOT NULL"
		}
		return place.value(builder, dialect.JSON) + is
	}
	column := columnOf(field)
	name, told := builder.Quoted(column.Name), builder.Told(column)
	switch {
	case present && told != "":
		return name + " IS NOT NULL AND " + told
	case present:
		return name + " IS NOT NULL"
	case told != "":
		return name + " IS NULL OR NOT (" + told + ")"
	default:
		return name + " IS NULL"
	}
}

// leaf is a condition on one column, or on a value within one, of which no column is returned.
func leaf(builder *dialect.Builder, expression listing.Expression, negated bool) (dialect.Fragment, *dialect.Column) {
	if condition := inDocument(builder, expression, negated); condition != "" {
		return condition, nil
	}
	switch e := expression.(type) {
	case listing.Contains:
		column := columnOf(e.Field)
		stored, _ := column.Reading.Stored(column.Kind, e.Text).(string)
		return builder.Contains(column, stored), column
	case listing.Matches:
		column := columnOf(e.Field)
		stored := make([]string, len(e.Parts))
		for i, part := range e.Parts {
			stored[i], _ = column.Reading.Stored(column.Kind, part).(string)
		}
		return builder.Like(column, builder.Compared(column), stored), column
	case listing.Has:
		return has(builder, e), columnOf(e.Field)
	case listing.Comparison:
		return comparison(builder, e), columnOf(e.Field)
	default:
		return "1 = 0", nil // there is nothing else
	}
}

func columnOf(field *listing.Field) *dialect.Column { return field.Source.(*dialect.Column) }

func comparison(builder *dialect.Builder, e listing.Comparison) dialect.Fragment {
	column := columnOf(e.Field)
	if below, cut := builder.Syntax().Floor(column, e.Value); cut {
		return between(builder, column, e.Operator, below)
	}
	return compare(builder, column, e.Operator, column.Reading.Stored(column.Kind, e.Value))
}

// has looks into an array, as deep as it is. Only engines with [dialect.Syntax.Arrays] have columns that are arrays.
func has(builder *dialect.Builder, e listing.Has) dialect.Fragment {
	array := columnOf(e.Field)
	if _, cut := builder.Syntax().Floor(array.Element, e.Value); cut {
		return "1 = 0" // no item has that many digits
	}
	return "(" + builder.ComparedParameter(array.Element, e.Value) + " = ANY (" + builder.Quoted(array.Name) + ")) IS TRUE" // and not NULL beside an item that is
}

func compare(builder *dialect.Builder, column *dialect.Column, operator listing.Operator, value any) dialect.Fragment {
	return builder.Compared(column) + operators[operator] + builder.ComparedParameter(column, value)
}

// between is a comparison with a value that lies behind below, and before the next value that the column can hold. NULL compares as it always does.
func between(builder *dialect.Builder, column *dialect.Column, operator listing.Operator, below any) dialect.Fragment {
	switch operator {
	case listing.Less, listing.LessOrEqual:
		return compare(builder, column, listing.LessOrEqual, below)
	case listing.Greater, listing.GreaterOrEqual:
		return compare(builder, column, listing.Greater, below)
	}
	joint := dialect.Fragment(" OR ")
	if operator == listing.Equal {
		joint = " AND "
	}
	first := compare(builder, column, listing.LessOrEqual, below)
	return first + joint + compare(builder, column, listing.Greater, below)
}

// join joins parts, or their opposites, of which one must hold, or all.
func join(builder *dialect.Builder, parts []listing.Expression, some, negated bool) dialect.Fragment {
	operator := dialect.Fragment(" AND ")
	if some {
		operator = " OR "
	}
	var joined dialect.Fragment
	for i, part := range parts {
		if i > 0 {
			joined += operator
		}
		joined += "(" + compile(builder, part, negated) + ")"
	}
	return joined
}
