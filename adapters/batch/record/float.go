package record

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strconv"
)

// A floatCodec is COMP-1 and COMP-2: IEEE 754, or IBM hexadecimal floating point (z/Architecture Principles of Operation, "Hexadecimal-Floating-Point").
type floatCodec struct {
	ieee   bool
	little bool
}

// Hexadecimal floating point: a sign bit, 7 bits of exponent to the base 16 in excess 64, and the fraction.
const (
	hexBias        = 64
	hexFraction    = 56 // bits of the fraction in 8 bytes; 24 in 4
	hexDigitBits   = 4
	maxHexExponent = 127
)

func (c *floatCodec) decode(raw []byte, value *Value) error {
	var bits [8]byte
	copy(bits[:], raw)
	if c.little {
		slices.Reverse(bits[:len(raw)])
	}
	n := binary.BigEndian.Uint64(bits[:])
	switch {
	case c.ieee && len(raw) == 4:
		value.Float = float64(math.Float32frombits(uint32(n >> 32)))
	case c.ieee:
		value.Float = math.Float64frombits(n)
	default:
		fraction := float64(n & (1<<hexFraction - 1))
		exponent := int(n>>hexFraction)&0x7F - hexBias
		value.Float = math.Ldexp(fraction, hexDigitBits*exponent-hexFraction)
		if n>>63 == 1 {
			value.Float = -value.Float
		}
	}
	if math.IsNaN(value.Float) || math.IsInf(value.Float, 0) {
		return errors.New("holds a floating point number that is infinite or none")
	}
	return nil
}

func (c *floatCodec) encode(to []byte, text string) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return errors.New("is no floating point number")
	}
	var n uint64
	switch {
	case c.ieee && len(to) == 4:
		if single := float32(f); math.IsInf(float64(single), 0) {
			return errors.New("is too large for a COMP-1")
		}
		n = uint64(math.Float32bits(float32(f))) << 32
	case c.ieee:
		n = math.Float64bits(f)
	default:
		if n, err = hexFloat(f, len(to)); err != nil {
			return err
		}
	}
	var bits [8]byte
	binary.BigEndian.PutUint64(bits[:], n)
	copy(to, bits[:])
	if c.little {
		slices.Reverse(to)
	}
	return nil
}

// hexFloat returns the 8 bytes of a hexadecimal floating point number, rounded to the fraction that `length` bytes have.
func hexFloat(f float64, length int) (uint64, error) {
	if f == 0 {
		return 0, nil
	}
	fraction, exponent := math.Frexp(math.Abs(f)) // 0.5 <= fraction < 1
	for exponent%hexDigitBits != 0 {
		fraction, exponent = fraction/2, exponent+1
	}
	bits := 8*length - 8
	whole := uint64(math.RoundToEven(math.Ldexp(fraction, bits)))
	if whole == 1<<bits {
		whole, exponent = whole>>hexDigitBits, exponent+hexDigitBits
	}
	biased := exponent/hexDigitBits + hexBias
	if biased > maxHexExponent {
		return 0, errors.New("is too large for hexadecimal floating point")
	}
	if biased < 0 {
		return 0, nil
	}
	n := uint64(biased)<<hexFraction | whole<<(hexFraction-bits)
	if f < 0 {
		n |= 1 << 63
	}
	return n, nil
}

func (c *floatCodec) absent(to []byte) { fill(to, 0) }
