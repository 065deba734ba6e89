package delimited

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Decoded reads a file in a character set. UTF-16 becomes UTF-8, whether it is named, or a byte order mark shows it; anything else is left as it is, with the code page that
// its values are in. The empty name is UTF-8.
func Decoded(r io.Reader, charset string) (io.Reader, *record.CodePage, error) {
	utf8, err := record.LookUpCodePage("utf-8")
	if err != nil {
		return nil, nil, err
	}
	buffered := bufio.NewReader(r)
	mark, _ := buffered.Peek(2) // shorter files have none; an error comes again when it is read
	switch folded := strings.ReplaceAll(strings.ToLower(charset), "_", "-"); {
	case strings.HasPrefix(folded, "utf-16be") || folded == "" && bytes.Equal(mark, []byte{0xFE, 0xFF}):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(buffered), utf8, nil
	case strings.HasPrefix(folded, "utf-16") || folded == "" && bytes.Equal(mark, []byte{0xFF, 0xFE}):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(buffered), utf8, nil
	case charset == "":
		return buffered, utf8, nil
	}
	page, err := record.LookUpCodePage(charset)
	if err != nil {
		return nil, nil, fmt.Errorf("the character set: %w", err)
	}
	return buffered, page, nil
}
