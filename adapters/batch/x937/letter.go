package x937

import (
	"fmt"
	"slices"
)

// place is where in a file a record stands.
type place int

const (
	beforeFile place = iota
	inFile
	inLetter
	inBundle
	behindFile
)

// within says where each type of records may stand.
var within = map[string]place{
	"01": beforeFile, "10": inFile, "99": inFile, "20": inLetter, "61": inLetter, "62": inLetter, "85": inLetter, "90": inLetter,
	"25": inBundle, "26": inBundle, "27": inBundle, "28": inBundle, "31": inBundle, "32": inBundle, "33": inBundle, "34": inBundle, "35": inBundle,
	"50": inBundle, "52": inBundle, "54": inBundle, "70": inBundle,
}

// A total is what a control record is held against.
type total struct{ parts, amount int64 }

// A letter follows the order of records, and adds up amounts.
type letter struct {
	at                   place
	item                 string // the type of the last item of the bundle
	file, letter, bundle total
}

// take says why a record cannot stand where it does, or which total is wrong.
func (l *letter) take(raw []byte, lenient bool) (reason string) {
	code, _ := kindOf(raw)
	wanted, ok := within[code]
	switch {
	case !ok && l.at == beforeFile:
		return "the file does not begin with a file header (01) in ASCII or EBCDIC"
	case !ok:
		return fmt.Sprintf("there is no type %q of records", code)
	case wanted != l.at:
		return fmt.Sprintf("a record of the type %s cannot stand here", code)
	}
	if addendum := slices.Contains([]string{"26", "27", "28"}, code); addendum && l.item != "25" {
		return fmt.Sprintf("a record of the type %s stands behind no check (25)", code)
	}
	if addendum := slices.Contains([]string{"32", "33", "34", "35"}, code); addendum && l.item != "31" {
		return fmt.Sprintf("a record of the type %s stands behind no return (31)", code)
	}
	if image := slices.Contains([]string{"50", "52", "54"}, code); image && l.item == "" {
		return fmt.Sprintf("a record of the type %s stands behind no item", code)
	}
	_, values, err := parse(raw)
	if err != nil {
		return l.move(code, nil, true) // it is bad, which is told where it is decoded
	}
	return l.move(code, values, lenient)
}

// move steps into what begins or out of what ends.
func (l *letter) move(code string, values []value, lenient bool) (reason string) {
	switch code {
	case "01":
		l.at = inFile
	case "10":
		l.at, l.letter = inLetter, total{}
	case "20":
		l.at, l.bundle, l.item = inBundle, total{}, ""
	case "25", "31":
		l.item = code
		l.bundle.parts++
		l.bundle.amount += numberOf(values, amount)
	case "70":
		l.at = inLetter
		l.letter.parts, l.letter.amount = l.letter.parts+1, l.letter.amount+l.bundle.amount
		return l.bundle.check(values, "", "bundleTotalAmount", lenient)
	case "90":
		l.at = inFile
		l.file.parts, l.file.amount = l.file.parts+1, l.file.amount+l.letter.amount
		return l.letter.check(values, "cashLetterBundleCount", "cashLetterTotalAmount", lenient)
	case "99":
		l.at = behindFile
		return l.file.check(values, "cashLetterCount", "fileTotalAmount", lenient)
	}
	return ""
}

// check holds a control record against what came before it. Amounts that count credits too are left alone.
func (t total) check(values []value, parts, sum string, lenient bool) (reason string) {
	if lenient {
		return ""
	}
	if stated := numberOf(values, parts); parts != "" && stated != t.parts {
		return fmt.Sprintf("%s is %d, and there were %d", parts, stated, t.parts)
	}
	if stated := numberOf(values, sum); numberOf(values, credits) == 0 && stated != t.amount {
		return fmt.Sprintf("%s is %d, and the items before it sum up to %d", sum, stated, t.amount)
	}
	return ""
}

// end says why the file cannot end here.
func (l *letter) end() (reason string) {
	if l.at != behindFile {
		return "the file ends without its file control record (99)"
	}
	return ""
}
