package xmlrecord

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

const (
	bufferSize = 1 << 16
	maxDepth   = 200
)

// Reader cuts a file into records. Offsets count bytes of the file in UTF-8.
type Reader struct {
	path    Path
	decoder *xml.Decoder
	taken   *recorder
	open    []string
	number  int64
	root    *xml.StartElement
	// transaction finds records by their name alone, if it is set.
	transaction func(name string) bool
	seen        func(open []string, token xml.Token)
}

// NewReader returns a reader of the elements that the path names.
func NewReader(r io.Reader, path Path) *Reader {
	taken := &recorder{}
	taken.r = bufio.NewReaderSize(utf8Reader(r), bufferSize)
	decoder := xml.NewDecoder(taken)
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil } // it is UTF-8 already
	return &Reader{path: path, decoder: decoder, taken: taken}
}

// A recorder hands bytes on, and keeps those of the record under way. It is a byte reader, so that encoding/xml reads no further than it must.
type recorder struct {
	r     *bufio.Reader
	kept  []byte
	start int64 // offset of kept
	at    int64
	whole error
}

func (c *recorder) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err != nil {
		return 0, err
	}
	if len(c.kept) == framing.MaxRecord {
		c.whole = fmt.Errorf("it is longer than %d bytes", framing.MaxRecord)
		return 0, c.whole
	}
	c.kept = append(c.kept, b)
	c.at++
	return b, nil
}

func (c *recorder) Read([]byte) (int, error) { return 0, errors.New("read byte by byte") }

// from drops what was kept in front of an offset.
func (c *recorder) from(offset int64) {
	c.kept = append(c.kept[:0], c.kept[offset-c.start:]...)
	c.start = offset
}

// utf8Reader decodes the file: as its byte order mark says, else as its XML declaration says, else it is UTF-8.
func utf8Reader(r io.Reader) io.Reader {
	buffered := bufio.NewReaderSize(r, bufferSize)
	head, _ := buffered.Peek(256) // shorter files have less; an error comes again when it is read
	var charset encoding.Encoding
	switch {
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}), bytes.HasPrefix(head, []byte{0, '<'}):
		charset = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{'<', 0}):
		charset = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		charset = unicode.UTF8BOM
	default:
		named, err := htmlindex.Get(declared(string(head)))
		if err != nil || named == unicode.UTF8 {
			return buffered // left as it is, so that what is not UTF-8 is found
		}
		charset = named
	}
	return charset.NewDecoder().Reader(buffered)
}

// declared is the encoding that an XML declaration names.
func declared(head string) string {
	declaration, _, ok := strings.Cut(head, "?>")
	if !ok || !strings.HasPrefix(declaration, "<?xml") {
		return ""
	}
	_, name, ok := strings.Cut(declaration, "encoding=")
	if !ok || name == "" {
		return ""
	}
	name, _, _ = strings.Cut(name[1:], name[:1])
	return name
}

func (r *Reader) errorf(format string, values ...any) error {
	return &framing.Error{Number: r.number + 1, Offset: r.decoder.InputOffset(), Reason: fmt.Sprintf(format, values...)}
}

// Next implements [framing.Reader].
func (r *Reader) Next() (framing.Record, error) {
	for {
		start := r.decoder.InputOffset()
		r.taken.from(start)
		token, err := r.token()
		if err != nil {
			return framing.Record{}, err
		}
		if _, ok := token.(xml.StartElement); ok && r.isRecord() {
			return r.record(start)
		}
	}
}

func (r *Reader) isRecord() bool {
	if r.transaction != nil {
		return r.transaction(r.open[len(r.open)-1])
	}
	return r.path.matches(r.open)
}

// record reads on to the end of the element that has begun.
func (r *Reader) record(start int64) (framing.Record, error) {
	depth := len(r.open)
	for len(r.open) >= depth {
		if _, err := r.token(); err != nil {
			return framing.Record{}, err
		}
	}
	r.number++
	return framing.Record{Number: r.number, Offset: start, Data: r.taken.kept[:r.decoder.InputOffset()-start]}, nil
}

// token reads one token and keeps track of the open elements.
func (r *Reader) token() (xml.Token, error) {
	token, err := r.decoder.Token()
	switch {
	case errors.Is(err, io.EOF) && r.root == nil:
		return nil, r.errorf("the file has no element")
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case r.taken.whole != nil:
		return nil, r.errorf("%v", r.taken.whole)
	case err != nil:
		return nil, r.syntax(err)
	}
	switch element := token.(type) {
	case xml.StartElement:
		if len(r.open) == maxDepth {
			return nil, r.errorf("elements are nested deeper than %d times", maxDepth)
		}
		if r.root != nil && len(r.open) == 0 {
			return nil, r.errorf("there are two roots")
		}
		if r.root == nil {
			root := element.Copy()
			r.root = &root
		}
		r.open = append(r.open, element.Name.Local)
	case xml.Directive:
		return nil, r.errorf("a document type declaration is not read")
	case xml.CharData:
		if len(r.open) == 0 && len(bytes.TrimSpace(element)) > 0 {
			return nil, r.errorf("text stands outside of the root")
		}
	}
	if r.seen != nil {
		r.seen(r.open, token)
	}
	if _, ok := token.(xml.EndElement); ok {
		r.open = r.open[:len(r.open)-1]
	}
	return token, nil
}

// syntax is an error of the file itself, and any other one as it is.
func (r *Reader) syntax(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return r.errorf("line %d: %s", syntax.Line, syntax.Msg)
	}
	return fmt.Errorf("reading an element: %w", err)
}
