package transporttest

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	ftpserver "github.com/fclairamb/ftpserverlib"
	"github.com/spf13/afero"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// FTP starts an FTP server over a directory. mode is none, explicit or implicit, as [configv1.BatchFTP] has it. A plain one knows neither MLSD nor MLST, as old ones do.
func FTP(t testing.TB, root, mode string, plain bool) *Server {
	t.Helper()
	s := newServer(root)
	der, key, ca := certificate(t)
	driver := &ftpDriver{server: s, settings: &ftpserver.Settings{
		Listener: s.listen(t), DisableMLSD: plain, DisableMLST: plain, DisableActiveMode: true,
		TLSRequired: map[string]ftpserver.TLSRequirement{"none": ftpserver.ClearOrEncrypted, "explicit": ftpserver.MandatoryEncryption, "implicit": ftpserver.ImplicitEncryption}[mode],
	}}
	if mode != "none" {
		driver.tls = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	}
	if mode == "implicit" {
		driver.settings.Listener = tls.NewListener(driver.settings.Listener, driver.tls)
	}
	server := ftpserver.NewFtpServer(driver)
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve() // it ends when it is stopped
	}()
	s.atEnd(t, func() {
		_ = server.Stop() // twice does no harm
		s.Disconnect()
		<-served
	})
	config := &configv1.BatchFTP{Address: s.Address, User: User, Password: secret(t, Password), Tls: mode}
	if mode != "none" {
		config.Ca = ca
	}
	s.Config = &configv1.BatchTransport{Kind: &configv1.BatchTransport_Ftp{Ftp: config}}
	return s
}

// ftpDriver is what the server asks.
type ftpDriver struct {
	server   *Server
	settings *ftpserver.Settings
	tls      *tls.Config
}

// GetSettings implements [ftpserver.MainDriver].
func (d *ftpDriver) GetSettings() (*ftpserver.Settings, error) { return d.settings, nil }

// ClientConnected implements [ftpserver.MainDriver].
func (d *ftpDriver) ClientConnected(ftpserver.ClientContext) (string, error) { return "batch", nil }

// ClientDisconnected implements [ftpserver.MainDriver].
func (d *ftpDriver) ClientDisconnected(ftpserver.ClientContext) {}

// AuthUser implements [ftpserver.MainDriver].
func (d *ftpDriver) AuthUser(_ ftpserver.ClientContext, user, password string) (ftpserver.ClientDriver, error) {
	err := d.server.do(Login, "", errors.New("no"), errors.New("no"), func() error {
		if user != User || password != Password {
			return errors.New("no")
		}
		return nil
	})
	return ftpFiles{Fs: afero.NewBasePathFs(afero.NewOsFs(), d.server.Root), server: d.server}, err
}

// GetTLSConfig implements [ftpserver.MainDriver].
func (d *ftpDriver) GetTLSConfig() (*tls.Config, error) { return d.tls, nil }

// ftpFiles serves the files of a directory.
type ftpFiles struct {
	afero.Fs
	server *Server
}

// fail is do with the ways of a file system to say no.
func (f ftpFiles) fail(operation, name string, operate func() error) error {
	return f.server.do(operation, name, fs.ErrPermission, syscall.ENOSPC, operate)
}

// OpenFile implements [afero.Fs].
func (f ftpFiles) OpenFile(name string, flag int, mode os.FileMode) (opened afero.File, err error) {
	err = f.fail(Open, name, func() (err error) {
		opened, err = f.Fs.OpenFile(name, flag, mode)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ftpFile{File: opened, name: name, files: f}, nil
}

// ReadDir implements [ftpserver.ClientDriverExtensionFileList].
func (f ftpFiles) ReadDir(name string) (found []os.FileInfo, err error) {
	err = f.fail(List, name, func() (err error) {
		found, err = afero.ReadDir(f.Fs, name)
		return err
	})
	return found, err
}

// Stat implements [afero.Fs].
func (f ftpFiles) Stat(name string) (info os.FileInfo, err error) {
	err = f.fail(Stat, name, func() (err error) {
		info, err = f.Fs.Stat(name)
		return err
	})
	return info, err
}

// Rename implements [afero.Fs].
func (f ftpFiles) Rename(from, to string) error {
	return f.fail(Rename, from, func() error { return f.Fs.Rename(from, to) })
}

// Remove implements [afero.Fs].
func (f ftpFiles) Remove(name string) error {
	return f.fail(Remove, name, func() error { return f.Fs.Remove(name) })
}

// An ftpFile is an open file.
type ftpFile struct {
	afero.File
	name  string
	files ftpFiles
}

// Read implements [io.Reader].
func (f ftpFile) Read(p []byte) (n int, err error) {
	failed := f.files.fail(Read, f.name, func() error {
		n, err = f.File.Read(p)
		return nil
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}

// Write implements [io.Writer].
func (f ftpFile) Write(p []byte) (n int, err error) {
	err = f.files.fail(Write, f.name, func() error {
		n, err = f.File.Write(p)
		return err
	})
	return n, err
}
