package copybook

import (
	"strconv"
	"strings"
)

// maxOccurs bounds the elements of a table; IBM's own bound is close to it.
const maxOccurs = 1 << 24

// usages are the words of the USAGE clause.
var usages = map[string]Usage{
	"DISPLAY": Display,
	"COMP":    Binary, "COMPUTATIONAL": Binary, "COMP-4": Binary, "COMPUTATIONAL-4": Binary, "BINARY": Binary, "COMP-0": Binary, "COMPUTATIONAL-0": Binary,
	"COMP-1": Single, "COMPUTATIONAL-1": Single, "FLOAT-SHORT": Single,
	"COMP-2": Double, "COMPUTATIONAL-2": Double, "FLOAT-LONG": Double,
	"COMP-3": Packed, "COMPUTATIONAL-3": Packed, "PACKED-DECIMAL": Packed,
	"COMP-5": NativeBinary, "COMPUTATIONAL-5": NativeBinary,
	"COMP-6": PackedBare, "COMPUTATIONAL-6": PackedBare, "COMP-3U": PackedBare, "COMPUTATIONAL-3U": PackedBare,
	"COMP-9": LittleBinary, "COMPUTATIONAL-9": LittleBinary,
	"FLOAT-BINARY-32": Single, "FLOAT-BINARY-64": Double,
	"SIGNED-SHORT": NativeBinary, "SIGNED-INT": NativeBinary, "UNSIGNED-SHORT": NativeBinary, "UNSIGNED-INT": NativeBinary, "BINARY-INT": NativeBinary, "BINARY-LONG-LONG": NativeBinary,
	"PROGRAM-POINTER": NativeBinary, "INDEX": NativeBinary, "POINTER": NativeBinary, "POINTER-32": NativeBinary, "PROCEDURE-POINTER": NativeBinary, "FUNCTION-POINTER": NativeBinary,
	"COMP-N": NativeBinary, "COMPUTATIONAL-N": NativeBinary,
	"BINARY-CHAR": NativeBinary, "BINARY-SHORT": NativeBinary, "BINARY-LONG": NativeBinary, "BINARY-DOUBLE": NativeBinary,
	"NATIONAL": National, "DISPLAY-1": Display, "UTF-8": Display,
}

// implied are the pictures of usages that have none, with their bytes in storage.
var implied = map[string]Picture{
	"INDEX":             {Text: "S9(9)", Digits: 9, Size: 9, Signed: true, bytes: 4},
	"POINTER":           {Text: "9(10)", Digits: 10, Size: 10, bytes: 4, pointer: true},
	"POINTER-32":        {Text: "9(10)", Digits: 10, Size: 10, bytes: 4},
	"PROCEDURE-POINTER": {Text: "9(18)", Digits: 18, Size: 18, bytes: 8},
	"FUNCTION-POINTER":  {Text: "9(10)", Digits: 10, Size: 10, bytes: 4, pointer: true},
	"BINARY-CHAR":       {Text: "S9(3)", Digits: 3, Size: 3, Signed: true, bytes: 1},
	"BINARY-SHORT":      {Text: "S9(5)", Digits: 5, Size: 5, Signed: true, bytes: 2},
	"BINARY-LONG":       {Text: "S9(10)", Digits: 10, Size: 10, Signed: true, bytes: 4},
	"BINARY-DOUBLE":     {Text: "S9(19)", Digits: 19, Size: 19, Signed: true, bytes: 8},
	"BINARY-INT":        {Text: "S9(10)", Digits: 10, Size: 10, Signed: true, bytes: 4},
	"BINARY-LONG-LONG":  {Text: "S9(19)", Digits: 19, Size: 19, Signed: true, bytes: 8},
	"SIGNED-SHORT":      {Text: "S9(5)", Digits: 5, Size: 5, Signed: true, bytes: 2},
	"SIGNED-INT":        {Text: "S9(10)", Digits: 10, Size: 10, Signed: true, bytes: 4},
	"UNSIGNED-SHORT":    {Text: "9(5)", Digits: 5, Size: 5, bytes: 2},
	"UNSIGNED-INT":      {Text: "9(10)", Digits: 10, Size: 10, bytes: 4},
	"PROGRAM-POINTER":   {Text: "9(10)", Digits: 10, Size: 10, bytes: 4, pointer: true},
}

// unread are clauses that compilers take and a record of a file cannot have, or of which they do not agree, with the reason.
var unread = map[string]string{
	"FLOAT-EXTENDED": "compilers do not agree on how such a number is stored", "FLOAT-DECIMAL-7": "decimal floating point is not read",
	"FLOAT-DECIMAL-16": "decimal floating point is not read", "FLOAT-DECIMAL-34": "decimal floating point is not read",
	"SIGNED-LONG": "it has 4 or 8 bytes, by the compiler: write BINARY-LONG or BINARY-DOUBLE", "UNSIGNED-LONG": "it has 4 or 8 bytes, by the compiler: write BINARY-LONG or BINARY-DOUBLE",
	"BINARY-C-LONG": "it has 4 or 8 bytes, by the compiler: write BINARY-LONG or BINARY-DOUBLE",
	"OBJECT":        "an object is nothing that a file holds", "HANDLE": "a handle is nothing that a file holds", "ANY": "an item of any length has no place in a record",
	"DYNAMIC": "an item of any length has no place in a record", "BIT": "bits are not read: describe the bytes that they lie in", "ALIGNED": "bits are not read: describe the bytes that they lie in",
	"TYPE": "types are not followed: write out the fields", "TYPEDEF": "types are not followed: write out the fields", "SAME": "SAME AS is not followed: write out the fields",
}

func isClause(text string) bool {
	if _, ok := usages[text]; ok {
		return true
	}
	switch text {
	case "PIC", "PICTURE", "USAGE", "SIGN", "LEADING", "TRAILING", "OCCURS", "REDEFINES", "VALUE", "VALUES", "JUST", "JUSTIFIED", "BLANK",
		"SYNC", "SYNCHRONIZED", "EXTERNAL", "GLOBAL", "GROUP-USAGE", "COMP-X", "COMPUTATIONAL-X", "CONSTANT", "DATE", "VOLATILE", "BASED", "BYTE-LENGTH":
		return true
	default:
		return false
	}
}

// clauses reads the clauses of an entry up to its period. It returns false if the entry could not be read.
func (p *parser) clauses(item *Item) bool {
	mistakes := len(p.errors)
	for {
		t := p.next()
		if t.kind == period {
			p.finish(item)
			return len(p.errors) == mistakes
		}
		if t.kind == end {
			p.fail(t, "the entry of %s has no period at its end", item.label())
			return false
		}
		if !p.clause(item, t) {
			p.skipEntry()
			return false
		}
	}
}

// finish holds the clauses of an entry against each other.
func (p *parser) finish(item *Item) {
	picture := item.Picture
	item.Value = item.value.of(item)
	if picture == nil {
		return
	}
	if item.dbcs && picture.Category == NationalText {
		picture.Category = DoubleByte // PIC N DISPLAY-1
	}
	if item.Sign.Separate {
		picture.Signed = true // compilers want an S too, and many copybooks do without
	}
	characters := item.Usage == Display || item.Usage == National
	if item.signToken.text != "" && !characters {
		p.fail(item.signToken, "SIGN says where DISPLAY numbers have their sign, and %s is none", item.label())
	}
	if picture.Edit != nil && !characters {
		p.failAt(item, "%s has the picture %s, which only DISPLAY can store", item.label(), picture.Text)
	}
}

func (p *parser) clause(item *Item, t token) bool {
	switch keyword := t.upper(); keyword {
	case "PIC", "PICTURE":
		p.accept("IS")
		return p.picture(item)
	case "USAGE", "GROUP-USAGE":
		p.accept("IS")
		return p.usage(item, p.next())
	case "SIGN":
		p.accept("IS")
		return p.clause(item, p.next())
	case "LEADING", "TRAILING":
		item.signToken = t
		item.Sign.Leading = keyword == "LEADING"
		if p.accept("SEPARATE") {
			item.Sign.Separate = true
			p.accept("CHARACTER")
		}
	case "OCCURS":
		return p.occurs(item)
	case "REDEFINES":
		base := p.next()
		if base.kind != word {
			p.fail(base, "the name of the item that is redefined belongs here")
			return false
		}
		item.Redefines = &Item{Name: base.upper(), File: base.file, Line: base.line, Column: base.column}
	case "VALUE", "VALUES":
		p.accept("IS", "ARE")
		item.value, item.HasValue = p.value(p.next()), true
	case "JUST", "JUSTIFIED":
		item.Justified = true
		p.accept("RIGHT")
	case "BLANK":
		p.accept("WHEN")
		item.BlankWhenZero = p.accept("ZERO", "ZEROS", "ZEROES")
	case "SYNC", "SYNCHRONIZED":
		item.Synchronized = true
		p.accept("LEFT", "RIGHT")
	case "IS":
		return p.clause(item, p.next()) // IS GLOBAL, IS TYPEDEF
	case "EXTERNAL", "GLOBAL", "VOLATILE", "BASED":
		p.accept("IS")
		if p.accept("AS") {
			p.next() // the name that a linker knows it by
		}
	case "BYTE-LENGTH": // of PIC U
		p.accept("IS")
		n, ok := p.count(p.next())
		if !ok || item.Picture == nil || !item.UTF8 || n == 0 {
			p.fail(t, "BYTE-LENGTH is the bytes of a picture U in front of it")
			return false
		}
		item.Picture.Size = n
	case "DATE": // DATE FORMAT YYXXXX, of the millennium language extensions
		p.accept("FORMAT")
		p.accept("IS")
		p.next()
	default:
		return p.usage(item, t)
	}
	return true
}

func (p *parser) picture(item *Item) bool {
	t := p.next()
	if t.kind != word {
		p.fail(t, "a picture such as X(10) or S9(7)V99 belongs here")
		return false
	}
	if item.Picture != nil {
		p.fail(t, "%s has two pictures", item.label())
		return false
	}
	text := t.text
	if following := p.peek(); following.kind == word && following.text[0] == '(' {
		text += p.next().text // X (10)
	}
	picture, err := parsePicture(p.constants.inPicture(text), p.options)
	if err != nil {
		p.fail(t, "%v", err)
		return false
	}
	item.Picture = picture
	item.UTF8 = strings.ContainsAny(picture.Text, "Uu")
	if picture.signLeading || picture.signTrailing {
		item.Sign = Sign{Leading: picture.signLeading, Separate: true}
	}
	return true
}

func (p *parser) usage(item *Item, t token) bool {
	keyword := t.upper()
	if keyword == "COMP-X" || keyword == "COMPUTATIONAL-X" {
		item.Usage, item.fewest = Binary, true
		return true
	}
	usage, ok := usages[keyword]
	if reason, known := unread[keyword]; known {
		p.fail(t, "%s cannot be read: %s", keyword, reason)
		return false
	}
	if !ok {
		p.fail(t, "%q is no clause that is known here (PICTURE, USAGE, SIGN, OCCURS, REDEFINES, VALUE, JUSTIFIED, BLANK WHEN ZERO, SYNCHRONIZED)", t.text)
		return false
	}
	item.Usage, item.IEEE = usage, strings.HasPrefix(keyword, "FLOAT-BINARY")
	item.dbcs = keyword == "DISPLAY-1"
	if picture, ok := implied[keyword]; ok {
		p.accept("SIGNED")
		if p.accept("UNSIGNED") {
			picture.Signed = false
		}
		item.Picture = &picture
	}
	return true
}

// occurs reads OCCURS n [TO m] [TIMES] [DEPENDING ON name] and reads over keys and indexes.
func (p *parser) occurs(item *Item) bool {
	first := p.next()
	if u := first.upper(); u == "DYNAMIC" || u == "UNBOUNDED" {
		p.fail(first, "a table without a bound has no place in a record: OCCURS 0 TO n DEPENDING ON says how many elements there can be")
		return false
	}
	count, ok := p.count(first)
	if !ok {
		return false
	}
	item.Occurs = &Occurs{Min: count, Max: count}
	ranged := p.accept("TO")
	if ranged {
		if u := p.peek(); u.upper() == "UNBOUNDED" {
			p.fail(u, "a table without a bound has no place in a record: write how many elements there can be at most")
			return false
		}
		if item.Occurs.Max, ok = p.count(p.next()); !ok {
			return false
		}
	}
	if item.Occurs.Max < item.Occurs.Min || item.Occurs.Max == 0 {
		p.fail(first, "OCCURS needs room for at least one element, and no more at least than at most")
		return false
	}
	p.accept("TIMES")
	for {
		switch t := p.peek(); t.upper() {
		case "DEPENDING":
			p.next()
			p.accept("ON")
			if !p.counter(item) {
				return false
			}
			if !ranged {
				item.Occurs.Min = 0 // OCCURS 5 DEPENDING ON: files have none where there is nothing
			}
		case "ASCENDING", "DESCENDING":
			p.next()
			p.accept("KEY")
			p.accept("IS", "ARE")
			p.skipNames()
		case "INDEXED":
			p.next()
			p.accept("BY")
			p.skipNames()
		default:
			return true
		}
	}
}

func (p *parser) count(t token) (int, bool) {
	n, err := strconv.Atoi(p.constants.value(t).text)
	if t.kind != word || err != nil || n < 0 || n > maxOccurs {
		p.fail(t, "a number of elements up to %d belongs here, not %q", maxOccurs, t.text)
		return 0, false
	}
	return n, true
}

// counter reads the name behind DEPENDING ON.
func (p *parser) counter(item *Item) bool {
	t := p.next()
	if t.kind != word {
		p.fail(t, "the name of the field that counts the elements belongs here")
		return false
	}
	item.Occurs.counter = name{t.upper()}
	for p.accept("OF", "IN") {
		item.Occurs.counter = append(item.Occurs.counter, p.next().upper())
	}
	item.Occurs.counterToken, item.Occurs.counterRequired = t, true
	return true
}

// skipNames reads over names up to the next clause.
func (p *parser) skipNames() {
	for t := p.peek(); t.kind == word; t = p.peek() {
		if u := t.upper(); isClause(u) || u == "DEPENDING" || u == "INDEXED" || u == "ASCENDING" || u == "DESCENDING" {
			return
		}
		p.next()
	}
}
