package firebird

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nakagami/firebirdsql"
	"golang.org/x/text/encoding"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A reader reads the values of one column.
type reader struct {
	column   *dialect.Column
	location *time.Location
	// decoder makes UTF-8 of text that the server left as it is; nil where it is UTF-8.
	decoder *encoding.Decoder
}

// readers are for one statement, and for one goroutine.
func (d *database) readers(columns []*dialect.Column) []reader {
	out := make([]reader, len(columns))
	for i, column := range columns {
		out[i] = reader{column: column, location: d.location}
		if d.encoding != nil && strings.HasSuffix(column.Native, " "+noCharset) {
			out[i].decoder = d.encoding.NewDecoder()
		}
	}
	return out
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
		out.Int, ok = raw.(int64)
	case dialect.Float, dialect.Double:
		out.Float, ok = raw.(float64)
	case dialect.Decimal:
		out.Text, err = decimal(raw, r.column.Scale)
	case dialect.Bytes:
		out.Text, ok = bytesOf(raw)
	case dialect.Date:
		out.Text, ok = clock(raw, time.DateOnly)
	case dialect.Time:
		layout := "15:04:05.9999"
		if strings.HasSuffix(r.column.Native, "ZONE") {
			layout += "Z07:00"
		}
		out.Text, ok = clock(raw, layout)
	case dialect.Timestamp:
		out.Time, ok = raw.(time.Time)
	case dialect.LocalTimestamp:
		var t time.Time
		t, ok = raw.(time.Time)
		out.Time = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), r.location)
	case dialect.Cursor:
		out.Text = cursor(raw)
	case dialect.Text:
		out.Text, err = r.text(raw)
	default:
		out.Text, err = opaque(raw)
	}
	if !ok {
		return fmt.Errorf("the driver told a %T", raw)
	}
	return err
}

var errNotUTF8 = errors.New("its bytes are no UTF-8; the setting text_encoding says what they are")

// text reads characters, and puts back the blanks that the driver took off.
func (r *reader) text(raw any) ([]byte, error) {
	text, ok := bytesOf(raw)
	if !ok {
		return opaque(raw)
	}
	if r.decoder != nil {
		decoded, err := r.decoder.Bytes(text)
		if err != nil {
			return nil, err
		}
		text = decoded
	} else if !utf8.Valid(text) {
		return nil, errNotUTF8
	}
	if !r.column.Padded {
		return text, nil
	}
	if missing := r.column.Length - utf8.RuneCount(text); missing > 0 {
		text = append(text, bytes.Repeat([]byte{' '}, missing)...)
	}
	return text, nil
}

func bytesOf(raw any) ([]byte, bool) {
	switch v := raw.(type) {
	case []byte:
		return v, true
	case string:
		return []byte(v), true
	default:
		return nil, false
	}
}

func clock(raw any, layout string) ([]byte, bool) {
	t, ok := raw.(time.Time)
	if !ok {
		return nil, false
	}
	return t.AppendFormat(nil, layout), true
}

// mostDigits is how long a number is spelled out: DECFLOAT(34) ends at 10 to the power of 6,144.
const mostDigits = 6200

var errNoNumber = errors.New("it is no number")

// decimal spells a number out, which the driver tells with an exponent where it is very large or small.
func decimal(raw any, scale int) ([]byte, error) {
	var text string
	switch v := raw.(type) {
	case string:
		text = v
	case int64:
		text = strconv.FormatInt(v, 10)
	case float64: // NUMERIC of dialect 1
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, errNoNumber
		}
		text = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return nil, fmt.Errorf("the driver told a %T", raw)
	}
	mantissa, power, _ := strings.Cut(text, "E")
	exponent := 0
	if power != "" {
		parsed, err := strconv.Atoi(power)
		if err != nil || parsed > mostDigits || parsed < -mostDigits {
			return nil, errNoNumber
		}
		exponent = parsed
	}
	sign := ""
	if unsigned, found := strings.CutPrefix(mantissa, "-"); found {
		sign, mantissa = "-", unsigned
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if digits := whole + fraction; digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil, errNoNumber
	}
	if exponent > 0 {
		fraction += strings.Repeat("0", max(0, exponent-len(fraction)))
		whole, fraction = whole+fraction[:exponent], fraction[exponent:]
	} else if exponent < 0 {
		whole = strings.Repeat("0", max(0, -exponent-len(whole))) + whole
		whole, fraction = whole[:len(whole)+exponent], whole[len(whole)+exponent:]+fraction
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	fraction += strings.Repeat("0", max(0, scale-len(fraction)))
	if fraction != "" {
		fraction = "." + fraction
	}
	return []byte(sign + whole + fraction), nil
}

// opaque tells a value of no kind: an array as its items.
func opaque(raw any) ([]byte, error) {
	switch v := raw.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return []byte(hex.EncodeToString(v)), nil
	case time.Time:
		return v.AppendFormat(nil, "2006-01-02 15:04:05.9999"), nil
	case firebirdsql.ArrayValue:
		return fmt.Append(nil, v.Elements), nil
	default:
		return fmt.Append(nil, v), nil
	}
}

// cursor spells a value with its type, so that it comes back as it was.
func cursor(raw any) []byte {
	switch v := raw.(type) {
	case int64:
		return strconv.AppendInt([]byte("i"), v, 10)
	case float64:
		return strconv.AppendFloat([]byte("r"), v, 'g', -1, 64)
	case bool:
		return strconv.AppendBool([]byte("l"), v)
	case time.Time:
		if v.Year() == 0 { // a time of day, which the driver dates so
			return v.AppendFormat([]byte("t"), "15:04:05.0000")
		}
		return v.UTC().AppendFormat([]byte("m"), "2006-01-02 15:04:05.0000")
	case []byte:
		return []byte("b" + base64.RawStdEncoding.EncodeToString(v))
	default:
		return fmt.Appendf(nil, "t%v", v)
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
		case 'l':
			if flag, err := strconv.ParseBool(rest); err == nil {
				return flag, nil
			}
		case 'b':
			if raw, err := base64.RawStdEncoding.DecodeString(rest); err == nil {
				return raw, nil
			}
		case 'm':
			if t, err := time.Parse("2006-01-02 15:04:05.0000", rest); err == nil {
				return t, nil
			}
		case 't':
			return rest, nil
		}
	}
	return nil, dialect.Rejected(fmt.Errorf("%q is no cursor", spelt))
}

// tick is how fine the server's clock is.
const tick = 100 * time.Microsecond

// argument is a value as the driver takes it. What the server reads from text by itself goes as text.
func (d *database) argument(argument dialect.Argument) (any, error) {
	switch v := argument.Value.(type) {
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case time.Time:
		v = v.Round(tick)
		if argument.Kind == dialect.LocalTimestamp {
			return v.In(d.location).Format("2006-01-02 15:04:05.0000"), nil
		}
		return v.UTC().Format("2006-01-02 15:04:05.0000") + " UTC", nil
	case string:
		if argument.Kind == dialect.Cursor {
			value, err := uncursor(v)
			if text, ok := value.(string); ok {
				return d.encoded(text)
			}
			return value, err
		}
		if argument.Kind == dialect.Text {
			return d.encoded(v)
		}
		return v, nil
	case dialect.List:
		return nil, dialect.Rejected(errors.New("arrays cannot be written"))
	default:
		return v, nil
	}
}

// encoded is a text as columns without a character set hold it.
func (d *database) encoded(text string) (any, error) {
	if d.encoding == nil || !d.encodes && !d.mixed || ascii(text) {
		return text, nil
	}
	if d.mixed {
		return nil, dialect.Rejected(errors.New("some columns have a character set and some have none, and which one a text is for is not known"))
	}
	raw, err := d.encoding.NewEncoder().String(text)
	if err != nil {
		return nil, dialect.Rejected(err)
	}
	return []byte(raw), nil
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
