package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

const (
	// retries is how often a request that was certainly not sent is sent again, once all addresses were tried.
	retries    = 2
	minBackoff = 50 * time.Millisecond
	maxBackoff = 500 * time.Millisecond
)

// newClient returns the client of envelopes. It waits between attempts only when all addresses were tried.
func (t *Transport) newClient() *retryablehttp.Client {
	others := len(t.failover)
	return &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     roundTripper(t.roundTrip),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax:     retries + others,
		RetryWaitMin: minBackoff,
		RetryWaitMax: maxBackoff,
		CheckRetry:   mayRetry,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		Backoff: func(shortest, longest time.Duration, attempt int, response *http.Response) time.Duration {
			if attempt < others {
				return 0
			}
			return retryablehttp.DefaultBackoff(shortest, longest, attempt-others, response)
		},
	}
}

// mayRetry lets a request be sent again only if nothing of it was sent, and another attempt may end otherwise.
func mayRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	c, ok := ctx.Value(callKey{}).(*call)
	again := ok && err != nil && ctx.Err() == nil && c.unsent && (c.untried() > 0 || !isLasting(err))
	return again, nil
}

// A roundTripper is a function as [http.RoundTripper]. It has no CloseIdleConnections, so that retryablehttp cannot close what other calls use when one fails.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// Send posts an envelope and reads the whole reply, whatever its status. The error is an [adapters.Error]: its Unsent is true if nothing of the
// envelope was written to any service. A reply that redirects is an error, since a request must not be sent to a place that its configuration does not name.
func (t *Transport) Send(ctx context.Context, request Request) (*Reply, error) {
	route, err := t.route(&request)
	if err != nil {
		return nil, sendError(ctx, err, true)
	}
	c := &call{route: route, body: request.Body, wire: request.Wire, shown: request.Shown, unsent: true}
	if c.shown == nil {
		c.shown = request.Body
	}
	if t.gzipRequests {
		if c.body, err = pack(request.Body); err != nil {
			return nil, &adapters.Error{Code: codes.Internal, Unsent: true, Cause: err}
		}
	}
	outgoing, err := c.request(ctx, &request)
	if err != nil {
		return nil, sendError(ctx, err, true)
	}
	response, err := t.client.Do(outgoing)
	if err != nil {
		return nil, sendError(ctx, err, c.unsent)
	}
	reply, err := t.readReply(ctx, response)
	if err != nil {
		return nil, err
	}
	if c.wire != nil {
		c.wire(Received, append(showHead(response.Proto+" "+response.Status, response.Header), reply.Body...))
	}
	if location := response.Header.Get("Location"); location != "" && reply.Status >= 300 && reply.Status < 400 {
		reply.Release()
		return nil, &adapters.Error{
			Code: codes.Internal, Reason: ReasonMisunderstood, Cause: &redirected{status: response.StatusCode, location: location},
		}
	}
	return reply, nil
}

// request makes the HTTP request of a call. The URL is parsed already, and the readers of the body are of a kind that net/http sends in one piece with the
// headers.
func (c *call) request(ctx context.Context, r *Request) (*retryablehttp.Request, error) {
	outgoing := &retryablehttp.Request{Request: (&http.Request{
		Method: http.MethodPost, URL: c.route.addresses[0].url, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: c.route.headerOf(r),
	}).WithContext(context.WithValue(ctx, callKey{}, c))}
	return outgoing, outgoing.SetBody(c.body)
}
