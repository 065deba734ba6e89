package copybook

import "strings"

// A Format is how the text is laid out in lines.
type Format string

// The reference formats. Auto looks at the text.
const (
	Auto  Format = "auto"
	Fixed Format = "fixed" // columns 1 to 6 and from 73 on are ignored, column 7 is the indicator
	Free  Format = "free"
)

// Options are the settings of a compiler that change a layout. The zero value is IBM Enterprise COBOL.
type Options struct {
	// Format of the text; empty means Auto.
	Format Format
	// DecimalComma is the clause DECIMAL-POINT IS COMMA: in pictures, a comma is the decimal point.
	DecimalComma bool
	// BinarySizes are the lengths of binary numbers.
	BinarySizes BinarySizes
	// NoSync ignores SYNCHRONIZED. SyncMax is the largest boundary that it puts a binary number on; 0 means 4.
	NoSync  bool
	SyncMax int
	// PointerBytes is the length of a POINTER; 0 means 4.
	PointerBytes int
	// FirstColumn and LastColumn hold text in the fixed format, counted from 1; 0 means 7 (the indicator) and 72.
	FirstColumn, LastColumn int
	// Currency is the picture symbols of the clause CURRENCY SIGN, beside $, £, €, ¥ and ¤, which are always known.
	Currency string
	// Library finds what COPY names: the text, and the name of its file. Nil refuses COPY.
	Library func(name, library string) (file string, source []byte, err error)

	signs map[string]string // the currency signs of picture symbols, which the text says
}

// BinarySizes says how many bytes binary numbers take.
type BinarySizes int

// The rules for binary numbers.
const (
	Bytes248    BinarySizes = iota // 2, 4 or 8: IBM
	Bytes1248                      // 1, 2, 4 or 8: GnuCOBOL
	BytesFewest                    // as few as the digits and the sign need: Micro Focus
)

// A Copybook is the records that one text describes, in order.
type Copybook struct {
	Records []*Item
	// Texts are the files that COPY has brought in, each once.
	Texts []string
}

// Record returns the level 01 item of this name, or the first for the empty name; nil if there is none.
func (c *Copybook) Record(name string) *Item {
	for _, record := range c.Records {
		if name == "" || strings.EqualFold(record.Name, name) {
			return record
		}
	}
	return nil
}

// A Usage is how a value is stored.
type Usage int

// The usages. Several spellings share one.
const (
	Display      Usage = iota // characters
	Binary                    // COMP, COMP-4, BINARY: big-endian two's complement
	NativeBinary              // COMP-5, BINARY-LONG, INDEX, POINTER: two's complement in the machine's byte order
	LittleBinary              // COMP-9: little-endian two's complement
	Packed                    // COMP-3, PACKED-DECIMAL: two digits a byte, and a sign
	PackedBare                // COMP-6, COMP-3U: two digits a byte, no sign
	Single                    // COMP-1: floating point of 4 bytes
	Double                    // COMP-2: floating point of 8 bytes
	National                  // NATIONAL: UTF-16
)

// An Item is one data description entry: a record, a group, or a field.
type Item struct {
	Level    int
	Name     string // in upper case; empty for FILLER
	Written  string // the name as it is written
	Usage    Usage
	Picture  *Picture // nil for a group, and for usages without one
	Sign     Sign
	Occurs   *Occurs // nil if it occurs once
	Parent   *Item
	Children []*Item
	// Redefines is the item whose storage this one describes again. It never redefines another.
	Redefines *Item
	// Conditions are the 88 levels.
	Conditions []Condition
	// Renames are the 66 levels of a record.
	Renames []*Rename
	// Value is the literal of the VALUE clause; HasValue says whether there is one.
	Value    string
	HasValue bool

	Justified, BlankWhenZero, Synchronized bool

	// IEEE is true for a Single or Double that is IEEE 754 for any compiler. UTF8 is true for text that is in UTF-8 whatever the code page of the record is.
	IEEE, UTF8 bool

	// Offset is where the first occurrence begins, in bytes from the start of the record, when every table has its full size.
	Offset int
	// Length is that of one occurrence, in bytes, with every table within at its full size.
	Length int
	// Slack is the number of unused bytes in front, which SYNCHRONIZED asks for.
	Slack int

	// File, Line and Column say where the entry stands; lines and columns count from 1.
	File         string
	Line, Column int

	// Joined is true for what [Join] makes.
	Joined bool

	fewest    bool     // COMP-X: as many bytes as the digits need
	dbcs      bool     // DISPLAY-1
	implied   *Picture // of a usage that has none, for the fields of a group
	signToken token    // the SIGN clause, if there is one
	value     stated
}

// A Rename is a 66 level: another name for the bytes from one item through another (ISO/IEC 1989, RENAMES clause).
type Rename struct {
	Name, Written string
	// From and Through are items of the record; they are the same where no THRU stands.
	From, Through *Item
	// File, Line and Column say where the entry stands.
	File         string
	Line, Column int

	from, through           name
	fromToken, throughToken token
}

// IsFiller reports whether the item has no name of its own.
func (i *Item) IsFiller() bool { return i.Name == "" }

// IsGroup reports whether the item has fields below it.
func (i *Item) IsGroup() bool { return len(i.Children) > 0 }

// Size is the length in bytes of all occurrences.
func (i *Item) Size() int {
	if i.Occurs == nil {
		return i.Length
	}
	return i.Length * i.Occurs.Max
}

// Path is the names from the record down, joined with points, without those of fillers.
func (i *Item) Path() string {
	if i.Parent == nil {
		return i.Name
	}
	path := i.Parent.Path()
	switch {
	case i.Name == "":
		return path
	case path == "":
		return i.Name
	default:
		return path + "." + i.Name
	}
}

// Sign says where the sign of a DISPLAY number is.
type Sign struct {
	// Leading is true in front, false at the end.
	Leading bool
	// Separate is true if the sign is a character of its own, false if it is overpunched on a digit.
	Separate bool
}

// Occurs is a table.
type Occurs struct {
	Min, Max int
	// DependingOn is the field that holds the number of elements; nil if it is always Max.
	DependingOn *Item

	counter         name
	counterToken    token
	counterRequired bool
}

// A Condition is an 88 level: a name for some values of the item above.
type Condition struct {
	Name   string
	Values []Range
}

// A Range is the values from From through To. To equals From for a single value. HIGH-VALUES and LOW-VALUES are [HighValues] and [LowValues].
type Range struct {
	From, To string
}

// What stands for the figurative constants of characters that no text has.
const (
	HighValues = "HIGH-VALUES"
	LowValues  = "LOW-VALUES"
)

// A Category is what a picture allows in a field (ISO/IEC 1989, PICTURE clause).
type Category int

// The categories.
const (
	Numeric            Category = iota // digits, with a decimal point that is not stored
	Alphanumeric                       // any characters, X and A
	NumericEdited                      // a number made readable: with currency, thousands, a floating sign, CR or DB
	AlphanumericEdited                 // text with insertions
	NationalText                       // N: UTF-16 characters
	DoubleByte                         // G: double-byte characters
	ExternalFloat                      // a floating point number as text: +9.9(8)E+99
)

// A Picture is a PICTURE character string and what it means.
type Picture struct {
	Text     string
	Category Category
	// Size is the number of character positions that are stored, without a separate sign.
	Size int
	// Digits is the number of digits that are stored. Scale is how many digits stand behind the decimal point: more
	// than Digits, or fewer than 0, where P moves the point out of the stored digits.
	Digits, Scale int
	// Signed is true with S, + or -.
	Signed bool
	// Suppressed is the number of digits in front that are blanks where they are zeros: the Z in front of the decimal point.
	Suppressed int
	// Point is the decimal point that is stored as a character of its own, or 0.
	Point byte
	// Edit is the character positions of a picture that edits a number, in order; Currency is the sign of its currency symbol.
	Edit     []Position
	Currency string

	signLeading, signTrailing bool // a + or - of its own
	bytes                     int  // in storage, where the usage alone says so
	pointer                   bool // an address
}
