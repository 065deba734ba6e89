package transport

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// Who waits for another's sign-in can give up.
func TestSignInIsWaitedForWithADeadline(t *testing.T) {
	t.Parallel()
	signIn := &googleSignIn{turn: make(chan struct{}, 1)}
	signIn.turn <- struct{}{} // somebody else's, who never comes back
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := signIn.RoundTrip(request); !errors.Is(err, context.Canceled) {
		_ = answer.Body.Close()
		t.Errorf("%v, want that the caller gave up", err)
	}
}
