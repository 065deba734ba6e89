package oracle

import (
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	goora "github.com/sijms/go-ora/v2"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A reader reads the values of one column.
type reader struct {
	column   *dialect.Column
	location *time.Location
	// zoned is true if the driver tells points in time, and not what a clock shows.
	zoned bool
}

// readers are for one result.
func (d *database) readers(rows *sql.Rows, columns []*dialect.Column) ([]reader, error) {
	types, err := dialect.ColumnTypes(rows, columns)
	if err != nil {
		return nil, err
	}
	out := make([]reader, len(columns))
	for i, column := range columns {
		out[i] = reader{column: column, location: d.location, zoned: zoned[types[i].DatabaseTypeName()]}
	}
	return out, nil
}

// zoned are the driver's names of the types that have a zone.
var zoned = map[string]bool{"TIMESTAMPTZ": true, "TimeStampTZ_DTY": true, "TimeStampLTZ_DTY": true, "TimeStampeLTZ": true}

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
		out.Float, err = float(raw)
	case dialect.Bytes:
		out.Text, ok = raw.([]byte)
	case dialect.Timestamp, dialect.LocalTimestamp:
		var t time.Time
		if t, ok = raw.(time.Time); ok {
			out.Time = r.moment(t)
		}
	case dialect.Cursor:
		out.Text, err = r.cursor(raw)
	case dialect.Interval:
		out.Text, err = interval(raw)
	default:
		out.Text, err = text(raw)
	}
	if !ok {
		return fmt.Errorf("the driver told a %T", raw)
	}
	return err
}

// moment is what a clock shows, read in UTC where [output] has brought it there, and else in the back end's zone.
func (r *reader) moment(t time.Time) time.Time {
	if r.zoned {
		return t
	}
	location := r.location
	if r.column.Kind == dialect.Timestamp {
		location = time.UTC
	}
	return clock(t, location)
}

func clock(t time.Time, location *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), location)
}

func integer(raw any) (int64, error) {
	switch v := raw.(type) {
	case int64:
		return v, nil
	case string:
		return strconv.ParseInt(v, 10, 64)
	default:
		return 0, fmt.Errorf("the driver told a %T", raw)
	}
}

func float(raw any) (float64, error) {
	switch v := raw.(type) {
	case float64:
		return v, nil
	case float32:
		return float64(v), nil
	case string:
		return strconv.ParseFloat(v, 64)
	default:
		return 0, fmt.Errorf("the driver told a %T", raw)
	}
}

func text(raw any) ([]byte, error) {
	switch v := raw.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return []byte(hex.EncodeToString(v)), nil
	case time.Time:
		return v.AppendFormat(nil, clockLayout), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	default:
		return nil, fmt.Errorf("the driver told a %T", raw)
	}
}

var (
	yearsMonths = regexp.MustCompile(`^([+-])(\d+)-(\d+)$`)
	daysSeconds = regexp.MustCompile(`^([+-])(\d+) (\d+):(\d+):(\d+)(?:\.(\d+))?$`)
)

// interval spells what TO_CHAR makes of an interval as a duration of ISO 8601, with a sign before all of it.
func interval(raw any) ([]byte, error) {
	spelt, err := text(raw)
	if err != nil {
		return nil, err
	}
	number := func(digits string) string {
		if digits = strings.TrimLeft(digits, "0"); digits == "" {
			return "0"
		}
		return digits
	}
	if match := yearsMonths.FindSubmatch(spelt); match != nil {
		return []byte(strings.TrimPrefix(string(match[1]), "+") + "P" + number(string(match[2])) + "Y" + number(string(match[3])) + "M"), nil
	}
	match := daysSeconds.FindStringSubmatch(string(spelt))
	if match == nil {
		return nil, errors.New("it is no interval")
	}
	seconds := number(match[5])
	if fraction := strings.TrimRight(match[6], "0"); fraction != "" {
		seconds += "." + fraction
	}
	return []byte(strings.TrimPrefix(match[1], "+") + "P" + number(match[2]) + "DT" + number(match[3]) + "H" + number(match[4]) + "M" + seconds + "S"), nil
}

// The layouts of moments in cursors.
const (
	clockLayout = "2006-01-02T15:04:05.999999999"
	zonedLayout = clockLayout + "Z07:00"
)

// cursor spells a value with a letter for its sort. Numbers are text, which the session reads exactly.
func (r *reader) cursor(raw any) ([]byte, error) {
	switch v := raw.(type) {
	case string:
		return []byte("t" + v), nil
	case []byte:
		return []byte("b" + base64.RawStdEncoding.EncodeToString(v)), nil
	case int64:
		return strconv.AppendInt([]byte("t"), v, 10), nil
	case float64:
		return strconv.AppendFloat([]byte("r"), v, 'g', -1, 64), nil
	case time.Time:
		if r.zoned {
			return v.UTC().AppendFormat([]byte("z"), zonedLayout), nil
		}
		return v.AppendFormat([]byte("m"), clockLayout), nil
	default:
		return nil, fmt.Errorf("the driver told a %T", raw)
	}
}

func uncursor(spelt string) (value any, err error) {
	err = errors.New("it has no sort")
	if spelt != "" {
		rest := spelt[1:]
		var moment time.Time
		switch spelt[0] {
		case 't':
			return rest, nil
		case 'b':
			value, err = base64.RawStdEncoding.DecodeString(rest)
		case 'r':
			value, err = strconv.ParseFloat(rest, 64)
		case 'z':
			moment, err = time.Parse(zonedLayout, rest)
			value = goora.TimeStampTZ(moment)
		case 'm':
			moment, err = time.Parse(clockLayout, rest)
			value = goora.TimeStamp(moment)
		}
	}
	if err != nil {
		return nil, dialect.Rejected(fmt.Errorf("%q is no cursor: %w", spelt, err))
	}
	return value, nil
}

// mostText and mostBytes are how long a parameter is that is no LOB.
const (
	mostText  = 4000
	mostBytes = 2000
)

// argument is a value as the driver takes it.
func (d *database) argument(argument dialect.Argument) (any, error) {
	switch v := argument.Value.(type) {
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case time.Time:
		if argument.Kind == dialect.LocalTimestamp {
			return goora.TimeStamp(clock(v.In(d.location), time.UTC)), nil
		}
		return goora.TimeStampTZ(v.UTC()), nil
	case string:
		switch {
		case argument.Kind == dialect.Cursor:
			return uncursor(v)
		case len(v) > mostText:
			return goora.Clob{String: v, Valid: true}, nil
		}
		return v, nil
	case []byte:
		if len(v) > mostBytes {
			return goora.Blob{Data: v, Valid: true}, nil
		}
		return v, nil
	case dialect.List:
		return nil, dialect.Rejected(errors.New("there are no arrays"))
	default:
		return v, nil
	}
}
