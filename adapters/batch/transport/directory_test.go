package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/postern-gateway/postern/adapters/batch/transport"
	"github.com/postern-gateway/postern/adapters/batch/transporttest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A place is a directory under test, with the server behind it.
type place struct {
	name   string
	server *transporttest.Server // nil for the local file system
	root   string                // of the file system behind it; empty for servers of objects
	open   func(t *testing.T) transport.Directory
}

// places starts one server of each kind, and opens the directory "in/box" of each, which is there.
func places(t *testing.T) []place {
	t.Helper()
	remote := func(name string, server *transporttest.Server) place {
		server.Config.Timeout = durationpb.New(5 * time.Second)
		return place{name: name, server: server, root: server.Root, open: func(t *testing.T) transport.Directory { return opened(t, server, "in/box") }}
	}
	local := boxed(t)
	all := []place{
		{name: "local", root: local, open: func(*testing.T) transport.Directory { return transport.Local(filepath.Join(local, "in", "box")) }},
		remote("sftp", transporttest.SFTP(t, boxed(t), nil)),
		remote("ftp", transporttest.FTP(t, boxed(t), "none", false)),
		remote("ftp without MLST", transporttest.FTP(t, boxed(t), "none", true)),
		remote("ftps", transporttest.FTP(t, boxed(t), "explicit", false)),
		remote("ftps implicit", transporttest.FTP(t, boxed(t), "implicit", false)),
		remote("s3", transporttest.S3(t)),
		remote("gcs", transporttest.GCS(t)),
		remote("azure", transporttest.Azure(t)),
	}
	if endpoint := os.Getenv(azuriteEndpoint); endpoint != "" {
		all = append(all, azurite(t, endpoint))
	}
	return all
}

// azuriteEndpoint names the variable of the environment that has the account's URL (http://127.0.0.1:10000/devstoreaccount1) of an Azurite that is up. With it, the tests run
// on that too, and the server of transporttest is held against Microsoft's own.
const azuriteEndpoint = "POSTERN_TEST_AZURITE"

// azurite makes a container for one test.
func azurite(t *testing.T, endpoint string) place {
	t.Helper()
	const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
	name := strings.ToLower(t.Name())
	signed, err := container.NewSharedKeyCredential(path.Base(endpoint), key)
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Transport{}
	t.Cleanup(web.CloseIdleConnections)
	client, err := container.NewClientWithSharedKeyCredential(endpoint+"/"+name, signed, &container.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: &http.Client{Transport: web}}})
	if err == nil {
		_, err = client.Create(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.Delete(context.WithoutCancel(t.Context()), nil); err != nil {
			t.Error(err)
		}
	})
	return place{name: "azurite", open: func(t *testing.T) transport.Directory {
		return opened(t, &transporttest.Server{Config: &configv1.BatchTransport{Kind: &configv1.BatchTransport_Azure{Azure: &configv1.BatchAzure{
			Account: path.Base(endpoint), Container: name, Endpoint: endpoint, Key: &configv1.Secret{Source: &configv1.Secret_File{File: file}},
		}}}}, "in/box")
	}}
}

// boxed is a directory with in/box in it.
func boxed(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "in", "box"), 0o750); err != nil {
		t.Fatal(err)
	}
	return root
}

func opened(t *testing.T, server *transporttest.Server, name string) transport.Directory {
	t.Helper()
	reached, err := transport.New(server.Config, "transports[mainframe]", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	directory, err := reached.Directory(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(directory.Close(), directory.Close()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return directory
}

// each runs a test on every kind of directory.
func each(t *testing.T, test func(t *testing.T, p place, d transport.Directory)) {
	t.Helper()
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) { test(t, p, p.open(t)) })
	}
}

// names lists a directory.
func names(t *testing.T, d transport.Reader) []string {
	t.Helper()
	files, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, file := range files {
		found = append(found, file.Name())
	}
	slices.Sort(found)
	return found
}

// content reads a file.
func content(ctx context.Context, d transport.Reader, name string) ([]byte, error) {
	file, err := d.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	read, err := io.ReadAll(file)
	return read, errors.Join(err, file.Close())
}

// large is more than any buffer holds, and compresses to nothing less.
var large = bytes.Repeat([]byte("0123456789abcdef\x00\r\n\xff"), 200_000)

// What is written arrives byte for byte, under its name and no other, and can be renamed, archived and removed.
func TestDirectories(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p place, d transport.Directory) {
		ctx := t.Context()
		for name, written := range map[string][]byte{"empty": nil, ".hidden": []byte("h"), "large": large, "with space {1}.dat": []byte("s"), "überweisung": []byte("u")} {
			if err := d.Write(ctx, name, written); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			read, err := content(ctx, d, name)
			if err != nil || !bytes.Equal(read, written) {
				t.Errorf("%s: read %d bytes (%v), want %d", name, len(read), err, len(written))
			}
			if p.root != "" {
				if there, err := os.ReadFile(filepath.Join(p.root, "in", "box", name)); err != nil || !bytes.Equal(there, written) {
					t.Errorf("%s: the disk has %d bytes (%v), want %d", name, len(there), err, len(written))
				}
			}
			if info, err := d.Stat(ctx, name); err != nil || info.Size() != int64(len(written)) || info.Name() != name || !info.Mode().IsRegular() {
				t.Errorf("Stat of %s: %v (%v)", name, info, err)
			}
		}
		if err := errors.Join(d.MakeDirectory(ctx, "archive"), d.MakeDirectory(ctx, "archive"), d.MakeDirectory(ctx, "")); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(d.Rename(ctx, "large", "archive/large"), d.Rename(ctx, "empty", "none"), d.Remove(ctx, "überweisung")); err != nil {
			t.Fatal(err)
		}
		if got := names(t, d); !slices.Equal(got, []string{".hidden", "none", "with space {1}.dat"}) {
			t.Errorf("the directory has %q", got)
		}
		if read, err := content(ctx, d, "archive/large"); err != nil || !bytes.Equal(read, large) {
			t.Errorf("the archive has %d bytes (%v)", len(read), err)
		}
	})
}

// What is listed, looked at and read says the same of a file, so that it is known for the same again.
func TestFilesAreKnownAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ place, d transport.Directory) {
		ctx := t.Context()
		if err := d.Write(ctx, "CLAIMS.1", large); err != nil {
			t.Fatal(err)
		}
		listed, err := d.List(ctx)
		if err != nil || len(listed) != 1 {
			t.Fatalf("listed %v (%v)", listed, err)
		}
		same := func(how string, info fs.FileInfo, err error) {
			t.Helper()
			if err != nil || info.Size() != int64(len(large)) || !info.ModTime().Equal(listed[0].ModTime()) || transport.Version(info) != transport.Version(listed[0]) {
				t.Errorf("%s: %v (%v), want what was listed: %v", how, info, err, listed[0])
			}
		}
		info, err := d.Stat(ctx, "CLAIMS.1")
		same("Stat", info, err)
		for _, portion := range []int64{0, 1000, 1 << 40} {
			file, err := d.Open(ctx, "CLAIMS.1")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, io.LimitReader(file, portion)); err != nil {
				t.Fatal(err)
			}
			info, err = file.Stat(ctx)
			same("Stat of the open file", info, err)
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A file that is not there is told from one that cannot be used.
func TestMissingFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p place, d transport.Directory) {
		ctx := t.Context()
		_, stat := d.Stat(ctx, "gone")
		_, open := d.Open(ctx, "gone")
		for doing, err := range map[string]error{"Stat": stat, "Open": open, "Rename": d.Rename(ctx, "gone", "here"), "Remove": d.Remove(ctx, "gone")} {
			if doing == "Remove" && p.name == "s3" {
				continue // it does not tell
			}
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v, want that it is not there", doing, err)
			}
		}
	})
}

// No name leads out of the directory, or into a log as anything but a name.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p place, d transport.Directory) {
		ctx := t.Context()
		for _, name := range []string{"", ".", "..", "../secret", "a/../../b", "/etc/passwd", "a\nDELE b", "a\r\nb", "a\x00b", "a\x1b[31m", `a\b`, strings.Repeat("x", 300), "a\xff", "\u202egpj.exe", "a/b/c"} {
			_, stat := d.Stat(ctx, name)
			_, open := d.Open(ctx, name)
			for _, err := range []error{stat, open, d.Write(ctx, name, nil), d.Rename(ctx, name, "b"), d.Rename(ctx, "b", name), d.Remove(ctx, name)} {
				if err == nil || errors.Is(err, transport.ErrUnknown) {
					t.Errorf("%q: %v, want it refused", name, err)
				}
			}
		}
		if p.root == "" {
			return
		}
		box := filepath.Join(p.root, "in", "box")
		for _, name := range []string{"good", "new\nline", "esc\x1b[31m", "bad\xffutf8"} {
			if err := os.WriteFile(filepath.Join(box, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(os.Mkdir(filepath.Join(box, "sub"), 0o700), os.Symlink("/etc/passwd", filepath.Join(box, "link"))); err != nil {
			t.Fatal(err)
		}
		if got := names(t, d); !slices.Equal(got, []string{"good"}) && !strings.HasPrefix(p.name, "ftp") { // some FTP servers follow links themselves
			t.Errorf("listed %q, want the good one only", got)
		} else if !slices.Contains(got, "good") || slices.Contains(got, "sub") {
			t.Errorf("listed %q, want the good one", got)
		}
	})
}

// A server that does not answer holds nobody up beyond the caller's deadline, whatever it was asked; and once it answers, everything works as if nothing had been.
func TestHangingServers(t *testing.T) {
	t.Parallel()
	operations := map[string]func(ctx context.Context, d transport.Directory) error{
		transporttest.Login:  func(ctx context.Context, d transport.Directory) error { _, err := d.List(ctx); return err },
		transporttest.List:   func(ctx context.Context, d transport.Directory) error { _, err := d.List(ctx); return err },
		transporttest.Stat:   func(ctx context.Context, d transport.Directory) error { _, err := d.Stat(ctx, "file"); return err },
		transporttest.Open:   func(ctx context.Context, d transport.Directory) error { _, err := content(ctx, d, "file"); return err },
		transporttest.Read:   func(ctx context.Context, d transport.Directory) error { _, err := content(ctx, d, "file"); return err },
		transporttest.Write:  func(ctx context.Context, d transport.Directory) error { return d.Write(ctx, "other", large) },
		transporttest.Rename: func(ctx context.Context, d transport.Directory) error { return d.Rename(ctx, "file", "renamed") },
		transporttest.Remove: func(ctx context.Context, d transport.Directory) error { return d.Remove(ctx, "file") },
	}
	each(t, func(t *testing.T, p place, _ transport.Directory) {
		if p.server == nil {
			return
		}
		p.server.Config.Timeout = durationpb.New(time.Hour)
		for operation, operate := range operations {
			d := p.open(t)
			if operation != transporttest.Login {
				if err := d.Write(t.Context(), "file", large); err != nil {
					t.Fatal(err)
				}
			}
			hung := false
			p.server.Fail(func(asked, _ string) transporttest.Fault {
				if asked != operation {
					return transporttest.None
				}
				hung = true
				return transporttest.Hang
			})
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			begun := time.Now()
			err := operate(ctx, d)
			cancel()
			took := time.Since(begun)
			p.server.Fail(nil)
			if !hung { // some servers have no login of their own
				continue
			}
			if took > 10*time.Second || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) {
				t.Errorf("%s: %v after %v, want that the deadline has passed", operation, err, took)
			}
			if err := operate(t.Context(), d); err != nil {
				t.Errorf("%s: %v once the server answers", operation, err)
			}
		}
	})
}
