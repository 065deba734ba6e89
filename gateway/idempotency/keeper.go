package idempotency

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/fault"
)

// Reasons of calls that are not made because of their key.
const (
	ReasonInUse   = "IDEMPOTENCY_KEY_IN_USE"
	ReasonReused  = "IDEMPOTENCY_KEY_REUSED"
	ReasonUnknown = "IDEMPOTENCY_OUTCOME_UNKNOWN"
	ReasonNotKept = "IDEMPOTENCY_REPLY_NOT_KEPT"
	// ReasonStore is the reason of a call that is not made because the store does not take its key.
	ReasonStore = "IDEMPOTENCY_STORE_UNAVAILABLE"
)

// settleTime is how long it may take to note a key, and how its call has ended, whatever time the call itself has.
const settleTime = 10 * time.Second

// A Keeper keeps keys and what became of their calls. All its methods may be called concurrently.
type Keeper struct {
	store  adapters.Store
	logger *slog.Logger
	now    func() time.Time
}

// New makes the keeper of the keys in a store. now is the clock.
func New(store adapters.Store, logger *slog.Logger, now func() time.Time) *Keeper {
	return &Keeper{store: store, logger: logger, now: now}
}

// A Call is a call with a key.
type Call struct {
	Key     string
	Method  protoreflect.MethodDescriptor
	Request proto.Message
	// Traits are what back ends read of the caller.
	Traits adapters.CallerTraits
	// Until is when the call is over, whatever becomes of it.
	Until time.Time
	// KeepFor is how long the key is kept after that, so that no call outlives its key, and MaxReply how large a reply may be that is kept with it, in bytes.
	KeepFor  time.Duration
	MaxReply int
}

// Do makes the call, unless one with its key was made before: then it answers as the package's document says. The context holds the caller ([adapters.CallerFrom]) and the
// conditions of the call.
func (k *Keeper) Do(ctx context.Context, call Call, next func(context.Context) (proto.Message, error)) (proto.Message, error) {
	id, made, err := call.identify(adapters.CallerFrom(ctx), adapters.ConditionsFrom(ctx))
	if err != nil {
		return nil, err
	}
	made.Until, made.Expires = call.Until, call.Until.Add(call.KeepFor)
	kept, reply, err := k.claim(ctx, id, made)
	switch {
	case err != nil:
		return nil, &adapters.Error{Code: codes.Unavailable, Reason: ReasonStore, RetryAfter: time.Second, Unsent: true, Cause: fmt.Errorf("noting an idempotency key: %w", err)}
	case kept != nil:
		return k.repeat(ctx, call, *kept, made, reply)
	case ctx.Err() != nil:
		k.free(ctx, id, made)
		return nil, adapters.FromContext(ctx.Err())
	}

	settled := false
	defer func() { // of a handler that panics
		if !settled {
			k.settle(ctx, id, made.of(unknown), nil)
		}
	}()
	answer, err := next(ctx)
	settled = true
	switch {
	case err == nil:
		k.keep(ctx, id, made.of(done), answer, call.MaxReply)
	case fault.WithoutEffect(err):
		k.free(ctx, id, made)
	default:
		k.settle(ctx, id, made.of(unknown), nil)
	}
	return answer, err
}

// claim notes that the call is running, if its key is free. Otherwise it returns what is kept of the key. A caller who goes meanwhile does not end it, because
// nobody would know then whether the key was noted.
func (k *Keeper) claim(ctx context.Context, id string, made record) (kept *record, reply []byte, err error) {
	lasting, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	err = k.store.Update(lasting, func(tx adapters.Tx) error {
		kept, reply = nil, nil
		found, ok, err := recordOf(tx, id)
		if err != nil {
			return err
		}
		if ok && k.now().Before(found.Expires) {
			kept = &found
			reply, _, err = tx.Get(replies + id)
			return err
		}
		if ok {
			if err := found.remove(tx, id); err != nil {
				return err
			}
		}
		return made.put(tx, id)
	})
	return kept, reply, err
}

// repeat answers a call by what is kept of an earlier one with its key.
func (k *Keeper) repeat(ctx context.Context, call Call, kept, made record, wire []byte) (proto.Message, error) {
	switch {
	case kept.Request != made.Request || kept.Sender != made.Sender:
		return nil, adapters.Errorf(codes.InvalidArgument, ReasonReused, "The key was used for another request. Nothing has been done.")
	case kept.State == running && k.now().Before(kept.Until):
		e := adapters.Errorf(codes.Aborted, ReasonInUse, "A call with this key is under way. Try again later.")
		e.RetryAfter = time.Second
		return nil, e
	case kept.State != done:
		return nil, adapters.Errorf(codes.FailedPrecondition, ReasonUnknown,
			"It is not known how the call with this key has ended, so it is not made again. Look at what is there; to write anew, take a new key.")
	case kept.Lost:
		return nil, errNotKept(nil)
	}
	reply := dynamicpb.NewMessage(call.Method.Output())
	if err := proto.Unmarshal(wire, reply); err != nil {
		return nil, errNotKept(err)
	}
	said := adapters.ReplyFrom(ctx)
	said.ETag, said.AsOf, said.Mock, said.Accepted, said.Replayed = kept.ETag, kept.AsOf, kept.Mock, kept.Accepted, true
	return reply, nil
}

func errNotKept(cause error) error {
	return &adapters.Error{
		Code: codes.FailedPrecondition, Reason: ReasonNotKept, Cause: cause,
		Message: "The call with this key was made, but its reply could not be kept. It is not made again.",
	}
}

// of is the record in another state.
func (r record) of(state string) record {
	r.State = state
	return r
}

// keep notes a reply.
func (k *Keeper) keep(ctx context.Context, id string, made record, reply proto.Message, largest int) {
	wire, err := proto.Marshal(reply)
	if err != nil || len(wire) > largest {
		made.Lost, wire = true, nil
		k.logger.WarnContext(ctx, "a reply is not kept with its idempotency key", "bytes", proto.Size(reply), "error", err)
	}
	said := adapters.ReplyFrom(ctx)
	made.ETag, made.AsOf, made.Mock, made.Accepted = said.ETag, said.AsOf, said.Mock, said.Accepted
	k.settle(ctx, id, made, wire)
}

// settle notes how a call has ended. Where it cannot be noted the key is left as running, which becomes an unknown outcome: nothing is made twice.
func (k *Keeper) settle(ctx context.Context, id string, ended record, reply []byte) {
	k.note(ctx, func(tx adapters.Tx) error {
		if reply != nil {
			if err := tx.Put(replies+id, reply); err != nil {
				return err
			}
		}
		return ended.put(tx, id)
	})
}

// free lets the key be used again.
func (k *Keeper) free(ctx context.Context, id string, made record) {
	k.note(ctx, func(tx adapters.Tx) error { return made.remove(tx, id) })
}

// note writes to the store even for a caller who has gone.
func (k *Keeper) note(ctx context.Context, write func(adapters.Tx) error) {
	lasting, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := k.store.Update(lasting, write); err != nil {
		k.logger.ErrorContext(ctx, "noting how a call with an idempotency key has ended", "error", err)
	}
}
