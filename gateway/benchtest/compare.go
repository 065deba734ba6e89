package benchtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// connections is how many requests are under way at once.
	connections = 8
	// warmUp is how many requests each program answers before it is measured.
	warmUp = 2000
	// round is how many requests a program answers before it is another's turn.
	round = 5000
)

// A Request is what all programs are asked.
type Request struct {
	// Method, Path and Body are those of each request. Method is GET if it is empty. Header is set on each.
	Method, Path, Body string
	Header             http.Header
}

// Compare sends requests to the programs in turns, b.N rounds each, and reports their processor time: that of the first as µs/req-NAME, of the others as well, and
// as a multiple of the first as x-NAME. An answer other than 200 ends the benchmark.
func Compare(b *testing.B, request Request, programs ...*Program) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}}
	defer client.CloseIdleConnections()
	for _, p := range programs {
		p.answer(b, client, request, warmUp)
	}
	total := make([]time.Duration, len(programs))
	rounds := 0
	for b.Loop() {
		for i, p := range programs {
			before := p.Used(b)
			p.answer(b, client, request, round)
			total[i] += p.Used(b) - before
		}
		rounds++
	}
	b.ReportMetric(0, "ns/op") // of all programs together: it says nothing
	for i, p := range programs {
		each := float64(total[i].Microseconds()) / float64(rounds*round)
		b.ReportMetric(each, "µs/req-"+p.Name)
		if i > 0 && total[0] > 0 {
			b.ReportMetric(float64(total[i])/float64(total[0]), "x-"+p.Name)
		}
	}
}

// Used is the processor time that the program has used so far, in user and in kernel mode.
func (p *Program) Used(b *testing.B) time.Duration {
	b.Helper()
	used, err := p.used()
	if err != nil {
		b.Fatal(err)
	}
	return used
}

// answer has the program answer a number of requests.
func (p *Program) answer(b *testing.B, client *http.Client, request Request, count int) {
	b.Helper()
	var group sync.WaitGroup
	failures := make(chan error, connections)
	for range connections {
		group.Go(func() {
			for range count / connections {
				if err := p.ask(b, client, request); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		b.Fatalf("%s: %v", p.Name, err)
	}
}

func (p *Program) ask(b *testing.B, client *http.Client, request Request) error {
	sent, err := http.NewRequestWithContext(b.Context(), request.Method, p.URL+request.Path, strings.NewReader(request.Body))
	if err != nil {
		return err
	}
	for name, values := range request.Header {
		sent.Header[name] = values
	}
	response, err := client.Do(sent)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s is answered %s: %s", request.Path, response.Status, body)
	}
	return err
}
