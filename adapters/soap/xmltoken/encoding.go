package xmltoken

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

var declaredEncoding = regexp.MustCompile(`^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)

// ToUTF8 returns a document's text in UTF-8. The encoding is that of its byte order mark, else charset (what the transport said;
// "" if nothing), else that of its XML declaration, else UTF-8 (XML 1.0 appendix F). A charset that is not known is passed over, and so is one that says
// UTF-8 where the text is none and its declaration says something else.
func ToUTF8(document []byte, charset string) ([]byte, error) {
	if marked, known := marked(document); known {
		if marked == nil {
			return document[len("\xef\xbb\xbf"):], nil
		}
		return decode(document, marked)
	}
	if charset != "" {
		from, err := named(charset)
		if err == nil && (from != nil || utf8.Valid(document)) {
			return decode(document, from)
		}
	}
	if match := declaredEncoding.FindSubmatch(document[:min(len(document), 300)]); match != nil {
		charset = string(match[1])
	}
	from, err := named(charset)
	if err != nil {
		return nil, err
	}
	return decode(document, from)
}

// marked recognises a byte order mark, and text of UTF-16 and UTF-32 without one by its first "<". The encoding is nil for UTF-8.
func marked(document []byte) (from encoding.Encoding, known bool) {
	begins := func(prefix string) bool { return bytes.HasPrefix(document, []byte(prefix)) }
	switch {
	case begins("\xef\xbb\xbf"):
		return nil, true
	case begins("\x00\x00\xfe\xff"), begins("\x00\x00\x00<"):
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM), true
	case begins("\xff\xfe\x00\x00"), begins("<\x00\x00\x00"):
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), true
	case begins("\xfe\xff"), begins("\x00<\x00"):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), true
	case begins("\xff\xfe"), begins("<\x00") && len(document) > 3 && document[3] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), true
	}
	return nil, false
}

// named returns the encoding of a name, nil for UTF-8. Many names are in use beside those that IANA has registered.
func named(name string) (encoding.Encoding, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "utf-8", "utf8", "utf_8", "us-ascii", "ascii":
		return nil, nil
	case "utf-16", "utf16", "utf-16le", "utf-16be", "ucs-2", "utf-32", "unicode":
		// It says so, but there is no UTF-16 in it: the file was converted and its declaration left as it was.
		return nil, nil
	}
	if from, err := ianaindex.IANA.Encoding(name); err == nil && from != nil {
		return from, nil
	}
	if from, err := htmlindex.Get(name); err == nil {
		return from, nil
	}
	if match := looseEncoding.FindStringSubmatch(strings.ToLower(name)); match != nil {
		family := map[string]string{"iso": "iso-8859-", "cp": "windows-", "windows": "windows-", "win": "windows-", "ibm": "ibm"}[match[1]]
		if from, err := ianaindex.IANA.Encoding(family + match[2]); err == nil && from != nil {
			return from, nil
		}
	}
	return nil, fmt.Errorf("the encoding %s is not known", name)
}

// looseEncoding takes names such as ISO8859_15, cp1252 and Windows1250 apart.
var looseEncoding = regexp.MustCompile(`^(iso|cp|windows|win|ibm)[-_ ]?(?:8859[-_]?)?([0-9]+)$`)

// FromWindows1252 returns the text of that code page in UTF-8. The five bytes that the code page leaves out become U+FFFD.
func FromWindows1252(text []byte) []byte {
	out, err := charmap.Windows1252.NewDecoder().Bytes(text)
	if err != nil {
		return text
	}
	return out
}

func decode(document []byte, from encoding.Encoding) ([]byte, error) {
	if from == nil {
		return document, nil
	}
	text, err := from.NewDecoder().Bytes(document)
	if err != nil {
		return nil, fmt.Errorf("converting the text to UTF-8: %w", err)
	}
	return text, nil
}
