package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds on what one WSDL may bring along.
const (
	maxDocumentBytes = 32 << 20
	maxTotalBytes    = 128 << 20
	maxDocuments     = 1000
)

// A Loader reads documents, each location once. It is for one goroutine.
type Loader struct {
	// Client reads URLs; nil means one of the loader's own, which keeps no connection. If its transport is an [http.Transport], a copy of that is used, whose
	// connections are judged before they are made; see PrivateImports.
	Client *http.Client
	// Files are read instead of those of the operating system, if set: an archive. The path /a/b.wsdl is the file a/b.wsdl.
	Files fs.FS
	// PrivateImports lets documents that were read by URL refer to files and to loopback, link-local and private addresses. Without it that is refused, unless
	// their own address is of that kind; the cause of the error is [ErrPrivate] then.
	PrivateImports bool
	// Supplied are documents that are given by hand, by location, or by the reference to them as it is written. They are read from nowhere else.
	Supplied map[string][]byte

	documents map[string]*Document
	order     []*Document
	total     int
	client    *http.Client
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
		origin  origin
		err     error
	)
	given, supplied := l.Supplied[location]
	switch {
	case supplied:
		source = given
	case IsURL(location):
		source, charset, origin, err = l.fetch(ctx, location, at != nil && at.document.origin.public)
	default:
		source, err = l.readFile(location)
	}
	if err != nil {
		return nil, l.errorAt(at, location, err, IsURL(location) && !errors.Is(err, ErrPrivate))
	}
	if l.total += len(source); l.total > maxTotalBytes {
		return nil, l.errorAt(at, location, fmt.Errorf("the documents are larger than %d MiB in all", maxTotalBytes>>20), false)
	}
	document, err := Parse(location, source, charset)
	if err != nil {
		return nil, err
	}
	document.origin, document.supplied = origin, l.Supplied
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

// readFile tries the path as it is written, unescaped, since schemaLocation is a URI, and as similar does.
func (l *Loader) readFile(path string) ([]byte, error) {
	file, err := l.open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if unescaped, escapeErr := url.PathUnescape(path); escapeErr == nil && unescaped != path {
			file, err = l.open(unescaped)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		if other := l.similar(path); other != nil {
			file, err = other, nil
		}
	}
	if err != nil {
		return nil, plain(err)
	}
	defer file.Close() //nolint:errcheck // it is only read
	source, err := readBounded(file)
	return source, plain(err)
}

// similar opens the file at a path without its query, since many a WSDL is saved from a server, or whose name differs in the case of letters alone, since
// many another comes from a system where that is the same; nil if there is none.
func (l *Loader) similar(path string) fs.File {
	if plain, _, found := strings.Cut(path, "?"); found {
		if file, err := l.open(plain); err == nil {
			return file
		}
	}
	dir, base := filepath.Split(path)
	var entries []fs.DirEntry
	var err error
	if l.Files == nil {
		entries, err = os.ReadDir(dir)
	} else {
		entries, err = fs.ReadDir(l.Files, inArchive(strings.TrimSuffix(dir, string(filepath.Separator))))
	}
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		if strings.EqualFold(entry.Name(), base) {
			if file, err := l.open(filepath.Join(dir, entry.Name())); err == nil {
				return file
			}
		}
	}
	return nil
}

// inArchive is a path as the files of an archive have it.
func inArchive(path string) string {
	if name := strings.TrimPrefix(filepath.ToSlash(path), "/"); name != "" {
		return name
	}
	return "."
}

func (l *Loader) open(path string) (fs.File, error) {
	if l.Files == nil {
		return os.Open(path)
	}
	return l.Files.Open(inArchive(path))
}

// plain takes the path out of a file error: the position names it already.
func plain(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// origin is where a document was read that came by URL.
type origin struct {
	base   string // where redirects led to
	public bool   // the address is not a private one, so it may not refer to such
}

func (l *Loader) fetch(ctx context.Context, location string, restricted bool) (source []byte, charset string, from origin, err error) {
	j := &journey{}
	j.restricted.Store(restricted)
	request, err := http.NewRequestWithContext(context.WithValue(ctx, journeyKey{}, j), http.MethodGet, location, nil)
	if err != nil {
		return nil, "", from, err
	}
	request.Header.Set("Accept", "text/xml, application/wsdl+xml, application/xml, */*;q=0.1")
	response, err := l.guarded().Do(request)
	if err != nil {
		return nil, "", from, err
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	if response.StatusCode != http.StatusOK {
		return nil, "", from, fmt.Errorf("the server answered %s", response.Status)
	}
	_, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err == nil {
		charset = parameters["charset"]
	}
	from = origin{base: location, public: j.public.Load()}
	if response.Request != nil && response.Request.URL != nil {
		from.base = response.Request.URL.String()
	}
	source, err = readBounded(response.Body)
	return source, charset, from, err
}

// guarded is the client that reads URLs.
func (l *Loader) guarded() *http.Client {
	if l.client != nil {
		return l.client
	}
	l.client = &http.Client{}
	if l.Client != nil {
		*l.client = *l.Client
	}
	switch {
	case !l.PrivateImports:
		l.client.Transport = newGuard(l.client.Transport)
	case l.client.Transport == nil:
		l.client.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	}
	return l.client
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
