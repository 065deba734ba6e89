package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
)

// Bounds on what one WSDL may bring along.
const (
	maxDocumentBytes = 32 << 20
	maxTotalBytes    = 128 << 20
	maxDocuments     = 1000
)

// A Loader reads documents, each location once. It is for one goroutine.
type Loader struct {
	// Client reads URLs; nil means one of the loader's own, which keeps no connection.
	Client *http.Client

	documents map[string]*Document
	order     []*Document
	total     int
}

// Load reads the document at an absolute path or URL. at is the node that refers to it, for the position of errors; nil if the user did.
func (l *Loader) Load(ctx context.Context, location string, at *Node) (*Document, error) {
	if known, ok := l.documents[location]; ok {
		return known, nil
	}
	if len(l.order) >= maxDocuments {
		return nil, l.errorAt(at, location, fmt.Errorf("more than %d documents are imported", maxDocuments), false)
	}
	var (
		source  []byte
		charset string
		err     error
	)
	if IsURL(location) {
		source, charset, err = l.fetch(ctx, location)
	} else {
		source, err = readFile(location)
	}
	if err != nil {
		return nil, l.errorAt(at, location, err, IsURL(location))
	}
	if l.total += len(source); l.total > maxTotalBytes {
		return nil, l.errorAt(at, location, fmt.Errorf("the documents are larger than %d MiB in all", maxTotalBytes>>20), false)
	}
	document, err := Parse(location, source, charset)
	if err != nil {
		return nil, err
	}
	if l.documents == nil {
		l.documents = make(map[string]*Document)
	}
	l.documents[location] = document
	l.order = append(l.order, document)
	return document, nil
}

// Documents returns what was read so far, in order.
func (l *Loader) Documents() []*Document { return slices.Clone(l.order) }

func (l *Loader) errorAt(at *Node, location string, err error, unreachable bool) *Error {
	e := &Error{Position: Position{File: location}, Message: err.Error(), Unreachable: unreachable, Cause: err}
	if at != nil {
		e.Position = at.Position()
		e.Message = fmt.Sprintf("reading %s: %v", location, err)
	}
	return e
}

// readFile tries the path as it is written and, since schemaLocation is a URI, unescaped.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		if unescaped, escapeErr := url.PathUnescape(path); escapeErr == nil && unescaped != path {
			file, err = os.Open(unescaped)
		}
	}
	if err != nil {
		return nil, plain(err)
	}
	defer file.Close() //nolint:errcheck // it is only read
	source, err := readBounded(file)
	return source, plain(err)
}

// plain takes the path out of a file error: the position names it already.
func plain(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func (l *Loader) fetch(ctx context.Context, location string) (source []byte, charset string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, location, nil)
	if err != nil {
		return nil, "", err
	}
	client := l.Client
	if client == nil {
		client = &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}}
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	if response.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("the server answered %s", response.Status)
	}
	_, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err == nil {
		charset = parameters["charset"]
	}
	source, err = readBounded(response.Body)
	return source, charset, err
}

func readBounded(from io.Reader) ([]byte, error) {
	source, err := io.ReadAll(io.LimitReader(from, maxDocumentBytes+1))
	if err != nil {
		return nil, err
	}
	if len(source) > maxDocumentBytes {
		return nil, fmt.Errorf("it is larger than %d MiB", maxDocumentBytes>>20)
	}
	return source, nil
}
