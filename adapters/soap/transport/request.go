package transport

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Versions of SOAP, as [Request.Version] names them.
const (
	SOAP11 = "1.1"
	SOAP12 = "1.2"
)

// Directions of [Request.Wire].
const (
	Sent     = "sent"
	Received = "received"
)

// A Request is one envelope to send.
type Request struct {
	// Endpoint is the http or https URL to send it to. What is made of Endpoint, Version and Action is kept, so they come from a WSDL, not from callers.
	Endpoint string
	// Version is the version of SOAP.
	Version string
	// Action is the operation's SOAP action, without quotes. It may be empty.
	Action string
	// ContentType is the body's, if it is not the plain one of the version: of a multipart message. It then holds the action of SOAP 1.2 itself.
	ContentType string
	// Body is the envelope, or the multipart message. It is only read, perhaps for a moment after [Transport.Send] has returned, so that it must
	// not be changed any more.
	Body []byte
	// Operation names the operation in logs.
	Operation string
	// Wire, if it is not nil, is shown every HTTP message of the call, from one goroutine: start line and headers, with credentials and cookies masked, an empty line, and the body
	// as it was before compression. direction is [Sent] or [Received].
	Wire func(direction string, data []byte)
	// Shown is the body that Wire is shown instead of Body, for a body that holds secrets. Nil means Body.
	Shown []byte
}

// A routeKey is what a route is made of.
type routeKey struct{ endpoint, version, action string }

// A route is what requests of one operation have in common.
type route struct {
	// addresses are the endpoint, and then those to fail over to.
	addresses []*address
	// header holds all headers but those that differ by request. Its values are never changed.
	header http.Header
}

// route returns the route of a request. There are as many as operations.
func (t *Transport) route(r *Request) (*route, error) {
	key := routeKey{r.Endpoint, r.Version, r.Action}
	if known, ok := t.routes.Load(key); ok {
		return known.(*route), nil // nothing else is stored
	}
	target, user, err := parseAddress(r.Endpoint)
	if err != nil {
		return nil, err
	}
	out := &route{addresses: []*address{t.address(target)}, header: t.header(r, user)}
	for _, other := range t.failover {
		if other != out.addresses[0] {
			out.addresses = append(out.addresses, other)
		}
	}
	kept, _ := t.routes.LoadOrStore(key, out)
	return kept.(*route), nil // nothing else is stored
}

// header returns the headers that all requests like this one share. user is the one of the address, or nil.
func (t *Transport) header(r *Request, user *url.Userinfo) http.Header {
	out := http.Header{
		"User-Agent":      {userAgent},
		"Accept-Encoding": {"gzip"},
	}
	contentType := "text/xml; charset=utf-8"
	if r.Version == SOAP12 {
		contentType = "application/soap+xml; charset=utf-8"
		if r.Action != "" {
			contentType += "; action=" + quotedAction(r.Action)
		}
	} else if value, ok := t.soapAction(r.Action); ok {
		out["SOAPAction"] = []string{value} // spelt as old servers look for it
	}
	out["Content-Type"] = []string{contentType}
	switch {
	case t.authorization != "":
		out["Authorization"] = []string{t.authorization}
	case user != nil && t.challenged == nil:
		out["Authorization"] = []string{basicAuthorization(user)}
	}
	if t.gzipRequests {
		out["Content-Encoding"] = []string{"gzip"}
	}
	return out
}

// headerOf returns the headers of one request, which it may add to.
func (r *route) headerOf(request *Request) http.Header {
	header := make(http.Header, len(r.header)+2) // Traceparent, and Authorization or Cookie
	maps.Copy(header, r.header)
	if request.ContentType != "" {
		header["Content-Type"] = []string{request.ContentType}
	}
	return header
}

// Header returns the HTTP headers that a request would be sent with, but for those that only a connection, a challenge or a cookie brings. Credentials are masked. It
// sends nothing, and asks nothing of the endpoint: a WSDL may well come without an address.
func (t *Transport) Header(request Request) http.Header {
	_, user, _ := parseAddress(request.Endpoint) // what is no address holds no user
	header := (&route{header: t.header(&request, user)}).headerOf(&request)
	for _, name := range secretHeaders {
		if values := header[name]; len(values) > 0 {
			header[name] = []string{masked(values[0])}
		}
	}
	return header
}

// soapAction returns the value of the SOAPAction header (SOAP 1.1 section 6.1.1), as the configuration wants it.
func (t *Transport) soapAction(action string) (string, bool) {
	switch t.actionStyle {
	case "absent":
		return "", false
	case "bare":
		return strings.Trim(quotedAction(action), `"`), true
	default:
		return quotedAction(action), true
	}
}

// quotedAction writes an action as SOAPAction (SOAP 1.1 section 6.1.1) and the content type of SOAP 1.2 (part 2 section 7.1.4) want it. What
// a header cannot carry is left out.
func quotedAction(action string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '\\' || r == 0x7F {
			return -1
		}
		return r
	}, action)
	return `"` + plain + `"`
}

// secretHeaders are those whose values nobody is shown.
var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"}

// masked keeps of a credential only its scheme.
func masked(value string) string {
	if scheme, _, found := strings.Cut(value, " "); found && !strings.ContainsAny(scheme, `=;,"`) {
		return scheme + " ***"
	}
	return "***"
}

// showHead writes the start line and the headers of an HTTP message, in order of their names, for [Request.Wire].
func showHead(start string, header http.Header) []byte {
	var b strings.Builder
	b.WriteString(start + "\r\n")
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			if slices.Contains(secretHeaders, http.CanonicalHeaderKey(name)) {
				value = masked(value)
			}
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}
