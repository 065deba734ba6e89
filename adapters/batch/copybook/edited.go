package copybook

import (
	"fmt"
	"strings"
)

// A PositionKind is what one character of an edited number is.
type PositionKind int

// The kinds of positions (ISO/IEC 1989, PICTURE clause, "Editing rules").
const (
	Digit         PositionKind = iota // 9
	BlankedDigit                      // Z: a blank for a zero in front
	StarredDigit                      // *: an asterisk for a zero in front
	FloatingDigit                     // a digit, or the floating sign or currency in front of the first
	FloatingFirst                     // the first of a floating string, which is never a digit
	Insertion                         // the character itself, if a digit stands in front of it
	DecimalPoint                      // the character itself
	ImpliedPoint                      // V: no character
	FixedSign                         // + or -
	FixedCurrency                     // the currency sign
	CreditOrDebit                     // CR or DB, two positions, and blanks unless the number is negative
)

// A Position is one character of an edited number.
type Position struct {
	Kind PositionKind
	// Char is the character: that of an insertion or point, + or - of a sign, $ of a currency, the letter of CR and DB.
	Char byte
}

// IsDigit reports whether a digit can stand there.
func (p Position) IsDigit() bool { return p.Kind <= FloatingDigit }

// maxEdited bounds the characters of an edited number. IBM stops at 249.
const maxEdited = 1 << 10

// edit works out the positions of a picture that edits a number, with its digits and scale.
func (p *Picture) edit(runs []run, seen map[string]int, decimalComma bool) error {
	if err := p.checkEdited(runs, seen, decimalComma); err != nil {
		return err
	}
	point, floating := byte('.'), floatingSymbol(seen)
	if decimalComma {
		point = ','
	}
	floated, pointSeen, scaled, scaledInFront := false, false, 0, false
	for _, r := range runs {
		for range r.count {
			switch symbol := r.symbol; {
			case symbol == "V":
				pointSeen = true
				p.Edit = append(p.Edit, Position{ImpliedPoint, 0})
			case symbol == string(point):
				pointSeen = true
				p.Edit = append(p.Edit, Position{DecimalPoint, point})
			case symbol == "P":
				scaledInFront = scaledInFront || p.Digits == 0
				scaled++
			case symbol == floating && !floated:
				floated = true
				p.Edit = append(p.Edit, Position{FloatingFirst, symbol[0]})
			default:
				p.Edit = append(p.Edit, plainPositions(symbol, floating)...)
				if p.Edit[len(p.Edit)-1].IsDigit() {
					p.Digits++
					if pointSeen {
						p.Scale++
					}
				}
			}
		}
	}
	switch {
	case p.Digits == 0:
		return fmt.Errorf("the picture %s has no digit", p.Text)
	case scaledInFront:
		p.Scale = scaled + p.Digits
	case scaled > 0:
		p.Scale = -scaled
	}
	return nil
}

// plainPositions are those of a symbol that is no point.
func plainPositions(symbol, floating string) []Position {
	switch symbol {
	case floating:
		return []Position{{FloatingDigit, symbol[0]}}
	case "9":
		return []Position{{Digit, 0}}
	case "Z":
		return []Position{{BlankedDigit, 0}}
	case "*":
		return []Position{{StarredDigit, 0}}
	case "+", "-":
		return []Position{{FixedSign, symbol[0]}}
	case "$":
		return []Position{{FixedCurrency, '$'}}
	case "CR", "DB":
		return []Position{{CreditOrDebit, symbol[0]}, {CreditOrDebit, symbol[1]}}
	case "B":
		return []Position{{Insertion, ' '}}
	default: // 0 / and the comma that is no point
		return []Position{{Insertion, symbol[0]}}
	}
}

// floatingSymbol is the symbol that floats, which is one that stands more than once.
func floatingSymbol(seen map[string]int) string {
	for _, symbol := range []string{"+", "-", "$"} {
		if seen[symbol] > 1 {
			return symbol
		}
	}
	return ""
}

// checkEdited refuses what no editing can mean.
func (p *Picture) checkEdited(runs []run, seen map[string]int, decimalComma bool) error {
	point := "."
	if decimalComma {
		point = ","
	}
	size, floats := 0, 0
	for _, r := range runs {
		size += r.count
	}
	for _, symbol := range []string{"+", "-", "$"} {
		if seen[symbol] > 1 {
			floats++
		}
	}
	if seen["Z"] > 0 {
		floats++
	}
	if seen["*"] > 0 {
		floats++
	}
	switch {
	case size > maxEdited:
		return fmt.Errorf("the picture %s is longer than the %d characters that an edited number has at most", p.Text, maxEdited)
	case seen["S"] > 0:
		return fmt.Errorf("the picture %s has both an S and symbols that edit a number", p.Text)
	case seen[point]+seen["V"] > 1:
		return fmt.Errorf("the picture %s has more than one decimal point", p.Text)
	case floats > 1:
		return fmt.Errorf("the picture %s suppresses zeros in two ways: Z, * and a floating sign or currency exclude each other", p.Text)
	case seen["+"] > 0 && seen["-"] > 0 || seen["CR"] > 0 && seen["DB"] > 0 || seen["CR"] > 1 || seen["DB"] > 1:
		return fmt.Errorf("the picture %s has two signs", p.Text)
	}
	if err := p.checkOrder(runs, seen); err != nil {
		return err
	}
	return p.checkScaling(runs)
}

// checkOrder refuses symbols where they cannot stand.
func (p *Picture) checkOrder(runs []run, seen map[string]int) error {
	floating, plain := floatingSymbol(seen), false
	for i, r := range runs {
		last := i == len(runs)-1
		switch r.symbol {
		case "9":
			plain = true
		case "Z", "*", floating:
			if plain {
				return fmt.Errorf("the picture %s has %s behind a 9, where no zero can be suppressed", p.Text, r.symbol)
			}
		case "+", "-":
			if i != 0 && !last {
				return fmt.Errorf("the picture %s has a %s that stands neither in front nor at the end", p.Text, r.symbol)
			}
		case "CR", "DB":
			if !last && strings.Trim(runs[i+1].symbol, "B") != "" {
				return fmt.Errorf("the picture %s has %s, which belongs at the end", p.Text, r.symbol)
			}
		}
	}
	return nil
}

// checkScaling refuses a P that stands between digits: all of them stand at one end.
func (p *Picture) checkScaling(runs []run) error {
	first, last := -1, -1 // of the digits
	for i, r := range runs {
		if r.symbol == "9" || r.symbol == "Z" || r.symbol == "*" {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	front, back := false, false
	for i, r := range runs {
		if r.symbol != "P" {
			continue
		}
		front, back = front || i < first, back || i > last
		if front && back || i > first && i < last {
			return fmt.Errorf("the picture %s has a P that stands neither in front of all digits nor behind them", p.Text)
		}
	}
	return nil
}
