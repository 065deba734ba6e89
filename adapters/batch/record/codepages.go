package record

import (
	"bufio"
	"bytes"
	_ "embed" // the tables
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

//go:embed codepages.txt
var codePageText []byte

// LookUpCodePage returns the code page of this name. Case does not count, and a page of IBM may be named by its number (CCSID) alone or with cp, ibm, ibm- or ccsid in
// front: cp037, IBM037, 37. The page bytes makes bytes of a text.
func LookUpCodePage(name string) (*CodePage, error) {
	folded := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", "-")
	if number, ok := strings.CutPrefix(folded, "iso8859-"); ok { // as Java spells it
		folded = "iso-8859-" + number
	}
	switch folded {
	case "ascii", "us-ascii":
		return ascii(), nil
	case "ascii-printable", "us-ascii-printable":
		return asciiPrintable(), nil
	case "bytes":
		page := latin1()
		page.name, page.raw = name, true
		return page, nil
	case "utf-8", "utf8", "utf-8-printable":
		page := utf8Page()
		page.name = name
		return page, nil
	}
	if charset := charset(folded); charset != nil {
		return fromCharmap(name, charset), nil
	}
	tables, err := codePageTables()
	if err != nil {
		return nil, err
	}
	for _, prefix := range []string{"ccsid", "ibm", "cp", "-"} {
		folded = strings.TrimPrefix(folded, prefix)
	}
	folded = strings.TrimLeft(folded, "0")
	if table, ok := tables.byName[folded]; ok {
		page := NewCodePage(name, table)
		if strings.HasPrefix(folded, "common") || strings.HasSuffix(folded, "-printable") || strings.HasSuffix(folded, "-extended") {
			page.preferHighest()
		}
		return page, nil
	}
	if charset := charset(strings.TrimSuffix(folded, "-printable")); charset != nil { // in which nothing stands for blanks
		return fromCharmap(name, charset), nil
	}
	return nil, fmt.Errorf("the code page %q is not known: there are %s", name, strings.Join(CodePageNames(), ", "))
}

// CodePageNames returns the names of the code pages as they are documented; others are accepted too.
func CodePageNames() []string {
	return []string{
		"cp037", "cp273", "cp277", "cp278", "cp280", "cp284", "cp285", "cp297", "cp500", "cp870", "cp871", "cp875", "cp1025", "cp1026", "cp1047", "cp1140", "cp1141", "cp1142",
		"cp1143", "cp1144", "cp1145", "cp1146", "cp1147", "cp1148", "cp1149", "common", "ascii", "latin1", "iso-8859-2", "iso-8859-15", "windows-1250", "windows-1252", "cp850",
		"utf-8",
	}
}

// A pageTables is what codepages.txt holds.
type pageTables struct {
	byName map[string][256]rune // without cp and zeros in front
}

// codePageTables reads codepages.txt, once.
//
//nolint:gochecknoglobals // a constant that is computed
var codePageTables = sync.OnceValues(func() (*pageTables, error) {
	tables := &pageTables{byName: make(map[string][256]rune)}
	lines := bufio.NewScanner(bytes.NewReader(codePageText))
	lines.Buffer(nil, 1<<16)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		table, ok := tables.byName[plainName(fields[1])]
		if !ok {
			for i := range table {
				table[i] = utf8.RuneError
			}
		}
		for _, field := range fields[2:] {
			if err := setRange(&table, field); err != nil {
				return nil, fmt.Errorf("code page %s: %w", fields[0], err)
			}
		}
		tables.byName[plainName(fields[0])] = table
	}
	return tables, lines.Err()
})

func plainName(name string) string { return strings.TrimLeft(strings.TrimPrefix(name, "cp"), "0") }

// setRange reads BYTE=CODE-POINT, BYTE= or FIRST-LAST=CODE-POINT.
func setRange(table *[256]rune, text string) error {
	place, value, ok := strings.Cut(text, "=")
	from, to, ranged := strings.Cut(place, "-")
	if !ranged {
		to = from
	}
	first, err1 := strconv.ParseUint(from, 16, 8)
	last, err2 := strconv.ParseUint(to, 16, 8)
	point := uint64(utf8.RuneError)
	var err3 error
	if value != "" {
		point, err3 = strconv.ParseUint(value, 16, 21)
	}
	if !ok || err1 != nil || err2 != nil || err3 != nil || first > last {
		return fmt.Errorf("%q is neither BYTE=CODE-POINT nor FIRST-LAST=CODE-POINT", text)
	}
	for b := first; b <= last; b++ {
		table[b] = rune(point)
		if value != "" {
			point++
		}
	}
	return nil
}

// ReadCodePage makes a code page of a table: on each line a byte and its code point, both in hexadecimal digits; # begins a comment. What is not named has no character.
func ReadCodePage(name string, content []byte) (*CodePage, error) {
	var table [256]rune
	for i := range table {
		table[i] = utf8.RuneError
	}
	found := 0
	lines := bufio.NewScanner(bytes.NewReader(content))
	for number := 1; lines.Scan(); number++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 2 {
			return nil, fmt.Errorf("%s:%d:1: a byte and a code point belong here", name, number)
		}
		if err := setRange(&table, strings.TrimPrefix(fields[0], "0x")+"="+strings.TrimPrefix(strings.TrimPrefix(fields[1], "U+"), "0x")); err != nil {
			return nil, fmt.Errorf("%s:%d:1: a byte and a code point belong here, both in hexadecimal digits", name, number)
		}
		found++
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the code page: %w", err)
	}
	if found == 0 {
		return nil, errors.New("the code page " + name + " has no characters")
	}
	return NewCodePage(name, table), nil
}

// charset returns the character set of this name that is not IBM's EBCDIC.
func charset(name string) *charmap.Charmap {
	switch name {
	case "latin1", "latin-1":
		return charmap.ISO8859_1
	case "latin9", "latin-9":
		return charmap.ISO8859_15
	}
	for _, encoding := range charmap.All {
		known, ok := encoding.(*charmap.Charmap)
		if !ok {
			continue
		}
		spelt := strings.ToLower(known.String())
		for _, old := range []string{"ibm code page ", "windows ", "iso "} {
			spelt = strings.Replace(spelt, old, map[string]string{"ibm code page ": "cp", "windows ": "windows-", "iso ": "iso-"}[old], 1)
		}
		if isEBCDIC := known.DecodeByte(0xF0) == '0'; isEBCDIC {
			continue
		}
		plain := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, "ibm"), "-"), "cp")
		if spelt == name || spelt == "cp"+plain || spelt == "windows-"+plain {
			return known
		}
	}
	return nil
}
