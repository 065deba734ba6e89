package sqlserver

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// objects are the types that the server's own code keeps, and that tell themselves as text.
var objects = map[string]bool{"hierarchyid": true, "geography": true, "geometry": true}

// plainTypes are the types whose parameters, if they have any, say nothing of the kind.
var plainTypes = map[string]dialect.Kind{
	"bit": dialect.Bool, "tinyint": dialect.Int16, "smallint": dialect.Int16, "int": dialect.Int32, "bigint": dialect.Int64, "real": dialect.Float,
	"float": dialect.Double, "date": dialect.Date, "time": dialect.Time, "datetime": dialect.LocalTimestamp, "smalldatetime": dialect.LocalTimestamp,
	"datetime2": dialect.LocalTimestamp, "datetimeoffset": dialect.Timestamp, "uniqueidentifier": dialect.UUID, "xml": dialect.XML, "json": dialect.JSON,
	"binary": dialect.Bytes, "varbinary": dialect.Bytes, "image": dialect.Bytes,
}

// characters are the types of text. A char or varchar has as many bytes as its length says, and so at most as many characters.
var characters = map[string]bool{"char": true, "varchar": true, "nchar": true, "nvarchar": true, "text": true, "ntext": true, "sysname": true}

// digits32 and digits64 are how many fit in 32 and in 64 bits, whatever they are.
const (
	digits32 = 9
	digits64 = 18
)

// column makes a column of a type as the server writes it, such as decimal(10,2) or nvarchar(max), and of a collation, which is empty for what is no text.
func column(name, native, collation string) *dialect.Column {
	out := &dialect.Column{Name: name, Native: native, Kind: dialect.Opaque}
	base, parameters := parameters(native)
	kind, isPlain := plainTypes[base]
	switch {
	case isPlain:
		out.Kind = kind
	case characters[base]:
		out.Kind, out.Padded = dialect.Text, base == "char" || base == "nchar"
		if len(parameters) == 1 {
			out.Length = parameters[0]
		}
		if collation != "" {
			out.Native += " COLLATE " + collation
		}
		out.Unbound = strings.Contains(collation, "_CI_")
	case base == "decimal" || base == "numeric":
		decimals(out, parameters)
	case base == "money":
		out.Kind, out.Precision, out.Scale = dialect.Decimal, 19, 4
	case base == "smallmoney":
		out.Kind, out.Precision, out.Scale = dialect.Decimal, 10, 4
	case base == "timestamp" || base == "rowversion":
		// By its own name a variable could not be told from one that changes by itself.
		out.Kind, out.Native, out.Version, out.Generated = dialect.Bytes, "binary(8)", true, true
	}
	return out
}

func decimals(out *dialect.Column, parameters []int) {
	out.Precision = 18 // where the server leaves it out
	if len(parameters) > 0 {
		out.Precision = parameters[0]
	}
	if len(parameters) > 1 {
		out.Scale = parameters[1]
	}
	switch {
	case out.Scale == 0 && out.Precision <= digits32:
		out.Kind, out.Precision = dialect.Int32, 0
	case out.Scale == 0 && out.Precision <= digits64:
		out.Kind, out.Precision = dialect.Int64, 0
	default:
		out.Kind = dialect.Decimal
	}
}

// parameters takes a type apart. Those that are no numbers, which is max, are left out.
func parameters(native string) (base string, numbers []int) {
	base, rest, _ := strings.Cut(native, "(")
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(part)); err == nil {
			numbers = append(numbers, n)
		}
	}
	return strings.ToLower(strings.TrimSpace(base)), numbers
}

// declared is a column's type as a variable is declared with it.
func declared(column *dialect.Column) string {
	native, _, _ := strings.Cut(column.Native, " COLLATE ")
	return native
}

// spelled writes a type of sys.types as the server does. The length is in bytes, and -1 for max.
func spelled(base string, length, precision, scale int) string {
	switch base {
	case "char", "varchar", "binary", "varbinary", "nchar", "nvarchar":
		if length < 0 {
			return base + "(max)"
		}
		if base[0] == 'n' {
			length /= 2
		}
		return base + "(" + strconv.Itoa(length) + ")"
	case "decimal", "numeric":
		return base + "(" + strconv.Itoa(precision) + "," + strconv.Itoa(scale) + ")"
	case "time", "datetime2", "datetimeoffset":
		return base + "(" + strconv.Itoa(scale) + ")"
	default:
		return base
	}
}
