package oracle

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A typed is a type as the catalogue tells it. Its precision is negative where there is none, and so is its scale.
type typed struct {
	name                                 string
	length, characters, precision, scale int
}

// plainTypes are the types without parameters that matter.
var plainTypes = map[string]dialect.Kind{
	"DATE": dialect.LocalTimestamp, "BINARY_FLOAT": dialect.Float, "BINARY_DOUBLE": dialect.Double, "CLOB": dialect.Text, "NCLOB": dialect.Text, "BLOB": dialect.Bytes,
	"RAW": dialect.Bytes, "XMLTYPE": dialect.XML, "JSON": dialect.JSON, "BOOLEAN": dialect.Bool, "FLOAT": dialect.Decimal,
}

// digits32 and digits64 are how many fit in 32 and in 64 bits, whatever they are, and mostDigits those of a NUMBER that has a scale and no precision.
const (
	digits32   = 9
	digits64   = 18
	mostDigits = 38
)

// readable reports whether values of a type can be told. Objects and collections, and what the driver cannot read, cannot.
func readable(t typed) bool {
	switch t.name {
	case "LONG RAW", "BFILE", "ANYDATA", "VECTOR":
		return false
	}
	if _, plain := plainTypes[t.name]; plain {
		return true
	}
	for _, prefix := range []string{"NUMBER", "CHAR", "VARCHAR2", "NCHAR", "NVARCHAR2", "TIMESTAMP", "INTERVAL", "LONG", "ROWID", "UROWID"} {
		if strings.HasPrefix(t.name, prefix) {
			return true
		}
	}
	return false
}

// column makes a column of a type.
func column(name string, t typed) *dialect.Column {
	out := &dialect.Column{Name: name, Native: t.name, Kind: dialect.Opaque}
	kind, isPlain := plainTypes[t.name]
	switch {
	case isPlain:
		out.Kind = kind
	case t.name == "NUMBER":
		number(out, t)
	case t.name == "CHAR" || t.name == "VARCHAR2" || t.name == "NCHAR" || t.name == "NVARCHAR2":
		out.Kind, out.Length, out.Padded = dialect.Text, t.characters, strings.HasSuffix(t.name, "CHAR")
		out.Native += "(" + strconv.Itoa(t.characters) + ")"
	case strings.HasPrefix(t.name, "TIMESTAMP") && strings.HasSuffix(t.name, "TIME ZONE"):
		out.Kind = dialect.Timestamp
	case strings.HasPrefix(t.name, "TIMESTAMP"):
		out.Kind = dialect.LocalTimestamp
	case strings.HasPrefix(t.name, "INTERVAL"):
		out.Kind = dialect.Interval
	}
	return out
}

// number tells whole numbers that fit from decimals. A negative scale means zeros before the point.
func number(out *dialect.Column, t typed) {
	out.Kind = dialect.Decimal
	precision, scale := t.precision, t.scale
	switch {
	case precision < 0 && scale < 0:
		return
	case precision < 0:
		precision = mostDigits
	}
	out.Native = "NUMBER(" + strconv.Itoa(precision) + "," + strconv.Itoa(scale) + ")"
	if scale < 0 {
		precision, scale = precision-scale, 0
	}
	switch {
	case scale == 0 && precision <= digits32:
		out.Kind = dialect.Int32
	case scale == 0 && precision <= digits64:
		out.Kind = dialect.Int64
	default:
		out.Precision, out.Scale = max(precision, scale), scale
	}
}
