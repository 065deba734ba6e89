package record

import "bytes"

// anywhere reads a number whose sign may stand anywhere in it, by the rules SignsStrict and SignsRelaxed. Text of ASCII files keeps its blanks inside, which
// are none of a number's, and has its overpunch at an end.
func (z *zoned) anywhere(raw, to []byte) ([]byte, bool, error) {
	if !z.ebcdic {
		raw = bytes.Trim(raw, " \x00")
	}
	scan := signScan{zoned: z, pointAt: -1}
	for i, c := range raw {
		var ok bool
		if to, ok = scan.take(c, i == 0 || i == len(raw)-1, to); !ok {
			return nil, false, errNotDigits
		}
	}
	if len(to) == 0 {
		if scan.signed || scan.pointAt >= 0 {
			return nil, false, errNotDigits
		}
		return nil, false, errBlank
	}
	if scan.negative && !z.signed {
		return nil, false, errNegative
	}
	if z.point == 0 && scan.pointAt >= 0 {
		return nil, false, errNotDigits
	}
	if z.point != 0 {
		var err error
		if to, err = z.align(to, scan.pointAt); err != nil {
			return nil, false, err
		}
	}
	if len(bytes.TrimLeft(to, "0")) > z.count {
		return nil, false, errTooLarge
	}
	return to, scan.negative, nil
}

// A signScan is what has been seen of a number.
type signScan struct {
	*zoned
	signed, negative bool
	pointAt          int
}

// take reads one character. It returns false for what is none of a number's.
func (s *signScan) take(c byte, end bool, to []byte) ([]byte, bool) {
	if d, ok := s.digit(c); ok {
		return append(to, '0'+d), true
	}
	if s.ebcdic && (c == ebcdicBlank || c == 0) || !s.ebcdic && c == ' ' && len(to) == 0 {
		return to, true
	}
	if s.isPoint(c) {
		if s.pointAt >= 0 {
			return to, false
		}
		s.pointAt = len(to)
		return to, true
	}
	if s.signed && s.signs == SignsStrict && s.ebcdic {
		return to, false
	}
	if plus, minus := s.signCharacter(false), s.signCharacter(true); c == plus || c == minus {
		s.signed, s.negative = true, c == minus
		return to, true
	}
	d, negative, ok := s.overpunch(c)
	if !ok || s.ebcdic && c>>4 != 0xC && c>>4 != 0xD {
		return to, false
	}
	if s.signs == SignsStrict && (!s.zoned.signed || !s.ebcdic && !end) {
		return to, false
	}
	s.signed, s.negative = true, negative
	return append(to, '0'+d), true
}

// isPoint reports whether the character is a decimal point or comma.
func (s *signScan) isPoint(c byte) bool {
	if s.ebcdic {
		return c == 0x4B || c == 0x6B
	}
	return c == '.' || c == ','
}
