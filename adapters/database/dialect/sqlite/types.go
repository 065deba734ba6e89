package sqlite

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

var typePattern = regexp.MustCompile(`^\s*([A-Za-z][A-Za-z0-9_ ]*?)\s*(?:\(\s*([0-9]+)\s*(?:,\s*([0-9]+)\s*)?\))?\s*$`)

// declared makes a column of a declared type. An empty type leaves Native empty.
func declared(name, native string) *dialect.Column {
	column := &dialect.Column{Name: name, Native: native, Kind: dialect.Opaque}
	match := typePattern.FindStringSubmatch(native)
	if match == nil {
		return column
	}
	first, _ := strconv.Atoi(match[2])  // the pattern lets only digits through; too many of them mean no bound
	second, _ := strconv.Atoi(match[3]) // likewise
	switch word := strings.ToUpper(match[1]); {
	case word == "BOOLEAN" || word == "BOOL":
		column.Kind = dialect.Bool
	case word == "TINYINT" || word == "SMALLINT" || word == "INT2":
		column.Kind = dialect.Int16
	case word == "MEDIUMINT" || word == "INT4":
		column.Kind = dialect.Int32
	case word == "DATE":
		column.Kind = dialect.Date
	case word == "TIME":
		column.Kind = dialect.Time
	case strings.HasPrefix(word, "DATETIME") || strings.HasPrefix(word, "TIMESTAMP"):
		column.Kind = dialect.LocalTimestamp
	case word == "JSON":
		column.Kind = dialect.JSON
	case word == "UUID":
		column.Kind = dialect.UUID
	case strings.HasPrefix(word, "DEC") || word == "NUMERIC" || word == "NUMBER" || word == "MONEY":
		exact(column, first, second)
	// What is left follows SQLite's own rules of affinity (Datatypes In SQLite, section 3.1), in their order,
	// except that a POINT holds no integer, nor does a FLOATING POINT, though both have its letters.
	case integerName(word):
		column.Kind = dialect.Int64
	case strings.Contains(word, "CHAR") || strings.Contains(word, "CLOB") || strings.Contains(word, "TEXT"):
		column.Kind, column.Length = dialect.Text, first
	case strings.Contains(word, "BLOB") || word == "BINARY" || word == "VARBINARY":
		column.Kind = dialect.Bytes
	case strings.Contains(word, "REAL") || strings.Contains(word, "FLOA") || strings.Contains(word, "DOUB"):
		column.Kind = dialect.Double
	}
	return column
}

// integerName knows INT, INTEGER and BIGINT, also in UNSIGNED BIG INT.
func integerName(word string) bool {
	return slices.ContainsFunc(strings.Fields(word), func(part string) bool {
		return part == "INT" || part == "INTEGER" || part == "BIGINT" || part == "INT8"
	})
}

// exact makes whole numbers of up to 18 digits integers, and all others decimals.
func exact(column *dialect.Column, precision, scale int) {
	switch {
	case precision > 0 && precision <= 9 && scale == 0:
		column.Kind = dialect.Int32
	case precision > 0 && precision <= 18 && scale == 0:
		column.Kind = dialect.Int64
	default:
		column.Kind, column.Precision, column.Scale = dialect.Decimal, precision, scale
	}
}

// value reads what SQLite stored as the column's kind.
func (d *database) value(out *dialect.Value, column *dialect.Column, raw any) error {
	var ok bool
	switch column.Kind {
	case dialect.Bool:
		out.Int, ok = integer(raw, 0, 1)
	case dialect.Int16:
		out.Int, ok = integer(raw, math.MinInt16, math.MaxInt16)
	case dialect.Int32:
		out.Int, ok = integer(raw, math.MinInt32, math.MaxInt32)
	case dialect.Int64:
		out.Int, ok = integer(raw, math.MinInt64, math.MaxInt64)
	case dialect.Float, dialect.Double:
		out.Float, ok = floating(raw)
	case dialect.Decimal:
		out.Text, ok = bytesOf(decimal(raw, column.Scale))
	case dialect.Bytes:
		out.Text, ok = bytes(raw)
	case dialect.LocalTimestamp, dialect.Timestamp:
		out.Time, ok = d.moment(raw)
	case dialect.Cursor:
		out.Text, ok = []byte(cursor(raw)), true
	case dialect.Date:
		out.Text, ok = bytesOf(text(raw, time.DateOnly))
	default:
		out.Text, ok = bytesOf(text(raw, time.DateTime))
	}
	if !ok {
		return fmt.Errorf("a %T that is no such value is stored in it", raw)
	}
	return nil
}

func bytesOf(text string, ok bool) ([]byte, bool) { return []byte(text), ok }

func integer(raw any, low, high int64) (int64, bool) {
	switch v := raw.(type) {
	case int64:
		return v, v >= low && v <= high
	case bool: // the driver's own reading of a declared BOOLEAN
		if v {
			return 1, true
		}
		return 0, true
	case float64:
		n := int64(v)
		return n, float64(n) == v && math.Abs(v) < 1<<53 && n >= low && n <= high
	default:
		return 0, false
	}
}

func floating(raw any) (float64, bool) {
	switch v := raw.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), int64(float64(v)) == v
	default:
		return 0, false
	}
}

var decimalPattern = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

// decimal spells a number out, with at least as many digits behind the point as the column's scale.
func decimal(raw any, scale int) (string, bool) {
	var digits string
	switch v := raw.(type) {
	case int64:
		digits = strconv.FormatInt(v, 10)
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return "", false
		}
		digits = strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		if !decimalPattern.MatchString(v) {
			return "", false
		}
		digits = v
	default:
		return "", false
	}
	_, fraction, _ := strings.Cut(digits, ".")
	if missing := scale - len(fraction); missing > 0 {
		if len(fraction) == 0 {
			digits = strings.TrimSuffix(digits, ".") + "."
		}
		digits += strings.Repeat("0", missing)
	}
	return digits, true
}

func bytes(raw any) ([]byte, bool) {
	switch v := raw.(type) {
	case []byte:
		return v, true
	case string:
		return []byte(v), true
	default:
		return nil, false
	}
}

// text tells a value as text. layout is for a date or time that the driver has parsed already.
func text(raw any, layout string) (string, bool) {
	switch v := raw.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case time.Time:
		return v.Format(layout), true
	default:
		return "", false
	}
}

// The forms of a date and time (Date And Time Functions, section 2). Each may have an offset.
var layouts = []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02"}

// unixEpoch is the Julian day on which 1970 begins.
const unixEpoch = 2440587.5

func (d *database) moment(raw any) (time.Time, bool) {
	switch v := raw.(type) {
	case string:
		for _, layout := range layouts {
			if t, err := time.ParseInLocation(layout, v, d.location); err == nil {
				return t, true
			}
			if t, err := time.Parse(layout+"Z07:00", v); err == nil {
				return t, true
			}
		}
		return time.Time{}, false
	case int64:
		t := time.Unix(v, 0)
		return t, t.Year() >= 1 && t.Year() <= 9999
	case float64:
		days := v - unixEpoch
		if math.IsNaN(days) || math.Abs(days) > 3e6 {
			return time.Time{}, false
		}
		t := time.UnixMilli(int64(math.Round(days * 86400e3)))
		return t, t.Year() >= 1 && t.Year() <= 9999
	case time.Time:
		return v, true
	default:
		return time.Time{}, false
	}
}

// bind makes the driver's arguments.
func (d *database) bind(arguments []dialect.Argument) ([]any, error) {
	out := make([]any, len(arguments))
	for i, argument := range arguments {
		out[i] = argument.Value
		switch v := argument.Value.(type) {
		case bool:
			out[i] = 0
			if v {
				out[i] = 1
			}
		case float64:
			if math.IsNaN(v) {
				return nil, dialect.OfArgument(changed("SQLite stores NaN as NULL"), i)
			}
		case time.Time:
			out[i] = v.In(d.location).Format("2006-01-02 15:04:05.999999999")
		case string:
			if argument.Kind == dialect.Decimal && !storable(v) {
				return nil, dialect.OfArgument(changed("SQLite stores no decimal of more than 15 digits"), i)
			}
			if _, err := time.Parse(time.DateOnly, v); argument.Kind == dialect.Date && err != nil { // which is text to SQLite, and so any text
				return nil, &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.ValueRejected, Parameter: i + 1, Detail: "there is no such day"}
			}
			if argument.Kind != dialect.Cursor {
				continue
			}
			value, err := uncursor(v)
			if err != nil {
				return nil, err
			}
			out[i] = value
		}
	}
	return out, nil
}

// storable reports whether a decimal comes back as it was given: a whole number of 64 bits is stored as it is, and any other number as a double, which
// keeps 15 digits (Datatypes In SQLite, section 3).
func storable(decimal string) bool {
	if _, err := strconv.ParseInt(decimal, 10, 64); err == nil {
		return true
	}
	whole, fraction, _ := strings.Cut(strings.TrimLeft(decimal, "+-"), ".")
	digits := strings.TrimLeft(whole+strings.TrimRight(fraction, "0"), "0")
	return len(digits) <= 15
}

// changed is the fault of a value that would not come back as it was given.
func changed(why string) error {
	return &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.OutOfRange, Cause: errors.New(why)}
}

// cursor spells a value with its storage class, since 1, 1.0 and '1' are three values to SQLite.
func cursor(raw any) string {
	switch v := raw.(type) {
	case int64:
		return "i" + strconv.FormatInt(v, 10)
	case float64:
		return "r" + strconv.FormatFloat(v, 'g', -1, 64)
	case []byte:
		return "b" + string(v)
	default:
		return fmt.Sprintf("t%v", v)
	}
}

func uncursor(spelt string) (any, error) {
	if spelt != "" {
		rest := spelt[1:]
		switch spelt[0] {
		case 'i':
			if n, err := strconv.ParseInt(rest, 10, 64); err == nil {
				return n, nil
			}
		case 'r':
			if f, err := strconv.ParseFloat(rest, 64); err == nil {
				return f, nil
			}
		case 'b':
			return []byte(rest), nil
		case 't':
			return rest, nil
		}
	}
	return nil, dialect.Rejected(fmt.Errorf("%q is no cursor", spelt))
}
