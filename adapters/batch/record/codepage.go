package record

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// A CodePage is a character set of one byte per character, or UTF-8.
type CodePage struct {
	name   string
	utf8   bool
	ebcdic bool
	blank  byte
	table  [256]rune
	plain  [256]byte     // table where it is ASCII, else 0xFF
	spelt  [256]string   // table as UTF-8
	bytes  map[rune]byte // table backwards
}

const ebcdicBlank = 0x40

// NewCodePage makes a code page of a table of 256 characters; utf8.RuneError stands for none. It is EBCDIC if its digits begin at F0.
func NewCodePage(name string, table [256]rune) *CodePage {
	page := &CodePage{name: name, table: table, bytes: make(map[rune]byte), ebcdic: table[0xF0] == '0'}
	for i := 255; i >= 0; i-- { // so that the lowest byte of a character wins
		page.spelt[i], page.plain[i] = string(table[i]), 0xFF
		if table[i] < utf8.RuneSelf {
			page.plain[i] = byte(table[i]) //nolint:gosec // ASCII
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

// LookUpCodePage returns the code page of this name. Case does not count, and an EBCDIC page may be named with or without cp or ibm.
func LookUpCodePage(name string) (*CodePage, error) {
	folded := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(name), "cp"), "ibm")
	folded = strings.TrimLeft(strings.Trim(folded, "-_ "), "0")
	if charset, ok := charsets()[folded]; ok {
		return fromCharmap(name, charset), nil
	}
	switch folded {
	case "ascii", "us-ascii":
		return ascii(), nil
	case "utf-8", "utf8":
		page := ascii()
		page.name, page.utf8 = name, true
		return page, nil
	default:
		return nil, fmt.Errorf("the code page %q is not known: there are %s", name, strings.Join(CodePageNames(), ", "))
	}
}

// CodePageNames returns the names of the code pages as they are documented; others are accepted too.
func CodePageNames() []string {
	return []string{"cp037", "cp1047", "cp1140", "ascii", "latin1", "iso-8859-15", "windows-1252", "utf-8"}
}

func charsets() map[string]*charmap.Charmap {
	return map[string]*charmap.Charmap{
		"37": charmap.CodePage037, "1047": charmap.CodePage1047, "1140": charmap.CodePage1140,
		"latin1": charmap.ISO8859_1, "iso-8859-1": charmap.ISO8859_1, "iso-8859-15": charmap.ISO8859_15,
		"windows-1252": charmap.Windows1252, "1252": charmap.Windows1252,
	}
}

func fromCharmap(name string, charset *charmap.Charmap) *CodePage {
	var table [256]rune
	for i := range table {
		table[i] = charset.DecodeByte(byte(i))
	}
	return NewCodePage(name, table)
}

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
		return append(to, strings.ToValidUTF8(string(raw), string(utf8.RuneError))...)
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
