package firebird

import (
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// The values of RDB$FIELD_TYPE (Firebird 4 Language Reference, appendix D, RDB$FIELDS).
const (
	typeShort       = 7
	typeLong        = 8
	typeFloat       = 10
	typeDate        = 12
	typeTime        = 13
	typeChar        = 14
	typeInt64       = 16
	typeBoolean     = 23
	typeDecfloat16  = 24
	typeDecfloat34  = 25
	typeInt128      = 26
	typeDouble      = 27
	typeTimeZone    = 28
	typeTimestampTZ = 29
	typeTimestamp   = 35
	typeVarchar     = 37
	typeBlob        = 261
)

// Character sets that mean something other than characters.
const (
	noCharset = "NONE"
	octets    = "OCTETS"
)

// A typed is a type as RDB$FIELDS tells it.
type typed struct {
	code, subtype, length, characters, precision, scale, dimensions int
	charset                                                         string
}

// typedColumns selects a typed from RDB$FIELDS f and RDB$CHARACTER_SETS cs.
const typedColumns = `f.RDB$FIELD_TYPE, COALESCE(f.RDB$FIELD_SUB_TYPE, 0), COALESCE(f.RDB$FIELD_LENGTH, 0), COALESCE(f.RDB$CHARACTER_LENGTH, 0),
	COALESCE(f.RDB$FIELD_PRECISION, 0), COALESCE(f.RDB$FIELD_SCALE, 0), COALESCE(f.RDB$DIMENSIONS, 0), COALESCE(cs.RDB$CHARACTER_SET_NAME, '')`

// targets are where the columns go.
func (t *typed) targets() []any {
	return []any{&t.code, &t.subtype, &t.length, &t.characters, &t.precision, &t.scale, &t.dimensions, &t.charset}
}

// plainTypes are the types without parameters.
var plainTypes = map[int]struct {
	native string
	kind   dialect.Kind
}{
	typeFloat: {"FLOAT", dialect.Float}, typeDate: {"DATE", dialect.Date}, typeTime: {"TIME", dialect.Time}, typeBoolean: {"BOOLEAN", dialect.Bool},
	typeDecfloat16: {"DECFLOAT(16)", dialect.Decimal}, typeDecfloat34: {"DECFLOAT(34)", dialect.Decimal}, typeTimeZone: {"TIME WITH TIME ZONE", dialect.Time},
	typeTimestampTZ: {"TIMESTAMP WITH TIME ZONE", dialect.Timestamp}, typeTimestamp: {"TIMESTAMP", dialect.LocalTimestamp},
}

// numbers are the types that hold whole numbers, and with a scale exact ones. The digits are those that a NUMERIC of the type has at most.
var numbers = map[int]struct {
	native string
	kind   dialect.Kind
	digits int
}{
	typeShort: {"SMALLINT", dialect.Int16, 4}, typeLong: {"INTEGER", dialect.Int32, 9}, typeInt64: {"BIGINT", dialect.Int64, 18},
	typeInt128: {"INT128", dialect.Decimal, 38}, typeDouble: {"DOUBLE PRECISION", dialect.Double, 15},
}

// column makes a column of a type.
func column(name string, t typed) *dialect.Column {
	out := &dialect.Column{Name: name, Kind: dialect.Opaque}
	switch plain, isPlain := plainTypes[t.code]; {
	case t.dimensions > 0:
		element := column(name, typed{code: t.code, subtype: t.subtype, length: t.length, characters: t.characters, precision: t.precision, scale: t.scale, charset: t.charset})
		out.Native = element.Native + strings.Repeat("[]", t.dimensions)
	case isPlain:
		out.Native, out.Kind = plain.native, plain.kind
	case t.code == typeChar || t.code == typeVarchar:
		characters(out, t)
	case t.code == typeBlob:
		blob(out, t)
	default:
		number(out, t)
	}
	return out
}

func number(out *dialect.Column, t typed) {
	known, ok := numbers[t.code]
	if !ok {
		out.Native = "type " + strconv.Itoa(t.code)
		return
	}
	out.Native, out.Kind = known.native, known.kind
	if t.scale >= 0 && (t.subtype == 0 || t.code == typeDouble) {
		return
	}
	out.Precision, out.Scale = t.precision, -t.scale
	if out.Precision == 0 {
		out.Precision = known.digits
	}
	out.Native = "NUMERIC(" + strconv.Itoa(out.Precision) + "," + strconv.Itoa(out.Scale) + ")"
	if t.subtype == 2 {
		out.Native = strings.Replace(out.Native, "NUMERIC", "DECIMAL", 1)
	}
	if t.scale < 0 {
		out.Kind = dialect.Decimal
		return
	}
	if out.Kind != dialect.Decimal {
		out.Precision, out.Scale = 0, 0
	}
}

func characters(out *dialect.Column, t typed) {
	length := t.characters
	if length == 0 {
		length = t.length
	}
	out.Native = "VARCHAR"
	if t.code == typeChar {
		out.Native = "CHAR"
	}
	out.Native += "(" + strconv.Itoa(length) + ")"
	if t.charset != "" {
		out.Native += " CHARACTER SET " + t.charset
	}
	if t.charset == octets {
		out.Kind = dialect.Bytes
		return
	}
	out.Kind, out.Length, out.Padded = dialect.Text, length, t.code == typeChar
	out.Encoded = t.charset == noCharset
	out.Unbound = out.Padded // blanks at the end do not count
}

func blob(out *dialect.Column, t typed) {
	out.Kind, out.Native = dialect.Bytes, "BLOB SUB_TYPE "+strconv.Itoa(t.subtype)
	if t.subtype != 1 {
		return
	}
	out.Kind, out.Native = dialect.Text, "BLOB SUB_TYPE TEXT"
	if t.charset != "" {
		out.Native += " CHARACTER SET " + t.charset
	}
	out.Encoded = t.charset == noCharset
	if t.charset == octets {
		out.Kind = dialect.Bytes
	}
}

func isTextBlob(column *dialect.Column) bool {
	return column.Kind == dialect.Text && strings.HasPrefix(column.Native, "BLOB")
}
