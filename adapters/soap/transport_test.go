package soap

import (
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// authorityOf writes the certificate of a server to a file, as the authority to trust.
func authorityOf(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(&accounts{})
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
			b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: server.URL, Tls: test.settings})
			_, err := invoke(t.Context(), t, b, "GetAccount", `{"id": "C000001"}`)
			if status.Code(err) != test.code {
				t.Errorf("the error is %v, wanted %v", err, test.code)
			}
		})
	}
}

// TestCompressedReplies holds that the bound on replies counts what they expand to.
func TestCompressedReplies(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			http.Error(w, "gzip only", http.StatusNotAcceptable)
			return
		}
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		padding := strings.Repeat(" ", len(r.URL.Query().Get("pad"))<<16)
		fmt.Fprintf(zip, `<e:Envelope xmlns:e="%s"><e:Body>%s`+account+`</e:Body></e:Envelope>`, envelope11, padding, "C000001")
		if err := zip.Close(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}))
	t.Cleanup(server.Close)
	for query, wanted := range map[string]codes.Code{"": codes.OK, "?pad=xx": codes.DataLoss} {
		b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: server.URL + "/" + query, MaxReplyBytes: proto.Uint64(64 << 10)})
		if _, err := invoke(t.Context(), t, b, "GetAccount", `{"id": "C000001"}`); status.Code(err) != wanted {
			t.Errorf("%q: the error is %v, wanted %v", query, err, wanted)
		}
	}
}

// TestBrokenCompression holds that a reply that cannot be unpacked is unreadable, and one that breaks off is a failure of the connection.
func TestBrokenCompression(t *testing.T) {
	t.Parallel()
	for content, wanted := range map[string]codes.Code{
		"this is not gzip at all": codes.DataLoss,
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00" + "\xff\xff\xff\xff": codes.DataLoss,
		"\x1f\x8b\x08\x00": codes.Unavailable,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, content)
		}))
		t.Cleanup(server.Close)
		b := openBackend(t, &configv1.SoapBackend{Kind: "soap", Wsdl: "accounts.wsdl", Endpoint: server.URL})
		if _, err := invoke(t.Context(), t, b, "GetAccount", `{"id": "C000001"}`); status.Code(err) != wanted {
			t.Errorf("%q: the error is %v, wanted %v", content, err, wanted)
		}
	}
}
