package transport

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

const (
	// maxPooled is the size of the largest buffer that is kept for another call.
	maxPooled = 1 << 20
	// firstBuffer is the size that reading begins with, if the length is not known.
	firstBuffer = 8 << 10
)

// A Reply is what came back over HTTP.
type Reply struct {
	// Status is the HTTP status.
	Status int
	// Header is the HTTP header.
	Header http.Header
	// ContentType is the Content-Type header, with its parameters.
	ContentType string
	// Charset is the character set that it names, as it is written there; "" if it names none.
	Charset string
	// Body is the body, unpacked. It is good until Release.
	Body []byte

	memory *[]byte
}

var replyMemory = sync.Pool{New: func() any {
	memory := make([]byte, 0, firstBuffer)
	return &memory
}}

// Release lets the memory of Body be used for another reply. The caller holds no slice of it any more. It need not be called; a second call does nothing.
func (r *Reply) Release() {
	if r.memory == nil {
		return
	}
	if cap(r.Body) <= maxPooled {
		*r.memory = r.Body[:0]
		replyMemory.Put(r.memory)
	}
	r.memory, r.Body = nil, nil
}

// readReply reads a whole response. The error is an [adapters.Error].
func (t *Transport) readReply(ctx context.Context, response *http.Response) (*Reply, error) {
	defer response.Body.Close() //nolint:errcheck // it is only read
	out := &Reply{Status: response.StatusCode, Header: response.Header, ContentType: response.Header.Get("Content-Type")}
	out.Charset = t.charset(out.ContentType)
	if response.ContentLength > t.maxReply {
		return nil, t.tooLarge()
	}
	body, length := io.Reader(response.Body), response.ContentLength
	switch encoding := strings.TrimSpace(response.Header.Get("Content-Encoding")); {
	case encoding == "", strings.EqualFold(encoding, "identity"):
	case strings.EqualFold(encoding, "gzip"), strings.EqualFold(encoding, "x-gzip"):
		unpacking, err := unpack(&atMost{from: body, left: t.maxReply})
		if errors.Is(err, io.EOF) {
			return out, nil // nothing at all, which some servers call compressed
		}
		if err != nil {
			return nil, t.receiveError(ctx, err)
		}
		defer unpackers.Put(unpacking)
		body, length = unpacking, -1
	default:
		return nil, unreadable(fmt.Errorf("the reply has the content encoding %q, which nobody asked for", encoding))
	}
	out.memory = replyMemory.Get().(*[]byte) // the pool makes nothing else
	var err error
	if out.Body, err = readAll((*out.memory)[:0], body, length, t.maxReply); err != nil {
		out.Release()
		return nil, t.receiveError(ctx, err)
	}
	return out, nil
}

// errTooLarge ends the reading of a reply over the bound.
var errTooLarge = errors.New("the reply is too large")

func (t *Transport) tooLarge() *adapters.Error {
	return unreadable(fmt.Errorf("the reply is larger than %d bytes", t.maxReply))
}

// readAll appends what it reads to the buffer, up to a bound. length is what is to come, or -1.
func readAll(buffer []byte, from io.Reader, length, bound int64) ([]byte, error) {
	// One more, so that the end is read without growing; and no more than a stranger may claim for nothing.
	if wanted := min(length+1, maxPooled); int64(cap(buffer)) < wanted {
		buffer = make([]byte, 0, wanted)
	}
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := from.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if int64(len(buffer)) > bound {
			return buffer, errTooLarge
		}
		if errors.Is(err, io.EOF) {
			return buffer, nil
		}
		if err != nil {
			return buffer, err
		}
	}
}

// An atMost reader fails once more than its bound was read.
type atMost struct {
	from io.Reader
	left int64
}

func (a *atMost) Read(into []byte) (int, error) {
	n, err := a.from.Read(into)
	if a.left -= int64(n); a.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

var unpackers sync.Pool

// unpack begins to read gzip, with memory that is kept in unpackers.
func unpack(from io.Reader) (*gzip.Reader, error) {
	if kept, ok := unpackers.Get().(*gzip.Reader); ok {
		err := kept.Reset(from)
		if err != nil {
			unpackers.Put(kept)
		}
		return kept, err
	}
	return gzip.NewReader(from)
}

// receiveError is for a reply whose body broke off, or cannot be unpacked.
func (t *Transport) receiveError(ctx context.Context, err error) *adapters.Error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, errTooLarge):
		return t.tooLarge()
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return unreadable(err)
	}
	if ended := adapters.FromContext(ctx.Err()); ended != nil {
		return ended
	}
	return &adapters.Error{Code: codes.Unavailable, Cause: fmt.Errorf("reading the reply: %w", err)}
}

// A charsetOf is what was read from a content type.
type charsetOf struct{ contentType, charset string }

// charset returns the charset parameter of a content type. A back end says the same every time, so the last is kept.
func (t *Transport) charset(contentType string) string {
	if last := t.lastCharset.Load(); last != nil && last.contentType == contentType {
		return last.charset
	}
	out := readCharset(contentType)
	t.lastCharset.Store(&charsetOf{contentType, out})
	return out
}

// readCharset also finds the charset among parameters that are not written as RFC 9110 section 8.3.1 has them.
func readCharset(contentType string) string {
	if _, parameters, err := mime.ParseMediaType(contentType); err == nil {
		return parameters["charset"]
	}
	for part := range strings.SplitSeq(contentType, ";") {
		name, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(name), "charset") {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}
