package xmltoken

import (
	"encoding/binary"
	"unicode/utf8"
)

// checkCharacters refuses what is no XML character (XML 1.0 section 2.2), once for the whole document. U+FFFE and U+FFFF are let through.
func (r *Reader) checkCharacters() error {
	ascii, at := true, 0
	for ; at+8 <= len(r.source); at += 8 {
		word := binary.LittleEndian.Uint64(r.source[at:])
		if hasControl(word) {
			if err := r.checkControls(at, at+8); err != nil {
				return err
			}
		}
		ascii = ascii && word&highBits == 0
	}
	if err := r.checkControls(at, len(r.source)); err != nil {
		return err
	}
	if ascii && at == len(r.source) || utf8.Valid(r.source) {
		return nil
	}
	for i := 0; i < len(r.source); {
		c, size := utf8.DecodeRune(r.source[i:])
		if c == utf8.RuneError && size <= 1 {
			return r.errorAt(i, "the text is not valid UTF-8")
		}
		i += size
	}
	return nil
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// hasControl reports whether one of the eight bytes is below a blank, as line ends are too.
func hasControl(word uint64) bool {
	return (word-lowBits*' ')&^word&highBits != 0
}

func (r *Reader) checkControls(from, to int) error {
	for i := from; i < to; i++ {
		if c := r.source[i]; c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			return r.errorAt(i, "the character U+%04X is not allowed in XML", c)
		}
	}
	return nil
}
