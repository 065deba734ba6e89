package database

import (
	"slices"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/listing"
)

// A sorting is one expression of an ORDER BY.
type sorting struct {
	// expression is what is compared.
	expression dialect.Fragment
	descending bool
	nullable   bool
}

// sort reads order_by and closes it with what tells rows apart. total is false if nothing does.
func (r *resource) sort(text string) (order []sorting, total bool, err error) {
	sortings, err := listing.ParseOrder(text, r.field)
	if err != nil {
		return nil, false, err
	}
	builder := dialect.NewBuilder(r.syntax)
	seen := make(map[*dialect.Column]bool)
	for _, s := range sortings {
		column := s.Field.Source.(*dialect.Column) //nolint:forcetypeassert // as filter.Field has it
		by := sortBy(builder, column, s.Descending)
		told := builder.Told(column)
		if told != "" { // what is answered as absent comes where NULL does
			by.expression, by.nullable = "CASE WHEN "+told+" THEN "+by.expression+" END", true
		}
		seen[column] = told == "" // else rows that differ are equal in it
		order = append(order, by)
	}
	rest, total := r.closing()
	for _, column := range rest {
		if !seen[column] {
			order = append(order, sortBy(builder, column, false))
		}
	}
	if r.table.Locator != "" && !r.keyed() {
		order = append(order, sorting{expression: dialect.Fragment(r.table.Locator)})
		total = true
	}
	return order, total, nil
}

// keyed reports whether the key tells any two rows apart. One with NULLs, which SQLite lets in, does not.
func (r *resource) keyed() bool {
	return len(r.table.Key) > 0 && !slices.ContainsFunc(r.table.Key, func(name string) bool { return r.table.Column(name).Nullable })
}

// closing returns the columns that come last in every order, and whether they tell rows apart.
func (r *resource) closing() ([]*dialect.Column, bool) {
	var columns []*dialect.Column
	switch {
	case len(r.table.Key) > 0:
		for _, name := range r.table.Key {
			columns = append(columns, r.table.Column(name))
		}
		return columns, true
	case r.table.Locator != "":
		return nil, false // the locator does, and it is no column
	default:
		for _, column := range r.columns {
			if column.Kind.Ordered() {
				columns = append(columns, column)
			}
		}
		return columns, false
	}
}

func sortBy(builder *dialect.Builder, column *dialect.Column, descending bool) sorting {
	return sorting{expression: builder.Compared(column), descending: descending, nullable: column.Nullable}
}

// orderBy adds an ORDER BY.
func orderBy(builder *dialect.Builder, order []sorting) {
	for i, by := range order {
		joint := dialect.Fragment(", ")
		if i == 0 {
			joint = " ORDER BY "
		}
		builder.SQL(joint, by.expression)
		if by.descending {
			builder.SQL(" DESC")
		}
	}
}

// behind is the condition that a row comes after the values in the order: it is greater in the first, or equal in the first and greater in the
// second, and so on.
func behind(builder *dialect.Builder, order []sorting, values [][]byte) dialect.Fragment {
	if builder.Syntax().RowValues && rowwise(order) {
		return behindRow(builder, order, values)
	}
	var condition dialect.Fragment
	for i, by := range order {
		alternative := dialect.Fragment("(")
		for j := range i {
			alternative += equal(builder, order[j], values[j]) + " AND "
		}
		if i > 0 {
			condition += " OR "
		}
		condition += alternative + greater(builder, by, values[i]) + ")"
	}
	return condition
}

// rowwise reports whether the whole order can be compared at once, which an index serves best.
func rowwise(order []sorting) bool {
	return !slices.ContainsFunc(order, func(by sorting) bool { return by.nullable || by.descending != order[0].descending })
}

func behindRow(builder *dialect.Builder, order []sorting, values [][]byte) dialect.Fragment {
	var expressions, parameters dialect.Fragment
	for i, by := range order {
		if i > 0 {
			expressions += ", "
			parameters += ", "
		}
		expressions += by.expression
		parameters += builder.Parameter(dialect.Cursor, string(values[i]))
	}
	operator := dialect.Fragment(" > ")
	if order[0].descending {
		operator = " < "
	}
	return "(" + expressions + ")" + operator + "(" + parameters + ")"
}

func equal(builder *dialect.Builder, by sorting, value []byte) dialect.Fragment {
	if value == nil {
		return by.expression + " IS NULL"
	}
	return by.expression + " = " + builder.Parameter(dialect.Cursor, string(value))
}

// greater is the condition that a row comes after the value in one expression of the order.
func greater(builder *dialect.Builder, by sorting, value []byte) dialect.Fragment {
	nullsLast := builder.Syntax().NullsFirst == by.descending
	switch {
	case value == nil && nullsLast:
		return "1 = 0" // nothing comes after the last
	case value == nil:
		return by.expression + " IS NOT NULL"
	}
	operator := dialect.Fragment(" > ")
	if by.descending {
		operator = " < "
	}
	condition := by.expression + operator + builder.Parameter(dialect.Cursor, string(value))
	if by.nullable && nullsLast {
		return "(" + condition + " OR " + by.expression + " IS NULL)"
	}
	return condition
}
