package format

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// parse reads text as a value of the field's type. Numbers are decimal digits with an optional sign and point; dates are 2026-01-31, times RFC 3339,
// booleans true, false, 1 and 0, bytes base64. A field of any other type than text that is empty is null.
func parse(f *record.Field, text string, value *record.Value) error {
	if f.Type == record.Text {
		value.Text = append(value.Text, text...)
		return nil
	}
	text = strings.TrimSpace(text)
	if text == "" {
		value.Null = true
		return nil
	}
	switch f.Type {
	case record.Integer:
		return parseInteger(text, value)
	case record.Decimal:
		return parseDecimal(text, value)
	case record.Float32, record.Float64:
		number, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			return errors.New("is no number")
		}
		value.Float = number
	case record.Boolean:
		return parseBoolean(text, value)
	case record.Date:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return errors.New("is no date like 2026-01-31")
		}
		value.Text = append(value.Text, text...)
	case record.Time:
		instant, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return errors.New("is no time like 2026-01-31T12:00:00Z")
		}
		value.Integer = instant.Unix()
	case record.Bytes:
		data, err := base64.StdEncoding.AppendDecode(value.Text, []byte(text))
		if err != nil {
			return errors.New("is not base64")
		}
		value.Text = data
	default:
		return fmt.Errorf("cannot be read from text")
	}
	return nil
}

// read is parse for text as the file spells it.
func read(f *record.Field, text string, value *record.Value) error {
	if trimmed := strings.TrimSpace(text); f.Spelling != nil && trimmed != "" {
		return f.Spelling.Parse(trimmed, value)
	}
	return parse(f, text, value)
}

// smallDigits is how many digits a [record.Integer] has at most.
const smallDigits = 18

func parseInteger(text string, value *record.Value) error {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || len(strings.TrimLeft(text, "+-0")) > smallDigits {
		return fmt.Errorf("is no whole number of up to %d digits", smallDigits)
	}
	value.Integer = number
	return nil
}

func parseDecimal(text string, value *record.Value) error {
	digits := strings.TrimPrefix(text, "+")
	whole, fraction, point := strings.Cut(strings.TrimPrefix(digits, "-"), ".")
	if strings.Trim(whole+fraction, "0123456789") != "" || whole+fraction == "" || point && fraction == "" {
		return errors.New("is no decimal number")
	}
	value.Text = append(value.Text, digits...)
	return nil
}

func parseBoolean(text string, value *record.Value) error {
	switch text {
	case "true", "1":
		value.Integer = 1
	case "false", "0":
	default:
		return errors.New("is neither true nor false")
	}
	return nil
}
