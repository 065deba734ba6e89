package sampletest

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Query returns what a query of columns answers, each row as the JSON object that callers should read: a member for each column that is not NULL. Numbers are
// [json.Number].
func (e Engine) Query(ctx context.Context, db *sql.DB, columns []Column, query string) (answer []map[string]any, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", query, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		row := make(map[string]any)
		for i, value := range values {
			if value == nil {
				continue
			}
			if row[columns[i].JSONName()], err = columns[i].json(e, value); err != nil {
				return nil, fmt.Errorf("%s: %w", columns[i].Name, err)
			}
		}
		answer = append(answer, row)
	}
	return answer, rows.Err()
}

// JSON returns a row of the schema as callers should read it.
func (t *Table) JSON(engine Engine, row Row) (map[string]any, error) {
	out := make(map[string]any)
	for i, value := range row {
		if value == nil {
			continue
		}
		var err error
		if out[t.Columns[i].JSONName()], err = t.Columns[i].json(engine, value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// json makes of a value of a driver, or of a [Row], what the table of the design says.
func (c *Column) json(engine Engine, value any) (any, error) {
	if raw, ok := value.([]byte); ok && c.Kind != Bytes {
		value = string(raw)
	}
	text := fmt.Sprint(value)
	switch c.Kind {
	case Small, Integer:
		return json.Number(text), nil
	case Big:
		return text, nil
	case Decimal:
		return c.decimal(value, text)
	case Double:
		return float64Of(value, text)
	case Bool:
		return text == "true" || text == "1", nil
	case Char:
		return engine.char(text, c.Length), nil
	case Bytes:
		raw, _ := value.([]byte)
		return base64.StdEncoding.EncodeToString(raw), nil
	case Date:
		if moment, ok := value.(time.Time); ok {
			return moment.Format(time.DateOnly), nil
		}
		return text[:len(time.DateOnly)], nil
	case Timestamp:
		return moment(value, text)
	default:
		return text, nil
	}
}

// char is what an engine tells of a CHAR: with blanks up to its length, or without those at its end, or as it was stored.
func (e Engine) char(text string, length int) string {
	switch e {
	case Postgres, Firebird:
		return fmt.Sprintf("%-*s", length, text)
	case MariaDB:
		return strings.TrimRight(text, " ")
	default:
		return text
	}
}

func (c *Column) decimal(value any, text string) (any, error) {
	if f, ok := value.(float64); ok {
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is no number", text)
	}
	return exact.FloatString(c.Scale), nil
}

func float64Of(value any, text string) (any, error) {
	if f, ok := value.(float64); ok {
		return f, nil
	}
	return strconv.ParseFloat(text, 64)
}

// moment is spelled as the JSON mapping of protobuf has it, with no digits of a second, or three, six or nine.
func moment(value any, text string) (any, error) {
	at, ok := value.(time.Time)
	if !ok {
		var err error
		if at, err = time.Parse(time.DateTime, text); err != nil { // which takes digits of a second, too
			return nil, err
		}
	}
	out := at.Format("2006-01-02T15:04:05")
	if digits := strings.TrimRight(fmt.Sprintf("%09d", at.Nanosecond()), "0"); digits != "" {
		out += "." + digits + strings.Repeat("0", (9-len(digits))%3)
	}
	return out + "Z", nil
}
