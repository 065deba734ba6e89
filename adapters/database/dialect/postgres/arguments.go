package postgres

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// bind spells an argument as text, for the server to read by the type it inferred.
func (d *database) bind(argument dialect.Argument) (any, error) {
	switch v := argument.Value.(type) {
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case time.Time:
		return d.spellTime(argument.Kind, v), nil
	case dialect.List:
		var text strings.Builder
		if err := d.spellList(&text, v.Element, v.Items); err != nil {
			return nil, &dialect.Fault{Code: codes.InvalidArgument, Reason: dialect.ValueRejected, Unsent: true, Cause: err}
		}
		return text.String(), nil
	default:
		return v, nil
	}
}

func (d *database) spellTime(kind dialect.Kind, t time.Time) string {
	if kind == dialect.LocalTimestamp {
		return t.In(d.location).Format("2006-01-02 15:04:05.999999999")
	}
	return t.UTC().Format("2006-01-02 15:04:05.999999999Z07:00")
}

// spellList writes an array as the server reads it (PostgreSQL manual, section 8.15.2).
func (d *database) spellList(out *strings.Builder, kind dialect.Kind, items []any) error {
	out.WriteByte('{')
	for i, item := range items {
		if i > 0 {
			out.WriteByte(',')
		}
		switch v := item.(type) {
		case nil:
			out.WriteString("NULL")
		case []any:
			if err := d.spellList(out, kind, v); err != nil {
				return err
			}
		default:
			text, err := d.spellItem(kind, v)
			if err != nil {
				return fmt.Errorf("item %d of the list: %w", i, err)
			}
			out.WriteString(`"` + quotedItem.Replace(text) + `"`)
		}
	}
	out.WriteByte('}')
	return nil
}

var quotedItem = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

var errItem = errors.New("it is not of the items' type")

// spellItem writes an item. The server holds it against its type.
func (d *database) spellItem(kind dialect.Kind, item any) (string, error) {
	switch v := item.(type) {
	case bool:
		if kind == dialect.Bool {
			return strconv.FormatBool(v), nil
		}
	case float64:
		if isExact(kind, v) {
			return strconv.FormatFloat(v, 'f', -1, 64), nil
		}
	case string:
		return d.spellText(kind, v)
	case int64:
		return strconv.FormatInt(v, 10), nil
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case []byte:
		return `\x` + hex.EncodeToString(v), nil
	case time.Time:
		return d.spellTime(kind, v), nil
	}
	return "", errItem
}

// isExact reports whether a number of JSON is surely what its sender wrote. Those that may have more digits than a double holds are to be sent as text.
func isExact(kind dialect.Kind, n float64) bool {
	const most = 1 << 53
	switch kind {
	case dialect.Float, dialect.Double:
		return true
	case dialect.Int16, dialect.Int32, dialect.Int64, dialect.Decimal:
		return n == math.Trunc(n) && math.Abs(n) < most
	default:
		return false
	}
}

func (d *database) spellText(kind dialect.Kind, text string) (string, error) {
	switch kind {
	case dialect.Bool:
		return "", errItem
	case dialect.Bytes:
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", errItem
		}
		return `\x` + hex.EncodeToString(raw), nil
	case dialect.Timestamp, dialect.LocalTimestamp:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return "", errItem
		}
		return d.spellTime(kind, t), nil
	default:
		return text, nil
	}
}
