package transport

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// maxDrained is how much of an answer that nobody reads is read, so that its connection can be used again.
const maxDrained = 64 << 10

// An authenticator answers the challenges of a service. The request's header and body are made anew for everything that it sends.
type authenticator interface {
	do(a *attempt, request *http.Request) (*http.Response, error)
	// close gives up idle connections of its own.
	close()
}

// A call is what all requests of one [Transport.Send] share. Its context holds it.
type call struct {
	route *route
	body  []byte
	wire  func(direction string, data []byte)
	shown []byte
	// tries counts the attempts, and tried are the addresses that were tried, one bit each.
	tries int
	tried uint64
	// exchanges counts the HTTP requests.
	exchanges int
	// unsent is true as long as nothing of the envelope was written. A request that was answered with a challenge was refused before it was looked at, so that after it
	// this is true again.
	unsent bool
}

type callKey struct{}

// next returns the address of the next attempt: the first that does not rest and was not tried, then the first that was not tried, then any in turn.
func (c *call) next(now time.Time) *address {
	all := c.route.addresses
	chosen := -1
	for i, candidate := range all {
		if c.isTried(i) {
			continue
		}
		if !candidate.isResting(now) {
			chosen = i
			break
		}
		if chosen < 0 {
			chosen = i
		}
	}
	if chosen < 0 {
		chosen = c.tries % len(all)
	}
	c.tries++
	c.tried |= 1 << min(chosen, 63)
	return all[chosen]
}

func (c *call) isTried(i int) bool { return c.tried&(1<<min(i, 63)) != 0 }

// open returns a reader of the body. It is of a kind that net/http knows, and sends in one piece with the headers.
func (c *call) open() io.ReadCloser { return io.NopCloser(bytes.NewReader(c.body)) }

// untried counts the addresses that were not tried.
func (c *call) untried() int {
	var n int
	for i := range c.route.addresses {
		if !c.isTried(i) {
			n++
		}
	}
	return n
}

// An attempt is one try at one address: one HTTP request, or several if the service wants credentials.
type attempt struct {
	transport *Transport
	to        *address
	// call is nil for documents.
	call      *call
	exchanges int
	// hurry is set while other addresses wait.
	hurry *hurry
	// last is the exchange that was last begun.
	last *exchange
}

// A hurry ends an attempt that has no connection in its share of the time.
type hurry struct {
	state  atomic.Int32
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

const (
	hurryConnected = 1
	hurryOver      = 2
)

func startHurry(ctx context.Context, share time.Duration) (context.Context, *hurry) {
	h := &hurry{}
	ctx, h.cancel = context.WithCancelCause(ctx)
	h.timer = time.AfterFunc(share, func() {
		if h.state.CompareAndSwap(0, hurryOver) {
			h.cancel(errNoConnection)
		}
	})
	return ctx, h
}

func (h *hurry) connected() {
	if h.state.CompareAndSwap(0, hurryConnected) {
		h.timer.Stop()
	}
}

// shareOfTime is how long connecting may take when so many other addresses wait.
func shareOfTime(ctx context.Context, others int) time.Duration {
	share := dialTimeout
	if deadline, ok := ctx.Deadline(); ok {
		share = min(share, time.Until(deadline)/time.Duration(others+1))
	}
	return share
}

// roundTrip is one attempt of a call, for retryablehttp.
func (t *Transport) roundTrip(request *http.Request) (*http.Response, error) {
	whole := request.Context()
	c, ok := whole.Value(callKey{}).(*call)
	if !ok {
		return nil, http.ErrNotSupported
	}
	a := &attempt{transport: t, to: c.next(time.Now()), call: c}
	if a.to.url != request.URL {
		other := *request
		other.URL, other.Host = a.to.url, ""
		request = &other
	}
	if others := c.untried(); others > 0 {
		var ctx context.Context
		ctx, a.hurry = startHurry(whole, shareOfTime(whole, others))
		request = request.WithContext(ctx)
	}
	response, err := a.do(request)
	if err != nil {
		if a.hurry != nil {
			a.hurry.timer.Stop()
			a.hurry.cancel(nil)
		}
		if len(c.route.addresses) > 1 && !a.last.reached && whole.Err() == nil { // it was not the caller who ended it
			a.to.rest(time.Now())
		}
		return nil, err
	}
	return response, nil
}

func (a *attempt) do(request *http.Request) (*http.Response, error) {
	if a.transport.challenged != nil {
		return a.transport.challenged.do(a, request)
	}
	return a.send(a.transport.pool, request, true)
}

// send sends one request as it is. carries says whether it carries the envelope.
func (a *attempt) send(pool http.RoundTripper, request *http.Request, carries bool) (*http.Response, error) {
	if a.call == nil {
		a.exchanges++
		return a.exchange(pool, request, a.exchanges-1)
	}
	a.call.exchanges++
	if a.call.exchanges > 1 {
		request = a.again(request, carries)
	}
	if carries {
		a.call.unsent = true
	}
	if a.call.wire != nil {
		a.show(request, carries)
	}
	response, err := a.exchange(pool, request, a.call.exchanges-1)
	if carries {
		a.call.unsent = err != nil && a.last.isUnsent()
	}
	return response, err
}

func (a *attempt) exchange(pool http.RoundTripper, request *http.Request, resend int) (*http.Response, error) {
	var (
		connected, release func()
		response           *http.Response
		err                error
	)
	if h := a.hurry; h != nil {
		connected = h.connected
		release = func() { h.cancel(nil) }
	}
	if jar := a.transport.cookies; jar != nil {
		request.Header.Del("Cookie")
		for _, cookie := range jar.Cookies(a.to.url) {
			request.AddCookie(cookie)
		}
	}
	a.last, response, err = a.transport.observer.exchange(pool, request, a.to, connected, release, resend)
	if err == nil && a.transport.cookies != nil {
		a.transport.cookies.SetCookies(a.to.url, response.Cookies())
	}
	return response, err
}

// again makes a request of its own of one that was sent: net/http may not be done with the other yet.
func (a *attempt) again(request *http.Request, carries bool) *http.Request {
	fresh := *request
	fresh.Header = maps.Clone(request.Header)
	fresh.Body, fresh.GetBody, fresh.ContentLength = http.NoBody, nil, 0
	if carries && a.call != nil {
		fresh.Body, fresh.ContentLength = a.call.open(), int64(len(a.call.body))
		fresh.GetBody = func() (io.ReadCloser, error) { return a.call.open(), nil }
	}
	return &fresh
}

// refuse takes note of a request that was answered with a challenge, and is not looked at by the service.
func (a *attempt) refuse(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, maxDrained) // if it fails, the connection is given up
	_ = response.Body.Close()
	if a.call == nil {
		return
	}
	a.call.unsent = true
	if a.call.wire != nil {
		a.call.wire(Received, showHead(response.Proto+" "+response.Status, response.Header))
	}
}

func (a *attempt) show(request *http.Request, carries bool) {
	head := showHead(request.Method+" "+request.URL.RequestURI()+" HTTP/1.1\r\nHost: "+request.URL.Host+
		"\r\nContent-Length: "+strconv.FormatInt(request.ContentLength, 10), request.Header)
	if carries {
		head = append(head, a.call.shown...)
	}
	a.call.wire(Sent, head)
}
