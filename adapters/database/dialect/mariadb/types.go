package mariadb

import (
	"database/sql"
	"math"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// A native is a type as information_schema.COLUMNS has it.
type native struct {
	// base is DATA_TYPE: int. full is COLUMN_TYPE: int(10) unsigned.
	base, full string
	// length is the number of characters, precision and scale those of a number.
	length, precision, scale int64
	// collation is empty for what is no text.
	collation string
}

// kinds are those that follow from the type's name alone.
var kinds = map[string]dialect.Kind{
	"tinyint": dialect.Int16, "smallint": dialect.Int16, "mediumint": dialect.Int32, "int": dialect.Int32, "bigint": dialect.Int64,
	"float": dialect.Float, "double": dialect.Double, "year": dialect.Int16,
	"char": dialect.Text, "varchar": dialect.Text, "tinytext": dialect.Text, "text": dialect.Text, "mediumtext": dialect.Text, "longtext": dialect.Text,
	"enum": dialect.Text, "set": dialect.Text,
	"binary": dialect.Bytes, "varbinary": dialect.Bytes, "tinyblob": dialect.Bytes, "blob": dialect.Bytes, "mediumblob": dialect.Bytes, "longblob": dialect.Bytes,
	"vector": dialect.Bytes,
	"date":   dialect.Date, "time": dialect.Time, "datetime": dialect.LocalTimestamp, "timestamp": dialect.Timestamp,
	"json": dialect.JSON, "uuid": dialect.UUID,
}

// unsigned are the kinds of integers without a sign. Those of up to 24 bits fit the next longer one that has a sign.
var unsigned = map[string]dialect.Kind{
	"smallint": dialect.Int32, "int": dialect.Uint32, "bigint": dialect.Uint64,
}

// geometries are the types of spatial values.
var geometries = map[string]bool{
	"geometry": true, "point": true, "linestring": true, "polygon": true, "multipoint": true, "multilinestring": true, "multipolygon": true,
	"geometrycollection": true, "geomcollection": true,
}

// columnOf makes a column of a type.
func columnOf(name string, of native) *dialect.Column {
	column := &dialect.Column{Name: name, Native: of.full, Kind: dialect.Opaque}
	if kind, ok := kinds[of.base]; ok {
		column.Kind = kind
	}
	if kind, ok := unsigned[of.base]; ok && strings.Contains(of.full, "unsigned") {
		column.Kind = kind
	}
	switch of.base {
	case "tinyint":
		if strings.HasPrefix(of.full, "tinyint(1)") {
			column.Kind = dialect.Bool
		}
	case "bit":
		bits(column, of.precision)
	case "decimal":
		exact(column, of.precision, of.scale)
	case "char", "varchar":
		column.Length = int(min(of.length, math.MaxInt32))
	case "enum":
		column.Values = labels(of.full)
	}
	column.Unbound = of.collation != "" && !exactCollation(of.collation)
	return column
}

// bits makes one bit a truth value, and several the number that they are to the server.
func bits(column *dialect.Column, width int64) {
	switch {
	case width <= 1:
		column.Kind = dialect.Bool
	case width <= 32:
		column.Kind = dialect.Uint32
	default:
		column.Kind = dialect.Uint64
	}
}

// exact makes whole numbers of up to 18 digits integers, and all others decimals.
func exact(column *dialect.Column, precision, scale int64) {
	switch {
	case scale == 0 && precision > 0 && precision <= 9:
		column.Kind = dialect.Int32
	case scale == 0 && precision > 0 && precision <= 18:
		column.Kind = dialect.Int64
	default:
		column.Kind, column.Precision, column.Scale = dialect.Decimal, int(precision), int(scale)
	}
}

// exactCollation reports whether two texts are equal only if their bytes are: also blanks at the end count, which they do not in collations that pad.
func exactCollation(name string) bool {
	return strings.HasSuffix(name, "_nopad_bin") || strings.HasSuffix(name, "_0900_bin") || name == "binary"
}

// labels are the values of an ENUM, as COLUMN_TYPE spells them: enum('a','it”s').
func labels(full string) []string {
	values := []string{}
	for _, token := range sqltext.Scan(full, sqltext.Options{}) {
		if token.Kind == sqltext.String {
			values = append(values, token.Value())
		}
	}
	return values
}

// described is a column of a result, as far as the protocol tells. It does not tell how many digits a type was declared with, so that a TINYINT(1) is a
// number, and leaves the type of a parameter without a use open.
func described(of *sql.ColumnType) *dialect.Column {
	name := of.DatabaseTypeName()
	base := strings.ToLower(strings.TrimPrefix(name, "UNSIGNED "))
	full := base
	if strings.HasPrefix(name, "UNSIGNED ") {
		full += " unsigned"
	}
	column := &dialect.Column{Name: of.Name(), Nullable: true, Kind: dialect.Opaque}
	precision, scale, _ := of.DecimalSize()
	switch base {
	case "null", "":
		return column
	case "bit": // of which the length is not told
		column.Native, column.Kind = full, dialect.Uint64
		return column
	case "enum", "set":
		column.Native, column.Kind = base, dialect.Text
		return column
	}
	column = columnOf(of.Name(), native{base: base, full: full, precision: precision, scale: scale})
	column.Nullable = true // what the server says of it does not hold for every row of an outer join
	if base == "decimal" && column.Kind == dialect.Decimal && column.Precision > mostDigits {
		column.Precision, column.Scale = 0, 0
	}
	return column
}

// mostDigits is how many digits a DECIMAL may have.
const mostDigits = 65
