package record

import "math/big"

// twosComplement is a binary number of 1 to 16 bytes, as COMP, COMP-4 and COMP-5 store it.
type twosComplement struct {
	signed bool
	little bool
}

// isBlank is never true: low-values are the number zero.
func (b *twosComplement) isBlank([]byte) bool { return false }

func (b *twosComplement) small(raw []byte) (int64, error) {
	if len(raw) > 8 {
		digits, negative, err := b.digits(raw, nil)
		if err != nil {
			return 0, err
		}
		return parseSmall(digits, negative)
	}
	var n uint64
	for i := range raw {
		n = n<<8 | uint64(raw[b.at(i, len(raw))])
	}
	if b.signed {
		shift := 64 - 8*len(raw)
		return int64(n<<shift) >> shift, nil //nolint:gosec // the sign bit is meant
	}
	if n > 1<<63-1 {
		return 0, errTooLarge
	}
	return int64(n), nil
}

// at maps the i-th byte, counted from the most significant, to its place.
func (b *twosComplement) at(i, length int) int {
	if b.little {
		return length - 1 - i
	}
	return i
}

func (b *twosComplement) digits(raw, to []byte) ([]byte, bool, error) {
	ordered := make([]byte, len(raw))
	for i := range raw {
		ordered[i] = raw[b.at(i, len(raw))]
	}
	n := new(big.Int).SetBytes(ordered)
	if b.signed && len(ordered) > 0 && ordered[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(ordered))))
	}
	negative := n.Sign() < 0
	return n.Abs(n).Append(to, 10), negative, nil
}

func (b *twosComplement) store(to, digits []byte, negative bool) error {
	n, ok := new(big.Int).SetString(string(digits), 10)
	if !ok {
		return errNoNumber
	}
	bits := 8 * len(to)
	if b.signed {
		bits--
	}
	if n.BitLen() > bits && !(negative && n.BitLen() == bits+1 && n.TrailingZeroBits() == uint(bits)) {
		return errTooLarge
	}
	if negative {
		n.Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*len(to))), n)
	}
	ordered := n.FillBytes(make([]byte, len(to)))
	for i := range to {
		to[b.at(i, len(to))] = ordered[i]
	}
	return nil
}
