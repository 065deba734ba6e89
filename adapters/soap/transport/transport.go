package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const (
	userAgent       = "postern"
	defaultMaxReply = 16 << 20
	maxHeaderBytes  = 256 << 10
	dialTimeout     = 10 * time.Second
	idleTimeout     = 60 * time.Second
	idleConnections = 64
	maxRedirects    = 10
)

// A Transport sends envelopes to the service of one back end over pooled connections. It may be used by any number of goroutines.
type Transport struct {
	client   *retryablehttp.Client
	pool     *http.Transport
	observer observer
	// authorization is sent with every request; challenged answers challenges. At most one is set.
	authorization string
	challenged    authenticator
	cookies       http.CookieJar
	failover      []*address
	// origins are the scheme and host of all places that documents may be read from with credentials.
	origins      map[string]bool
	maxReply     int64
	actionStyle  string
	gzipRequests bool

	routes      sync.Map // of *route by routeKey
	addresses   sync.Map // of *address by URL
	lastCharset atomic.Pointer[charsetOf]

	lifetime context.Context //nolint:containedctx // dialling goes on without the request that asked for it, and must end with the transport
	end      context.CancelFunc
}

// New reads the settings of a back end that concern HTTP. The error is an [adapters.ConfigError] with all mistakes. It opens no connection.
func New(config *configv1.SoapBackend, options adapters.Options) (*Transport, error) {
	settings := &settingsReader{dir: options.Dir}
	t := &Transport{
		observer: newObserver(options), maxReply: defaultMaxReply, origins: make(map[string]bool),
		actionStyle: config.GetSoapAction(), gzipRequests: config.GetGzipRequests(),
	}
	if config.MaxReplyBytes != nil {
		t.maxReply = int64(config.GetMaxReplyBytes()) //nolint:gosec // its rule bounds it
	}
	t.lifetime, t.end = context.WithCancel(context.Background())
	t.pool = t.newPool(settings.tls(config.GetTls()), settings.proxy(config.GetProxy()))
	settings.compatible(config)
	t.authorization, t.challenged = settings.authentication(config.GetSecurity(), t)
	for i, text := range config.GetFailoverEndpoints() {
		if target := settings.address(text, i); target != nil {
			t.failover = append(t.failover, t.address(target))
			t.origins[origin(target)] = true
		}
	}
	for _, text := range []string{config.GetEndpoint(), config.GetWsdl()} {
		if target, err := url.Parse(text); err == nil && target.Host != "" {
			t.origins[origin(target)] = true
		}
	}
	if config.GetCookies() {
		jar, err := cookiejar.New(nil)
		if err != nil {
			settings.find("cookies", "%v", err)
		}
		t.cookies = jar
	}
	if len(settings.findings) > 0 {
		t.Close()
		return nil, &adapters.ConfigError{Findings: settings.findings}
	}
	t.client = t.newClient()
	return t, nil
}

// newPool returns connections with the settings of the back end.
func (t *Transport) newPool(secure *tlsSettings, proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	return &http.Transport{
		Proxy:               proxy,
		DialContext:         t.dial,
		TLSClientConfig:     secure.config,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns:        idleConnections,
		MaxIdleConnsPerHost: idleConnections,
		IdleConnTimeout:     idleTimeout,
		// Replies are unpacked here, under a bound.
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ProxyConnectHeader:     http.Header{"User-Agent": {userAgent}},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
			if response.StatusCode != http.StatusOK {
				return &refusedByProxy{status: response.StatusCode}
			}
			return nil
		},
		Protocols: onlyHTTP1(),
	}
}

// onlyHTTP1 leaves HTTP/2 out: after a stream that the server ends with PROTOCOL_ERROR, net/http sends a request once more by itself, whatever its
// method. Of HTTP/1.1 requests it sends only those again of which nothing was written.
func onlyHTTP1() *http.Protocols {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return protocols
}

// dial makes a connection that counts what is written. It ends with the transport: net/http lets it go on when the request is given up that asked for it.
func (t *Transport) dial(ctx context.Context, network, host string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	defer context.AfterFunc(t.lifetime, cancel)()
	made, err := (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext(ctx, network, host)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: made}, nil
}

// address returns the one address of a URL, so that all routes know whether it rests.
func (t *Transport) address(target *url.URL) *address {
	known, ok := t.addresses.Load(target.String())
	if !ok {
		known, _ = t.addresses.LoadOrStore(target.String(), newAddress(target, http.MethodPost, http.MethodHead))
	}
	return known.(*address) // nothing else is stored
}

// Reach asks the endpoint, or one that it fails over to, for its head: whatever HTTP answer comes shows that it is there. It carries no credentials.
func (t *Transport) Reach(ctx context.Context, endpoint string) error {
	target, _, err := parseAddress(endpoint)
	if err != nil {
		return sendError(ctx, err, true)
	}
	first := t.address(target)
	err = t.reach(ctx, first, len(t.failover))
	for i, other := range t.failover {
		if err == nil || ctx.Err() != nil {
			break
		}
		if other != first {
			err = t.reach(ctx, other, len(t.failover)-i-1)
		}
	}
	if err != nil {
		return sendError(ctx, err, true)
	}
	return nil
}

func (t *Transport) reach(ctx context.Context, to *address, others int) error {
	if others > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, shareOfTime(ctx, others))
		defer cancel()
	}
	request := (&http.Request{Method: http.MethodHead, URL: to.url, Header: http.Header{"User-Agent": {userAgent}}}).WithContext(ctx)
	_, response, err := t.observer.exchange(t.pool, request, to, nil, nil, 0)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// HTTPClient returns a client for reading documents with the connections, TLS settings, proxy and cookies of the back end. Its credentials are sent only to where endpoint,
// failover_endpoints and wsdl point: documents import others from anywhere. Bounds on what is read are the caller's.
func (t *Transport) HTTPClient() *http.Client {
	return &http.Client{
		Transport: roundTripper(t.document),
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return errors.New("there are too many redirects")
			}
			return nil
		},
	}
}

// document is one request for a document.
func (t *Transport) document(request *http.Request) (*http.Response, error) {
	target, user, err := parseAddress(request.URL.String())
	if err != nil {
		return nil, err
	}
	a := &attempt{transport: t, to: newAddress(target, request.Method)}
	request = request.Clone(request.Context())
	request.URL = target
	request.Header.Set("User-Agent", userAgent)
	switch {
	case !t.origins[origin(target)]:
		return a.send(t.pool, request, true)
	case t.authorization != "":
		request.Header.Set("Authorization", t.authorization)
	case user != nil && t.challenged == nil:
		request.Header.Set("Authorization", basicAuthorization(user))
	}
	return a.do(request)
}

func origin(target *url.URL) string { return target.Scheme + "://" + target.Host }

// Close gives up idle connections, and those that are being made. No call is running any more. A second call does nothing.
func (t *Transport) Close() {
	t.end()
	t.pool.CloseIdleConnections()
	if t.challenged != nil {
		t.challenged.close()
	}
}
