package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/memory"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/benchtest"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

// benchmarkPart is the variable that makes the test binary one of the programs of BenchmarkSockets: the gateway over the estate in this directory, or, where
// it is handWritten, the program that one would write by hand.
const (
	benchmarkPart = "POSTERN_BENCHMARK_PART"
	handWritten   = "hand-written"
)

// BenchmarkSockets measures the processor time of requests over real sockets, of the gateway with its access log and of a hand-written program.
func BenchmarkSockets(b *testing.B) {
	estate := b.TempDir()
	if err := os.CopyFS(estate, os.DirFS("testdata/estate")); err != nil {
		b.Fatal(err)
	}
	programs := []*benchtest.Program{
		benchtest.Start(b, handWritten, benchtest.Self(benchmarkPart, handWritten)),
		benchtest.Start(b, "gateway", benchtest.Self(benchmarkPart, estate)),
	}
	for name, path := range map[string]string{"get": "/items/v1/items/a", "list": "/items/v1/items"} {
		b.Run(name, func(b *testing.B) { benchtest.Compare(b, benchtest.Request{Path: path}, programs...) })
	}
}

// serveBenchmark is one of the programs, until it is told to end.
func serveBenchmark(part string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if part == handWritten {
		err = serveHandWritten(ctx)
	} else {
		err = serveGateway(ctx, part)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func serveGateway(ctx context.Context, estate string) error {
	recording, err := telemetry.Start(ctx, telemetry.Options{Logs: os.Stderr})
	if err != nil {
		return err
	}
	g, err := gateway.Open(ctx, gateway.Options{
		Estate: estate, Adapters: []adapters.Adapter{memory.Adapter{}}, Telemetry: recording, REST: "127.0.0.1:0", GRPC: "127.0.0.1:0", Admin: "127.0.0.1:0",
	})
	if err != nil {
		return err
	}
	server, err := g.Listen(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "http://%s\n", server.REST())
	return server.Serve(ctx)
}

// serveHandWritten serves a table of items: one by its key, and all.
func serveHandWritten(ctx context.Context) error {
	type item struct {
		ID     string `json:"id"`
		Title  string `json:"title"`
		Amount string `json:"amount"`
	}
	all := []item{{"a", "first", "12"}, {"b", "second", "-7"}, {"c", "third", strconv.Itoa(9007199254740993)}}
	byID := make(map[string]item)
	for _, one := range all {
		byID[one.ID] = one
	}
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, value any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value)
	}
	mux.HandleFunc("GET /items/v1/items/{id}", func(w http.ResponseWriter, r *http.Request) {
		found, ok := byID[r.PathValue("id")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		answer(w, found)
	})
	mux.HandleFunc("GET /items/v1/items", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"items": all, "nextPageToken": ""})
	})
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "http://%s\n", listener.Addr())
	return (&http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}).Serve(listener)
}
