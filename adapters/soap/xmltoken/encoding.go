package xmltoken

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

var declaredEncoding = regexp.MustCompile(`^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']`)

// ToUTF8 returns a document's text in UTF-8. The encoding is that of its byte order mark, else charset (what the transport said;
// "" if nothing), else that of its XML declaration, else UTF-8 (XML 1.0 appendix F).
func ToUTF8(document []byte, charset string) ([]byte, error) {
	switch {
	case bytes.HasPrefix(document, []byte("\xef\xbb\xbf")):
		return document[3:], nil
	case bytes.HasPrefix(document, []byte("\xfe\xff")), bytes.HasPrefix(document, []byte("\x00<\x00")):
		return decode(document, unicode.UTF16(unicode.BigEndian, unicode.UseBOM))
	case bytes.HasPrefix(document, []byte("\xff\xfe")), bytes.HasPrefix(document, []byte("<\x00?\x00")):
		return decode(document, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))
	}
	if charset == "" {
		if match := declaredEncoding.FindSubmatch(document[:min(len(document), 300)]); match != nil {
			charset = string(match[1])
		}
	}
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return document, nil
	case "utf-16", "utf-16le", "utf-16be", "ucs-2":
		// It says so, but there is no UTF-16 in it: the file was converted and its declaration left as it was.
		return document, nil
	}
	charmap, err := ianaindex.IANA.Encoding(charset)
	if err != nil || charmap == nil {
		return nil, fmt.Errorf("the encoding %s is not known", charset)
	}
	return decode(document, charmap)
}

func decode(document []byte, from encoding.Encoding) ([]byte, error) {
	text, err := from.NewDecoder().Bytes(document)
	if err != nil {
		return nil, fmt.Errorf("converting the text to UTF-8: %w", err)
	}
	return text, nil
}
