package main

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postern-gateway/postern/gateway/benchtest"
)

// submitters is how many callers send at once.
const submitters = 64

// BenchmarkSubmissions measures how many submissions a gateway takes in a second, each durable in SQLite before its 202, while files of 1,000 are cut and delivered. The
// gateway is a process of its own; the callers share the machine with it.
func BenchmarkSubmissions(b *testing.B) {
	estate := lettersEstate(b, b.TempDir(), b.TempDir(), "{}\n", 1000, "3600s")
	gateway := benchtest.Start(b, "gateway", exec.Command("postern", "serve", estate, "--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0"))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: submitters, DisableCompression: true}}
	defer client.CloseIdleConnections()
	submit := func() {
		response, err := client.Post(gateway.URL+"/mail/v1/letters", "application/json", bytes.NewReader([]byte(`{"body": "a letter"}`)))
		if err != nil {
			b.Error(err)
			return
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusAccepted {
			b.Errorf("answered %s", response.Status)
		}
	}
	submit()
	before := gateway.Used(b)
	var left atomic.Int64
	left.Store(int64(b.N))
	var working sync.WaitGroup
	b.ResetTimer()
	for range submitters {
		working.Go(func() {
			for left.Add(-1) >= 0 {
				submit()
			}
		})
	}
	working.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submissions/s")
	b.ReportMetric(float64((gateway.Used(b)-before).Microseconds())/float64(b.N), "µs-CPU/submission")
}
