package sqlserver

import (
	"context"
	"database/sql"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// describedColumns asks for the columns of a statement's first result without running it. A mistake in the statement is a row too.
const describedColumns = `SELECT COALESCE(name, ''), COALESCE(system_type_name, user_type_name, ''), COALESCE(collation_name, ''), COALESCE(is_nullable, 1),
	COALESCE(error_number, 0), COALESCE(error_message, '')
FROM sys.dm_exec_describe_first_result_set(@p1, @p2, 0) WHERE COALESCE(is_hidden, 0) = 0 ORDER BY column_ordinal`

// Describe asks the server for the types that it infers.
func (d *database) Describe(ctx context.Context, statement dialect.Statement) (dialect.Description, error) {
	if statement.Mode == dialect.ReadOnly {
		if err := readsOnly(statement.Text); err != nil {
			return dialect.Description{}, err
		}
	}
	var out dialect.Description
	var declarations []string
	if len(statement.Arguments) > 0 {
		parameters, err := d.describedParameters(ctx, statement.Text)
		if err != nil {
			return dialect.Description{}, err
		}
		for _, parameter := range parameters {
			declarations = append(declarations, parameter.Name+" "+declared(parameter))
		}
		out.Parameters = parameters
	}
	rows, err := d.pool.QueryContext(ctx, describedColumns, statement.Text, strings.Join(declarations, ", "))
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	defer func() { _ = rows.Close() }() // Err has told by then
	for rows.Next() {
		var name, native, collation, message string
		var nullable bool
		var number int32
		if err := rows.Scan(&name, &native, &collation, &nullable, &number, &message); err != nil {
			return dialect.Description{}, fault(err)
		}
		if number != 0 {
			return dialect.Description{}, misspelt(number, message)
		}
		described := column(name, native, collation)
		described.Nullable = nullable
		out.Columns = append(out.Columns, described)
	}
	return out, fault(rows.Err())
}

// misspelt is a mistake in a statement, which the server tells without an error.
func misspelt(number int32, message string) error {
	out := &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.Unknown, Detail: message}
	if match := quoted.FindStringSubmatch(message); match != nil {
		out.Token = match[1]
	}
	if entry, ok := faults[number]; ok {
		out.Code, out.Reason = entry.code, entry.reason
	}
	return out
}

// describedParameters are the parameters of a statement in the order of their numbers, by the types that the server suggests.
func (d *database) describedParameters(ctx context.Context, text string) ([]*dialect.Column, error) {
	rows, err := d.pool.QueryContext(ctx, "EXEC sp_describe_undeclared_parameters @tsql = @p1", text)
	if err != nil {
		return nil, fault(err)
	}
	defer func() { _ = rows.Close() }() // Err has told by then
	names, err := rows.Columns()
	if err != nil {
		return nil, fault(err)
	}
	found := make(map[string]*dialect.Column)
	for rows.Next() {
		var name, native sql.NullString
		targets := make([]any, len(names))
		for i := range names {
			switch names[i] {
			case "name":
				targets[i] = &name
			case "suggested_system_type_name":
				targets[i] = &native
			default:
				targets[i] = new(any)
			}
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, fault(err)
		}
		found[name.String] = column(name.String, native.String, "")
	}
	if err := rows.Err(); err != nil {
		return nil, fault(err)
	}
	return numbered(found), nil
}

// numbered are the parameters @p1, @p2 and so on, as far as there are any.
func numbered(found map[string]*dialect.Column) []*dialect.Column {
	var out []*dialect.Column
	for placeholder := (Engine{}).Syntax().Placeholder; ; {
		parameter, ok := found[placeholder(len(out)+1)]
		if !ok {
			return out
		}
		out = append(out, parameter)
	}
}
