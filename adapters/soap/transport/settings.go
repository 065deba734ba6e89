package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A settingsReader reads settings, and gathers the mistakes in them.
type settingsReader struct {
	dir      string
	findings []adapters.Finding
}

func (s *settingsReader) find(field, format string, arguments ...any) {
	s.findings = append(s.findings, adapters.Finding{Field: field, Message: fmt.Sprintf(format, arguments...)})
}

func (s *settingsReader) secret(secret *configv1.Secret, field string) string {
	value, err := adapters.ReadSecret(secret, field, s.dir)
	var config *adapters.ConfigError
	if errors.As(err, &config) {
		s.findings = append(s.findings, config.Findings...)
	}
	return value
}

func (s *settingsReader) path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.dir, path)
}

// tlsSettings are how https connections are made.
type tlsSettings struct{ config *tls.Config }

// sessions is how many TLS sessions are kept, so that new connections cost less.
const sessions = 64

func (s *settingsReader) tls(config *configv1.SoapTls) *tlsSettings {
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: config.GetServerName(), ClientSessionCache: tls.NewLRUClientSessionCache(sessions)}
	if path := config.GetCaFile(); path != "" {
		out.RootCAs = x509.NewCertPool()
		if pem, err := os.ReadFile(s.path(path)); err != nil {
			s.find("tls.ca_file", "cannot read the certificates: %v", err)
		} else if !out.RootCAs.AppendCertsFromPEM(pem) {
			s.find("tls.ca_file", "there is no certificate in it; PEM is accepted")
		}
	}
	if config.GetCertificateFile() != "" {
		certificate, err := tls.LoadX509KeyPair(s.path(config.GetCertificateFile()), s.path(config.GetKeyFile()))
		if err != nil {
			s.find("tls.certificate_file", "cannot read the certificate and its key: %v", err)
		}
		out.Certificates = []tls.Certificate{certificate}
	}
	return &tlsSettings{config: out}
}

// proxy returns the proxy of requests: the one that is set, or that of the environment.
func (s *settingsReader) proxy(config *configv1.SoapProxy) func(*http.Request) (*url.URL, error) {
	if config.GetUrl() == "" {
		if config.GetUsername() != "" || config.GetPassword() != nil {
			s.find("proxy.url", "user name and password are of no use without the address of a proxy")
		}
		return http.ProxyFromEnvironment
	}
	target, err := url.Parse(config.GetUrl())
	if err != nil || target.Host == "" {
		s.find("proxy.url", "this is no address of a proxy; http://, https:// or socks5:// with a host is accepted")
		return nil
	}
	switch {
	case config.GetUsername() != "":
		password := ""
		if config.GetPassword() != nil {
			password = s.secret(config.GetPassword(), "proxy.password")
		}
		target.User = url.UserPassword(config.GetUsername(), password)
	case config.GetPassword() != nil:
		s.find("proxy.username", "a password needs a user name")
	case target.User != nil:
		s.find("proxy.url", "credentials are given as username and password")
	}
	return http.ProxyURL(target)
}

// compatible finds settings that do not go together.
func (s *settingsReader) compatible(config *configv1.SoapBackend) {
	if strings.HasPrefix(strings.ToLower(config.GetProxy().GetUrl()), "https:") && config.GetTls().GetServerName() != "" {
		s.find("tls.server_name", "it would be expected of the https proxy too; use an http proxy, or leave it out")
	}
}

func (s *settingsReader) address(text string, i int) *url.URL {
	field := fmt.Sprintf("failover_endpoints[%d]", i)
	target, user, err := parseAddress(text)
	if err != nil {
		s.find(field, "this is no address; http:// or https:// with a host is accepted")
		return nil
	}
	if user != nil {
		s.find(field, "credentials are given in security")
	}
	return target
}

// authentication returns what shows who sends a request: a header that is sent with all of them, or answers to challenges.
func (s *settingsReader) authentication(config *configv1.SoapSecurity, t *Transport) (string, authenticator) {
	switch {
	case config.GetBasic() != nil:
		return basicAuthorization(url.UserPassword(config.GetBasic().GetUsername(), s.secret(config.GetBasic().GetPassword(), "security.basic.password"))), nil
	case config.GetBearer() != nil:
		token := s.secret(config.GetBearer(), "security.bearer")
		if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
			s.find("security.bearer", "the token holds a blank, a line end or a character outside of ASCII, which a header cannot carry")
		}
		return "Bearer " + token, nil
	case config.GetDigest() != nil:
		return "", newDigest(config.GetDigest().GetUsername(), s.secret(config.GetDigest().GetPassword(), "security.digest.password"))
	case config.GetNtlm() != nil:
		return "", newNTLM(t, config.GetNtlm(), s.secret(config.GetNtlm().GetPassword(), "security.ntlm.password"))
	default:
		return "", nil
	}
}

// basicAuthorization is the header of HTTP basic authentication (RFC 7617 section 2), in UTF-8.
func basicAuthorization(user *url.Userinfo) string {
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}
