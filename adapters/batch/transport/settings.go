package transport

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloud.google.com/go/auth/credentials"
	"golang.org/x/crypto/ssh"
	"google.golang.org/api/storage/v1"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A Server is a place of the configuration that has directories.
type Server struct {
	directory func(name string) (Directory, error)
}

// Directory returns one of the server's directories. It connects when it is first used.
func (s *Server) Directory(name string) (Directory, error) { return s.directory(name) }

// New compiles one transport of the configuration. field is where it stands, and dir where relative paths start. The error is an [adapters.ConfigError] with all
// mistakes. It connects to nothing.
func New(config *configv1.BatchTransport, field, dir string) (*Server, error) {
	s := &settings{dir: dir, timeout: defaultTimeout}
	if config.GetTimeout() != nil {
		s.timeout = config.GetTimeout().AsDuration()
	}
	var made *Server
	switch kind := config.GetKind().(type) {
	case *configv1.BatchTransport_Sftp:
		made = s.sftp(field+".sftp.", kind.Sftp)
	case *configv1.BatchTransport_Ftp:
		made = s.ftp(field+".ftp.", kind.Ftp)
	case *configv1.BatchTransport_S3:
		made = s.s3(field+".s3.", kind.S3)
	case *configv1.BatchTransport_Gcs:
		made = s.gcs(field+".gcs.", kind.Gcs)
	case *configv1.BatchTransport_Azure:
		made = s.azure(field+".azure.", kind.Azure)
	}
	if len(s.findings) > 0 {
		return nil, &adapters.ConfigError{Findings: s.findings}
	}
	return made, nil
}

// settings reads them, and gathers the mistakes.
type settings struct {
	dir      string
	timeout  time.Duration
	findings []adapters.Finding
}

func (s *settings) fail(field, format string, arguments ...any) {
	s.findings = append(s.findings, adapters.Finding{Field: field, Message: fmt.Sprintf(format, arguments...)})
}

// secret reads a secret; one that is not set is empty.
func (s *settings) secret(field string, secret *configv1.Secret) string {
	if secret == nil {
		return ""
	}
	value, err := adapters.ReadSecret(secret, field, s.dir)
	var config *adapters.ConfigError
	if errors.As(err, &config) {
		s.findings = append(s.findings, config.Findings...)
	}
	return value
}

// connecting is a server that one stays connected with.
func (s *settings) connecting(reach *server) *Server {
	reach.timeout = s.timeout
	return &Server{directory: func(name string) (Directory, error) { return reach.directory(name), nil }}
}

func (s *settings) sftp(field string, config *configv1.BatchSFTP) *Server {
	c := &sftpServer{address: config.GetAddress(), user: config.GetUser()}
	for i, text := range config.GetHostKeys() {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil {
			s.fail(fmt.Sprintf("%shost_keys[%d]", field, i), "this is no public key; one looks like ssh-ed25519 AAAA..., as ssh-keyscan prints it behind the host")
			continue
		}
		c.hostKeys = append(c.hostKeys, key)
	}
	if signer := s.signer(field, config); signer != nil {
		c.auth = append(c.auth, ssh.PublicKeys(signer))
	}
	if password := s.secret(field+"password", config.GetPassword()); password != "" {
		c.auth = append(c.auth, ssh.Password(password), ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
			answers := make([]string, len(questions))
			for i := range answers {
				answers[i] = password
			}
			return answers, nil
		}))
	}
	if config.GetPassword() == nil && config.GetPrivateKey() == nil {
		s.fail(strings.TrimSuffix(field, "."), "it has a password or a private_key, or both")
	}
	return s.connecting(&server{connect: c.connect})
}

// signer reads the private key; nil if there is none.
func (s *settings) signer(field string, config *configv1.BatchSFTP) ssh.Signer {
	text := s.secret(field+"private_key", config.GetPrivateKey())
	passphrase := s.secret(field+"passphrase", config.GetPassphrase())
	if text == "" {
		return nil
	}
	var signer ssh.Signer
	var err error
	if passphrase != "" {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(text), []byte(passphrase))
	} else {
		signer, err = ssh.ParsePrivateKey([]byte(text))
	}
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		s.fail(field+"private_key", "the key is locked with a passphrase; give it as passphrase")
	case errors.Is(err, x509.IncorrectPasswordError):
		s.fail(field+"passphrase", "the key is not locked with this passphrase")
	case err != nil:
		s.fail(field+"private_key", "this is no private key, as OpenSSH or PEM spells it")
	}
	return signer
}

// anonymous is who logs in where nobody is named (RFC 1635).
const anonymous = "anonymous"

func (s *settings) ftp(field string, config *configv1.BatchFTP) *Server {
	c := &ftpServer{
		address: config.GetAddress(), user: config.GetUser(), password: s.secret(field+"password", config.GetPassword()), implicit: config.GetTls() == "implicit",
	}
	if c.user == "" {
		c.user = anonymous
		if c.password == "" {
			c.password = anonymous
		}
	}
	if strings.ContainsAny(c.user+c.password, "\r\n") {
		s.fail(field+"user", "a user or password of FTP is one line")
	}
	host, _, _ := net.SplitHostPort(c.address) // the configuration's own rule holds its form
	switch {
	case config.GetTls() != "none":
		c.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, ClientSessionCache: tls.NewLRUClientSessionCache(0), RootCAs: s.roots(field+"ca", config.GetCa())}
	case config.GetCa() != "":
		s.fail(field+"ca", "it has no effect with tls: none")
	}
	return s.connecting(&server{connect: c.connect})
}

// roots reads certificates; nil stands for the system's.
func (s *settings) roots(field, name string) *x509.CertPool {
	if name == "" {
		return nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.dir, name)
	}
	pool := x509.NewCertPool()
	if pem, err := os.ReadFile(name); err != nil {
		s.fail(field, "cannot read the certificates: %v", err)
	} else if !pool.AppendCertsFromPEM(pem) {
		s.fail(field, "there is no certificate in it; PEM is accepted")
	}
	return pool
}

// endpoint reads the URL of a server of objects. path says that one may follow the host.
func (s *settings) endpoint(field, text string, path bool) *url.URL {
	at, err := url.Parse(text)
	switch {
	case err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" || at.RawQuery != "" || at.User != nil:
		s.fail(field, "it is http:// or https:// and a host")
		return &url.URL{}
	case !path && strings.Trim(at.Path, "/") != "":
		s.fail(field, "it is http:// or https:// and a host, and nothing behind it")
	}
	return at
}

// inBuckets is a server whose directories are prefixes in a bucket, each with a client of its own.
func inBuckets(open func() (bucket, error)) *Server {
	return &Server{directory: func(name string) (Directory, error) {
		opened, err := open()
		if err != nil {
			return nil, err
		}
		return inBucket(opened, name), nil
	}}
}

func (s *settings) s3(field string, config *configv1.BatchS3) *Server {
	if (config.GetAccessKeyId() == nil) != (config.GetSecretAccessKey() == nil) {
		s.fail(strings.TrimSuffix(field, "."), "access_key_id and secret_access_key go together")
	}
	return inBuckets(s3Settings{
		bucket: config.GetBucket(), region: cmp.Or(config.GetRegion(), s3Region), endpoint: s.endpoint(field+"endpoint", cmp.Or(config.GetEndpoint(), s3Endpoint), false), timeout: s.timeout,
		accessKey: s.secret(field+"access_key_id", config.GetAccessKeyId()), secret: s.secret(field+"secret_access_key", config.GetSecretAccessKey()),
	}.open)
}

func (s *settings) gcs(field string, config *configv1.BatchGCS) *Server {
	key := []byte(s.secret(field+"credentials", config.GetCredentials()))
	if len(key) > 0 {
		if _, err := googleKey(key, &credentials.DetectOptions{Scopes: []string{storage.DevstorageReadWriteScope}}); err != nil {
			s.fail(field+"credentials", "this is no key as Google writes it: %v", err)
		}
	}
	return inBuckets(gcsSettings{
		bucket: config.GetBucket(), endpoint: s.endpoint(field+"endpoint", cmp.Or(config.GetEndpoint(), gcsEndpoint), false), key: key, timeout: s.timeout,
	}.open)
}

func (s *settings) azure(field string, config *configv1.BatchAzure) *Server {
	endpoint := cmp.Or(config.GetEndpoint(), "https://"+config.GetAccount()+".blob.core.windows.net")
	at := s.endpoint(field+"endpoint", endpoint, true)
	key, sas := s.secret(field+"key", config.GetKey()), strings.TrimPrefix(s.secret(field+"sas", config.GetSas()), "?")
	if _, err := base64.StdEncoding.DecodeString(key); err != nil {
		s.fail(field+"key", "a key of a storage account is base64")
	}
	if values, err := url.ParseQuery(sas); sas != "" && (err != nil || !values.Has("sig")) {
		s.fail(field+"sas", "a shared access signature is sv=...&sig=..., the part of its URL behind the question mark")
	}
	switch {
	case config.GetKey() != nil && config.GetSas() != nil:
		s.fail(strings.TrimSuffix(field, "."), "it has a key or a sas, and not both")
	case config.GetKey() == nil && config.GetSas() == nil && at.Scheme == "http":
		s.fail(field+"endpoint", "without TLS nobody signs in but by a key or sas")
	}
	return inBuckets(azureSettings{container: at.JoinPath(config.GetContainer()), account: config.GetAccount(), key: key, sas: sas, timeout: s.timeout}.open)
}
