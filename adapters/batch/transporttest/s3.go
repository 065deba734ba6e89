package transporttest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Bucket is the bucket, or container, that servers of objects have.
const Bucket = "batch"

// S3 starts an S3 server with one empty bucket.
func S3(t testing.TB) *Server {
	t.Helper()
	s := newServer("")
	clock := &requestClock{TimeSource: gofakes3.DefaultTimeSource()}
	clock.set()
	backend := s3mem.New(s3mem.WithTimeSource(clock))
	if err := backend.CreateBucket(Bucket); err != nil {
		t.Fatal(err)
	}
	clock.next = gofakes3.New(backend, gofakes3.WithTimeSource(clock)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(s3Requests, clock, w, r) }))
	s.atEnd(t, server.Close)
	s.Address = server.Listener.Addr().String()
	s.Config = &configv1.BatchTransport{Kind: &configv1.BatchTransport_S3{S3: &configv1.BatchS3{
		Bucket: Bucket, Endpoint: server.URL, AccessKeyId: secret(t, User), SecretAccessKey: secret(t, Password),
	}}}
	return s
}

// A requestClock stands still during a request, of which there is one at a time: else an object's listing and its header, which gofakes3 stamps one after the other, may
// say different seconds.
type requestClock struct {
	gofakes3.TimeSource
	next http.Handler
	mu   sync.Mutex
	now  atomic.Pointer[time.Time]
}

// Now implements [gofakes3.TimeSource].
func (c *requestClock) Now() time.Time { return *c.now.Load() }

func (c *requestClock) set() {
	now := c.TimeSource.Now().Truncate(time.Second)
	c.now.Store(&now)
}

// ServeHTTP implements [http.Handler].
func (c *requestClock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set()
	c.next.ServeHTTP(w, r)
}

// s3Requests are those of S3.
var s3Requests = requests{
	operation: s3Operation,
	name:      func(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/"+Bucket+"/") },
	fault: func(w http.ResponseWriter, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<Error><Code>" + code + "</Code><Message>no</Message></Error>")) // the client may have gone
	},
}

func s3Operation(r *http.Request) string {
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Has("list-type"):
		return List
	case r.Method == http.MethodGet:
		return Open
	case r.Method == http.MethodHead:
		return Stat
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return Rename
	case r.Method == http.MethodPut:
		return Write
	case r.Method == http.MethodDelete:
		return Remove
	default:
		return ""
	}
}
