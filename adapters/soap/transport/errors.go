package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

// Reasons that this package gives.
const (
	// ReasonUnreadable is for a reply that is too large, or whose compression is broken.
	ReasonUnreadable = "BACKEND_REPLY_UNREADABLE"
	// ReasonAccessRefused is for a proxy that does not accept the gateway's credentials, and for a challenge that cannot be answered.
	ReasonAccessRefused = "BACKEND_ACCESS_REFUSED"
	// ReasonMisunderstood is for a reply that sends the request elsewhere.
	ReasonMisunderstood = "BACKEND_MISUNDERSTOOD"
)

// errNoConnection ends an attempt that got no connection in its share of the time, while there are other addresses.
var errNoConnection = errors.New("no connection in time, and there are other addresses")

// A refusedByProxy is a CONNECT that a proxy did not answer with a success.
type refusedByProxy struct{ status int }

func (e *refusedByProxy) Error() string {
	return "the proxy answered CONNECT with HTTP status " + strconv.Itoa(e.status)
}

// A redirected reply wants the request at another place.
type redirected struct {
	status   int
	location string
}

func (e *redirected) Error() string {
	return fmt.Sprintf("the service answered HTTP status %d and wants requests at %q; if that is right, set endpoint to it", e.status, e.location)
}

// sendError is for a request that got no reply.
func sendError(ctx context.Context, err error, unsent bool) *adapters.Error {
	if ended := adapters.FromContext(ctx.Err()); ended != nil {
		ended.Unsent = unsent
		if !errors.Is(err, ended.Cause) {
			ended.Cause = fmt.Errorf("%w: %w", ended.Cause, err)
		}
		return ended
	}
	var (
		proxy     *refusedByProxy
		challenge *unanswerable
	)
	if errors.As(err, &challenge) || errors.As(err, &proxy) && proxy.status == http.StatusProxyAuthRequired {
		return &adapters.Error{Code: codes.Internal, Reason: ReasonAccessRefused, Unsent: unsent, Cause: err}
	}
	return &adapters.Error{Code: codes.Unavailable, Unsent: unsent, Cause: err}
}

// unreadable is for a reply that cannot be read whatever is in it.
func unreadable(cause error) *adapters.Error {
	return &adapters.Error{Code: codes.DataLoss, Reason: ReasonUnreadable, Cause: cause}
}

// isLasting reports whether trying the same address again would only fail again.
func isLasting(err error) bool {
	var (
		proxy      *refusedByProxy
		unverified *tls.CertificateVerificationError
		unknown    x509.UnknownAuthorityError
		otherHost  x509.HostnameError
		invalid    x509.CertificateInvalidError
		alert      tls.AlertError
		noTLS      tls.RecordHeaderError
		request    *invalidRequest
		challenge  *unanswerable
	)
	if operation := (*net.OpError)(nil); errors.As(err, &operation) && operation.Op == "remote error" { // an alert, as crypto/tls reports it
		return true
	}
	return errors.As(err, &proxy) || errors.As(err, &unverified) || errors.As(err, &unknown) || errors.As(err, &otherHost) || errors.As(err, &invalid) ||
		errors.As(err, &alert) || errors.As(err, &noTLS) || errors.As(err, &request) || errors.As(err, &challenge)
}

// An invalidRequest is one that cannot be written as HTTP.
type invalidRequest struct{ cause error }

func (e *invalidRequest) Error() string { return "the request cannot be made: " + e.cause.Error() }
func (e *invalidRequest) Unwrap() error { return e.cause }

// An unanswerable challenge is one that the credentials, or the library, cannot answer.
type unanswerable struct{ cause error }

func (e *unanswerable) Error() string {
	return "the service's challenge cannot be answered: " + e.cause.Error()
}
func (e *unanswerable) Unwrap() error { return e.cause }
