package wirejson

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// scalar writes the value that data begins with, and returns how many bytes it takes.
func (e *encoder) scalar(f *field, data []byte) (size int, err error) {
	switch f.wire {
	case protowire.VarintType:
		value, size := protowire.ConsumeVarint(data)
		if size < 0 {
			return 0, f.malformed(size)
		}
		e.varint(f, value)
		return size, nil
	case protowire.Fixed32Type:
		value, size := protowire.ConsumeFixed32(data)
		if size < 0 {
			return 0, f.malformed(size)
		}
		e.fixed32(f, value)
		return size, nil
	case protowire.Fixed64Type:
		value, size := protowire.ConsumeFixed64(data)
		if size < 0 {
			return 0, f.malformed(size)
		}
		e.fixed64(f, value)
		return size, nil
	default:
		value, size := protowire.ConsumeBytes(data)
		if size < 0 {
			return 0, f.malformed(size)
		}
		if f.kind == protoreflect.StringKind {
			return size, e.text(f, value)
		}
		e.out = append(e.out, '"')
		e.out = base64.StdEncoding.AppendEncode(e.out, value)
		e.out = append(e.out, '"')
		return size, nil
	}
}

func (f *field) malformed(code int) error {
	return fmt.Errorf("%s is malformed: %w", f.descriptor.FullName(), protowire.ParseError(code))
}

func (e *encoder) varint(f *field, value uint64) {
	switch f.kind {
	case protoreflect.BoolKind:
		e.out = strconv.AppendBool(e.out, protowire.DecodeBool(value))
	case protoreflect.EnumKind:
		e.enum(f, protoreflect.EnumNumber(value)) //nolint:gosec // its lower half, as protobuf reads it
	case protoreflect.Int32Kind:
		e.out = strconv.AppendInt(e.out, int64(int32(value)), 10) //nolint:gosec // as above
	case protoreflect.Sint32Kind:
		e.out = strconv.AppendInt(e.out, int64(int32(protowire.DecodeZigZag(value&math.MaxUint32))), 10) //nolint:gosec // as above
	case protoreflect.Uint32Kind:
		e.out = strconv.AppendUint(e.out, uint64(uint32(value)), 10) //nolint:gosec // as above
	case protoreflect.Int64Kind:
		e.long(int64(value)) //nolint:gosec // two's complement
	case protoreflect.Sint64Kind:
		e.long(protowire.DecodeZigZag(value))
	default:
		e.unsignedLong(value)
	}
}

func (e *encoder) enum(f *field, number protoreflect.EnumNumber) {
	switch text, known := f.enum[number]; {
	case known:
		e.out = append(e.out, text...)
	case f.enum == nil: // google.protobuf.NullValue
		e.out = append(e.out, "null"...)
	default:
		e.out = strconv.AppendInt(e.out, int64(number), 10)
	}
}

func (e *encoder) fixed32(f *field, value uint32) {
	switch f.kind {
	case protoreflect.FloatKind:
		e.float(float64(math.Float32frombits(value)), 32)
	case protoreflect.Sfixed32Kind:
		e.out = strconv.AppendInt(e.out, int64(int32(value)), 10) //nolint:gosec // two's complement
	default:
		e.out = strconv.AppendUint(e.out, uint64(value), 10)
	}
}

func (e *encoder) fixed64(f *field, value uint64) {
	switch f.kind {
	case protoreflect.DoubleKind:
		e.float(math.Float64frombits(value), 64)
	case protoreflect.Sfixed64Kind:
		e.long(int64(value)) //nolint:gosec // two's complement
	default:
		e.unsignedLong(value)
	}
}

// long writes a number of 64 bits, which is text in JSON: other programs read numbers as double.
func (e *encoder) long(value int64) {
	e.out = append(strconv.AppendInt(append(e.out, '"'), value, 10), '"')
}

func (e *encoder) unsignedLong(value uint64) {
	e.out = append(strconv.AppendUint(append(e.out, '"'), value, 10), '"')
}

// float writes a number as JavaScript does (ECMA-262, Number::toString), and what is none as text.
func (e *encoder) float(value float64, bits int) {
	switch {
	case math.IsNaN(value):
		e.out = append(e.out, `"NaN"`...)
		return
	case math.IsInf(value, 1):
		e.out = append(e.out, `"Infinity"`...)
		return
	case math.IsInf(value, -1):
		e.out = append(e.out, `"-Infinity"`...)
		return
	}
	format := byte('f')
	if size := math.Abs(value); size != 0 && (bits == 64 && (size < 1e-6 || size >= 1e21) || bits == 32 && (float32(size) < 1e-6 || float32(size) >= 1e21)) {
		format = 'e'
	}
	e.out = strconv.AppendFloat(e.out, value, format, -1, bits)
	if n := len(e.out); format == 'e' && e.out[n-4] == 'e' && e.out[n-3] == '-' && e.out[n-2] == '0' { // e-07 is e-7
		e.out[n-2] = e.out[n-1]
		e.out = e.out[:n-1]
	}
}

// text writes a string.
func (e *encoder) text(f *field, value []byte) error {
	const hex = "0123456789abcdef"
	e.out = append(e.out, '"')
	start := 0
	for i := 0; i < len(value); {
		c := value[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(value[i:])
			if r == utf8.RuneError && size == 1 {
				return fmt.Errorf("field %s contains invalid UTF-8", f.descriptor.FullName())
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		e.out = append(append(e.out, value[start:i]...), '\\')
		switch c {
		case '"', '\\':
			e.out = append(e.out, c)
		case '\b':
			e.out = append(e.out, 'b')
		case '\f':
			e.out = append(e.out, 'f')
		case '\n':
			e.out = append(e.out, 'n')
		case '\r':
			e.out = append(e.out, 'r')
		case '\t':
			e.out = append(e.out, 't')
		default:
			e.out = append(e.out, 'u', '0', '0', hex[c>>4], hex[c&0xF])
		}
		i++
		start = i
	}
	e.out = append(append(e.out, value[start:]...), '"')
	return nil
}

// isSigned reports whether the field is a number that may be negative.
func (f *field) isSigned() bool {
	switch f.kind {
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind, protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return true
	default:
		return false
	}
}

// signed returns the value of a whole number that data begins with; 0 if there is none.
func (f *field) signed(data []byte) int64 {
	value := f.unsigned(data)
	switch f.kind {
	case protoreflect.Int32Kind, protoreflect.Sfixed32Kind:
		return int64(int32(value)) //nolint:gosec // its lower half, as protobuf reads it
	case protoreflect.Sint32Kind:
		return int64(int32(protowire.DecodeZigZag(value & math.MaxUint32))) //nolint:gosec // as above
	case protoreflect.Sint64Kind:
		return protowire.DecodeZigZag(value)
	default:
		return int64(value) //nolint:gosec // two's complement
	}
}

// unsigned returns the bits of a whole number or bool that data begins with; 0 if there is none.
func (f *field) unsigned(data []byte) uint64 {
	if data == nil {
		return 0
	}
	var value uint64
	switch f.wire {
	case protowire.Fixed32Type:
		fixed, _ := protowire.ConsumeFixed32(data)
		value = uint64(fixed)
	case protowire.Fixed64Type:
		value, _ = protowire.ConsumeFixed64(data)
	default:
		value, _ = protowire.ConsumeVarint(data)
	}
	switch f.kind {
	case protoreflect.BoolKind:
		return protowire.EncodeBool(protowire.DecodeBool(value))
	case protoreflect.Uint32Kind:
		return uint64(uint32(value)) //nolint:gosec // its lower half, as protobuf reads it
	default:
		return value
	}
}
