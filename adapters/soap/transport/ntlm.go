package transport

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/Azure/go-ntlmssp"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// errNoHandshake is for a service that answers the first message of the handshake, but closes the connection.
var errNoHandshake = errors.New("the service closes the connection in the middle of the NTLM handshake")

// ntlm is NTLM over HTTP (MS-NTHT). It authenticates a connection, not a request, and its messages must all go over one. So each request has a line of its own for as long
// as it lasts: a pool of one connection. A connection stays authenticated, and all that goes over it is the gateway's own, whoever called.
type ntlm struct {
	transport          *Transport
	username, password string

	lock sync.Mutex
	// lines are those that are not in use, by origin. The last used are the last.
	lines  map[string][]*line
	closed bool
}

// A line is a pool of one connection.
type line struct {
	pool *http.Transport
	// authenticated is the connection on which the handshake was done, or nil.
	authenticated *connection
}

func newNTLM(t *Transport, config *configv1.SoapNtlmAuth, password string) *ntlm {
	username := config.GetUsername()
	if domain := config.GetDomain(); domain != "" {
		username = domain + `\` + username
	}
	return &ntlm{transport: t, username: username, password: password, lines: make(map[string][]*line)}
}

// do sends a request over a line of its own, which is free again when the response has been read.
func (n *ntlm) do(a *attempt, request *http.Request) (*http.Response, error) {
	at := origin(request.URL)
	l := n.take(at)
	response, err := n.over(l, a, request)
	if err != nil {
		n.drop(l)
		return nil, err
	}
	response.Body = &lineBody{ReadCloser: response.Body, done: func() { n.give(at, l) }}
	return response, nil
}

// over sends a request over a line, after a handshake if its connection has none behind it.
func (n *ntlm) over(l *line, a *attempt, request *http.Request) (*http.Response, error) {
	if l.authenticated != nil && !l.authenticated.closed.Load() {
		response, err := a.send(l.pool, a.again(request, true), true)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusUnauthorized {
			l.authenticated = a.last.connection
			return response, nil
		}
		a.refuse(response) // the connection was another one, or the service wants to hear it again
	}
	l.authenticated = nil
	response, err := n.handshake(l, a, request)
	if errors.Is(err, errNoHandshake) {
		response, err = n.handshake(l, a, request)
	}
	return response, err
}

// handshake opens with a request that has no body, so that an envelope is sent once, with the last message.
func (n *ntlm) handshake(l *line, a *attempt, request *http.Request) (*http.Response, error) {
	scheme := "NTLM"
	for {
		opening, err := ntlmssp.NewNegotiateMessage("", "")
		if err != nil {
			return nil, &unanswerable{err}
		}
		response, err := a.send(l.pool, withAuthorization(a.again(request, false), scheme, opening), false)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusUnauthorized {
			// It wants no credentials, or says what is wrong with a request that is empty.
			a.refuse(response)
			return a.send(l.pool, a.again(request, true), true)
		}
		offered := readChallenges(response.Header)
		message, found := ntlmChallenge(offered, scheme)
		if !found {
			if scheme == "NTLM" && offers(offered, "negotiate") && !offers(offered, "ntlm") {
				a.refuse(response)
				scheme = "Negotiate"
				continue
			}
			return response, nil
		}
		answer, err := ntlmssp.NewAuthenticateMessage(message, n.username, n.password, nil)
		if err != nil {
			_ = response.Body.Close()
			return nil, &unanswerable{err}
		}
		a.refuse(response)
		return n.authenticate(l, a, withAuthorization(a.again(request, true), scheme, answer))
	}
}

// authenticate sends the last message with the envelope. It is good only on the connection that the challenge came over.
func (*ntlm) authenticate(l *line, a *attempt, request *http.Request) (*http.Response, error) {
	before := a.last.connection
	if before == nil || before.closed.Load() {
		return nil, errNoHandshake
	}
	response, err := a.send(l.pool, request, true)
	if err != nil {
		return nil, err
	}
	switch {
	case response.StatusCode != http.StatusUnauthorized:
		l.authenticated = a.last.connection
	case a.last.connection != before:
		a.refuse(response)
		return nil, errNoHandshake
	}
	return response, nil
}

func withAuthorization(request *http.Request, scheme string, message []byte) *http.Request {
	request.Header["Authorization"] = []string{scheme + " " + base64.StdEncoding.EncodeToString(message)}
	return request
}

func offers(offered []challenge, scheme string) bool {
	for _, c := range offered {
		if c.scheme == scheme {
			return true
		}
	}
	return false
}

// ntlmChallenge returns the message that the service answers the opening with.
func ntlmChallenge(offered []challenge, scheme string) ([]byte, bool) {
	for _, c := range offered {
		if c.scheme != "ntlm" && (c.scheme != "negotiate" || scheme == "NTLM") || c.token == "" {
			continue
		}
		if message, err := base64.StdEncoding.DecodeString(c.token); err == nil {
			return message, true
		}
	}
	return nil, false
}

// take returns a line that nobody uses.
func (n *ntlm) take(at string) *line {
	n.lock.Lock()
	defer n.lock.Unlock()
	if free := n.lines[at]; len(free) > 0 {
		taken := free[len(free)-1]
		n.lines[at] = free[:len(free)-1]
		return taken
	}
	pool := n.transport.pool.Clone()
	pool.MaxConnsPerHost, pool.MaxIdleConnsPerHost, pool.MaxIdleConns = 1, 1, 1
	return &line{pool: pool}
}

// give makes a line free again.
func (n *ntlm) give(at string, l *line) {
	n.lock.Lock()
	defer n.lock.Unlock()
	if n.closed || len(n.lines[at]) >= idleConnections {
		l.pool.CloseIdleConnections()
		return
	}
	n.lines[at] = append(n.lines[at], l)
}

// drop gives up a line on which something went wrong.
func (*ntlm) drop(l *line) { l.pool.CloseIdleConnections() }

func (n *ntlm) close() {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.closed = true
	for _, free := range n.lines {
		for _, l := range free {
			l.pool.CloseIdleConnections()
		}
	}
	clear(n.lines)
}

// A lineBody is a response's body that makes its line free when it is closed.
type lineBody struct {
	io.ReadCloser
	done func()
	once sync.Once
}

// Close closes the body, and makes the line free.
func (b *lineBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(b.done)
	return err
}
