package document

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrPrivate is the cause of the error about a document from the network that refers to an address which only insiders reach.
var ErrPrivate = errors.New("a document from the network may not refer to a private address")

// A guard keeps what came over the network from making this process ask loopback, link-local and private addresses: services that trust whoever
// can reach them. It judges the addresses that connections are really made to, so a name that changes its meaning between two look-ups gains
// nothing. What refers to an address decides: the user and documents at private addresses may name any.
type guard struct {
	base http.RoundTripper
	// strict is base, with connections that are judged before they are made; nil if base is no *http.Transport. Then they are judged before anything is sent.
	strict *http.Transport
}

// A journey is one request with its redirects.
type journey struct {
	// restricted is true if it may not lead to private addresses; a public address that redirects makes it so.
	restricted atomic.Bool
	// public is true once a public address was met, met once any address was, and refused once one was refused.
	public, met, refused atomic.Bool
}

type journeyKey struct{}

func journeyOf(ctx context.Context) *journey {
	if j, ok := ctx.Value(journeyKey{}).(*journey); ok {
		return j
	}
	return &journey{}
}

const dialTimeout = 30 * time.Second

func newGuard(base http.RoundTripper) *guard {
	if base == nil {
		base = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	g := &guard{base: base}
	transport, ok := base.(*http.Transport)
	if !ok {
		return g
	}
	g.strict = transport.Clone()
	g.strict.DisableKeepAlives = true // a connection that was made for another reason is not judged
	g.strict.DialContext = judgedDial(transport.DialContext)
	return g
}

func judgedDial(other func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	if other == nil {
		return (&net.Dialer{Timeout: dialTimeout, ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			return journeyOf(ctx).judge(address)
		}}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := other(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if err := journeyOf(ctx).judge(connection.RemoteAddr().String()); err != nil {
			return nil, errors.Join(err, connection.Close())
		}
		return connection, nil
	}
}

// judge says whether a connection to an address, which has a port, may be made.
func (j *journey) judge(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	j.met.Store(true)
	switch ip, err := netip.ParseAddr(host); {
	case err != nil || !isPrivate(ip):
		j.public.Store(true)
	case j.restricted.Load():
		j.refused.Store(true)
		return ErrPrivate
	}
	return nil
}

// RoundTrip implements http.RoundTripper. Redirects come here too.
func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	j := journeyOf(request.Context())
	if j.restricted.Load() && namesPrivate(request.URL) {
		return nil, ErrPrivate
	}
	var (
		response *http.Response
		err      error
	)
	switch {
	case g.strict == nil:
		response, err = g.base.RoundTrip(j.traced(request))
	case g.proxied(request):
		response, err = g.base.RoundTrip(request) // the connection is to the proxy, which looks up the name
	default:
		response, err = g.strict.RoundTrip(request)
	}
	if j.refused.Load() {
		if err == nil {
			_ = response.Body.Close()
		}
		return nil, ErrPrivate // whatever the transport made of it
	}
	if !j.met.Load() && !namesPrivate(request.URL) {
		j.public.Store(true)
	}
	if j.public.Load() {
		j.restricted.Store(true)
	}
	return response, err
}

func (g *guard) proxied(request *http.Request) bool {
	if g.strict.Proxy == nil {
		return false
	}
	proxy, err := g.strict.Proxy(request)
	return err == nil && proxy != nil
}

// traced closes a connection to an address that is not allowed, before anything is sent. Connections to proxies are none of that kind.
func (j *journey) traced(request *http.Request) *http.Request {
	direct := true
	trace := &httptrace.ClientTrace{
		GetConn: func(hostPort string) {
			host, _, err := net.SplitHostPort(hostPort)
			direct = err != nil || strings.EqualFold(host, request.URL.Hostname())
		},
		GotConn: func(info httptrace.GotConnInfo) {
			if direct && j.judge(info.Conn.RemoteAddr().String()) != nil {
				_ = info.Conn.Close() // sending on it is the error
			}
		},
	}
	return request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
}

// namesPrivate reports whether a URL names a private address without a look-up.
func namesPrivate(address *url.URL) bool {
	host := strings.TrimSuffix(strings.ToLower(address.Hostname()), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && isPrivate(ip)
}

// privateRanges are those beside what [netip.Addr] knows: shared, protocol assignments, benchmarks, reserved; and those that embed other addresses.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// isPrivate reports whether an address is not one of the public network.
func isPrivate(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return true
	}
	for _, prefix := range privateRanges {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}
