package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// authorityOf writes the certificate of a server to a file, as the authority to trust.
func authorityOf(t *testing.T, server *httptest.Server) string {
	t.Helper()
	return writeFile(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	authority := authorityOf(t, server)
	tests := []struct {
		name     string
		settings *configv1.SoapTls
		code     codes.Code
	}{
		{"trusted", &configv1.SoapTls{CaFile: authority}, codes.OK},
		{"trusted under its other name", &configv1.SoapTls{CaFile: authority, ServerName: "example.com"}, codes.OK},
		{"wrong name", &configv1.SoapTls{CaFile: authority, ServerName: "legacy.invalid"}, codes.Unavailable},
		{"not trusted", nil, codes.Unavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := open(t, &configv1.SoapBackend{Tls: test.settings}).Send(t.Context(), ping(server.URL))
			if test.code == codes.OK {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if got := failure(t, err); got.Code != test.code || !got.Unsent {
				t.Errorf("the error is %#v", got)
			}
		})
	}
}

// clientCertificate makes a self-signed certificate, and returns it with the files of it and its key.
func clientCertificate(t *testing.T) (*x509.Certificate, string, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gateway"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return certificate, writeFile(t, "client.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		writeFile(t, "client.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	certificate, file, key := clientCertificate(t)
	trusted := x509.NewCertPool()
	trusted.AddCert(certificate)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Client", r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted}
	server.StartTLS()
	t.Cleanup(server.Close)
	settings := &configv1.SoapTls{CaFile: authorityOf(t, server), CertificateFile: file, KeyFile: key}
	reply, err := open(t, &configv1.SoapBackend{Tls: settings}).Send(t.Context(), ping(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	if reply.Header.Get("X-Client") != "gateway" {
		t.Errorf("the server knows %q", reply.Header.Get("X-Client"))
	}
	_, err = open(t, &configv1.SoapBackend{Tls: &configv1.SoapTls{CaFile: settings.CaFile}}).Send(t.Context(), ping(server.URL))
	if got := failure(t, err); got.Code != codes.Unavailable {
		t.Errorf("without a certificate the error is %v", got)
	}
}

// TestMistakes holds that all mistakes in the settings are found at once, each at its field.
func TestMistakes(t *testing.T) {
	t.Parallel()
	missing := &configv1.Secret{Source: &configv1.Secret_File{File: "missing"}}
	_, err := New(&configv1.SoapBackend{
		Tls:               &configv1.SoapTls{CaFile: "missing", CertificateFile: "missing", KeyFile: "missing", ServerName: "a.example"},
		Proxy:             &configv1.SoapProxy{Url: "https://proxy.example", Username: "u", Password: missing},
		Security:          &configv1.SoapSecurity{Digest: &configv1.SoapDigestAuth{Username: "u", Password: missing}},
		FailoverEndpoints: []string{"http://a.example", "http://u:p@b.example", "http://"},
	}, adapters.Options{Dir: t.TempDir()})
	var got *adapters.ConfigError
	if !errors.As(err, &got) {
		t.Fatalf("the error is %v", err)
	}
	wanted := []string{
		"tls.ca_file", "tls.certificate_file", "proxy.password.file", "tls.server_name", "security.digest.password.file", "failover_endpoints[1]", "failover_endpoints[2]",
	}
	for i, finding := range got.Findings {
		if i >= len(wanted) || finding.Field != wanted[i] || finding.Message == "" {
			t.Errorf("finding %d is %v", i, finding)
		}
	}
	if len(got.Findings) != len(wanted) {
		t.Errorf("there are %d findings, wanted %d:\n%v", len(got.Findings), len(wanted), err)
	}
	for field, config := range map[string]*configv1.SoapBackend{
		"tls.ca_file":     {Tls: &configv1.SoapTls{CaFile: writeFile(t, "ca.pem", []byte("none"))}},
		"proxy.url":       {Proxy: &configv1.SoapProxy{Username: "u"}},
		"proxy.username":  {Proxy: &configv1.SoapProxy{Url: "http://proxy.example", Password: secretOf(t, "x")}},
		"security.bearer": {Security: &configv1.SoapSecurity{Bearer: secretOf(t, "two words")}},
		"tls.server_name": {Proxy: &configv1.SoapProxy{Url: "HTTPS://proxy.example"}, Tls: &configv1.SoapTls{ServerName: "x"}},
	} {
		_, err := New(config, adapters.Options{})
		if !errors.As(err, &got) || len(got.Findings) != 1 || got.Findings[0].Field != field {
			t.Errorf("wanted a finding at %s, the error is %v", field, err)
		}
	}
}

// secretOf puts a secret into a file.
func secretOf(t *testing.T, value string) *configv1.Secret {
	t.Helper()
	return &configv1.Secret{Source: &configv1.Secret_File{File: writeFile(t, "secret", []byte(value))}}
}
