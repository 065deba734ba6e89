package odbc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

// mostText is how long a parameter is that is no large object.
const mostText = 4000

// bind makes the driver's arguments. Those that are text on the way have their placeholders cast, since the driver would take the type from the server's and cut fractions.
func (d *database) bind(text string, arguments []dialect.Argument) (string, []any, error) {
	out := make([]any, len(arguments))
	casts := make([]string, len(arguments))
	for i, argument := range arguments {
		var err error
		if out[i], casts[i], err = d.argument(argument); err != nil {
			return "", nil, dialect.OfArgument(err, i)
		}
	}
	var bound strings.Builder
	next := 0
	for _, token := range sqltext.Scan(text, sqltext.Options{}) {
		if token.Kind == sqltext.Symbol && token.Text == "?" && next < len(casts) {
			token.Text, next = casts[next], next+1
		}
		bound.WriteString(token.Text)
	}
	return bound.String(), out, nil
}

// argument is a value as the driver takes it, and what its placeholder becomes.
func (d *database) argument(argument dialect.Argument) (value any, place string, err error) {
	place = "?"
	if cast, ok := d.casts[argument.Kind]; ok {
		place = cast
	}
	switch v := argument.Value.(type) {
	case uint64:
		return strconv.FormatUint(v, 10), d.casts[dialect.Decimal], nil
	case time.Time:
		location := time.UTC
		if argument.Kind == dialect.LocalTimestamp {
			location = d.location
		}
		return v.In(location).Format(d.moments), place, nil
	case string:
		if len(v) > mostText {
			place = "?"
		}
		return v, place, nil
	case dialect.List:
		return nil, "", dialect.Rejected(errors.New("there are no arrays"))
	default:
		return v, place, nil
	}
}

// value tells what the driver read as the column's kind.
func (d *database) value(out *dialect.Value, column *dialect.Column, raw any) (err error) {
	switch column.Kind {
	case dialect.Bool:
		truth, ok := raw.(bool)
		if !ok {
			return unexpected(raw)
		}
		if truth {
			out.Int = 1
		}
	case dialect.Int16, dialect.Int32, dialect.Int64:
		out.Int, err = integer(raw)
	case dialect.Float, dialect.Double:
		out.Float, err = float(raw)
	case dialect.Timestamp, dialect.LocalTimestamp:
		out.Time, err = d.moment(column, raw)
	case dialect.Decimal:
		out.Text, err = decimal(raw)
	default:
		out.Text, err = text(raw)
	}
	return err
}

func unexpected(raw any) error { return fmt.Errorf("the driver told a %T", raw) }

func integer(raw any) (int64, error) {
	switch v := raw.(type) {
	case int64:
		return v, nil
	case int32:
		return int64(v), nil
	case []byte:
		return strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(string(v)), "."), 10, 64)
	default:
		return 0, unexpected(raw)
	}
}

func float(raw any) (float64, error) {
	switch v := raw.(type) {
	case float64:
		return v, nil
	case []byte:
		return strconv.ParseFloat(strings.TrimSpace(string(v)), 64)
	default:
		return 0, unexpected(raw)
	}
}

// decimal reads an exact number, which comes as text: the driver reads any other as a float, which is not exact.
func decimal(raw any) ([]byte, error) {
	spelt, ok := raw.([]byte)
	if !ok {
		return nil, fmt.Errorf("the driver told a %T, which is not exact; cast it to VARCHAR in the query", raw)
	}
	number := strings.TrimSpace(string(spelt))
	rest, negative := strings.CutPrefix(number, "-")
	rest = strings.TrimSuffix(rest, ".")
	if strings.HasPrefix(rest, ".") {
		rest = "0" + rest
	}
	if rest == "" || strings.Trim(rest, "0123456789.") != "" {
		return nil, errors.New("it is no decimal")
	}
	if negative {
		rest = "-" + rest
	}
	return []byte(rest), nil
}

// momentLayouts are how servers spell moments: as the catalogue's columns are read, and as Db2 does by itself.
var momentLayouts = []string{"2006-01-02 15:04:05.999999999", "2006-01-02-15.04.05.999999999"}

// moment is what a clock shows, in the back end's zone or, where a zone was given with it, in UTC.
func (d *database) moment(column *dialect.Column, raw any) (time.Time, error) {
	location := d.location
	if column.Kind == dialect.Timestamp {
		location = time.UTC
	}
	switch v := raw.(type) {
	case time.Time: // in the zone of this process, which means nothing
		return time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), location), nil
	case []byte:
		for _, layout := range momentLayouts {
			if moment, err := time.ParseInLocation(layout, strings.TrimSpace(string(v)), location); err == nil {
				return moment, nil
			}
		}
		return time.Time{}, errors.New("it is no moment")
	default:
		return time.Time{}, unexpected(raw)
	}
}

func text(raw any) ([]byte, error) {
	switch v := raw.(type) {
	case []byte:
		return v, nil
	case string:
		return []byte(v), nil
	case int32:
		return strconv.AppendInt(nil, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	default:
		return nil, unexpected(raw)
	}
}
