package listing

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
)

// source is the filter's text, in which literals are found again with all their digits.
type source struct {
	text      string
	positions map[int64]int32
}

var (
	numberPattern  = regexp.MustCompile(`^-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?`)
	decimalPattern = regexp.MustCompile(`^[+-]?([0-9]{1,1000}(\.[0-9]{0,1000})?|\.[0-9]{1,1000})$`)
)

// literal returns the value as the field's kind has it. The error goes behind the field's name.
func (s source) literal(field *Field, e *expr.Expr) (any, error) {
	switch field.Kind {
	case Bool:
		return s.boolean(e)
	case Integer:
		return s.integer(e, field.Low, field.High)
	case Unsigned:
		return s.unsigned(e, field.Max)
	case Float:
		text, _ := s.spelling(e)
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errors.New("is a number; compare it with one")
		}
		return f, nil
	case Decimal:
		text, _ := s.spelling(e)
		if !decimalPattern.MatchString(text) {
			return nil, errors.New("is a decimal number; compare it with one, such as 12.50")
		}
		return text, nil
	case Date:
		text, ok := s.spelling(e)
		if _, err := time.Parse(time.DateOnly, text); !ok || err != nil {
			return nil, errors.New(`is a date; compare it with one, such as "2026-01-31"`)
		}
		return text, nil
	case Timestamp:
		text, ok := s.spelling(e)
		t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
		if !ok || err != nil {
			return nil, errors.New(`is a point in time; compare it with one, such as "2026-01-31T12:00:00Z"`)
		}
		return t, nil
	default:
		text, ok := s.spelling(e)
		if !ok {
			return nil, errors.New("is text; compare it with one value in quotes")
		}
		return text, nil
	}
}

// typed is a [Dynamic] field as one of the literal's kind.
func (s source) typed(field *Field, e *expr.Expr) *Field {
	switch e.GetConstExpr().GetConstantKind().(type) {
	case *expr.Constant_Int64Value, *expr.Constant_DoubleValue:
		return field.as(Decimal)
	}
	if _, err := s.boolean(e); err == nil {
		return field.as(Bool)
	}
	return field.as(Text)
}

// boolean reads a word without quotes, which behind : the parser takes for a text.
func (s source) boolean(e *expr.Expr) (any, error) {
	word := e.GetIdentExpr().GetName()
	if text := strings.TrimSpace(s.text); word == "" && strings.HasPrefix(text[min(max(int(s.positions[e.GetId()]), 0), len(text)):], e.GetConstExpr().GetStringValue()) {
		word = e.GetConstExpr().GetStringValue()
	}
	switch word {
	case "true":
		return true, nil
	case "false":
		return false, nil
	default:
		return nil, errors.New("is a boolean; compare it with true or false")
	}
}

func (s source) integer(e *expr.Expr, low, high int64) (any, error) {
	text, _ := s.spelling(e)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		return nil, errors.New("is a whole number from " + strconv.FormatInt(low, 10) + " to " + strconv.FormatInt(high, 10) + "; compare it with one")
	}
	return n, nil
}

func (s source) unsigned(e *expr.Expr, high uint64) (any, error) {
	text, _ := s.spelling(e)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > high {
		return nil, errors.New("is a whole number from 0 to " + strconv.FormatUint(high, 10) + "; compare it with one")
	}
	return n, nil
}

// spelling returns the text of a literal: of a number as the caller wrote it, since the parser has made a float64 of it.
func (s source) spelling(e *expr.Expr) (string, bool) {
	if name, ok := fieldName(e); ok {
		return name, true // a word without quotes
	}
	if call := e.GetCallExpr(); call.GetFunction() == filtering.FunctionTimestamp && len(call.GetArgs()) == 1 {
		return s.spelling(call.GetArgs()[0])
	}
	switch constant := e.GetConstExpr().GetConstantKind().(type) {
	case *expr.Constant_StringValue:
		return constant.StringValue, true
	case *expr.Constant_Int64Value:
		if digits := s.digits(e); digits != "" {
			if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n == constant.Int64Value {
				return digits, true
			}
		}
		return strconv.FormatInt(constant.Int64Value, 10), true
	case *expr.Constant_DoubleValue:
		if digits := s.digits(e); digits != "" {
			if f, err := strconv.ParseFloat(digits, 64); err == nil && f == constant.DoubleValue {
				return digits, true
			}
		}
		return strconv.FormatFloat(constant.DoubleValue, 'f', -1, 64), true
	default:
		return "", false
	}
}

// digits is the number that starts where the literal does.
func (s source) digits(e *expr.Expr) string {
	text := strings.TrimSpace(s.text) // as the parser has it
	at := int(s.positions[e.GetId()])
	if at < 0 || at > len(text) {
		return ""
	}
	return numberPattern.FindString(text[at:])
}
