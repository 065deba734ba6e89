package adapters

import "context"

// A Caller is who made the call that a handler answers. An adapter passes on of it what its configuration says, and nothing else.
type Caller struct {
	// Claims are what the gateway vouches for, by name: what it read from a token that it verified. Nil if it knows nobody.
	Claims map[string]string
	// Header returns what the caller sent under this name, whatever its case: an HTTP header's values, or those of a gRPC metadata key. Nobody vouches for
	// it. Nil if the call came from inside the gateway.
	Header func(name string) []string
}

type callerKey struct{}

// WithCaller returns a context in which [CallerFrom] finds caller.
func WithCaller(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerFrom returns the call's [Caller], or one of whom nothing is known. Its Header is never nil.
func CallerFrom(ctx context.Context) Caller {
	caller, _ := ctx.Value(callerKey{}).(Caller)
	if caller.Header == nil {
		caller.Header = func(string) []string { return nil }
	}
	return caller
}

// A CallerReader is a [Backend] whose answers depend on who calls, beyond the request. CallerTraits says what it reads of a [Caller]; the result is the same at every call. The
// gateway holds whoever repeats an Idempotency-Key to the same values, so that nobody is shown what was answered to another.
type CallerReader interface {
	CallerTraits() CallerTraits
}

// CallerTraits are names of claims and headers of a [Caller].
type CallerTraits struct{ Claims, Headers []string }
