package oracle

import (
	"context"
	"database/sql"
	"errors"
	"unicode/utf8"

	"github.com/sijms/go-ora/v2/network"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// wireTypes leads from the driver's names of types to those of the catalogue.
var wireTypes = map[string]string{
	"NCHAR": "VARCHAR2", "VARCHAR": "VARCHAR2", "CHAR": "CHAR", "NUMBER": "NUMBER", "FLOAT": "FLOAT", "DATE": "DATE", "RAW": "RAW", "IBFloat": "BINARY_FLOAT",
	"IBDouble": "BINARY_DOUBLE", "OCIClobLocator": "CLOB", "OCIBlobLocator": "BLOB", "TIMESTAMP": "TIMESTAMP", "TimeStampDTY": "TIMESTAMP",
	"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE", "TimeStampTZ_DTY": "TIMESTAMP WITH TIME ZONE", "TimeStampLTZ_DTY": "TIMESTAMP WITH LOCAL TIME ZONE",
	"TimeStampeLTZ": "TIMESTAMP WITH LOCAL TIME ZONE", "ROWID": "ROWID", "UROWID": "UROWID", "XMLType": "XMLTYPE",
}

// describing starts the query that tells the types of another: it has the same columns and no rows.
const describing = "SELECT * FROM ("

// Describe has the server type a query, by asking for none of its rows. It knows no types of parameters. A statement that writes is not looked at: its
// columns cannot be had without running it, and to parse one of data definition is to run it.
func (d *database) Describe(ctx context.Context, statement dialect.Statement) (dialect.Description, error) {
	if !selects(statement.Text) {
		if statement.Mode == dialect.ReadOnly {
			return dialect.Description{}, notReading()
		}
		return dialect.Description{}, nil
	}
	arguments := make([]any, len(statement.Arguments))
	rows, err := d.pool.QueryContext(ctx, describing+statement.Text+"\n) WHERE 1 = 0", arguments...)
	if err != nil {
		return dialect.Description{}, located(fault(err), statement.Text)
	}
	defer func() { _ = rows.Close() }() // it holds no row
	types, err := rows.ColumnTypes()
	if err != nil {
		return dialect.Description{}, fault(err)
	}
	return dialect.Description{Columns: describedResult(types)}, nil
}

// describedResult makes columns of what the driver says of a result.
func describedResult(types []*sql.ColumnType) []*dialect.Column {
	columns := make([]*dialect.Column, len(types))
	for i, one := range types {
		t := typed{name: wireTypes[one.DatabaseTypeName()], precision: -1, scale: -1}
		if precision, scale, ok := one.DecimalSize(); ok && precision > 0 && scale >= 0 && scale <= mostDigits {
			t.precision, t.scale = int(precision), int(scale)
		}
		if length, ok := one.Length(); ok {
			t.characters = int(length)
		}
		columns[i] = column(one.Name(), t)
		columns[i].Nullable = true // the server says it of columns, and not of what becomes of them in a join
		columns[i].Padded = false
	}
	return columns
}

// located adds the character of the statement that the server's position, in bytes, points to.
func located(err error, statement string) error {
	var known *dialect.Fault
	var native *network.OracleError
	if !errors.As(err, &known) || !errors.As(err, &native) {
		return err
	}
	at := native.ErrPos() - len(describing)
	if at >= 0 && at <= len(statement) {
		known.Position = utf8.RuneCountInString(statement[:at]) + 1
	}
	return err
}
