package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// formats says in which form each column is wanted.
func formats(columns []*dialect.Column) pgx.QueryResultFormats {
	out := make(pgx.QueryResultFormats, len(columns))
	for i, column := range columns {
		if isBinary(column) {
			out[i] = pgx.BinaryFormatCode
		}
	}
	return out
}

// isBinary reports whether values of the column come in binary. Whole numbers may be those of a numeric, whose text is cheaper to read; so a type that is not
// known, which is one that a query only declares, is read as text.
func isBinary(column *dialect.Column) bool {
	switch column.Kind {
	case dialect.Float, dialect.Double, dialect.Bytes, dialect.Timestamp, dialect.LocalTimestamp:
		return true
	case dialect.Bool, dialect.Int16, dialect.Int32, dialect.Int64:
		return column.Type != 0 && column.Type != pgtype.NumericOID
	default:
		return false
	}
}

// isStalePlan reports whether the server says that a "cached plan must not change result type", which it does before it runs anything. The code is shared with
// others, and the message is translated.
func isStalePlan(err error) bool {
	var native *pgconn.PgError
	return errors.As(err, &native) && native.Code == "0A000" && native.Routine == "RevalidateCachedQuery"
}

func (d *database) run(ctx context.Context, on querier, statement dialect.Statement, each func([]dialect.Value) error) (int64, error) {
	arguments := make([]any, 0, len(statement.Arguments)+1)
	arguments = append(arguments, formats(statement.Columns))
	for i, argument := range statement.Arguments {
		bound, err := d.bind(argument)
		if err != nil {
			return 0, dialect.OfArgument(err, i)
		}
		arguments = append(arguments, bound)
	}
	if trace.SpanFromContext(ctx).IsRecording() {
		ctx = dialect.WithLabel(ctx, statement.Label)
	}
	rows, err := on.Query(ctx, statement.Text, arguments...)
	if err != nil {
		return 0, fault(err)
	}
	return d.read(ctx, rows, statement.Columns, each)
}

// read passes the rows on, and returns the number of those that were written.
func (d *database) read(ctx context.Context, rows pgx.Rows, columns []*dialect.Column, each func([]dialect.Value) error) (int64, error) {
	defer rows.Close()
	row := make([]dialect.Value, len(columns))
	for rows.Next() {
		if err := d.values(row, columns, rows); err != nil {
			abandon(ctx, rows)
			return 0, err
		}
		if each == nil {
			continue
		}
		if err := each(row); err != nil {
			abandon(ctx, rows)
			return 0, err
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fault(err)
	}
	return rows.CommandTag().RowsAffected(), nil
}

// abandon has the server stop sending a result that nobody wants. What it has sent already is read by closing the rows, so that the connection stays good.
func abandon(ctx context.Context, rows pgx.Rows) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelGrace)
	defer stop()
	_ = rows.Conn().PgConn().CancelRequest(ctx) // without it, closing takes longer
}

// values reads a row.
func (d *database) values(out []dialect.Value, columns []*dialect.Column, rows pgx.Rows) error {
	raw, fields := rows.RawValues(), rows.FieldDescriptions()
	if len(raw) != len(columns) || len(fields) != len(columns) {
		return changed(fmt.Errorf("the statement returns %d columns and not %d", len(raw), len(columns)))
	}
	for i, column := range columns {
		out[i] = dialect.Value{Null: raw[i] == nil}
		if raw[i] == nil {
			continue
		}
		err := d.value(&out[i], column, &fields[i], raw[i])
		switch {
		case errors.Is(err, errType):
			return changed(dialect.Unreadable(column, err))
		case err != nil:
			out[i].Unreadable = dialect.Unreadable(column, err)
		}
	}
	return nil
}

// changed is the fault of a result that is not of the columns that the catalogue had.
func changed(cause error) error {
	return &dialect.Fault{Code: codes.Internal, Reason: dialect.SchemaChanged, Cause: cause}
}

var (
	errType     = errors.New("the column has become one of another type")
	errInfinity = errors.New("it has no end, or lies outside of the years 1 to 9999")
	errNumber   = errors.New("it is not a number, or infinite")
	errRange    = errors.New("it is too large for the type that the catalogue had")
)

// value reads a value. The text of those that are told as text is the server's.
func (d *database) value(out *dialect.Value, column *dialect.Column, field *pgconn.FieldDescription, raw []byte) (err error) {
	if field.Format == pgx.BinaryFormatCode {
		return d.binary(out, column.Kind, field.DataTypeOID, raw)
	}
	switch column.Kind {
	case dialect.Bool:
		return boolean(out, raw)
	case dialect.Int16, dialect.Int32, dialect.Int64:
		return whole(out, column.Kind, raw)
	case dialect.Array:
		if field.DataTypeOID != column.Type {
			return errType
		}
		out.List, err = d.list(column.Element, raw)
		return err
	default:
		out.Text = raw
		return nil
	}
}

// whole reads the text of a whole number, which a numeric may be.
func whole(out *dialect.Value, kind dialect.Kind, text []byte) (err error) {
	if out.Int, err = strconv.ParseInt(string(text), 10, 64); err != nil {
		return errNumber
	}
	return fits(kind, out.Int)
}

// boolean reads the text of a boolean.
func boolean(out *dialect.Value, raw []byte) error {
	switch string(raw) {
	case "t":
		out.Int = 1
	case "f":
		out.Int = 0
	default:
		return errType
	}
	return nil
}

// A form is what the binary values of a type are: how long, unless that varies, and of which kinds they can be told.
type form struct {
	length int
	kinds  []dialect.Kind
}

var (
	wholes  = []dialect.Kind{dialect.Int16, dialect.Int32, dialect.Int64}
	moments = []dialect.Kind{dialect.Timestamp, dialect.LocalTimestamp}
	forms   = map[uint32]form{
		pgtype.BoolOID: {1, []dialect.Kind{dialect.Bool}}, pgtype.ByteaOID: {0, []dialect.Kind{dialect.Bytes}},
		pgtype.Int2OID: {2, wholes}, pgtype.Int4OID: {4, wholes}, pgtype.OIDOID: {4, wholes}, pgtype.Int8OID: {8, wholes},
		pgtype.Float4OID: {4, []dialect.Kind{dialect.Float, dialect.Double}}, pgtype.Float8OID: {8, []dialect.Kind{dialect.Double}},
		pgtype.TimestampOID: {8, moments}, pgtype.TimestamptzOID: {8, moments},
	}
)

// binary reads a value that came in binary.
func (d *database) binary(out *dialect.Value, kind dialect.Kind, oid uint32, raw []byte) (err error) {
	if known, ok := forms[oid]; !ok || !slices.Contains(known.kinds, kind) || known.length > 0 && len(raw) != known.length {
		return errType
	}
	switch oid {
	case pgtype.BoolOID:
		out.Int = int64(raw[0])
	case pgtype.Int2OID:
		out.Int = int64(int16(binary.BigEndian.Uint16(raw))) //nolint:gosec // the sign is part of it
	case pgtype.Int4OID:
		out.Int = int64(int32(binary.BigEndian.Uint32(raw))) //nolint:gosec // the sign is part of it
	case pgtype.OIDOID:
		out.Int = int64(binary.BigEndian.Uint32(raw))
	case pgtype.Int8OID:
		out.Int = int64(binary.BigEndian.Uint64(raw)) //nolint:gosec // the sign is part of it
	case pgtype.Float4OID:
		out.Float = float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
	case pgtype.Float8OID:
		out.Float = math.Float64frombits(binary.BigEndian.Uint64(raw))
	case pgtype.TimestampOID, pgtype.TimestamptzOID:
		out.Time, err = d.moment(kind, raw)
		return err
	default:
		out.Text = raw
	}
	return fits(kind, out.Int)
}

// fits holds that a whole number is one of the kind, which that of a column whose type has grown may not be.
func fits(kind dialect.Kind, n int64) error {
	if kind == dialect.Int16 && n != int64(int16(n)) || kind == dialect.Int32 && n != int64(int32(n)) { //nolint:gosec // to see what is lost
		return errRange
	}
	return nil
}

// moment reads microseconds since 2000 (timestamp.h).
func (d *database) moment(kind dialect.Kind, raw []byte) (time.Time, error) {
	micros := int64(binary.BigEndian.Uint64(raw)) //nolint:gosec // the sign is part of it
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return time.Time{}, errInfinity
	}
	t := time.Unix(epoch+micros/1e6, micros%1e6*1e3).UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, errInfinity
	}
	if kind == dialect.LocalTimestamp {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), d.location)
	}
	return t, nil
}

// epoch is 2000-01-01 in seconds since 1970.
const epoch = 946684800
