package transport

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"slices"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// readAhead is how much of a file is asked for at once. It hides how far away the server is.
const readAhead = 1 << 20

// sftpServer is an SFTP server (draft-ietf-secsh-filexfer-02, version 3, as OpenSSH has it).
type sftpServer struct {
	address  string
	user     string
	auth     []ssh.AuthMethod
	hostKeys []ssh.PublicKey
}

// errHostKey is a server with another key than those that are known.
var errHostKey = errors.New("the server's key is none of host_keys")

// check implements [ssh.HostKeyCallback].
func (c *sftpServer) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	for _, known := range c.hostKeys {
		if subtle.ConstantTimeCompare(known.Marshal(), key.Marshal()) == 1 {
			return nil
		}
	}
	return errHostKey
}

// algorithms are those by which the server can prove the keys that are known, so that it shows one of these and no other.
func (c *sftpServer) algorithms() []string {
	var all []string
	for _, key := range c.hostKeys {
		names := []string{key.Type()}
		if key.Type() == ssh.KeyAlgoRSA {
			names = []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512}
		}
		for _, name := range names {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// connect logs in.
func (c *sftpServer) connect(ctx context.Context, w *wires) (session, error) {
	conn, err := w.dial(ctx, c.address)
	if err != nil {
		return nil, err
	}
	transport, channels, requests, err := ssh.NewClientConn(conn, c.address, &ssh.ClientConfig{
		User: c.user, Auth: c.auth, HostKeyCallback: c.check, HostKeyAlgorithms: c.algorithms(),
	})
	if err != nil {
		return nil, errors.Join(loginFault(err), conn.Close())
	}
	client := ssh.NewClient(transport, channels, requests)
	files, err := sftp.NewClient(client, sftp.UseConcurrentReads(true), sftp.UseConcurrentWrites(true))
	if err != nil {
		return nil, errors.Join(loginFault(err), client.Close())
	}
	return &sftpSession{client: client, files: files}, nil
}

// loginFault tells a server that says no from a connection that broke.
func loginFault(err error) error {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return err
	}
	return fmt.Errorf("%w: logging in: %w", ErrRefused, err)
}

// sftpSession is an open one.
type sftpSession struct {
	client *ssh.Client
	files  *sftp.Client
}

func (s *sftpSession) close() {
	_, _ = s.files.Close(), s.client.Close() // both only say that it has gone already
	_, _ = s.files.Wait(), s.client.Wait()
}

// fault implements [session].
func (s *sftpSession) fault(err error) error {
	var status *sftp.StatusError
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrRefused):
		return err
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrExist), errors.As(err, &status):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	default:
		return fmt.Errorf("%w: %w", errLost, err)
	}
}

func (s *sftpSession) list(directory string) ([]fs.FileInfo, error) {
	return s.files.ReadDir(directory)
}

func (s *sftpSession) stat(name string) (fs.FileInfo, error) { return s.files.Lstat(name) }

func (s *sftpSession) open(name string) (stream, error) {
	info, err := s.files.Lstat(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // the session tells what it means
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: it is no regular file", ErrRefused)
	}
	file, err := s.files.Open(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // the session tells what it means
	}
	return &sftpStream{Reader: bufio.NewReaderSize(file, readAhead), file: file}, nil
}

// An sftpStream reads ahead.
type sftpStream struct {
	*bufio.Reader
	file *sftp.File
}

func (f *sftpStream) stat() (fs.FileInfo, error) { return f.file.Stat() }

// Close implements [io.Closer].
func (f *sftpStream) Close() error { return f.file.Close() }

// fsyncExtension is OpenSSH's request to bring a file to disk.
const fsyncExtension = "fsync@openssh.com"

func (s *sftpSession) write(name string, content []byte) error {
	file, err := s.files.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY)
	if err != nil {
		return err //nolint:wrapcheck // the session tells what it means
	}
	_, err = file.ReadFrom(bytes.NewReader(content))
	if _, ok := s.files.HasExtension(fsyncExtension); ok && err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err //nolint:wrapcheck // the session tells what it means
}

func (s *sftpSession) rename(from, to string) error { return s.files.Rename(from, to) }

func (s *sftpSession) remove(name string) error { return s.files.Remove(name) }

func (s *sftpSession) makeDirectory(name string) error {
	if info, err := s.files.Stat(name); err == nil && info.IsDir() {
		return nil
	}
	if parent := path.Dir(name); parent != name && parent != "." {
		if err := s.makeDirectory(parent); err != nil {
			return err
		}
	}
	err := s.files.Mkdir(name)
	if info, looking := s.files.Stat(name); looking == nil && info.IsDir() {
		return nil // somebody else was faster
	}
	return err //nolint:wrapcheck // the session tells what it means
}
