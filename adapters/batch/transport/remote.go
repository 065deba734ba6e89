package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"
	"time"
)

// defaultTimeout is how long a server may be silent in an operation.
const defaultTimeout = 30 * time.Second

// Pauses between attempts to connect: the first, and the longest that they grow to.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = time.Minute
)

// A session is a logged-in connection to a server. Its functions take whole paths, and wait until the server answers or [wires.abort] is called.
type session interface {
	list(directory string) ([]fs.FileInfo, error)
	stat(path string) (fs.FileInfo, error)
	open(path string) (stream, error)
	write(path string, content []byte) error
	rename(from, to string) error
	remove(path string) error
	makeDirectory(path string) error
	// fault says what an error of the above means: [fs.ErrNotExist] or [ErrRefused] of the server, errLost of the connection.
	fault(err error) error
	// close ends the session.
	close()
}

// A stream is a file that a session reads.
type stream interface {
	io.ReadCloser
	stat() (fs.FileInfo, error)
}

// errLost means that a connection has gone.
var errLost = errors.New("the connection was lost")

// errClosed is a directory that was closed.
var errClosed = errors.New("the directory is closed")

// A server is how to reach one.
type server struct {
	timeout time.Duration
	// connect logs in. An error that is ErrRefused comes from the server.
	connect func(ctx context.Context, w *wires) (session, error)
}

// A remote is a directory of a server, over a session that is kept for as long as it lasts.
type remote struct {
	server    *server
	directory string

	mu       sync.Mutex
	current  session
	wires    *wires // of the current session, or of the one that is being made
	closed   bool
	failures int
	next     time.Time // when another attempt to connect may be made
	last     error     // of the last attempt
}

// directory returns a directory of the server.
func (s *server) directory(name string) Directory { return &remote{server: s, directory: name} }

func (d *remote) path(name string) string { return path.Join(d.directory, name) }

// A pausedError is a server that could not be reached, and is left alone for a while.
type pausedError struct {
	pause time.Duration
	cause error
}

func (e *pausedError) Error() string {
	return fmt.Sprintf("%v: %v (the next attempt is made in %v)", ErrUnreachable, e.cause, e.pause.Round(time.Millisecond))
}

func (e *pausedError) Unwrap() []error { return []error{ErrUnreachable, e.cause} }

// Pause is how soon it is worth asking a server again that an error says is unreachable; 0 if the error says nothing of that.
func Pause(err error) time.Duration {
	var paused *pausedError
	if errors.As(err, &paused) {
		return paused.pause
	}
	return 0
}

// session returns the current session, or a new one; kept says which.
func (d *remote) session(ctx context.Context) (s session, w *wires, kept bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return nil, nil, false, fmt.Errorf("%w: %w", ErrUnreachable, errClosed)
	case d.current != nil:
		return d.current, d.wires, true, nil
	}
	if wait := time.Until(d.next); wait > 0 {
		return nil, nil, false, &pausedError{pause: wait, cause: d.last}
	}
	w = &wires{}
	d.wires = w
	d.mu.Unlock()
	err = w.guard(ctx, d.server.timeout, func() (err error) {
		s, err = d.server.connect(ctx, w)
		return err
	})
	d.mu.Lock()
	if err == nil && d.closed {
		s.close()
		err = errClosed
	}
	if err != nil {
		w.abort()
		return nil, nil, false, d.failed(ctx, err)
	}
	d.current, d.failures, d.last = s, 0, nil
	return s, w, false, nil
}

// failed notes that no session could be made. What the server itself refused, such as a password, is not asked again soon either.
func (d *remote) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	pause := min(firstPause<<min(d.failures, 16), longestPause)
	d.failures++
	d.next, d.last = time.Now().Add(pause), err
	return &pausedError{pause: pause, cause: err}
}

// drop ends a session that is of no more use.
func (d *remote) drop(s session) {
	d.mu.Lock()
	if d.current == s {
		d.current = nil
		d.wires.abort()
	}
	d.mu.Unlock()
	s.close()
}

// Close implements [io.Closer].
func (d *remote) Close() error {
	d.mu.Lock()
	s, w := d.current, d.wires
	d.current, d.closed = nil, true
	d.mu.Unlock()
	if w != nil {
		w.abort()
	}
	if s != nil {
		s.close()
	}
	return nil
}

// run makes one operation. A session that was kept may have died of old age: what may be repeated is then done once more on a new one.
func (d *remote) run(ctx context.Context, doing string, repeatable bool, operate func(session) error) error {
	for {
		s, w, kept, err := d.session(ctx)
		if err != nil {
			return wrap(doing, err)
		}
		err = w.guard(ctx, d.server.timeout, func() error { return operate(s) })
		if err == nil {
			return nil
		}
		fault := s.fault(err)
		if !errors.Is(fault, errLost) {
			return wrap(doing, fault)
		}
		d.drop(s)
		switch {
		case ctx.Err() == nil && kept && repeatable:
		case repeatable:
			return wrap(doing, lost(ctx, ErrUnreachable, err))
		default:
			return wrap(doing, lost(ctx, ErrUnknown, err))
		}
	}
}

// lost is the error of a lost connection. Where the caller gave up, and nothing was changed, that is all there is to say.
func lost(ctx context.Context, fault, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New(err.Error()) // it is the end of the connection, and must not be taken for that of a file
	}
	if ctx.Err() == nil {
		return fmt.Errorf("%w: %w", fault, err)
	}
	if errors.Is(fault, ErrUnreachable) {
		return context.Cause(ctx) //nolint:wrapcheck // by the caller
	}
	return fmt.Errorf("%w: %w", fault, context.Cause(ctx))
}

func wrap(doing string, err error) error { return fmt.Errorf("%s: %w", doing, err) }

// List implements [Reader].
func (d *remote) List(ctx context.Context) (files []fs.FileInfo, err error) {
	err = d.run(ctx, "listing the directory", true, func(s session) (err error) {
		files, err = s.list(d.directory)
		return err
	})
	return accepted(files), err
}

// Stat implements [Reader].
func (d *remote) Stat(ctx context.Context, name string) (info fs.FileInfo, err error) {
	if err := checkPath(name); err != nil {
		return nil, err
	}
	err = d.run(ctx, "looking at a file", true, func(s session) (err error) {
		info, err = s.stat(d.path(name))
		return err
	})
	return info, err
}

// Open implements [Reader].
func (d *remote) Open(ctx context.Context, name string) (File, error) {
	if err := checkPath(name); err != nil {
		return nil, err
	}
	file := &remoteFile{directory: d, ctx: ctx, name: name}
	err := d.run(ctx, "opening a file", true, func(s session) (err error) {
		file.session = s
		file.stream, err = s.open(d.path(name))
		return err
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Write implements [Writer].
func (d *remote) Write(ctx context.Context, name string, content []byte) error {
	if err := checkPath(name); err != nil {
		return err
	}
	return d.run(ctx, "writing a file", true, func(s session) error { return s.write(d.path(name), content) })
}

// Rename implements [Writer].
func (d *remote) Rename(ctx context.Context, from, to string) error {
	if err := errors.Join(checkPath(from), checkPath(to)); err != nil {
		return err
	}
	return d.run(ctx, "renaming a file", false, func(s session) error { return s.rename(d.path(from), d.path(to)) })
}

// Remove implements [Writer].
func (d *remote) Remove(ctx context.Context, name string) error {
	if err := checkPath(name); err != nil {
		return err
	}
	return d.run(ctx, "removing a file", false, func(s session) error { return s.remove(d.path(name)) })
}

// MakeDirectory implements [Writer].
func (d *remote) MakeDirectory(ctx context.Context, sub string) error {
	if sub != "" {
		if err := CheckName(sub); err != nil {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	return d.run(ctx, "making a directory", true, func(s session) error { return s.makeDirectory(d.path(sub)) })
}

// A remoteFile is a file that is read over a session.
type remoteFile struct {
	directory *remote
	session   session
	stream    stream
	ctx       context.Context //nolint:containedctx // a Reader takes none
	name      string
	ended     bool  // it has been read to its end
	err       error // that the reading ended with
}

// guard makes one step with the stream. A lost connection ends the session.
func (f *remoteFile) guard(ctx context.Context, doing string, operate func() error) error {
	w := f.directory.wiresOf(f.session)
	if w == nil {
		return wrap(doing, fmt.Errorf("%w: %w", ErrUnreachable, errLost))
	}
	err := w.guard(ctx, f.directory.server.timeout, operate)
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, errLost) {
		return err
	}
	fault := f.session.fault(err)
	if !errors.Is(fault, errLost) {
		return wrap(doing, fault)
	}
	f.directory.drop(f.session)
	return wrap(doing, lost(ctx, ErrUnreachable, err))
}

// wiresOf are those of a session, if it is the current one.
func (d *remote) wiresOf(s session) *wires {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current != s {
		return nil
	}
	return d.wires
}

// Read implements [io.Reader]. A file whose end comes because the connection ended is no whole file: then the error is not io.EOF.
func (f *remoteFile) Read(p []byte) (n int, err error) {
	if f.err != nil {
		return 0, f.err
	}
	err = f.guard(f.ctx, "reading a file", func() (err error) {
		n, err = f.stream.Read(p)
		return err
	})
	f.err, f.ended = err, errors.Is(err, io.EOF)
	return n, err
}

// Stat implements [File].
func (f *remoteFile) Stat(ctx context.Context) (info fs.FileInfo, err error) {
	err = f.guard(ctx, "looking at a file", func() (err error) {
		info, err = f.stream.stat()
		return err
	})
	return info, err
}

// Close implements [io.Closer].
func (f *remoteFile) Close() error {
	w := f.directory.wiresOf(f.session)
	if w == nil {
		return nil // it has gone with its session
	}
	if err := w.guard(f.ctx, f.directory.server.timeout, f.stream.Close); err != nil {
		f.directory.drop(f.session) // whatever it was that could not be ended, it is over now
	}
	return nil
}
