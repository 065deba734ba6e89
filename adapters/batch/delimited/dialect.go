package delimited

import (
	"errors"
	"strings"
)

// A Ragged rule says what becomes of a record with fewer or more values than there are columns.
type Ragged string

// The rules for ragged records.
const (
	RejectRagged Ragged = "reject" // it is bad
	PadRagged    Ragged = "pad"    // values that are missing at its end are absent; more are bad
	AllowRagged  Ragged = "allow"  // and values past the columns are passed over
)

// A Dialect is how a file of values is written. [Standard] is the one of RFC 4180.
type Dialect struct {
	// Delimiter stands between values. It has one byte or more, and none of them is a quote.
	Delimiter string
	// Terminator ends a record; empty means LF or CRLF. The last record may lack it.
	Terminator string
	// Quote encloses values that hold delimiters, line ends or quotes; 0 means that there are no quotes.
	Quote byte
	// Escape takes the meaning off the character behind it; 0 means that a quote within quotes is doubled.
	Escape byte
	// Comment begins records that are none; empty means that there are none.
	Comment string
	// Null is how an absent value is spelt, where HasNull says that there is a spelling. It counts only without quotes.
	Null    string
	HasNull bool
	// Header says that the first record names the columns.
	Header bool
	// Trim takes blanks off both ends of values that are not quoted.
	Trim bool
	// Lazy lets something stand behind a closing quote: it belongs to the value.
	Lazy bool
	// Ragged is the rule for records with too few or too many values; empty means [RejectRagged].
	Ragged Ragged
}

// Standard is the dialect of RFC 4180 without a header.
func Standard() Dialect { return Dialect{Delimiter: ",", Quote: '"'} }

// Check returns what makes a dialect impossible.
func (d *Dialect) Check() error {
	switch {
	case d.Delimiter == "":
		return errors.New("nothing stands between the values")
	case d.Quote != 0 && strings.IndexByte(d.Delimiter, d.Quote) >= 0:
		return errors.New("the delimiter holds a quote")
	case d.Delimiter == d.Terminator || d.Terminator == "" && strings.ContainsAny(d.Delimiter, "\r\n"):
		return errors.New("the delimiter ends records")
	case d.Ragged != "" && d.Ragged != RejectRagged && d.Ragged != PadRagged && d.Ragged != AllowRagged:
		return errors.New("ragged records are rejected, padded or allowed")
	default:
		return nil
	}
}
