package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// moneyOID is the number of the type money (pg_type.dat).
const moneyOID = 790

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

// labels are the values of an enum type in order; %s is the type.
const labels = `(SELECT pg_catalog.array_agg(l.enumlabel::text ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum l WHERE l.enumtypid = %s.oid)`

// described is what a query tells of each type, as [described] takes it, where t is the type beneath all domains and e that of an array's items.
const describedColumns = `t.typname::text, t.oid, t.typtype::text, labels(t), coalesce(e.typname::text, ''), coalesce(e.typtype::text, ''), labels(e)`

// items joins the type e of an array's items, beneath all domains, to the type t. Other types have items too, and text of another form.
const items = `
	LEFT JOIN pg_catalog.pg_type declared ON declared.oid = t.typelem AND declared.typarray = t.oid
	LEFT JOIN beneath under ON under.oid = declared.oid
	LEFT JOIN pg_catalog.pg_type e ON e.oid = coalesce(under.base, declared.oid)
`

// describing puts the columns into a query.
func describing(query string) string {
	columns := describedColumns
	for _, table := range []string{"t", "e"} {
		columns = strings.ReplaceAll(columns, "labels("+table+")", fmt.Sprintf(labels, table))
	}
	return strings.Replace(query, "{described}", columns, 1)
}

// A described is what the catalogue says of a type.
type described struct {
	native         string
	modifier       int32
	base, sort     string
	oid            uint32
	values         []string
	item, itemSort string
	itemValues     []string
}

// targets are where the values of describedColumns go.
func (d *described) targets() []any {
	return []any{&d.base, &d.oid, &d.sort, &d.values, &d.item, &d.itemSort, &d.itemValues}
}

// column makes a column of the type. What the modifier says of an array, it says of its items.
func (d *described) column(name string) *dialect.Column {
	if d.item == "" {
		out := column(name, d.native, d.base, d.modifier, d.values)
		if (d.sort == "r" || d.sort == "m") && out.Kind == dialect.Opaque { // ranges and multiranges, of any type
			out.Kind = dialect.Word
		}
		out.Type = d.oid
		return out
	}
	item := column(name, d.item, d.item, d.modifier, d.itemValues)
	return &dialect.Column{Name: name, Native: d.native, Kind: dialect.Array, Element: item, Type: d.oid}
}

// resolve asks the server what the types are.
func resolve(ctx context.Context, on querier, columns []typed) ([]*dialect.Column, error) {
	oids := make([]uint32, len(columns))
	modifiers := make([]int32, len(columns))
	for i, column := range columns {
		oids[i], modifiers[i] = column.oid, column.modifier
	}
	query := describing(domains + `SELECT pg_catalog.format_type(wanted.oid, wanted.modifier), coalesce(b.modifier, wanted.modifier), {described}
		FROM unnest($1::oid[], $2::int4[]) WITH ORDINALITY AS wanted(oid, modifier, position)
		LEFT JOIN beneath b ON b.oid = wanted.oid
		JOIN pg_catalog.pg_type t ON t.oid = coalesce(b.base, wanted.oid)` + items + `ORDER BY wanted.position`)
	rows, err := on.Query(ctx, query, oids, modifiers)
	if err != nil {
		return nil, err
	}
	var (
		out []*dialect.Column
		of  described
	)
	_, err = pgx.ForEachRow(rows, append([]any{&of.native, &of.modifier}, of.targets()...), func() error {
		added := of.column(columns[len(out)].name)
		added.Nullable = true // the server does not say
		out = append(out, added)
		of.values, of.itemValues = nil, nil
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
	"timestamp": dialect.LocalTimestamp, "interval": dialect.Interval, "uuid": dialect.UUID, "json": dialect.JSON, "jsonb": dialect.JSON, "xml": dialect.XML,
	"inet": dialect.Word, "cidr": dialect.Word, "macaddr": dialect.Word, "macaddr8": dialect.Word, "bit": dialect.Word, "varbit": dialect.Word,
	"ltree": dialect.Word, "pg_lsn": dialect.Word, "xid8": dialect.Word,
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
