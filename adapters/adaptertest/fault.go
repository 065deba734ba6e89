package adaptertest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

// A Network is a legacy system that is reached by TCP.
type Network struct {
	// Address is where it listens, host:port, for the configuration that the subject's Config returned last.
	Address func(t *testing.T) string
	// Via returns a configuration that reaches it at another address.
	Via func(t *testing.T, address string) adapters.Config
}

// proxied starts a proxy before the legacy system, and opens a back end through it.
func proxied(t *testing.T, subject Subject) (*toxiproxy.Proxy, adapters.Backend) {
	t.Helper()
	if subject.Network == nil {
		t.Fatal("the subject has no Network: set it, or waive this guarantee with a reason")
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "legacy", "127.0.0.1:0", subject.Network.Address(t))
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return proxy, open(t, subject, subject.Network.Via(t, proxy.Listen))
}

// failThenRecover makes one call under a fault, wants one of the codes, and then a right answer once the fault is gone.
func failThenRecover(t *testing.T, subject Subject, backend adapters.Backend, mend func(), timeout time.Duration, want ...codes.Code) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	_, _, err := call(ctx, t, backend, subject.Read)
	wantCode(t, subject, err, want...)

	mend()
	// A pooled connection may have died of the fault; the adapter is allowed to learn that from one more failure.
	ctx, cancel = context.WithTimeout(t.Context(), callTimeout)
	defer cancel()
	reply, descriptor, err := call(ctx, t, backend, subject.Read)
	if err != nil {
		reply, descriptor, err = call(ctx, t, backend, subject.Read)
	}
	if err != nil {
		t.Fatalf("the legacy system is well again, and still: %v", err)
	}
	wantReply(t, reply, descriptor, subject.Read.Reply)
}

func checkRefused(t *testing.T, subject Subject) {
	proxy, backend := proxied(t, subject)
	proxy.Stop()
	failThenRecover(t, subject, backend, func() {
		if err := proxy.Start(); err != nil {
			t.Fatal(err)
		}
	}, callTimeout, codes.Unavailable)
}

func checkHang(t *testing.T, subject Subject) {
	proxy, backend := proxied(t, subject)
	remove := addToxic(t, proxy, `{"type":"timeout","stream":"downstream","attributes":{"timeout":0}}`)
	started := time.Now()
	failThenRecover(t, subject, backend, remove, time.Second, codes.DeadlineExceeded)
	if waited := time.Since(started); waited > callTimeout {
		t.Errorf("the caller was held for %v", waited)
	}
}

func checkCut(t *testing.T, subject Subject) {
	proxy, backend := proxied(t, subject)
	remove := addToxic(t, proxy, `{"type":"limit_data","stream":"downstream","attributes":{"bytes":20}}`)
	failThenRecover(t, subject, backend, remove, callTimeout, codes.Unavailable, codes.DataLoss)
}

// addToxic puts a fault into every reply, and returns what takes it out again. The fault is written as toxiproxy's API takes it.
func addToxic(t *testing.T, proxy *toxiproxy.Proxy, toxic string) func() {
	t.Helper()
	added, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := proxy.Toxics.RemoveToxic(t.Context(), added.Name); err != nil {
			t.Fatal(err)
		}
	}
}
