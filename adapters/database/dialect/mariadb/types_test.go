package mariadb

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestTypes holds the kind of each type, and what a value of it is read as.
func TestTypes(t *testing.T) {
	t.Parallel()
	text := func(s string) dialect.Value { return dialect.Value{Text: []byte(s)} }
	number := func(n int64) dialect.Value { return dialect.Value{Int: n} }
	tests := []struct {
		name, native, literal string
		kind                  dialect.Kind
		want                  dialect.Value
	}{
		{"flag", "tinyint(1)", "1", dialect.Bool, number(1)},
		{"one_bit", "bit(1)", "b'1'", dialect.Bool, number(1)},
		{"tiny", "tinyint", "-128", dialect.Int16, number(-128)},
		{"utiny", "tinyint unsigned", "255", dialect.Int16, number(255)},
		{"small", "smallint", "-32768", dialect.Int16, number(-32768)},
		{"usmall", "smallint unsigned", "65535", dialect.Int32, number(65535)},
		{"medium", "mediumint unsigned", "16777215", dialect.Int32, number(16777215)},
		{"plain", "int", "-2147483648", dialect.Int32, number(-2147483648)},
		{"uplain", "int(10) unsigned zerofill", "4294967295", dialect.Uint32, number(4294967295)},
		{"big", "bigint", "-9223372036854775808", dialect.Int64, number(-9223372036854775808)},
		{"ubig", "bigint unsigned", "18446744073709551615", dialect.Uint64, number(-1)},
		{"bits", "bit(12)", "b'100000000001'", dialect.Uint32, number(2049)},
		{"allbits", "bit(64)", "0xFFFFFFFFFFFFFFFF", dialect.Uint64, number(-1)},
		{"digits", "decimal(9,0)", "123456789", dialect.Int32, number(123456789)},
		{"moredigits", "decimal(18,0) unsigned", "123456789012345678", dialect.Int64, number(123456789012345678)},
		{"exact", "decimal(65,30)", "-12345678901234567890123456789012345.012345678901234567890123456789", dialect.Decimal, text("-12345678901234567890123456789012345.012345678901234567890123456789")},
		{"single", "float", "0.1", dialect.Float, dialect.Value{Float: float64(float32(0.1))}},
		{"longsingle", "float", "16777215", dialect.Float, dialect.Value{Float: 16777215}},
		{"double_", "double", "0.1", dialect.Double, dialect.Value{Float: 0.1}},
		{"year_", "year", "2026", dialect.Int16, number(2026)},
		{"fixed", "char(5)", "'ab'", dialect.Text, text("ab")},
		{"latin", "varchar(20) character set latin1", "'Zoë €'", dialect.Text, text("Zoë €")},
		{"wide", "varchar(20)", "'Łódź 🏠'", dialect.Text, text("Łódź 🏠")},
		{"long_", "longtext", "'x'", dialect.Text, text("x")},
		{"choice", "enum('it''s','b')", "'it''s'", dialect.Text, text("it's")},
		{"choices", "set('x','y','z')", "'z,x'", dialect.Text, text("x,z")},
		{"padded", "binary(4)", "0x0102", dialect.Bytes, text("\x01\x02\x00\x00")},
		{"raw", "varbinary(4)", "0xFF00", dialect.Bytes, text("\xff\x00")},
		{"blob_", "blob", "''", dialect.Bytes, text("")},
		{"day", "date", "'2024-02-29'", dialect.Date, text("2024-02-29")},
		{"noday", "date", "'0000-00-00'", dialect.Date, dialect.Value{Null: true}},
		{"nomonth", "date", "'2024-00-00'", dialect.Date, dialect.Value{Null: true}},
		{"hours", "time", "'-838:59:59'", dialect.Time, text("-838:59:59")},
		{"fine", "time(3)", "'12:30:00.125'", dialect.Time, text("12:30:00.125")},
		{"local", "datetime(6)", "'1999-12-31 23:59:59.000001'", dialect.LocalTimestamp, dialect.Value{Time: time.Date(1999, 12, 31, 23, 59, 59, 1000, time.UTC)}},
		{"nolocal", "datetime", "'0000-00-00 00:00:00'", dialect.LocalTimestamp, dialect.Value{Null: true}},
		{"point_in_time", "timestamp", "'2026-07-01 12:00:00'", dialect.Timestamp, dialect.Value{Time: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}},
		{"document", "json", `'{"a": [1]}'`, dialect.JSON, text(`{"a": [1]}`)},
		{"id", "uuid", "'123e4567-e89b-12d3-a456-426614174000'", dialect.UUID, text("123e4567-e89b-12d3-a456-426614174000")},
		{"host", "inet6", "'::1'", dialect.Opaque, text("::1")},
		{"place", "point", "ST_GeomFromText('POINT(1 2)')", dialect.Opaque, text("POINT(1 2)")},
		{"nothing", "int", "NULL", dialect.Int32, dialect.Value{Null: true}},
	}
	definition, values := "", ""
	for i, test := range tests {
		if i > 0 {
			definition, values = definition+", ", values+", "
		}
		null := " NULL"
		definition, values = definition+test.name+" "+test.native+null, values+test.literal
	}
	d := openWith(t, "SET sql_mode = 'ANSI_QUOTES'; CREATE TABLE t ("+definition+"); INSERT INTO t VALUES ("+values+")", nil)
	table := tableOf(t, d, "t")
	got := row(t, d, table)
	for _, test := range tests {
		if kind := table.Column(test.name).Kind; kind != test.kind {
			t.Errorf("%s is of kind %d, want %d", test.native, kind, test.kind)
		}
		value := got[test.name]
		if len(value.Text) == 0 {
			value.Text = test.want.Text[:0]
		}
		if diff := cmp.Diff(test.want, value); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.native, test.literal, diff)
		}
	}
}

// TestColumns holds what the catalogue says of columns beyond their types.
func TestColumns(t *testing.T) {
	t.Parallel()
	d := openWith(t, `CREATE TABLE t (
		id int UNSIGNED AUTO_INCREMENT PRIMARY KEY COMMENT 'The number.',
		a varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
		b varchar(10) COLLATE utf8mb4_nopad_bin DEFAULT 'NULL',
		c int DEFAULT NULL,
		d int NOT NULL DEFAULT 0,
		e timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
		f int AS (d + 1) VIRTUAL, g int AS (d + 2) STORED,
		h decimal(20,5) NOT NULL,
		i enum('x','y') NOT NULL)`, nil)
	want := []*dialect.Column{
		{Name: "id", Comment: "The number.", Kind: dialect.Uint32, Native: "int(10) unsigned", Default: true},
		{Name: "a", Kind: dialect.Text, Native: "varchar(10)", Length: 10, Unbound: true},
		{Name: "b", Kind: dialect.Text, Native: "varchar(10)", Length: 10, Nullable: true, Default: true},
		{Name: "c", Kind: dialect.Int32, Native: "int(11)", Nullable: true},
		{Name: "d", Kind: dialect.Int32, Native: "int(11)", Default: true},
		{Name: "e", Kind: dialect.Timestamp, Native: "timestamp", Default: true},
		{Name: "f", Kind: dialect.Int32, Native: "int(11)", Nullable: true, Generated: true},
		{Name: "g", Kind: dialect.Int32, Native: "int(11)", Nullable: true, Generated: true},
		{Name: "h", Kind: dialect.Decimal, Native: "decimal(20,5)", Precision: 20, Scale: 5},
		{Name: "i", Kind: dialect.Text, Native: "enum('x','y')", Values: []string{"x", "y"}},
	}
	if diff := cmp.Diff(want, tableOf(t, d, "t").Columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

// TestUnreadable holds that a value which cannot be told is marked, and that the rest of its row is good.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	d := openWith(t, "CREATE TABLE t (flag tinyint(1), d date, n int); INSERT INTO t VALUES (2, '0000-00-00', 7)", func(options *dialect.Options) { options.UnreadableZeroDates = true })
	got := row(t, d, tableOf(t, d, "t"))
	if got["flag"].Unreadable == nil || got["d"].Unreadable == nil || got["n"].Int != 7 {
		t.Errorf("read %+v", got)
	}
}
