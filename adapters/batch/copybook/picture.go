package copybook

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxPictureSize bounds a picture's character positions. Compilers stop far below.
const maxPictureSize = 1 << 24

// maxUTF8 is the bytes of a character position in UTF-8 (Enterprise COBOL Language Reference, PICTURE clause, symbol U).
const maxUTF8 = 4

// currencies are the picture symbols that stand for a currency in any program.
const currencies = "$£€¥¤"

// parsePicture reads a PICTURE character string.
func parsePicture(text string, options Options) (*Picture, error) {
	p := &Picture{Text: text}
	symbols, err := p.expand(currencies + options.Currency)
	if err != nil {
		return nil, err
	}
	if sign, ok := options.signs[p.Currency]; ok {
		p.Currency = sign
	}
	if err := p.categorize(symbols, options.DecimalComma); err != nil {
		return nil, err
	}
	return p, nil
}

// A run is a symbol and how often it stands.
type run struct {
	symbol string
	count  int
}

// expand reads the symbols and their repetitions: 9(5)V99 is 9 five times, V, 9 twice. Every currency symbol becomes $.
func (p *Picture) expand(currencies string) ([]run, error) {
	text := characters([]byte(p.Text))
	upper := strings.ToUpper(text)
	var runs []run
	size := 0
	for at := 0; at < len(upper); {
		_, length := utf8.DecodeRuneInString(upper[at:])
		symbol := upper[at : at+length]
		if strings.HasPrefix(upper[at:], "CR") || strings.HasPrefix(upper[at:], "DB") {
			symbol = upper[at : at+2]
		}
		at += len(symbol)
		if symbol != "(" && strings.Contains(strings.ToUpper(currencies), symbol) {
			symbol, p.Currency = "$", symbol
		}
		count := 1
		if at < len(upper) && upper[at] == '(' {
			stop := strings.IndexByte(upper[at:], ')')
			if stop < 0 {
				return nil, fmt.Errorf("the picture %s has a ( without a )", text)
			}
			n, err := strconv.Atoi(strings.TrimSpace(upper[at+1 : at+stop]))
			if err != nil || n < 1 {
				return nil, fmt.Errorf("the picture %s has %s where a number of at least 1 belongs", text, upper[at:at+stop+1])
			}
			count, at = n, at+stop+1
		}
		if size += count; size > maxPictureSize || count > maxPictureSize {
			return nil, fmt.Errorf("the picture %s is longer than %d characters", text, maxPictureSize)
		}
		if n := len(runs); n > 0 && runs[n-1].symbol == symbol {
			runs[n-1].count += count
			continue
		}
		runs = append(runs, run{symbol, count})
	}
	return runs, nil
}

func (p *Picture) categorize(runs []run, decimalComma bool) error {
	seen := make(map[string]int)
	for _, r := range runs {
		if !strings.Contains("9ASVPXNGUZB0/,.+-*$E", r.symbol) && r.symbol != "CR" && r.symbol != "DB" {
			return fmt.Errorf("the picture %s has a symbol that is none: %s", p.Text, r.symbol)
		}
		seen[r.symbol] += r.count
	}
	p.Signed = seen["S"] > 0 || seen["+"] > 0 || seen["-"] > 0 || seen["CR"] > 0 || seen["DB"] > 0
	switch {
	case seen["S"] > 1 || seen["V"] > 1:
		return fmt.Errorf("the picture %s has S or V more than once", p.Text)
	case seen["S"] > 0 && runs[0].symbol != "S":
		return fmt.Errorf("the picture %s has an S that does not stand in front", p.Text)
	case only(seen, "9SVP"):
		return p.numeric(runs, 0)
	case only(seen, "XA9"):
		p.Category = Alphanumeric
	case only(seen, "U"):
		p.Category, p.Size = Alphanumeric, (maxUTF8-1)*seen["U"] // and one for each, below
	case seen["N"] > 0 && only(seen, "NB0/"):
		p.Category = NationalText
	case seen["G"] > 0 && only(seen, "GB"):
		p.Category = DoubleByte
	case seen["E"] == 1 && seen["9"] > 0 && only(seen, "9EV.+-,"):
		p.Category = ExternalFloat
	case seen["X"]+seen["A"] > 0 && only(seen, "XA9B0/"):
		p.Category = AlphanumericEdited
	case seen["X"]+seen["A"]+seen["N"]+seen["G"]+seen["E"]+seen["U"] > 0:
		return fmt.Errorf("the picture %s mixes symbols of text with symbols of numbers", p.Text)
	case seen["S"] > 0 && explicitPoint(runs, seen, decimalComma) != 0: // no COBOL, but found: S9(5).99
		return p.numeric(runs, explicitPoint(runs, seen, decimalComma))
	default:
		if err := p.edit(runs, seen, decimalComma); err != nil {
			return err
		}
		if point := explicitPoint(runs, seen, decimalComma); point != 0 || only(seen, "9VZ+-") && loneSign(runs, seen) {
			return p.numeric(runs, point)
		}
		p.Category = NumericEdited
	}
	for _, r := range runs {
		p.Size += positions(r)
	}
	if p.Category != NumericEdited {
		p.Digits = seen["9"]
	}
	if p.Size == 0 {
		return fmt.Errorf("the picture %s takes no room", p.Text)
	}
	return nil
}

// explicitPoint returns the decimal point of a picture that is digits around one, perhaps with a sign at one end, such as -ZZ9.99; else 0.
func explicitPoint(runs []run, seen map[string]int, decimalComma bool) byte {
	point := "."
	if decimalComma {
		point = ","
	}
	if seen[point] != 1 || !only(seen, "9SZ+-"+point) || !loneSign(runs, seen) {
		return 0
	}
	return point[0]
}

// loneSign reports whether the picture has at most one + or -, and that at one of its ends.
func loneSign(runs []run, seen map[string]int) bool {
	first, last := runs[0].symbol, runs[len(runs)-1].symbol
	switch seen["+"] + seen["-"] {
	case 0:
		return true
	case 1:
		return first == "+" || first == "-" || last == "+" || last == "-"
	default:
		return false
	}
}

// numeric counts digits on both sides of the decimal point. A P is a digit that is not stored.
func (p *Picture) numeric(runs []run, point byte) error {
	p.Category, p.Point = Numeric, point
	if err := p.checkScaling(runs); err != nil {
		return err
	}
	behind, before, scaled := 0, 0, 0
	pointSeen, scaledInFront := false, false
	for i, r := range runs {
		switch {
		case r.symbol == "V" || r.symbol == string(point):
			pointSeen = true
			p.Size += positions(r)
		case (r.symbol == "9" || r.symbol == "Z") && pointSeen:
			behind += r.count
		case r.symbol == "9":
			before += r.count
		case r.symbol == "Z":
			before += r.count
			p.Suppressed += r.count
		case r.symbol == "P":
			scaledInFront = scaledInFront || before+behind == 0
			scaled += r.count
		case r.symbol == "+" || r.symbol == "-":
			p.signLeading, p.signTrailing = i == 0, i != 0
		}
	}
	p.Digits = before + behind
	p.Size += p.Digits
	if p.Digits == 0 {
		return fmt.Errorf("the picture %s has no digit", p.Text)
	}
	switch {
	case scaled == 0:
		p.Scale = behind
	case scaledInFront: // PP99 and VPP99: the point is in front of the Ps
		p.Scale = scaled + p.Digits
	default: // 99PP and 99PPV: the point is behind the Ps
		p.Scale = -scaled
	}
	return nil
}

// only reports whether no symbol beside those of set has been seen.
func only(seen map[string]int, set string) bool {
	for symbol := range seen {
		if !strings.Contains(set, symbol) {
			return false
		}
	}
	return true
}

// positions is how many characters a run takes up in storage.
func positions(r run) int {
	switch r.symbol {
	case "S", "V", "P":
		return 0
	default:
		return r.count * len(r.symbol)
	}
}
