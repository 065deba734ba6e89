package record

import (
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// A CodePage is a character set of one byte per character, or UTF-8.
type CodePage struct {
	name   string
	utf8   bool
	ebcdic bool
	raw    bool // texts are bytes
	blank  byte
	table  [256]rune
	plain  [256]byte     // table where it is ASCII, else 0xFF
	quoted [256]byte     // table where it is ASCII that stands for itself in a JSON string, else 0
	spelt  [256]string   // table as UTF-8
	bytes  map[rune]byte // table backwards
}

const ebcdicBlank = 0x40

// preferHighest spells a character that several bytes show as the highest of them, as tools with such tables do; the blank stays what it is.
func (p *CodePage) preferHighest() {
	for i, r := range p.table {
		if r != utf8.RuneError {
			p.bytes[r] = byte(i)
		}
	}
	p.bytes[' '] = p.blank
}

// NewCodePage makes a code page of a table of 256 characters; utf8.RuneError stands for none. It is EBCDIC if its digits begin at F0.
func NewCodePage(name string, table [256]rune) *CodePage {
	page := &CodePage{name: name, table: table, bytes: make(map[rune]byte), ebcdic: table[0xF0] == '0'}
	for i := 255; i >= 0; i-- { // so that the lowest byte of a character wins
		page.spelt[i], page.plain[i] = string(table[i]), 0xFF
		if table[i] < utf8.RuneSelf {
			page.plain[i] = byte(table[i]) //nolint:gosec // ASCII
			if r := table[i]; r >= ' ' && r != '"' && r != '\\' && r != 0x7F {
				page.quoted[i] = page.plain[i]
			}
		}
		if table[i] != utf8.RuneError {
			page.bytes[table[i]] = byte(i)
		}
	}
	page.blank = page.bytes[' ']
	if page.ebcdic {
		page.blank = ebcdicBlank // some tables show other bytes as a blank too
	}
	return page
}

func fromCharmap(name string, charset *charmap.Charmap) *CodePage {
	var table [256]rune
	for i := range table {
		table[i] = charset.DecodeByte(byte(i))
	}
	return NewCodePage(name, table)
}

func latin1() *CodePage { return fromCharmap("latin1", charmap.ISO8859_1) }

func ascii() *CodePage {
	var table [256]rune
	for i := range table {
		table[i] = utf8.RuneError
		if i < utf8.RuneSelf {
			table[i] = rune(i)
		}
	}
	return NewCodePage("ascii", table)
}

// asciiPrintable shows a blank for each byte that is none of ASCII's.
func asciiPrintable() *CodePage {
	var table [256]rune
	for i := range table {
		table[i] = ' '
		if i < utf8.RuneSelf {
			table[i] = rune(i)
		}
	}
	page := NewCodePage("ascii-printable", table)
	page.bytes[' '], page.blank = ' ', ' '
	return page
}

// Name returns the name that the page was looked up by.
func (p *CodePage) Name() string { return p.name }

// IsEBCDIC reports whether digits are stored as F0 to F9.
func (p *CodePage) IsEBCDIC() bool { return p.ebcdic }

// Blank returns the byte that fills up a text.
func (p *CodePage) Blank() byte { return p.blank }

// appendText appends raw as UTF-8. A byte that is no character becomes U+FFFD.
func (p *CodePage) appendText(to, raw []byte) []byte {
	if p.utf8 {
		if utf8.Valid(raw) {
			return append(to, raw...)
		}
		for _, r := range string(raw) { // each byte that is none of a character's gives one U+FFFD
			to = utf8.AppendRune(to, r)
		}
		return to
	}
	for _, c := range raw {
		if r := p.plain[c]; r < utf8.RuneSelf {
			to = append(to, r)
		} else {
			to = append(to, p.spelt[c]...)
		}
	}
	return to
}

// appendBytes appends text in the code page. The error names the first character that the page cannot spell.
func (p *CodePage) appendBytes(to []byte, text string) ([]byte, error) {
	if p.utf8 {
		return append(to, text...), nil
	}
	for _, r := range text {
		c, ok := p.bytes[r]
		if !ok {
			return to, fmt.Errorf("the character %q is not in the code page %s", r, p.name)
		}
		to = append(to, c)
	}
	return to, nil
}

// Bytes encodes text in the code page. The error names the first character that it cannot spell.
func (p *CodePage) Bytes(text string) ([]byte, error) { return p.appendBytes(nil, text) }
