package record

// packed is a PACKED-DECIMAL number: two digits a byte, and the sign in the last half byte (z/Architecture Principles of Operation, "Decimal-Number
// Formats"). With no sign at all it is COMP-6.
type packed struct {
	count  int // digits
	signed bool
	bare   bool
	spaces byte
}

func (p *packed) isBlank(raw []byte) bool { return isBlank(raw, p.spaces) }

func (p *packed) small(raw []byte) (int64, error) {
	var n int64
	last := len(raw) - 1
	for i, c := range raw {
		high, low := c>>4, c&0x0F
		if high > 9 {
			return 0, errNotDigits
		}
		n = n*10 + int64(high)
		if i == last && !p.bare {
			negative, ok := packedSign(low)
			if !ok {
				return 0, errNotDigits
			}
			if negative {
				n = -n
			}
			break
		}
		if low > 9 {
			return 0, errNotDigits
		}
		n = n*10 + int64(low)
	}
	if p.count <= smallDigits-1 && (n >= powers[p.count] || -n >= powers[p.count]) {
		return 0, errTooLarge
	}
	return n, nil
}

func (p *packed) digits(raw, to []byte) ([]byte, bool, error) {
	negative := false
	last := len(raw) - 1
	for i, c := range raw {
		high, low := c>>4, c&0x0F
		if high > 9 {
			return nil, false, errNotDigits
		}
		to = append(to, '0'+high)
		if i == last && !p.bare {
			minus, ok := packedSign(low)
			if !ok {
				return nil, false, errNotDigits
			}
			negative = minus
			break
		}
		if low > 9 {
			return nil, false, errNotDigits
		}
		to = append(to, '0'+low)
	}
	for extra := len(to) - p.count; extra > 0; extra-- {
		if to[0] != '0' {
			return nil, false, errTooLarge
		}
		to = to[1:]
	}
	return to, negative, nil
}

func packedSign(nibble byte) (negative, ok bool) {
	return nibble == 0xB || nibble == 0xD, nibble > 9
}

func (p *packed) store(to, digits []byte, negative bool) error {
	fill(to, 0)
	at := 2*len(to) - 1 // the half byte after the last digit
	if p.bare {
		at++
	} else {
		to[len(to)-1] = p.sign(negative)
	}
	for i := len(digits) - 1; i >= 0; i-- {
		at--
		to[at/2] |= (digits[i] - '0') << (4 * (1 - at%2))
	}
	return nil
}

func (p *packed) sign(negative bool) byte {
	switch {
	case !p.signed:
		return 0xF
	case negative:
		return 0xD
	default:
		return 0xC
	}
}
