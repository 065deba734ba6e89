package record

import (
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
)

// edited is a number that is stored as people read it: with blanks or asterisks for zeros in front, thousands, a currency, and a sign that floats or stands at one end
// (ISO/IEC 1989, PICTURE clause, "Editing rules").
type edited struct {
	positions []copybook.Position
	currency  string
	page      *CodePage
}

func (e *edited) isBlank(raw []byte) bool { return isBlank(raw, e.page.blank) }

func (e *edited) small(raw []byte) (int64, error) {
	var room [64]byte
	digits, negative, err := e.digits(raw, room[:0])
	if err != nil {
		return 0, err
	}
	return parseSmall(digits, negative)
}

// An editReader goes through the characters of an edited number.
type editReader struct {
	digits      []byte
	negative    bool
	significant bool // a digit has been seen
	starred     bool
	floating    byte // + - $ if one of them floats, else 0
}

func (e *edited) digits(raw, to []byte) ([]byte, bool, error) {
	r := editReader{digits: to, floating: e.floating()}
	text := e.page.appendText(nil, raw)
	for _, p := range e.positions {
		if p.Kind == copybook.ImpliedPoint {
			continue
		}
		c, size := utf8.DecodeRune(text)
		if size == 0 || !r.take(p, c) {
			return nil, false, errNotDigits
		}
		text = text[size:]
	}
	if len(text) > 0 || !r.significant && !r.starred {
		return nil, false, errNotDigits
	}
	return r.digits, r.negative, nil
}

// take reads one character. It returns false for one that cannot stand there.
func (r *editReader) take(p copybook.Position, c rune) bool {
	switch {
	case p.IsDigit() && c >= '0' && c <= '9':
		r.digits, r.significant = append(r.digits, byte(c)), true
		return true
	case p.IsDigit():
		r.digits = append(r.digits, '0')
		return p.Kind != copybook.Digit && r.suppressed(c)
	case p.Kind == copybook.FixedSign:
		r.negative = r.negative || c == '-'
		return c == ' ' || c == '+' || c == '-'
	case p.Kind == copybook.CreditOrDebit:
		r.negative = r.negative || c == rune(p.Char)
		return c == ' ' || c == rune(p.Char)
	case p.Kind == copybook.FixedCurrency:
		return c == ' ' || isCurrency(c)
	case p.Kind == copybook.FloatingFirst:
		return r.suppressed(c)
	default:
		return c == rune(p.Char) || r.suppressed(c)
	}
}

// suppressed reads what can stand in front of the first digit.
func (r *editReader) suppressed(c rune) bool {
	r.starred = r.starred || c == '*'
	switch {
	case r.significant:
		return false
	case r.floating == '$' && isCurrency(c):
		return true
	case r.floating != '$' && r.floating != 0 && (c == '+' || c == '-'):
		r.negative = c == '-'
		return true
	default:
		return c == ' ' || c == '*'
	}
}

// floating is the symbol that floats, or 0.
func (e *edited) floating() byte {
	for _, p := range e.positions {
		if p.Kind == copybook.FloatingFirst {
			return p.Char
		}
	}
	return 0
}

// isCurrency reports whether the character can be a currency sign: any letter or symbol, since CURRENCY SIGN names what it likes.
func isCurrency(c rune) bool {
	return c >= 'A' && c <= 'Z' || c == '$' || c == '#' || c > '~'
}

func (e *edited) store(to, digits []byte, negative bool) error {
	w := editWriter{edited: e, negative: negative, fill: ' ', floatAt: -1}
	if e.stars() {
		w.fill = '*'
	}
	zero := strings.Trim(string(digits), "0") == ""
	for _, p := range e.positions {
		if p.IsDigit() {
			w.digit(p, digits[0])
			digits = digits[1:]
			continue
		}
		w.other(p)
	}
	if zero && e.vanishes() {
		w.blank()
	} else if w.floatAt >= 0 {
		w.text[w.floatAt] = w.floating
	}
	encoded, err := e.page.appendBytes(make([]byte, 0, len(to)), string(w.text))
	if err != nil {
		return err
	}
	if len(encoded) != len(to) {
		return errTooLarge // a currency sign of several bytes
	}
	copy(to, encoded)
	return nil
}

// stars reports whether asterisks stand for zeros.
func (e *edited) stars() bool {
	for _, p := range e.positions {
		if p.Kind == copybook.StarredDigit {
			return true
		}
	}
	return false
}

// vanishes reports whether zero shows no digit: none of them is a 9.
func (e *edited) vanishes() bool {
	for _, p := range e.positions {
		if p.Kind == copybook.Digit {
			return false
		}
	}
	return true
}

// An editWriter makes the characters of an edited number.
type editWriter struct {
	*edited
	text        []rune
	negative    bool
	fill        rune // for zeros in front
	zone        bool // where zeros are suppressed has begun
	significant bool // and has ended
	floatAt     int  // where the floating character goes, or -1
	floating    rune
}

func (w *editWriter) put(r rune) { w.text = append(w.text, r) }

func (w *editWriter) digit(p copybook.Position, d byte) {
	w.zone = w.zone || p.Kind != copybook.Digit
	if p.Kind == copybook.Digit || d != '0' {
		w.significant = true
	}
	switch {
	case w.significant:
		w.put(rune(d))
	case p.Kind == copybook.FloatingDigit:
		w.float(p)
	default:
		w.put(w.fill)
	}
}

// float moves the floating character here, as long as no digit has come.
func (w *editWriter) float(p copybook.Position) {
	w.floatAt, w.floating = len(w.text), w.sign(p)
	w.put(' ')
}

// sign is what stands for + - or the currency.
func (w *editWriter) sign(p copybook.Position) rune {
	switch {
	case p.Char == '$':
		r, _ := utf8.DecodeRuneInString(w.currency)
		return r
	case w.negative:
		return '-'
	case p.Char == '+':
		return '+'
	default:
		return ' '
	}
}

func (w *editWriter) other(p copybook.Position) {
	switch p.Kind {
	case copybook.FloatingFirst:
		w.zone = true
		w.float(p)
	case copybook.FixedSign, copybook.FixedCurrency:
		w.put(w.sign(p))
	case copybook.CreditOrDebit:
		if w.negative {
			w.put(rune(p.Char))
		} else {
			w.put(' ')
		}
	case copybook.DecimalPoint:
		w.significant = true
		w.put(rune(p.Char))
	case copybook.ImpliedPoint:
		w.significant = true
	default:
		if w.zone && !w.significant {
			if w.floatAt >= 0 { // the floating character goes to the right of insertions too
				w.floatAt = len(w.text)
			}
			w.put(w.fill)
			return
		}
		w.put(rune(p.Char))
	}
}

// blank is a zero of which no digit shows: blanks, or asterisks around the decimal point.
func (w *editWriter) blank() {
	at := 0
	for _, p := range w.positions {
		if p.Kind == copybook.ImpliedPoint {
			continue
		}
		if w.fill == ' ' || p.Kind != copybook.DecimalPoint {
			w.text[at] = w.fill
		}
		at++
	}
}

// A nationalNumber is a DISPLAY number in UTF-16 characters: USAGE NATIONAL.
type nationalNumber struct {
	digitStorage

	little bool
}

func (n *nationalNumber) isBlank(raw []byte) bool {
	return isBlank(raw, 0) || n.digitStorage.isBlank(n.narrow(raw))
}

// narrow is the characters in Latin-1, where no digit, sign or currency is lost.
func (n *nationalNumber) narrow(raw []byte) []byte {
	out := make([]byte, 0, len(raw)/2)
	for i := 0; i+1 < len(raw); i += 2 {
		high, low := raw[i], raw[i+1]
		if n.little {
			high, low = low, high
		}
		if high != 0 {
			low = 0xA4 // the currency sign that stands for any
		}
		out = append(out, low)
	}
	return out
}

func (n *nationalNumber) small(raw []byte) (int64, error) { return n.digitStorage.small(n.narrow(raw)) }

func (n *nationalNumber) digits(raw, to []byte) ([]byte, bool, error) {
	return n.digitStorage.digits(n.narrow(raw), to)
}

func (n *nationalNumber) store(to, digits []byte, negative bool) error {
	narrow := make([]byte, len(to)/2)
	if err := n.digitStorage.store(narrow, digits, negative); err != nil {
		return err
	}
	for i, c := range narrow {
		at := 2 * i
		to[at], to[at+1] = 0, c
		if n.little {
			to[at], to[at+1] = c, 0
		}
	}
	return nil
}
