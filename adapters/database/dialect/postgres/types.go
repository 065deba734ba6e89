package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A typed is a column whose type the server gave by number.
type typed struct {
	name     string
	oid      uint32
	modifier int32
}

// domains leads from each domain to the type beneath it, through other domains.
const domains = `WITH RECURSIVE domains(oid, base, modifier, required) AS (
	SELECT oid, typbasetype, typtypmod, typnotnull FROM pg_catalog.pg_type WHERE typtype = 'd'
	UNION ALL
	SELECT d.oid, t.typbasetype, CASE WHEN d.modifier = -1 THEN t.typtypmod ELSE d.modifier END, d.required OR t.typnotnull
	FROM domains d JOIN pg_catalog.pg_type t ON t.oid = d.base WHERE t.typtype = 'd'
), beneath AS (
	SELECT d.oid, d.base, d.modifier, d.required FROM domains d JOIN pg_catalog.pg_type t ON t.oid = d.base WHERE t.typtype <> 'd'
)
`

// labels are the values of an enum type t in order.
const labels = `(SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)`

// resolve asks the server what the types are.
func resolve(ctx context.Context, on querier, columns []typed) ([]*dialect.Column, error) {
	oids := make([]uint32, len(columns))
	modifiers := make([]int32, len(columns))
	for i, column := range columns {
		oids[i], modifiers[i] = column.oid, column.modifier
	}
	query := domains + `SELECT pg_catalog.format_type(wanted.oid, wanted.modifier), t.typname::text, coalesce(b.modifier, wanted.modifier), ` + labels + `
		FROM unnest($1::oid[], $2::int4[]) WITH ORDINALITY AS wanted(oid, modifier, position)
		LEFT JOIN beneath b ON b.oid = wanted.oid
		JOIN pg_catalog.pg_type t ON t.oid = coalesce(b.base, wanted.oid) ORDER BY wanted.position`
	rows, err := on.Query(ctx, query, oids, modifiers)
	if err != nil {
		return nil, err
	}
	var out []*dialect.Column
	var (
		native, base string
		modifier     int32
		values       []string
	)
	_, err = pgx.ForEachRow(rows, []any{&native, &base, &modifier, &values}, func() error {
		out = append(out, column(columns[len(out)].name, native, base, modifier, values))
		out[len(out)-1].Nullable = true // the server does not say
		values = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(out) != len(columns) {
		return nil, fmt.Errorf("the catalogue knows %d of %d types", len(out), len(columns))
	}
	return out, nil
}

// column makes a column of a type: native is its name for people, base the catalogue's name of the type beneath all domains, and
// modifier what stands in parentheses behind it.
func column(name, native, base string, modifier int32, values []string) *dialect.Column {
	out := &dialect.Column{Name: name, Native: native, Kind: dialect.Opaque}
	if len(values) > 0 {
		out.Kind, out.Values = dialect.Text, values
		return out
	}
	switch base {
	case "numeric":
		numeric(out, modifier)
	case "varchar", "bpchar":
		out.Kind = dialect.Text
		if modifier >= 4 {
			out.Length = int(modifier - 4)
		}
		out.Unbound = base == "bpchar" // blanks at the end do not count
	default:
		if kind, ok := kinds[base]; ok {
			out.Kind = kind
		}
	}
	return out
}

// kinds are those that follow from the type's name alone.
var kinds = map[string]dialect.Kind{
	"bool": dialect.Bool, "int2": dialect.Int16, "int4": dialect.Int32, "int8": dialect.Int64, "oid": dialect.Int64,
	"float4": dialect.Float, "float8": dialect.Double, "text": dialect.Text, "name": dialect.Text, "citext": dialect.Text,
	"bytea": dialect.Bytes, "date": dialect.Date, "time": dialect.Time, "timetz": dialect.Time, "timestamptz": dialect.Timestamp,
	"timestamp": dialect.LocalTimestamp, "interval": dialect.Interval, "uuid": dialect.UUID, "json": dialect.JSON, "jsonb": dialect.JSON,
}

// numeric reads numeric(precision, scale), which the modifier packs (numeric.c, make_numeric_typmod).
func numeric(out *dialect.Column, modifier int32) {
	out.Kind = dialect.Decimal
	if modifier < 4 {
		return
	}
	precision := int(((modifier - 4) >> 16) & 0xffff)
	scale := int(((modifier-4)&0x7ff)^1024) - 1024
	switch {
	case scale == 0 && precision <= 9:
		out.Kind = dialect.Int32
	case scale == 0 && precision <= 18:
		out.Kind = dialect.Int64
	case scale >= 0 && scale <= precision:
		out.Precision, out.Scale = precision, scale
	}
}

// isBinary reports whether values of the kind come in binary.
func isBinary(kind dialect.Kind) bool {
	switch kind {
	case dialect.Float, dialect.Double, dialect.Bytes, dialect.Timestamp, dialect.LocalTimestamp:
		return true
	default:
		return false
	}
}

// values reads a row.
func (d *database) values(out []dialect.Value, columns []*dialect.Column, raw [][]byte) {
	for i, column := range columns {
		out[i] = dialect.Value{Null: raw[i] == nil}
		if raw[i] == nil {
			continue
		}
		if err := d.value(&out[i], column.Kind, raw[i]); err != nil {
			out[i].Unreadable = fmt.Errorf("reading the column %s of type %s: %w", column.Name, column.Native, err)
		}
	}
}

func (d *database) value(out *dialect.Value, kind dialect.Kind, raw []byte) (err error) {
	switch kind {
	case dialect.Bool:
		out.Int = 0
		if string(raw) == "t" {
			out.Int = 1
		}
	case dialect.Int16:
		out.Int, err = strconv.ParseInt(string(raw), 10, 16)
	case dialect.Int32:
		out.Int, err = strconv.ParseInt(string(raw), 10, 32)
	case dialect.Int64:
		out.Int, err = strconv.ParseInt(string(raw), 10, 64)
	case dialect.Float:
		if len(raw) != 4 {
			return errLength
		}
		out.Float = float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
	case dialect.Double:
		if len(raw) != 8 {
			return errLength
		}
		out.Float = math.Float64frombits(binary.BigEndian.Uint64(raw))
	case dialect.Bytes:
		out.Text = raw
	case dialect.Timestamp, dialect.LocalTimestamp:
		out.Time, err = d.moment(kind, raw)
	default:
		out.Text = raw
	}
	return err
}

var (
	errLength   = errors.New("a value of another length was expected")
	errInfinity = errors.New("it has no end, or lies outside of the years 1 to 9999")
)

// moment reads microseconds since 2000 (timestamp.h).
func (d *database) moment(kind dialect.Kind, raw []byte) (time.Time, error) {
	if len(raw) != 8 {
		return time.Time{}, errLength
	}
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

// bind spells an argument as text, for the server to read by the type it inferred.
func (d *database) bind(argument dialect.Argument) any {
	switch v := argument.Value.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		if argument.Kind == dialect.LocalTimestamp {
			return v.In(d.location).Format("2006-01-02 15:04:05.999999999")
		}
		return v.UTC().Format("2006-01-02 15:04:05.999999999Z07:00")
	default:
		return v
	}
}
