package mariadb

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A reader knows what values mean in this database.
type reader struct {
	location *time.Location
	// zeroDates makes dates that are none NULL; else they are unreadable.
	zeroDates bool
}

// read passes the rows on, and counts them.
func (r *reader) read(found *sql.Rows, columns []*dialect.Column, each func([]dialect.Value) error) (int64, error) {
	row := make([]dialect.Value, len(columns))
	cells := make([]cell, len(columns))
	targets := make([]any, len(columns))
	var buffer []byte
	for i, column := range columns {
		cells[i] = cell{reader: r, column: column, value: &row[i], buffer: &buffer, bits: strings.HasPrefix(column.Native, "bit")}
		targets[i] = &cells[i]
	}
	if err := nameCursors(found, cells); err != nil {
		return 0, err
	}
	var count int64
	err := dialect.ScanEach(found, targets, fault, func() error {
		count++
		if each != nil {
			if err := each(row); err != nil {
				return err
			}
		}
		buffer = buffer[:0]
		return nil
	})
	return count, err
}

// nameCursors tells the cells of cursors the types of their values.
func nameCursors(found *sql.Rows, cells []cell) error {
	var types []*sql.ColumnType
	for i := range cells {
		if cells[i].column.Kind != dialect.Cursor {
			continue
		}
		if types == nil {
			var err error
			if types, err = found.ColumnTypes(); err != nil {
				return fault(err)
			}
		}
		if i < len(types) {
			cells[i].tag = tagOf(types[i].DatabaseTypeName())
		}
	}
	return nil
}

// A cell is where a column's values are read to. As a [sql.Scanner] it is given the driver's own bytes, and copies them to a buffer that all
// cells of a row share.
type cell struct {
	reader *reader
	column *dialect.Column
	value  *dialect.Value
	buffer *[]byte
	bits   bool // it is a BIT
	tag    byte // of a cursor
}

// Scan implements [sql.Scanner]. A value that cannot be told is no error of the row.
func (c *cell) Scan(source any) error {
	*c.value = dialect.Value{Null: source == nil}
	if source == nil {
		return nil
	}
	if err := c.read(source); err != nil {
		c.value.Unreadable = dialect.Unreadable(c.column, err)
	}
	return nil
}

var (
	errRange = errors.New("the value is none of this type")
	errZero  = errors.New("it is a date that is none")
)

func (c *cell) read(source any) (err error) {
	switch c.column.Kind {
	case dialect.Bool:
		c.value.Int, err = c.integer(source, 0, 1)
	case dialect.Int16:
		c.value.Int, err = c.integer(source, math.MinInt16, math.MaxInt16)
	case dialect.Int32:
		c.value.Int, err = c.integer(source, math.MinInt32, math.MaxInt32)
	case dialect.Int64:
		c.value.Int, err = c.integer(source, math.MinInt64, math.MaxInt64)
	case dialect.Uint32:
		c.value.Int, err = c.integer(source, 0, math.MaxUint32)
	case dialect.Uint64:
		c.value.Int, err = c.unsigned(source)
	case dialect.Float, dialect.Double:
		c.value.Float, err = floating(source)
	case dialect.Date:
		c.value.Text = c.text(source)
		if none(c.value.Text) {
			return c.zero()
		}
	case dialect.LocalTimestamp:
		return c.moment(source, c.reader.location)
	case dialect.Timestamp:
		return c.moment(source, time.UTC)
	case dialect.Cursor:
		c.value.Text = c.cursor(source)
	default:
		c.value.Text = c.text(source)
	}
	return err
}

// keep copies bytes to the buffer.
func (c *cell) keep(raw []byte) []byte {
	start := len(*c.buffer)
	*c.buffer = append(*c.buffer, raw...)
	return (*c.buffer)[start:len(*c.buffer):len(*c.buffer)]
}

// text tells any value as text.
func (c *cell) text(source any) []byte {
	switch v := source.(type) {
	case []byte:
		return c.keep(v)
	case string:
		return c.keep([]byte(v))
	case int64:
		return strconv.AppendInt(nil, v, 10)
	case uint64:
		return strconv.AppendUint(nil, v, 10)
	case float32:
		return strconv.AppendFloat(nil, float64(v), 'g', -1, 32)
	case float64:
		return strconv.AppendFloat(nil, v, 'g', -1, 64)
	default:
		return fmt.Append(nil, v)
	}
}

func (c *cell) integer(source any, low, high int64) (int64, error) {
	number, ok := source.(int64)
	if !ok {
		if c.bits {
			wide, err := c.unsigned(source)
			number = wide
			if err != nil || wide < 0 {
				return 0, errRange
			}
		} else {
			var err error
			if number, err = strconv.ParseInt(string(c.text(source)), 10, 64); err != nil {
				return 0, errRange
			}
		}
	}
	if number < low || number > high {
		return 0, errRange
	}
	return number, nil
}

// unsigned returns the bits of a number without a sign. Those of a BIT come as bytes, the highest first; a number that needs all 64 bits comes as text.
func (c *cell) unsigned(source any) (int64, error) {
	switch v := source.(type) {
	case int64:
		if v < 0 {
			return 0, errRange
		}
		return v, nil
	case uint64:
		return int64(v), nil //nolint:gosec // the bits are what is meant
	}
	text := c.text(source)
	if c.bits {
		return bitsOf(text)
	}
	number, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return 0, errRange
	}
	return int64(number), nil //nolint:gosec // the bits are what is meant
}

func bitsOf(raw []byte) (int64, error) {
	if len(raw) > 8 {
		return 0, errRange
	}
	var number uint64
	for _, b := range raw {
		number = number<<8 | uint64(b)
	}
	return int64(number), nil
}

func floating(source any) (float64, error) {
	switch v := source.(type) {
	case float32:
		return float64(v), nil
	case float64:
		return v, nil
	case int64:
		return float64(v), nil
	case []byte:
		return strconv.ParseFloat(string(v), 64)
	default:
		return 0, errRange
	}
}

// none reports whether a date has a year, a month or a day of nought, which these servers store where nothing keeps them from it.
func none(text []byte) bool {
	return len(text) < len(time.DateOnly) || string(text[:4]) == "0000" || string(text[5:7]) == "00" || string(text[8:10]) == "00"
}

func (c *cell) zero() error {
	if !c.reader.zeroDates {
		return errZero
	}
	*c.value = dialect.Value{Null: true}
	return nil
}

// moment reads 2026-01-31 12:30:00.000000.
func (c *cell) moment(source any, location *time.Location) error {
	text, ok := source.([]byte)
	if !ok {
		return errRange
	}
	if none(text) {
		return c.zero()
	}
	layout := time.DateOnly
	if len(text) > len(time.DateOnly) {
		layout = time.DateTime // which takes a fraction too
	}
	parsed, err := time.ParseInLocation(layout, string(text), location)
	if err != nil {
		return errRange
	}
	c.value.Time = parsed
	return nil
}

// The tags of cursors, which say as what a value is compared.
const (
	tagText     = 't'
	tagDecimal  = 'd'
	tagInteger  = 'i'
	tagUnsigned = 'u'
	tagReal     = 'r'
	tagBits     = 'b'
)

func tagOf(typeName string) byte {
	switch typeName {
	case "DECIMAL":
		return tagDecimal
	case "UNSIGNED BIGINT":
		return tagUnsigned
	case "BIT":
		return tagBits
	default:
		return tagText
	}
}

// cursor spells a value so that it comes back as what it was: a text that is compared with a number would be compared as a double.
func (c *cell) cursor(source any) []byte {
	tag := c.tag
	switch source.(type) {
	case int64:
		tag = tagInteger
	case float32, float64:
		tag = tagReal
	}
	switch v := source.(type) {
	case float32:
		source = float64(v)
	case []byte:
		if tag == tagBits {
			number, _ := bitsOf(v)                    // a BIT has no more than 64
			tag, source = tagUnsigned, uint64(number) //nolint:gosec // the bits are what is meant
		}
	}
	return append([]byte{tag}, c.text(source)...)
}

// uncursor returns the argument of a cursor, and the type that it is compared as, if its text does not tell.
func uncursor(spelt string) (value any, cast string, err error) {
	if spelt == "" {
		return nil, "", errCursor
	}
	rest := spelt[1:]
	switch spelt[0] {
	case tagText:
		return rest, "", nil
	case tagDecimal:
		_, fraction, _ := strings.Cut(rest, ".")
		return rest, decimalType(min(len(fraction), mostScale)), nil
	case tagInteger:
		value, err = strconv.ParseInt(rest, 10, 64)
	case tagUnsigned:
		value, err = strconv.ParseUint(rest, 10, 64)
	case tagReal:
		value, err = strconv.ParseFloat(rest, 64)
	default:
		err = errCursor
	}
	return value, "", err
}

var errCursor = errors.New("it is no cursor")

// bind makes the server's statement and the driver's arguments.
func (r *reader) bind(text string, arguments []dialect.Argument) (string, []any, error) {
	values := make([]any, len(arguments))
	var types []string
	for i, argument := range arguments {
		value, cast, err := r.argument(argument)
		if err != nil {
			return "", nil, dialect.OfArgument(err, i)
		}
		values[i] = value
		if cast != "" && types == nil {
			types = make([]string, len(arguments))
		}
		if cast != "" {
			types[i] = cast
		}
	}
	native, order := compile(text, types)
	out := make([]any, len(order))
	for i, number := range order {
		if number > len(values) {
			return "", nil, &dialect.Fault{Code: codes.Internal, Reason: dialect.Unknown, Cause: fmt.Errorf("the statement has a parameter %d of %d", number, len(values))}
		}
		out[i] = values[number-1]
	}
	return native, out, nil
}

// argument is a value as the driver takes it, and the type that it is compared as, if its text does not tell.
func (r *reader) argument(argument dialect.Argument) (value any, cast string, err error) {
	switch v := argument.Value.(type) {
	case time.Time:
		location := time.UTC
		if argument.Kind == dialect.LocalTimestamp {
			location = r.location
		}
		return v.In(location).Format("2006-01-02 15:04:05.999999"), "", nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, "", &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.OutOfRange, Cause: errors.New("there is no such number in the database")}
		}
		if argument.Kind == dialect.Float {
			v = float64(float32(v)) // what is stored, which is compared as a double
		}
		return v, "", nil
	case string:
		if argument.Kind != dialect.Cursor {
			return v, "", nil
		}
		value, cast, err = uncursor(v)
		if err != nil {
			return nil, "", dialect.Rejected(fmt.Errorf("reading a cursor: %w", err))
		}
		return value, cast, nil
	default:
		return v, "", nil
	}
}
