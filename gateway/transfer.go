package gateway

import (
	"context"
	"net"
	"net/http"
	"time"
)

// deadlineSlack is how much later than a request needs it the deadline of a connection is set, so that it need not be set again for each.
const deadlineSlack = 5 * time.Second

// A connection is what is known of a caller's connection. Over HTTP/1.1 it has one request at a time; HTTP/2 is not spoken here.
type connection struct {
	writeUntil time.Time
}

type connectionKey struct{}

// withConnection is the http.Server's ConnContext.
func withConnection(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{})
}

// limitTransfer cuts off a caller who sends or reads too slowly. Where there is no connection, as in tests, nobody is slow.
func limitTransfer(w http.ResponseWriter, r *http.Request, most time.Duration) {
	at, ok := r.Context().Value(connectionKey{}).(*connection)
	if !ok {
		return
	}
	end := time.Now().Add(most)
	if r.ContentLength != 0 { // net/http takes the deadline for reading away after each request
		_ = http.NewResponseController(w).SetReadDeadline(end)
	}
	if at.writeUntil.Before(end) {
		at.writeUntil = end.Add(deadlineSlack)
		_ = http.NewResponseController(w).SetWriteDeadline(at.writeUntil)
	}
}
