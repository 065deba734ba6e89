package database

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
)

// typeParameters gives each parameter the declared type, or else the engine's.
func (q *namedQuery) typeParameters(description dialect.Description, mistake func(int, string)) bool {
	complete := true
	for i, parameter := range q.Parameters {
		column := declaredColumn(parameter.Name, parameter.Type)
		column.Nullable, column.Default = parameter.Nullable, parameter.Defaulted
		switch {
		case parameter.Declared:
		case i < len(description.Parameters):
			column = description.Parameters[i]
			column.Name, column.Nullable = parameter.Name, parameter.Nullable
		default:
			mistake(parameter.Offset, fmt.Sprintf("the database cannot tell the type of :%s; declare it above the query: -- param: %s TYPE, with one of %s", parameter.Name, parameter.Name, queryfile.TypeNames()))
			complete = false
		}
		column.Comment = parameter.Description
		fallback, err := defaultOf(parameter)
		if err != nil {
			mistake(parameter.Offset, err.Error())
			complete = false
		}
		q.parameters, q.defaults = append(q.parameters, column), append(q.defaults, fallback)
	}
	return complete
}

// defaultOf is the value of a parameter that is left out; nil if there is none.
func defaultOf(parameter *queryfile.Parameter) (any, error) {
	if !parameter.Defaulted {
		return nil, nil
	}
	value, err := literal(parameter.Type.Kind, parameter.Default)
	if err != nil {
		return nil, fmt.Errorf("the default %q of :%s is no value of its type", parameter.Default, parameter.Name)
	}
	return value, nil
}

var (
	errLiteral     = errors.New("it is none of the type")
	decimalLiteral = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)
)

// literal reads a value of the kind as the head of a query spells it.
func literal(kind dialect.Kind, text string) (any, error) {
	switch kind {
	case dialect.Bool:
		return strconv.ParseBool(text)
	case dialect.Int16:
		return strconv.ParseInt(text, 10, 16)
	case dialect.Int32:
		return strconv.ParseInt(text, 10, 32)
	case dialect.Int64:
		return strconv.ParseInt(text, 10, 64)
	case dialect.Uint32:
		return strconv.ParseUint(text, 10, 32)
	case dialect.Uint64:
		return strconv.ParseUint(text, 10, 64)
	case dialect.Float:
		return strconv.ParseFloat(text, 32)
	case dialect.Double:
		return strconv.ParseFloat(text, 64)
	case dialect.Timestamp, dialect.LocalTimestamp:
		return time.Parse(time.RFC3339Nano, text)
	case dialect.Bytes:
		return nil, errLiteral
	case dialect.Decimal:
		if !decimalLiteral.MatchString(text) {
			return nil, errLiteral
		}
	case dialect.Date:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// columnIndex finds a column that the head of a query names, in whatever case if there is none of the very name; -1 if there is none.
func columnIndex(columns []*dialect.Column, name string) int {
	index := slices.IndexFunc(columns, func(c *dialect.Column) bool { return c.Name == name })
	if index >= 0 {
		return index
	}
	return slices.IndexFunc(columns, func(c *dialect.Column) bool { return strings.EqualFold(c.Name, name) })
}

// typeOrder finds the columns that pages are ordered by. The engine does not say whether a query's column can be NULL.
func (q *namedQuery) typeOrder(syntax *dialect.Syntax, mistake func(int, string)) bool {
	complete := true
	builder := dialect.NewBuilder(syntax)
	for _, by := range q.Paged {
		index := columnIndex(q.columns, by.Column)
		switch {
		case index < 0:
			mistake(by.Offset, fmt.Sprintf("the query has no column %s to order its pages by; it has %s", by.Column, columnNames(&dialect.Table{Columns: q.columns})))
			complete = false
		case !q.columns[index].Kind.Ordered():
			mistake(by.Offset, fmt.Sprintf("the values of %s have no order", by.Column))
			complete = false
		default:
			q.order = append(q.order, sortBy(builder, q.columns[index], by.Descending))
		}
	}
	return complete
}

// declaredColumn is a column or parameter whose type is declared and not the engine's.
func declaredColumn(name string, declared queryfile.Type) *dialect.Column {
	column := &dialect.Column{Name: name, Kind: declared.Kind, Precision: declared.Precision, Scale: declared.Scale, Native: "declared", Nullable: true}
	if !declared.List {
		return column
	}
	return &dialect.Column{Name: name, Kind: dialect.Array, Element: column, Native: "declared", Nullable: true}
}

// typeColumns gives each column of the result the declared type, or else the engine's.
func (q *namedQuery) typeColumns(description dialect.Description, mistake func(int, string)) bool {
	if q.Result == queryfile.Exec {
		return true
	}
	complete := true
	columns := description.Columns
	for _, declared := range q.Returns {
		index := columnIndex(columns, declared.Column)
		switch {
		case index >= 0:
			columns[index] = declaredColumn(columns[index].Name, declared.Type)
			columns[index].Comment = declared.Description
		case len(description.Columns) == 0:
			column := declaredColumn(declared.Column, declared.Type)
			column.Comment = declared.Description
			q.columns = append(q.columns, column)
		default:
			mistake(declared.Offset, fmt.Sprintf("the query has no column %s", declared.Column))
			complete = false
		}
	}
	seen := make(map[string]bool)
	for _, column := range columns {
		if seen[column.Name] {
			mistake(q.Offset, fmt.Sprintf("the query %s has two columns %s; give one of them another name with AS", q.Name, column.Name))
			complete = false
		}
		seen[column.Name] = true
		if column.Native == "" {
			mistake(q.Offset, fmt.Sprintf("the database cannot tell the type of the column %s; declare it above the query: -- returns: %s TYPE, with one of %s", column.Name, column.Name, queryfile.TypeNames()))
			complete = false
		}
	}
	q.columns = append(columns, q.columns...)
	if len(q.columns) == 0 {
		mistake(q.Offset, fmt.Sprintf("the query %s returns no columns that the database could tell; make it :exec, or declare them: -- returns: COLUMN TYPE", q.Name))
		complete = false
	}
	return complete
}
