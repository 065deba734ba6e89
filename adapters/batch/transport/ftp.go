package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/textproto"
	"path"
	"time"

	"github.com/jlaffaye/ftp"
)

// ftpServer is an FTP server (RFC 959, RFC 3659), with TLS (RFC 4217) or without.
type ftpServer struct {
	address  string
	user     string
	password string
	tls      *tls.Config // nil for none
	implicit bool
}

// connect logs in.
func (c *ftpServer) connect(ctx context.Context, w *wires) (session, error) {
	control := true
	dial := func(_, address string) (net.Conn, error) {
		dialling := ctx
		if !control {
			dialling = context.Background() // a later operation's; its guard ends the connection
		}
		conn, err := w.dial(dialling, address)
		if err != nil {
			return nil, err
		}
		encrypted := c.tls != nil && (c.implicit || !control)
		control = false
		if encrypted {
			return tls.Client(conn, c.tls), nil
		}
		return conn, nil
	}
	options := []ftp.DialOption{ftp.DialWithDialFunc(dial), ftp.DialWithLocation(time.UTC)}
	switch {
	case c.tls != nil && c.implicit:
		options = append(options, ftp.DialWithTLS(c.tls))
	case c.tls != nil:
		options = append(options, ftp.DialWithExplicitTLS(c.tls))
	}
	conn, err := ftp.Dial(c.address, options...)
	if err != nil {
		return nil, ftpFault(err)
	}
	if err := conn.Login(c.user, c.password); err != nil {
		return nil, errors.Join(ftpFault(err), conn.Quit()) // politely: servers count what breaks off
	}
	return &ftpSession{conn: conn}, nil
}

// ftpFault tells what the server said from a connection that broke.
func ftpFault(err error) error {
	var reply *textproto.Error
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrRefused):
		return err
	case !errors.As(err, &reply), reply.Code == ftp.StatusNotAvailable, reply.Code == ftp.StatusCanNotOpenDataConnection, reply.Code == ftp.StatusTransfertAborted:
		return fmt.Errorf("%w: %w", errLost, err)
	default:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
}

// ftpSession is an open one.
type ftpSession struct{ conn *ftp.ServerConn }

// close does nothing: the session ends with its connections.
func (s *ftpSession) close() {}

func (s *ftpSession) fault(err error) error { return ftpFault(err) }

// isUnavailable reports whether a server answered 550, which may mean that a file is not there, or that it may not be used.
func isUnavailable(err error) bool {
	var reply *textproto.Error
	return errors.As(err, &reply) && reply.Code == ftp.StatusFileUnavailable
}

// missing makes the error of an operation on a file that is not there one that says so.
func (s *ftpSession) missing(name string, err error) error {
	if !isUnavailable(err) {
		return err
	}
	if _, looking := s.stat(name); errors.Is(looking, fs.ErrNotExist) {
		return looking
	}
	return err
}

// An ftpInfo describes a file.
type ftpInfo struct{ entry *ftp.Entry }

func (i ftpInfo) Name() string       { return path.Base(i.entry.Name) }
func (i ftpInfo) Size() int64        { return int64(i.entry.Size) } //nolint:gosec // no file has more
func (i ftpInfo) ModTime() time.Time { return i.entry.Time }
func (i ftpInfo) IsDir() bool        { return i.entry.Type == ftp.EntryTypeFolder }
func (i ftpInfo) Sys() any           { return nil }

// Mode has the kind of file only.
func (i ftpInfo) Mode() fs.FileMode {
	switch i.entry.Type {
	case ftp.EntryTypeFolder:
		return fs.ModeDir
	case ftp.EntryTypeLink:
		return fs.ModeSymlink
	default:
		return 0
	}
}

func (s *ftpSession) list(directory string) ([]fs.FileInfo, error) {
	entries, err := s.conn.List(directory)
	if err != nil {
		return nil, err //nolint:wrapcheck // the session tells what it means
	}
	files := make([]fs.FileInfo, len(entries))
	for i, entry := range entries {
		files[i] = ftpInfo{entry}
	}
	return files, nil
}

// stat asks with MLST, where the server knows that. Else the listing has it, unless the name is hidden, as some servers never list these: then it is asked for its size.
func (s *ftpSession) stat(name string) (fs.FileInfo, error) {
	entry, err := s.conn.GetEntry(name)
	if err == nil {
		return ftpInfo{entry}, nil
	}
	if errors.Is(ftpFault(err), errLost) {
		return nil, err //nolint:wrapcheck // the session tells what it means
	}
	listed, err := s.list(path.Dir(name))
	if err != nil && !isUnavailable(err) {
		return nil, err
	}
	for _, info := range listed {
		if info.Name() == path.Base(name) {
			return info, nil
		}
	}
	size, err := s.conn.FileSize(name)
	switch {
	case isUnavailable(err):
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case err != nil:
		return nil, err //nolint:wrapcheck // the session tells what it means
	}
	entry = &ftp.Entry{Name: name, Size: uint64(max(size, 0))}
	if entry.Time, err = s.conn.GetTime(name); err != nil && errors.Is(ftpFault(err), errLost) {
		return nil, err //nolint:wrapcheck // the session tells what it means
	}
	return ftpInfo{entry}, nil
}

func (s *ftpSession) open(name string) (stream, error) {
	response, err := s.conn.Retr(name)
	if err != nil {
		return nil, s.missing(name, err)
	}
	return &ftpStream{session: s, response: response, name: name}, nil
}

// An ftpStream is a file that is being sent over a connection of its own.
type ftpStream struct {
	session  *ftpSession
	response *ftp.Response
	name     string
	done     bool // the server has said that it has sent all
}

// Read implements [io.Reader]. The end of the connection is the end of the file only if the server says so.
func (f *ftpStream) Read(p []byte) (int, error) {
	n, err := f.response.Read(p)
	if errors.Is(err, io.EOF) && !f.done {
		if closing := f.response.Close(); closing != nil {
			return n, fmt.Errorf("%w: the file was not sent to its end: %w", errLost, closing)
		}
		f.done = true
	}
	return n, err //nolint:wrapcheck // the session tells what it means
}

// errUnfinished is a file that is given up before its end: the session goes with it.
var errUnfinished = errors.New("the file was not read to its end")

func (f *ftpStream) stat() (fs.FileInfo, error) {
	if !f.done {
		if err := f.response.Close(); err != nil && errors.Is(ftpFault(err), errLost) && !isAborted(err) {
			return nil, err //nolint:wrapcheck // the session tells what it means
		}
		f.done = true
	}
	return f.session.stat(f.name)
}

// isAborted reports whether the server has noticed that we no longer listen.
func isAborted(err error) bool {
	var reply *textproto.Error
	return errors.As(err, &reply) && reply.Code == ftp.StatusTransfertAborted
}

// Close implements [io.Closer].
func (f *ftpStream) Close() error {
	if !f.done {
		return errUnfinished
	}
	return nil
}

func (s *ftpSession) write(name string, content []byte) error {
	if err := s.conn.Stor(name, bytes.NewReader(content)); err != nil {
		return err //nolint:wrapcheck // the session tells what it means
	}
	size, err := s.conn.FileSize(name)
	if err == nil && size != int64(len(content)) {
		return fmt.Errorf("%w: of %d bytes the server has kept %d", ErrRefused, len(content), size)
	}
	if err != nil && errors.Is(ftpFault(err), errLost) {
		return err //nolint:wrapcheck // the session tells what it means
	}
	return nil // a server that knows no SIZE has said that it has it all
}

func (s *ftpSession) rename(from, to string) error { return s.missing(from, s.conn.Rename(from, to)) }

func (s *ftpSession) remove(name string) error { return s.missing(name, s.conn.Delete(name)) }

// makeDirectory makes the directory and those above it. A server says no too where it is there already.
func (s *ftpSession) makeDirectory(name string) error {
	err := s.conn.MakeDir(name)
	if err == nil || errors.Is(ftpFault(err), errLost) {
		return err //nolint:wrapcheck // the session tells what it means
	}
	if _, listing := s.conn.List(name); listing == nil {
		return nil
	}
	if parent := path.Dir(name); parent != name && parent != "." {
		if err := s.makeDirectory(parent); err != nil {
			return err
		}
	}
	return s.conn.MakeDir(name) //nolint:wrapcheck // the session tells what it means
}
