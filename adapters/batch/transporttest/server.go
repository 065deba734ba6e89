package transporttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Who may log in.
const (
	User     = "batch"
	Password = "correct horse"
)

// A Fault is how an operation fails.
type Fault int

// The faults.
const (
	None      Fault = iota
	CutBefore       // the connection ends, and nothing has been done
	CutAfter        // it has been done, and the connection ends without an answer
	Refuse          // the server says that this is not allowed
	Full            // the server says that its disk is full
	Hang            // the server never answers, until the test ends
)

// Operations that can fail. Of Read and Write it is a piece in the middle of a file that does.
const (
	Login  = "login"
	List   = "list"
	Stat   = "stat"
	Open   = "open"
	Read   = "read"
	Write  = "write"
	Rename = "rename"
	Remove = "remove"
)

// A Server is one that runs until its test ends.
type Server struct {
	// Root is the directory that the server serves; empty for S3.
	Root string
	// Address is where it listens, as host:port.
	Address string
	// Config is the transport that reaches it.
	Config *configv1.BatchTransport

	mu     sync.Mutex
	fault  func(operation, name string) Fault
	conns  map[net.Conn]bool
	logins int
	ended  chan struct{}
}

func newServer(root string) *Server {
	return &Server{Root: root, conns: make(map[net.Conn]bool), ended: make(chan struct{})}
}

// atEnd has the server stopped at the end of the test, once what hangs has been let go.
func (s *Server) atEnd(t testing.TB, stop func()) {
	t.Cleanup(func() {
		close(s.ended)
		stop()
	})
}

// Fail has the function say, from now on, how each operation fails. nil ends that.
func (s *Server) Fail(fault func(operation, name string) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// FailOnce has the next operation of a kind fail, and no other.
func (s *Server) FailOnce(operation string, fault Fault) {
	var once sync.Once
	s.Fail(func(asked, _ string) (f Fault) {
		if asked == operation {
			once.Do(func() { f = fault })
		}
		return f
	})
}

// Logins is how often somebody has logged in.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// Disconnect ends all connections.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close() // it is meant to break
	}
}

// do makes an operation, or fails as ordered. refused and full are the server's ways to say so.
func (s *Server) do(operation, name string, refused, full error, operate func() error) error {
	s.mu.Lock()
	fault := None
	if s.fault != nil {
		fault = s.fault(operation, name)
	}
	if operation == Login {
		s.logins++
	}
	s.mu.Unlock()
	switch fault {
	case CutBefore:
		s.Disconnect()
		return net.ErrClosed
	case CutAfter:
		err := operate()
		s.Disconnect()
		return errors.Join(err, net.ErrClosed)
	case Refuse:
		return refused
	case Full:
		return full
	case Hang:
		<-s.ended
		return net.ErrClosed
	default:
		return operate()
	}
}

// listen listens on a free port and keeps count of connections.
func (s *Server) listen(t testing.TB) net.Listener {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Address = listener.Addr().String()
	return &counted{Listener: listener, server: s}
}

// counted is a listener whose connections a server knows.
type counted struct {
	net.Listener
	server *Server
}

// Accept implements [net.Listener].
func (l *counted) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.server.mu.Lock()
		l.server.conns[conn] = true
		l.server.mu.Unlock()
	}
	return conn, err
}

// secret puts a secret into a file of the test's.
func secret(t testing.TB, value string) *configv1.Secret {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	return &configv1.Secret{Source: &configv1.Secret_File{File: path}}
}

// certificate makes one for 127.0.0.1, and a file of it.
func certificate(t testing.TB) (der []byte, key *ecdsa.PrivateKey, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "batch"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if der, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return der, key, file
}
