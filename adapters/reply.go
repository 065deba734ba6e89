package adapters

import (
	"context"
	"time"
)

// A Reply is what an answer says beside its message. The gateway puts one into the context of every call; a handler
// fills in what it knows before it returns.
type Reply struct {
	// AsOf is when the answer was true, for data that is not read at the moment of the call. Zero means now.
	AsOf time.Time
	// ETag identifies the state of the resource that was read or written (RFC 9110 section 8.8.3), without quotes.
	ETag string
	// Accepted is true if what was asked for is yet to be done, though the message is no operation of its own. REST answers it with 202.
	Accepted bool
	// Mock is true if the answer was made up. Only the gateway's own mocks set it.
	Mock bool
	// Replayed is true if the answer is that of an earlier call with the same idempotency key. Only the gateway sets it.
	Replayed bool
}

type replyKey struct{}

// WithReply returns a context in which [ReplyFrom] finds reply.
func WithReply(ctx context.Context, reply *Reply) context.Context {
	return context.WithValue(ctx, replyKey{}, reply)
}

// ReplyFrom returns the call's [Reply]. It is never nil: where no gateway put one, it is one that nobody reads.
func ReplyFrom(ctx context.Context) *Reply {
	if reply, ok := ctx.Value(replyKey{}).(*Reply); ok {
		return reply
	}
	return &Reply{}
}
