package sqlserver

import (
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-sql/civil"
	mssql "github.com/microsoft/go-mssqldb"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// A reader reads the values of one column.
type reader struct {
	column   *dialect.Column
	location *time.Location
	// wire is the type that the driver says the column of the result has; of a cursor it is all there is.
	wire string
}

// readers are for one result.
func (d *database) readers(rows *sql.Rows, columns []*dialect.Column) ([]reader, error) {
	types, err := dialect.ColumnTypes(rows, columns)
	if err != nil {
		return nil, err
	}
	out := make([]reader, len(columns))
	for i, column := range columns {
		out[i] = reader{column: column, location: d.location, wire: types[i].DatabaseTypeName()}
	}
	return out, nil
}

// value tells what the driver read as the column's kind.
func (r *reader) value(out *dialect.Value, raw any) (err error) {
	ok := true
	switch r.column.Kind {
	case dialect.Bool:
		var flag bool
		if flag, ok = raw.(bool); flag {
			out.Int = 1
		}
	case dialect.Int16, dialect.Int32, dialect.Int64:
		out.Int, err = integer(raw)
	case dialect.Float, dialect.Double:
		out.Float, ok = raw.(float64)
	case dialect.Bytes:
		out.Text, ok = raw.([]byte)
	case dialect.UUID:
		out.Text, err = uuid(raw)
	case dialect.Timestamp:
		out.Time, ok = raw.(time.Time)
	case dialect.LocalTimestamp:
		var t time.Time
		t, ok = raw.(time.Time)
		out.Time = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), r.location)
	case dialect.Cursor:
		out.Text, err = cursor(r.wire, raw)
	default:
		out.Text, err = r.text(raw)
	}
	if !ok {
		return fmt.Errorf("the driver told a %T", raw)
	}
	return err
}

// integer reads a whole number, which a decimal without a scale is too.
func integer(raw any) (int64, error) {
	switch v := raw.(type) {
	case int64:
		return v, nil
	case []byte:
		return strconv.ParseInt(string(v), 10, 64)
	default:
		return 0, fmt.Errorf("the driver told a %T", raw)
	}
}

// uuid spells the bytes out, of which the server keeps the first three groups in the order of little-endian numbers.
func uuid(raw any) ([]byte, error) {
	var id mssql.UniqueIdentifier
	if err := id.Scan(raw); err != nil {
		return nil, err
	}
	return []byte(strings.ToLower(id.String())), nil
}

// text tells all that is text here: decimals, dates and times of day too.
func (r *reader) text(raw any) ([]byte, error) {
	switch v := raw.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		switch {
		case r.wire == "UNIQUEIDENTIFIER":
			return uuid(v)
		case r.column.Kind == dialect.Opaque && r.wire != "DECIMAL" && !strings.HasSuffix(r.wire, "MONEY"):
			return []byte(hex.EncodeToString(v)), nil
		}
		return v, nil
	case time.Time:
		return v.AppendFormat(nil, layouts[r.wire]), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	case float64:
		return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
	default:
		return nil, fmt.Errorf("the driver told a %T", raw)
	}
}

// layouts spell what has a date or a time, by the driver's names of types, so that the server reads it back as what it was.
var layouts = map[string]string{
	"DATE": time.DateOnly, "TIME": "15:04:05.9999999", "DATETIME": "2006-01-02T15:04:05.000", "SMALLDATETIME": "2006-01-02T15:04:05",
	"DATETIME2": "2006-01-02T15:04:05.9999999", "DATETIMEOFFSET": "2006-01-02T15:04:05.9999999Z07:00",
}

// cursor spells a value with a letter for its sort. The server reads a text as what it is compared with, but for bytes.
func cursor(wire string, raw any) ([]byte, error) {
	switch v := raw.(type) {
	case string:
		return []byte("t" + v), nil
	case []byte:
		switch wire {
		case "UNIQUEIDENTIFIER":
			spelled, err := uuid(v)
			return append([]byte("t"), spelled...), err
		case "DECIMAL", "MONEY", "SMALLMONEY":
			return append([]byte("d"), v...), nil
		default:
			return []byte("b" + base64.RawStdEncoding.EncodeToString(v)), nil
		}
	case time.Time:
		layout, ok := layouts[wire]
		if !ok {
			return nil, fmt.Errorf("the driver told a moment of type %q", wire)
		}
		return v.AppendFormat([]byte("t"), layout), nil
	case int64:
		return strconv.AppendInt([]byte("i"), v, 10), nil
	case bool:
		return strconv.AppendBool([]byte("l"), v), nil
	case float64:
		return strconv.AppendFloat([]byte("r"), v, 'g', -1, 64), nil
	default:
		return nil, fmt.Errorf("the driver told a %T", raw)
	}
}

func uncursor(spelt string) (value any, err error) {
	err = errors.New("it has no sort")
	if spelt != "" {
		rest := spelt[1:]
		switch spelt[0] {
		case 't', 'd':
			return rest, nil
		case 'i':
			value, err = strconv.ParseInt(rest, 10, 64)
		case 'r':
			value, err = strconv.ParseFloat(rest, 64)
		case 'l':
			value, err = strconv.ParseBool(rest)
		case 'b':
			value, err = base64.RawStdEncoding.DecodeString(rest)
		}
	}
	if err != nil {
		return nil, dialect.Rejected(fmt.Errorf("%q is no cursor: %w", spelt, err))
	}
	return value, nil
}

// bind makes the driver's arguments, and casts in the text those that the server does not read from text as they are.
func (d *database) bind(text string, arguments []dialect.Argument) (string, []any, error) {
	out := make([]any, len(arguments))
	casts := make(map[string]string)
	for i, argument := range arguments {
		value, err := d.argument(argument)
		if err != nil {
			return "", nil, dialect.OfArgument(err, i)
		}
		out[i] = value
		digits, isText := value.(string)
		ofCursor, _ := argument.Value.(string)
		if isText && (argument.Kind == dialect.Decimal || argument.Kind == dialect.Cursor && strings.HasPrefix(ofCursor, "d")) {
			casts["p"+strconv.Itoa(i+1)] = "decimal(38," + strconv.Itoa(fraction(digits)) + ")"
		}
	}
	return cast(text, casts), out, nil
}

// mostScale is how many digits a decimal has behind the point at most.
const mostScale = 38

// fraction counts the digits behind the point.
func fraction(digits string) int {
	_, behind, _ := strings.Cut(digits, ".")
	return min(len(behind), mostScale)
}

// cast puts a CAST around the parameters named.
func cast(text string, casts map[string]string) string {
	if len(casts) == 0 {
		return text
	}
	var out strings.Builder
	tokens := sqltext.Scan(text, sqltext.Options{Brackets: true})
	for i := 0; i < len(tokens); i++ {
		if !tokens[i].Is("@") || i+1 == len(tokens) || casts[tokens[i+1].Text] == "" {
			out.WriteString(tokens[i].Text)
			continue
		}
		name := tokens[i+1].Text
		out.WriteString("CAST(@" + name + " AS " + casts[name] + ")")
		i++
	}
	return out.String()
}

func (d *database) argument(argument dialect.Argument) (any, error) {
	switch v := argument.Value.(type) {
	case nil:
		if argument.Kind == dialect.Bytes {
			return []byte(nil), nil // a NULL of text is none for bytes
		}
		return nil, nil //nolint:nilnil // which is NULL
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case time.Time:
		if argument.Kind == dialect.LocalTimestamp {
			return civil.DateTimeOf(v.In(d.location)), nil
		}
		return v.UTC(), nil
	case string:
		if argument.Kind == dialect.Cursor {
			return uncursor(v)
		}
		return v, nil
	case dialect.List:
		return nil, dialect.Rejected(errors.New("there are no arrays"))
	default:
		return v, nil
	}
}
