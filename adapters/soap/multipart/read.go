package multipart

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/url"
	"strings"
)

const (
	// maxParts bounds the parts of a message.
	maxParts = 4096
	// maxHeaderBytes bounds one header field of a part.
	maxHeaderBytes = 16 << 10
	// maxBoundary bounds a boundary. RFC 2046 section 5.1.1 allows 70 characters; some servers take a few more.
	maxBoundary = 256
)

// An Attachment is a part beside the envelope.
type Attachment struct {
	// ContentID is its Content-ID without angle brackets, as it is written.
	ContentID string
	// ContentType is its content type with parameters; "" if it has none.
	ContentType string
	// Location is its Content-Location.
	Location string
	// Data is its content, decoded.
	Data []byte
}

// A Message is what [Parse] read.
type Message struct {
	// Root is the envelope.
	Root []byte
	// RootType is the content type of the root part, with parameters. If the part does not say it, it is the type of the whole.
	RootType string
	// Attachments are the other parts, in order.
	Attachments []Attachment
}

// IsMultipart reports whether a reply of this content type is for [Parse].
func IsMultipart(contentType string) bool {
	const prefix = "multipart/"
	contentType = strings.TrimLeft(contentType, " \t")
	return len(contentType) > len(prefix) && strings.EqualFold(contentType[:len(prefix)], prefix)
}

// Parse reads a multipart message. The parts are slices of body, unless their transfer encoding had to be undone. The error says what is wrong and where, and is never for callers.
func Parse(contentType string, body []byte) (*Message, error) {
	name, parameters := mediaType(contentType)
	if !strings.HasPrefix(name, "multipart/") {
		return nil, fmt.Errorf("the content type %q is not multipart", name)
	}
	boundary := strings.TrimRight(parameters["boundary"], " \t")
	if boundary == "" || len(boundary) > maxBoundary || strings.ContainsAny(boundary, "\r\n") {
		return nil, errors.New("the content type has no boundary that can be used")
	}
	parts, lineEnd, err := split(body, []byte("--"+boundary))
	if err != nil {
		return nil, err
	}
	return assemble(parts, lineEnd, parameters)
}

// assemble reads the parts, and finds the root among them.
func assemble(parts [][]byte, lineEnd string, parameters map[string]string) (*Message, error) {
	out := &Message{Attachments: make([]Attachment, 0, len(parts))}
	known := make(map[string]bool, len(parts))
	root, start := 0, bareID(parameters["start"])
	for i, part := range parts {
		h, content, ok := readHeader(part)
		if !ok {
			return nil, fmt.Errorf("the header of part %d does not end", i+1)
		}
		data, err := decode(withoutLineEnd(content, lineEnd), h.encoding)
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", i+1, err)
		}
		if id := unescaped(h.id); id != "" {
			if known[id] {
				return nil, fmt.Errorf("part %d has the Content-ID %q of another part", i+1, h.id)
			}
			known[id] = true
			if start != "" && (h.id == start || id == unescaped(start)) {
				root = i
			}
		}
		out.Attachments = append(out.Attachments, Attachment{ContentID: h.id, ContentType: h.contentType, Location: h.location, Data: data})
	}
	chosen := out.Attachments[root]
	out.Root, out.RootType = chosen.Data, chosen.ContentType
	if out.RootType == "" {
		out.RootType = parameters["type"]
	}
	out.Attachments = append(out.Attachments[:root], out.Attachments[root+1:]...)
	return out, nil
}

// split cuts a message at its boundaries. A part ends with the end of the line before the boundary, which is lineEnd and not the part's own. There is at least one part.
func split(body, delimiter []byte) (parts [][]byte, lineEnd string, err error) {
	lineEnd = "\n"
	begin, at := -1, 0 // begin is where the part begins, once there is one
	for {
		i := bytes.Index(body[at:], delimiter)
		if i < 0 {
			break
		}
		i += at
		at = i + len(delimiter)
		next, closing, ok := delimiterLine(body, i, at)
		if !ok {
			continue
		}
		if begin >= 0 {
			parts = append(parts, body[begin:i:i])
		} else if bytes.HasSuffix(body[at:next], []byte("\r\n")) {
			lineEnd = "\r\n"
		}
		switch {
		case len(parts) > maxParts:
			return nil, "", fmt.Errorf("the message has more than %d parts", maxParts)
		case closing && len(parts) == 0:
			return nil, "", errors.New("the message has no parts")
		case closing:
			return parts, lineEnd, nil
		}
		begin, at = next, next
	}
	if begin < 0 {
		return nil, "", errors.New("the message holds no boundary")
	}
	return nil, "", fmt.Errorf("the message ends within part %d: its closing boundary is missing", len(parts)+1)
}

// withoutLineEnd cuts the end of the line before the boundary off.
func withoutLineEnd(content []byte, lineEnd string) []byte {
	if out, ok := bytes.CutSuffix(content, []byte(lineEnd)); ok {
		return out
	}
	return bytes.TrimSuffix(content, []byte("\n"))
}

// delimiterLine looks whether a boundary, which begins and ends there, has a line of its own. next is where the line after it begins.
func delimiterLine(body []byte, begin, end int) (next int, closing, ok bool) {
	if begin > 0 && body[begin-1] != '\n' {
		return 0, false, false
	}
	if bytes.HasPrefix(body[end:], []byte("--")) {
		closing = true
		end += 2
	}
	for end < len(body) && (body[end] == ' ' || body[end] == '\t') {
		end++
	}
	switch {
	case end == len(body):
		return end, closing, closing
	case body[end] == '\n':
		return end + 1, closing, true
	case body[end] == '\r' && (end+1 == len(body) || body[end+1] == '\n'):
		return min(end+2, len(body)), closing, true
	default:
		return 0, false, false
	}
}

// decode undoes a Content-Transfer-Encoding (RFC 2045 section 6).
func decode(content []byte, encoding string) ([]byte, error) {
	switch encoding {
	case "", "binary", "8bit", "7bit":
		return content, nil
	case "base64":
		out := make([]byte, 0, base64.StdEncoding.DecodedLen(len(content)))
		plain := bytes.Map(func(r rune) rune {
			if r == ' ' || r == '\t' {
				return -1
			}
			return r
		}, content)
		out, err := base64.StdEncoding.AppendDecode(out, plain)
		if err != nil {
			return nil, fmt.Errorf("undoing base64: %w", err)
		}
		return out, nil
	case "quoted-printable":
		out, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(content)))
		if err != nil {
			return nil, fmt.Errorf("undoing quoted-printable: %w", err)
		}
		return out, nil
	default:
		return nil, fmt.Errorf("the Content-Transfer-Encoding %q is not known", encoding)
	}
}

// unescaped undoes percent-encoding, if there is any and it is right.
func unescaped(text string) string {
	if out, err := url.PathUnescape(text); err == nil {
		return out
	}
	return text
}

// Find returns the content of the attachment that a reference means: cid: and a Content-ID (RFC 2392), percent-encoded or not, or a Content-Location.
func (m *Message) Find(reference string) ([]byte, bool) {
	if attachment := m.find(reference); attachment != nil {
		return attachment.Data, true
	}
	return nil, false
}

// ContentType returns what the attachment that a reference means is said to be; "" if it is not there.
func (m *Message) ContentType(reference string) string {
	if attachment := m.find(reference); attachment != nil {
		return attachment.ContentType
	}
	return ""
}

func (m *Message) find(reference string) *Attachment {
	reference = strings.TrimSpace(reference)
	if len(reference) > 4 && strings.EqualFold(reference[:4], "cid:") {
		id := bareID(reference[4:])
		plain := unescaped(id)
		for i := range m.Attachments {
			if own := m.Attachments[i].ContentID; own != "" && (own == id || own == plain || unescaped(own) == plain) {
				return &m.Attachments[i]
			}
		}
		return nil
	}
	for i := range m.Attachments {
		if location := m.Attachments[i].Location; location != "" && (location == reference || unescaped(location) == unescaped(reference)) {
			return &m.Attachments[i]
		}
	}
	return nil
}

// Charset returns the character set that the content type of the root names, as it is written there; "" if it names none.
func (m *Message) Charset() string {
	_, parameters := mediaType(m.RootType)
	return parameters["charset"]
}
