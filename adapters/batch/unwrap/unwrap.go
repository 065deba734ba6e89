package unwrap

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// How files are packed. Auto is as their first bytes say.
const (
	Auto  = "auto"
	None  = "none"
	Gzip  = "gzip"
	Zip   = "zip"
	Zstd  = "zstd"
	Bzip2 = "bzip2"
)

// DefaultMaxBytes is the most bytes of an unpacked file where nothing else is set: 64 GiB.
const DefaultMaxBytes = 64 << 30

// Bounds against bombs.
const (
	maxRatio    = 500
	ratioBegins = 64 << 20
	maxWindow   = 128 << 20 // of Zstandard: the memory that a file may ask for
)

// An Error is what is wrong with a file. Its text holds nothing of the file's.
type Error struct{ Reason string }

func (e *Error) Error() string { return e.Reason }

func wrong(format string, arguments ...any) error {
	return &Error{Reason: fmt.Sprintf(format, arguments...)}
}

// Options say what files are packed in.
type Options struct {
	// Compression is one of the above. Empty stands for Auto.
	Compression string
	// MaxBytes is the most bytes of an unpacked file. 0 stands for DefaultMaxBytes.
	MaxBytes int64
	// OpenPGP is nil for files that are neither encrypted nor signed.
	OpenPGP *OpenPGP
	// Temp is the directory of temporary files.
	Temp string
}

// A Reader reads what is in a file. An error that is not an [Error] is the source's own.
type Reader struct {
	source  *source
	content io.Reader // nil until the first Read
	options Options
	signed  *message // nil without OpenPGP
	read    int64
	closing []func() error
	err     error
}

// A source counts what is read of a file, and keeps the error that ended that.
type source struct {
	r    io.Reader
	read int64
	err  error
}

// Read implements [io.Reader].
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err //nolint:wrapcheck // it stays the source's own
}

// New returns a reader of what is in a file. It reads nothing yet.
func New(r io.Reader, options Options) *Reader {
	if options.MaxBytes <= 0 {
		options.MaxBytes = DefaultMaxBytes
	}
	return &Reader{source: &source{r: r}, options: options}
}

// Read implements [io.Reader]. [io.EOF] means that the file is whole, and signed by whom it must be.
func (r *Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.content == nil {
		if r.err = r.told(r.open()); r.err != nil {
			return 0, r.err
		}
	}
	n, err := r.content.Read(p)
	r.read += int64(n)
	switch {
	case r.read > r.options.MaxBytes:
		err = wrong("it unpacks to more than %d bytes", r.options.MaxBytes)
	case r.read > ratioBegins && r.read/maxRatio > r.source.read:
		err = wrong("it unpacks to more than %d times its size", maxRatio)
	case errors.Is(err, io.EOF):
		err = r.end()
	}
	if r.err = r.told(err); r.err != nil && !errors.Is(r.err, io.EOF) {
		return 0, r.err
	}
	return n, r.err
}

// told is the error that a caller learns: the source's own if that is where it comes from, else what is wrong with the file.
func (r *Reader) told(err error) error {
	var known *Error
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case r.source.err != nil:
		return r.source.err
	case errors.As(err, &known):
		return known
	case errors.Is(err, io.ErrUnexpectedEOF):
		return wrong("it ends before what it is packed in does")
	default:
		return wrong("what it is packed in is damaged: %v", err)
	}
}

// end is reached with the last byte of the content.
func (r *Reader) end() error {
	if r.signed != nil {
		if err := r.signed.verify(); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, r.source); err != nil {
		return err //nolint:wrapcheck // it stays the source's own
	}
	return io.EOF
}

// Close ends the reading and removes temporary files. It does not close the file.
func (r *Reader) Close() error {
	var err error
	for _, one := range r.closing {
		err = errors.Join(err, one())
	}
	r.closing = nil
	return err
}

// magic are the first bytes of files that are packed.
var magic = map[string][]byte{
	Gzip: {0x1f, 0x8b, 0x08},
	Zip:  {'P', 'K', 3, 4},
	Zstd: {0x28, 0xb5, 0x2f, 0xfd},
}

// isBzip2 looks for the head of a file of bzip2, whose fourth byte is its block size, and that of the first block.
func isBzip2(first []byte) bool {
	return len(first) >= bzip2Head && string(first[:3]) == "BZh" && first[3] >= '1' && first[3] <= '9' && string(first[4:bzip2Head]) == "1AY&SY"
}

// bzip2Head is how many bytes isBzip2 looks at.
const bzip2Head = 10

// open takes off the layers.
func (r *Reader) open() error {
	var inner io.Reader = r.source
	if r.options.OpenPGP != nil {
		signed, err := r.options.OpenPGP.open(r.source, r.options.MaxBytes)
		if err != nil {
			return err
		}
		r.signed, inner = signed, signed
	}
	buffered := bufio.NewReaderSize(inner, 1<<16)
	kind := r.options.Compression
	if kind == "" || kind == Auto {
		first, err := buffered.Peek(bzip2Head)
		if err != nil && !errors.Is(err, io.EOF) {
			return err //nolint:wrapcheck // by told
		}
		kind = None
		for packed, begins := range magic {
			if bytes.HasPrefix(first, begins) {
				kind = packed
			}
		}
		if isBzip2(first) {
			kind = Bzip2
		}
	}
	return r.decompress(kind, buffered)
}

func (r *Reader) decompress(kind string, packed *bufio.Reader) error {
	switch kind {
	case Gzip:
		if _, err := packed.Peek(1); errors.Is(err, io.EOF) {
			return wrong("it is empty, and not packed as gzip")
		}
		reader, err := gzip.NewReader(packed)
		if err != nil {
			return wrong("it is not packed as gzip")
		}
		r.content = reader
	case Zstd:
		if first, _ := packed.Peek(4); !bytes.Equal(first, magic[Zstd]) {
			return wrong("it is not packed as zstd")
		}
		reader, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return err //nolint:wrapcheck // by told
		}
		r.closing = append(r.closing, func() error { reader.Close(); return nil })
		r.content = reader
	case Bzip2:
		if _, err := packed.Peek(1); errors.Is(err, io.EOF) {
			return wrong("it is empty, and not packed as bzip2")
		}
		r.content = bzip2.NewReader(packed)
	case Zip:
		return r.unzip(packed)
	default:
		r.content = packed
	}
	return nil
}
