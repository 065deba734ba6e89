package gateway

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/memory"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

// BenchmarkREST measures a GET by key, from the HTTP request to the bytes of the answer, without sockets: through the whole gateway with the
// memory adapter (traces, metrics and the access log included), through a contract bound to it, and through the net/http handler that one
// would write by hand. BENCHMARKS.md records it.
func BenchmarkREST(b *testing.B) {
	dir := b.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/estate")); err != nil {
		b.Fatal(err)
	}
	recording, err := telemetry.Start(b.Context(), telemetry.Options{Logs: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = recording.Shutdown(b.Context()) }()
	g, err := Open(b.Context(), Options{Estate: dir, Adapters: []adapters.Adapter{memory.Adapter{}}, Telemetry: recording})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	observer, err := newHTTPObserver(recording)
	if err != nil {
		b.Fatal(err)
	}
	whole := observer.around(http.HandlerFunc(g.serveREST))

	b.Run("back end as it is", func(b *testing.B) { benchmarkGet(b, whole, "/items/v1/items/a") })
	b.Run("contract with one step", func(b *testing.B) { benchmarkGet(b, whole, "/shop/v1/articles/a") })
	b.Run("hand-written net/http", func(b *testing.B) { benchmarkGet(b, handWritten(), "/items/v1/items/a") })
}

func benchmarkGet(b *testing.B, handler http.Handler, path string) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil))
		if recorder.Code != http.StatusOK {
			b.Fatal(recorder.Code, recorder.Body)
		}
	}
}

// handWritten is the limit: one handler, one map, one struct.
func handWritten() http.Handler {
	type item struct {
		ID     string `json:"id"`
		Title  string `json:"title"`
		Amount string `json:"amount"`
	}
	items := map[string]item{"a": {"a", "first", "12"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/v1/items/{id}", func(w http.ResponseWriter, r *http.Request) {
		found, ok := items[r.PathValue("id")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(found)
	})
	return mux
}
