package benchtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Stream has each program, in turns, b.N times answer a path with very many lines, and reports of each its processor time as µs/line-NAME, how many lines came in a second as
// lines/s-NAME, and by how much its memory grew at most as MB-NAME. Of those behind the first it reports the time as a multiple of the first's besides, as x-NAME. An
// answer other than 200 ends the benchmark.
func Stream(b *testing.B, path string, programs ...*Program) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	total := make([]streamed, len(programs))
	for b.Loop() {
		for i, p := range programs {
			total[i].add(p.mustStream(b, client, path))
		}
	}
	b.ReportMetric(0, "ns/op") // of all programs together: it says nothing
	for i, p := range programs {
		lines := float64(total[i].lines)
		b.ReportMetric(float64(total[i].used.Microseconds())/lines, "µs/line-"+p.Name)
		b.ReportMetric(lines/total[i].took.Seconds(), "lines/s-"+p.Name)
		b.ReportMetric(float64(total[i].grown)/1e6, "MB-"+p.Name)
		if i > 0 && total[0].used > 0 {
			b.ReportMetric(float64(total[i].used)/float64(total[0].used), "x-"+p.Name)
		}
	}
}

// streamed is what streams have cost: their lines, processor time, time on the clock, and the most bytes that one took.
type streamed struct {
	lines, grown int64
	used, took   time.Duration
}

func (s *streamed) add(other streamed) {
	s.lines += other.lines
	s.used += other.used
	s.took += other.took
	s.grown = max(s.grown, other.grown)
}

func (p *Program) mustStream(b *testing.B, client *http.Client, path string) streamed {
	b.Helper()
	before, err := p.resident()
	if err != nil {
		b.Fatal(err)
	}
	used, started := p.Used(b), time.Now()
	lines, err := p.countLines(b, client, path)
	if err != nil {
		b.Fatalf("%s: %v", p.Name, err)
	}
	out := streamed{lines: lines, took: time.Since(started), used: p.Used(b) - used}
	peak, err := p.memory("VmHWM")
	if err != nil {
		b.Fatal(err)
	}
	out.grown = peak - before
	return out
}

// countLines reads a whole answer.
func (p *Program) countLines(b *testing.B, client *http.Client, path string) (int64, error) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, p.URL+path, nil)
	if err != nil {
		return 0, err
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s is answered %s", path, response.Status)
	}
	lines, buffer := int64(0), make([]byte, 256<<10)
	for {
		n, err := response.Body.Read(buffer)
		lines += int64(bytes.Count(buffer[:n], []byte{'\n'}))
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}

// resident is the memory that the program has, from where on its peak is measured.
func (p *Program) resident() (int64, error) {
	const resetPeak = "5" // proc_pid_clear_refs(5)
	if err := os.WriteFile(filepath.Join("/proc", strconv.Itoa(p.id), "clear_refs"), []byte(resetPeak), 0); err != nil {
		return 0, err
	}
	return p.memory("VmRSS")
}

// memory reads a member of /proc/PID/status, in bytes.
func (p *Program) memory(name string) (int64, error) {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.id), "status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("process %d does not tell its %s", p.id, name)
}
