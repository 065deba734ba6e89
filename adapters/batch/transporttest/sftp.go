package transporttest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A Key is an SSH key.
type Key struct {
	Private string // as OpenSSH spells it
	Public  string // as known_hosts has it behind the host
	signer  ssh.Signer
}

// NewKey makes one.
func NewKey(t testing.TB) Key {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	public := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	return Key{Private: string(pem.EncodeToMemory(block)), Public: public, signer: signer}
}

// SFTP starts an SFTP server over a directory. It takes the password, and also the key if one is given.
func SFTP(t testing.TB, root string, user *Key) *Server {
	t.Helper()
	s := newServer(root)
	host := NewKey(t)
	config := &ssh.ServerConfig{
		PasswordCallback: func(conn ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return nil, s.do(Login, "", errors.New("no"), errors.New("no"), func() error {
				if conn.User() != User || string(password) != Password {
					return errors.New("no")
				}
				return nil
			})
		},
		PublicKeyCallback: func(conn ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if user == nil || conn.User() != User || string(key.Marshal()) != string(user.signer.PublicKey().Marshal()) {
				return nil, errors.New("no")
			}
			return nil, nil //nolint:nilnil // as this callback has it
		},
	}
	config.AddHostKey(host.signer)
	listener := s.listen(t)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serveSFTP(conn, config) })
		}
	})
	s.atEnd(t, func() {
		_ = listener.Close()
		s.Disconnect()
		serving.Wait()
	})
	s.Config = &configv1.BatchTransport{Kind: &configv1.BatchTransport_Sftp{Sftp: &configv1.BatchSFTP{
		Address: s.Address, User: User, Password: secret(t, Password), HostKeys: []string{host.Public},
	}}}
	return s
}

// serveSFTP serves one connection.
func (s *Server) serveSFTP(conn net.Conn, config *ssh.ServerConfig) {
	defer func() { _ = conn.Close() }()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	var answering sync.WaitGroup
	defer answering.Wait()
	answering.Go(func() { ssh.DiscardRequests(requests) })
	for opened := range channels {
		channel, asked, err := opened.Accept()
		if err != nil {
			return
		}
		answering.Go(func() {
			for request := range asked {
				_ = request.Reply(request.Type == "subsystem", nil) // the client notices
			}
		})
		answering.Go(func() {
			files := sftpFiles{s}
			server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: files, FilePut: files, FileCmd: files, FileList: files})
			_ = server.Serve() // it ends with its connection
			_ = channel.Close()
		})
	}
}

// sftpFiles serves the files of a directory.
type sftpFiles struct{ *Server }

func (f sftpFiles) path(name string) string { return filepath.Join(f.Root, filepath.FromSlash(name)) }

// fail is do with SFTP's ways to say no.
func (f sftpFiles) fail(operation, name string, operate func() error) error {
	return f.do(operation, name, sftp.ErrSSHFxPermissionDenied, sftp.ErrSSHFxFailure, operate)
}

// Fileread implements [sftp.FileReader].
func (f sftpFiles) Fileread(r *sftp.Request) (opened io.ReaderAt, err error) {
	err = f.fail(Open, r.Filepath, func() error {
		file, err := os.Open(f.path(r.Filepath))
		opened = sftpFile{File: file, name: r.Filepath, files: f}
		return err
	})
	return opened, err
}

// Filewrite implements [sftp.FileWriter].
func (f sftpFiles) Filewrite(r *sftp.Request) (opened io.WriterAt, err error) {
	err = f.fail(Open, r.Filepath, func() error {
		file, err := os.OpenFile(f.path(r.Filepath), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		opened = sftpFile{File: file, name: r.Filepath, files: f}
		return err
	})
	return opened, err
}

// An sftpFile is an open file.
type sftpFile struct {
	*os.File
	name  string
	files sftpFiles
}

// ReadAt implements [io.ReaderAt].
func (f sftpFile) ReadAt(p []byte, offset int64) (n int, err error) {
	var read error
	err = f.files.fail(Read, f.name, func() error {
		n, read = f.File.ReadAt(p, offset)
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, read
}

// WriteAt implements [io.WriterAt].
func (f sftpFile) WriteAt(p []byte, offset int64) (n int, err error) {
	err = f.files.fail(Write, f.name, func() error {
		n, err = f.File.WriteAt(p, offset)
		return err
	})
	return n, err
}

// Filecmd implements [sftp.FileCmder].
func (f sftpFiles) Filecmd(r *sftp.Request) error {
	switch r.Method {
	case "Rename":
		return f.fail(Rename, r.Filepath, func() error {
			if _, err := os.Lstat(f.path(r.Target)); err == nil {
				return fs.ErrExist
			}
			return os.Rename(f.path(r.Filepath), f.path(r.Target))
		})
	case "Remove":
		return f.fail(Remove, r.Filepath, func() error { return os.Remove(f.path(r.Filepath)) })
	case "Mkdir":
		return os.Mkdir(f.path(r.Filepath), 0o700)
	case "Setstat":
		return nil
	default:
		return sftp.ErrSSHFxOpUnsupported
	}
}

// Filelist implements [sftp.FileLister].
func (f sftpFiles) Filelist(r *sftp.Request) (found sftp.ListerAt, err error) {
	operation := Stat
	if r.Method == "List" {
		operation = List
	}
	err = f.fail(operation, r.Filepath, func() error {
		if operation == Stat {
			info, err := os.Lstat(f.path(r.Filepath))
			found = listing{info}
			return err
		}
		entries, err := os.ReadDir(f.path(r.Filepath))
		var all listing
		for _, entry := range entries {
			if info, err := entry.Info(); err == nil {
				all = append(all, info)
			}
		}
		found = all
		return err
	})
	return found, err
}

// A listing is what a directory holds.
type listing []os.FileInfo

// ListAt implements [sftp.ListerAt].
func (l listing) ListAt(into []os.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(into, l[offset:])
	if n < len(into) {
		return n, io.EOF
	}
	return n, nil
}
