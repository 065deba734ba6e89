package record

import (
	"fmt"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
)

// A Type is what a field's values are.
type Type int

// The types.
const (
	Group   Type = iota // fields
	Union               // alternatives, of which one is there
	Text                // UTF-8 text
	Integer             // a whole number of at most 18 digits
	Decimal             // an exact number as text
	Float32             // IEEE 754 single, whatever the record stores
	Float64             // IEEE 754 double
	Bytes               // bytes as they are
	Date                // 2026-01-31
	Time                // seconds since 1970-01-01T00:00:00Z
	Boolean             // 0 or 1
)

// A Policy says what becomes of a number that is none.
type Policy int

// The policies.
const (
	Reject       Policy = iota // the record is bad
	Absent                     // the field is not there
	Zero                       // the field is zero
	ZeroFraction               // a number with a decimal point is zero, and any other field is not there
)

// A Trim says which blanks of a text are not part of its value.
type Trim int

// The trims.
const (
	TrimRight Trim = iota
	TrimBoth       // and control characters
	TrimLeft
	TrimNone
	TrimNothing // and a text of low-values is its low-values
)

// Signs says where the sign of a DISPLAY number is looked for.
type Signs int

// The rules for signs.
const (
	SignsByPicture Signs = iota // where the picture has it, or a character of its own at either end; an overpunched plus also without an S
	SignsStrict                 // anywhere, once: an overpunch only with an S. Blanks and low-values count for nothing
	SignsRelaxed                // anywhere, of several the last one counts. Blanks and low-values count for nothing
)

// Fillers says which items without a name become fields. Groups are named FILLER_1, FILLER_2 and so on, and fields FILLER_P1, FILLER_P2, unless Options say otherwise.
type Fillers int

// The choices for fillers.
const (
	GroupFillers Fillers = iota // groups that hold a field with a name
	NoFillers
	AllFillers
)

// Options say how bytes are read, beyond what the layout itself says.
type Options struct {
	// CodePage of text and DISPLAY numbers. Required.
	CodePage *CodePage
	// LittleEndian is the byte order of COMP-5, COMP-1 and COMP-2 on the machine that wrote the file.
	LittleEndian bool
	// IEEE makes COMP-1 and COMP-2 IEEE 754; otherwise they are IBM hexadecimal floating point.
	IEEE bool
	// Shift lets what follows a table of OCCURS DEPENDING ON stand right behind its last element.
	Shift bool
	// Blank is for number fields full of blanks or low-values, Invalid for anything else that is no number or date.
	Blank, Invalid Policy
	// Formats are dates, times and booleans by field name. One that no field has does nothing: several layouts may share them.
	Formats map[string]string
	// Choices pick one alternative of a REDEFINES.
	Choices []Choice
	// AllAlternatives decodes every alternative of a REDEFINES that no choice is made for; one that cannot be decoded is absent. Otherwise the first is meant.
	AllAlternatives bool
	// Location is the time zone of times. Nil is UTC.
	Location *time.Location
	Trim     Trim
	Fillers  Fillers
	// FillersAfter names fillers FILLER_AFTER_ and the item in front of them in their group, or their group.
	FillersAfter bool
	// Pad lets a record be shorter than the layout: what is missing is blanks.
	Pad bool
	// Partial lets a record end early: a text has what is there, and any other field that is cut off is absent. It goes before Pad.
	Partial bool
	// Signs of DISPLAY numbers.
	Signs Signs
	// Storage lets a whole number be as large as its bytes have room for; otherwise its picture bounds it.
	Storage bool
	// LowValues makes a text full of low-values an empty text; otherwise it is absent.
	LowValues bool
	// DropControls leaves control characters out of texts, unless Trim is TrimNothing. It is for ASCII and its kin.
	DropControls bool
	// NationalLittle is the byte order of NATIONAL.
	NationalLittle bool
	// DisplayText makes texts of DISPLAY numbers, as they stand.
	DisplayText bool
	// CodePages are those of single fields, by name. One that no field has does nothing.
	CodePages map[string]*CodePage
	// GroupTexts are groups that are decoded as one text besides: GROUP gives GROUP_NT. The name of a level 66 gives what it renames.
	GroupTexts []string
	// Counts are, by table and text, the numbers of elements that the texts of a counter stand for.
	Counts map[string]map[string]int
	// Segments are alternatives of which a record has the one that [Decoder.Select] names.
	Segments []string
	// Rules say by an expression whether an alternative of a REDEFINES is there.
	Rules []Rule
	// WrittenNames makes the names in JSON those that the copybook has, as they are written there; otherwise - is _, and they are in upper case.
	WrittenNames bool
	// KeepRoot makes the record's own name a group around all else.
	KeepRoot bool
	// Excess lets a record be longer than the layout. Blanks at the end never count.
	Excess bool
}

// A Choice says when an alternative of a REDEFINES is meant.
type Choice struct {
	Field string
	When  When
}

// A Rule says that an alternative of a REDEFINES is there if a CEL expression is true. Its variables are the fields in front of the alternative, with - written
// as _; one that is absent is null.
type Rule struct {
	Field, Expression string
}

// When is a comparison of one field with some values.
type When struct {
	Field  string
	Values []string
}

// A Layout is a compiled record description. It never changes and serves any number of goroutines.
type Layout struct {
	// Fields are the record's fields, in order.
	Fields []*Field
	// Length is the record's length in bytes with all tables at full size; 0 for delimited records.
	Length int

	options   Options
	delimited *Delimiter
	decodedBy func(raw []byte, to Sink) error // of records that another package reads; else nil
	writer    Writer                          // of records that another package writes; else nil
	kinds     *kinds                          // of records with segments; nil without
	all       []*Field                        // by Index
	slots     int
	program   *program        // nil where records must be walked
	formatted map[string]bool // folded names of formats that a field took
}

// A Field is one field, group, or choice of a layout.
type Field struct {
	// Index is the field's number within the layout, from 0.
	Index int
	// Name is the original name. Path has the names of its groups in front.
	Name, Path string
	Type       Type
	// Children are the fields of a group, or the alternatives of a union.
	Children []*Field
	// Repeated is a table; it has Min to Max elements.
	Repeated bool
	Min, Max int
	// Length is the longest value in characters of text, or in bytes.
	Length int
	// Digits and Scale are those of a number: at most Digits in all, Scale of them behind the point. 32 bits hold an Integer of up to 9 digits.
	Digits, Scale int
	Signed        bool
	// Roomy says that a whole number may have more digits, as many as its bytes have room for.
	Roomy bool
	// Conditions are the names that the layout gives to some values.
	Conditions []copybook.Condition
	// Required says that whoever writes the record must give a value, and Pattern is what a text then fits; empty is any. Both are for [Describe].
	Required bool
	Pattern  string
	// Spelling is that of dates and booleans in the file; nil is 2026-01-31, true and false. It is for [Describe].
	Spelling *Spelling

	codec     codec
	json      string // the name as a JSON object has it
	skipped   bool   // takes room, but has no value
	offset    int    // in a record whose tables are all full, or the column of a delimited record
	size      int    // bytes of one occurrence at full size
	slack     int
	fixed     bool // always stands at offset
	counter   *Field
	slot      int // where the decoder remembers its place, or -1
	choice    *Condition
	lenient   bool // an alternative that may turn out not to be meant
	segment   bool // only there if the decoder has selected it
	inline    bool // a group whose fields are handed out as those of the group around it
	rule      *rule
	whole     *Field         // the group that this text shows again; it takes no room
	counts    map[string]int // by the counter's text
	justified bool
	through   *Field // where a level 66 ends, which begins with whole
	blankZero bool   // blanks are a zero
	initial   []byte // of the VALUE clause, for a field that has no value
}

// IsNumber reports whether values compare as numbers.
func (f *Field) IsNumber() bool { return f.Type == Integer || f.Type == Decimal }

// IsFixed reports whether the field stands at the same place in every record, so that [Layout.Extract] can read it.
func (f *Field) IsFixed() bool { return f.fixed && f.codec != nil }

// Size is the number of fields, groups and unions of the layout: one more than the highest Index.
func (l *Layout) Size() int { return len(l.all) }

// Options returns the options that the layout was compiled with.
func (l *Layout) Options() Options { return l.options }

// TakesFormat reports whether a field took the format of this name in [Options].
func (l *Layout) TakesFormat(name string) bool { return l.formatted[fold(name)] }

// Lookup finds the field of this name, in whatever case if there is none in its own. The name of a field that is not unique needs names of its groups in front: GROUP.FIELD.
func (l *Layout) Lookup(name string) (*Field, error) {
	found := l.exactly(name)
	if found != nil {
		return found, nil
	}
	wanted := fold(name)
	for _, f := range l.all {
		path := fold(f.Path)
		if f.skipped || f.Type == Union || path != wanted && !strings.HasSuffix(path, "."+wanted) {
			continue
		}
		if path == wanted {
			return f, nil
		}
		if found != nil {
			return nil, fmt.Errorf("there are several fields %s: name one by its groups, as in %s", name, found.Path)
		}
		found = f
	}
	if found == nil {
		return nil, fmt.Errorf("there is no field %s in the layout", name)
	}
	return found, nil
}

// fold makes names comparable: COBOL does not tell the cases apart, and - and _ are often taken for each other.
func fold(name string) string {
	return strings.ReplaceAll(strings.ToUpper(name), "_", "-")
}

// A FieldError says what is wrong with one field of a record.
type FieldError struct {
	// Path names the field, and Offset is where it begins in the record, in bytes; -1 if unknown.
	Path   string
	Offset int
	Reason string
}

// Error returns the field and the reason.
func (e *FieldError) Error() string {
	if e.Path == "" {
		return e.Reason
	}
	if e.Offset < 0 {
		return e.Path + " " + e.Reason
	}
	return fmt.Sprintf("%s at byte %d %s", e.Path, e.Offset, e.Reason)
}

// Place is where a fixed field begins: a byte of the record, or the number of its column.
func (f *Field) Place() int { return f.offset }

// IsHidden reports whether the field only takes up room: a FILLER.
func (f *Field) IsHidden() bool { return f.skipped }
