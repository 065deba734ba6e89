package soap

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const (
	defaultMaxReply = 16 << 20
	dialTimeout     = 10 * time.Second
	idleTimeout     = 60 * time.Second
	idleConnections = 64
)

// A transport sends envelopes over pooled connections.
type transport struct {
	client      *retryablehttp.Client
	pool        *http.Transport
	credentials *credentials
	maxReply    int64
}

// A reply is what came back over HTTP.
type reply struct {
	status  int
	header  http.Header
	charset string
	body    []byte
}

func newTransport(config *configv1.SoapBackend, options adapters.Options, credentials *credentials) (*transport, error) {
	settings, err := tlsSettings(config.GetTls(), options.Dir)
	if err != nil {
		return nil, err
	}
	pool := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     settings,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns:        idleConnections,
		MaxIdleConnsPerHost: idleConnections,
		IdleConnTimeout:     idleTimeout,
		Protocols:           onlyHTTP1(),
	}
	traced := []otelhttp.Option{otelhttp.WithPropagators(propagation.TraceContext{})}
	if options.TracerProvider != nil {
		traced = append(traced, otelhttp.WithTracerProvider(options.TracerProvider))
	}
	if options.MeterProvider != nil {
		traced = append(traced, otelhttp.WithMeterProvider(options.MeterProvider))
	}
	client := retryablehttp.NewClient()
	client.Logger = nil
	client.RetryMax = 2
	client.RetryWaitMin, client.RetryWaitMax = 50*time.Millisecond, 500*time.Millisecond
	client.CheckRetry = onlyUnsent
	client.ErrorHandler = retryablehttp.PassthroughErrorHandler
	client.HTTPClient = &http.Client{
		Transport:     otelhttp.NewTransport(pool, traced...),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t := &transport{client: client, pool: pool, credentials: credentials, maxReply: defaultMaxReply}
	if config.MaxReplyBytes != nil {
		t.maxReply = int64(config.GetMaxReplyBytes()) //nolint:gosec // its rule bounds it
	}
	return t, nil
}

// onlyHTTP1 leaves HTTP/2 out: after a stream that the server ends with PROTOCOL_ERROR, net/http sends a request once more by itself, whatever its
// method. Of HTTP/1.1 requests it sends only those again of which nothing was written.
func onlyHTTP1() *http.Protocols {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return protocols
}

func (t *transport) close() { t.pool.CloseIdleConnections() }

// onlyUnsent lets a request be sent again only if it certainly was not sent: there was no connection.
func onlyUnsent(ctx context.Context, _ *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return isUnsent(err), nil
}

func isUnsent(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && (operation.Op == "dial" || operation.Op == "proxyconnect")
}

// send posts an envelope. The error is an [adapters.Error].
func (t *transport) send(ctx context.Context, operation *mappedOperation, envelope []byte) (*reply, error) {
	request, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, operation.endpoint, envelope)
	if err != nil {
		return nil, sendError(ctx, err)
	}
	request.Header.Set("User-Agent", "postern")
	switch action := operation.operation.Action; {
	case operation.version == wsdl.SOAP12 && action != "":
		request.Header.Set("Content-Type", "application/soap+xml; charset=utf-8; action="+quotedAction(action))
	case operation.version == wsdl.SOAP12:
		request.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	default:
		request.Header.Set("Content-Type", "text/xml; charset=utf-8")
		request.Header["SOAPAction"] = []string{quotedAction(action)} // spelt as old servers look for it
	}
	if t.credentials.basic {
		request.SetBasicAuth(t.credentials.basicUser, t.credentials.basicPassword)
	}
	response, err := t.client.Do(request)
	if err != nil {
		return nil, sendError(ctx, err)
	}
	defer response.Body.Close() //nolint:errcheck // it is only read
	var body bytes.Buffer
	if response.ContentLength > 0 {
		body.Grow(int(min(response.ContentLength, t.maxReply) + bytes.MinRead))
	}
	if _, err := body.ReadFrom(io.LimitReader(response.Body, t.maxReply+1)); err != nil {
		return nil, receiveError(ctx, err)
	}
	if int64(body.Len()) > t.maxReply {
		return nil, unreadableReply(fmt.Errorf("the reply is larger than %d bytes", t.maxReply))
	}
	out := &reply{status: response.StatusCode, header: response.Header, body: body.Bytes()}
	if _, parameters, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err == nil {
		out.charset = parameters["charset"]
	}
	return out, nil
}

// reach asks the endpoint for anything at all: whatever HTTP answer comes shows that it is there.
func (t *transport) reach(ctx context.Context, endpoint string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, endpoint, nil)
	if err != nil {
		return sendError(ctx, err)
	}
	response, err := t.pool.RoundTrip(request)
	if err != nil {
		return sendError(ctx, err)
	}
	return response.Body.Close()
}

func tlsSettings(config *configv1.SoapTls, dir string) (*tls.Config, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: config.GetServerName()}
	at := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
	if path := config.GetCaFile(); path != "" {
		pem, err := os.ReadFile(at(path))
		if err != nil {
			return nil, adapters.ConfigErrorf("tls.ca_file", "cannot read the certificates: %v", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, adapters.ConfigErrorf("tls.ca_file", "there is no certificate in it; PEM is accepted")
		}
	}
	if config.GetCertificateFile() != "" {
		certificate, err := tls.LoadX509KeyPair(at(config.GetCertificateFile()), at(config.GetKeyFile()))
		if err != nil {
			return nil, adapters.ConfigErrorf("tls.certificate_file", "cannot read the certificate and its key: %v", err)
		}
		settings.Certificates = []tls.Certificate{certificate}
	}
	return settings, nil
}
