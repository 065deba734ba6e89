package transport

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"time"
)

// idleTimeout is how long a connection is kept that nobody uses.
const idleTimeout = 90 * time.Second

// patientTransport makes the connections to a server of objects. An answer comes as it was sent, and not unpacked.
func patientTransport(timeout time.Duration) *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: idleTimeout, TLSHandshakeTimeout: timeout, DisableCompression: true}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		var dialer net.Dialer
		dialling, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		conn, err := dialer.DialContext(dialling, network, address)
		if err != nil {
			return nil, err //nolint:wrapcheck // the bucket tells what it means
		}
		return &patient{Conn: conn, timeout: timeout}, nil
	}
	return transport
}

// A patient connection counts as lost when no byte has moved on it for the time.
type patient struct {
	net.Conn
	timeout time.Duration
}

// Read implements [net.Conn].
func (c *patient) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err //nolint:wrapcheck // it stays the connection's own
	}
	return c.Conn.Read(p) //nolint:wrapcheck // it stays the connection's own
}

// Write implements [net.Conn]. It also prolongs a Read that waits for the answer.
func (c *patient) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err //nolint:wrapcheck // it stays the connection's own
	}
	return c.Conn.Write(p) //nolint:wrapcheck // it stays the connection's own
}

// httpFault gives an error its meaning by the status (RFC 9110, section 15) that the server answered with; 0 if there was no answer. A server that fails while it works may
// have done it.
func httpFault(status int, err error) error {
	var network *net.OpError
	switch {
	case err == nil, errors.Is(err, ErrRefused), errors.Is(err, ErrUnreachable), errors.Is(err, fs.ErrNotExist):
		return err
	case errors.As(err, &network) && network.Op == "dial":
		return fmt.Errorf("%w: %w: %w", errLost, ErrUnreachable, err)
	case status == 0:
		return fmt.Errorf("%w: %w", errLost, err)
	case status == http.StatusNotFound, status == http.StatusPreconditionFailed:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests: // it has done nothing
		return fmt.Errorf("%w: %w: %w", errLost, ErrUnreachable, err)
	case status >= http.StatusInternalServerError:
		return fmt.Errorf("%w: %w", errLost, err)
	default:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
}

// signInFault is what keeps us from signing in: the server says no, or cannot be reached. Nothing has been asked of the bucket yet.
func signInFault(answered bool, err error) error {
	if answered {
		return fmt.Errorf("%w: signing in: %w", ErrRefused, err)
	}
	return fmt.Errorf("%w: %w: signing in: %w", errLost, ErrUnreachable, err)
}
