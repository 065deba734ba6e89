package main

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/gateway/benchtest"
)

const (
	// extractRecords is how many records of 200 bytes the extract has: 2 GB.
	extractRecords = 10_000_000
	// extractByHand is the hand-written program of BenchmarkExtract, as a command of the test binary, and extractSnapshot the variable that tells it of its snapshot.
	extractByHand   = "extract-by-hand"
	extractSnapshot = "BENCH_SNAPSHOT"
	// The requests.
	extractGet  = "/crm/v1/customers/1234567"
	extractList = "/crm/v1/customers?pageSize=50"
)

// extractBackend publishes the extract of a directory, in a record format.
const extractBackend = `kind: batch
publish: {}
extracts:
  - plural: customers
    singular: customer
    layout: {copybook: customers.cpy, record: CUSTOMER, record_format: %[2]s, formats: {BORN: yyyymmdd}}
    inbox: {directory: %[1]q, pattern: "CUST.*"}
    key: [CUSTOMER-ID]
    indexes: [SURNAME, POSTCODE]
`

// BenchmarkExtract has gateways read a file of 2 GB, once in each of three formats, and reports the processor time, and by how much the memory that is no file's grew at
// most. Then it measures what a gateway that starts again takes to answer, and the processor time of reads, against a program that one would write by hand over the same
// snapshot. Each program is a process of its own. Run it with -benchtime 1x.
func BenchmarkExtract(b *testing.B) {
	var estate string
	for _, format := range []struct {
		name, setting string
		write         func(w io.Writer) error
	}{
		{"variable-blocked", "variable_blocked", writeBlockedCustomers},
		{"gzip", "fixed", func(w io.Writer) error {
			packed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
			if err != nil {
				return err
			}
			return errors.Join(writeCustomers(packed), packed.Close())
		}},
		{"fixed", "fixed", writeCustomers},
	} {
		b.Run("ingest-"+format.name, func(sub *testing.B) {
			estate = extractEstate(b, format.setting, format.write)
			var total ingestCost
			for sub.Loop() {
				if err := os.RemoveAll(filepath.Join(estate, ".data")); err != nil {
					sub.Fatal(err)
				}
				total.add(ingestOnce(sub, estate))
			}
			sub.ReportMetric(total.used.Seconds()/float64(sub.N), "cpu-s/op")
			sub.ReportMetric(float64(total.peak)/1e6, "MB-anonymous")
		})
	}
	if b.Failed() || estate == "" {
		return
	}
	b.Run("restart", func(b *testing.B) {
		var took time.Duration
		for b.Loop() {
			started := time.Now()
			awaitCustomer(b, startGateway(b, estate), func() {})
			took += time.Since(started)
		}
		b.ReportMetric(float64(took.Milliseconds())/float64(b.N), "ms-to-answer")
	})
	snapshots, err := filepath.Glob(filepath.Join(estate, ".data", "backends", "crm", "snapshots", "customers", "*.snapshot"))
	if err != nil || len(snapshots) != 1 {
		b.Fatalf("snapshots %v, %v", snapshots, err)
	}
	byHand := exec.Command(extractByHand)
	byHand.Env = append(os.Environ(), extractSnapshot+"="+snapshots[0])
	programs := []*benchtest.Program{benchtest.Start(b, "hand-written", byHand), startGateway(b, estate)}
	for _, read := range []struct{ name, path string }{{"get", extractGet}, {"list", extractList}} {
		wanted, got := getOrdered(b, programs[0].URL+read.path), getOrdered(b, programs[1].URL+read.path)
		if wanted != got {
			b.Fatalf("the programs answer differently:\n%s\n%s", wanted, got)
		}
		b.Run(read.name, func(b *testing.B) { benchtest.Compare(b, benchtest.Request{Path: read.path}, programs...) })
	}
}

// extractEstate makes an estate, and in its inbox a file that nobody has read yet.
func extractEstate(b *testing.B, recordFormat string, write func(io.Writer) error) string {
	b.Helper()
	estate, inbox := b.TempDir(), b.TempDir()
	copybook, err := os.ReadFile("testdata/extractbench/customers.cpy")
	err = errors.Join(err,
		os.Mkdir(filepath.Join(estate, "backends"), 0o750),
		os.WriteFile(filepath.Join(estate, "backends", "customers.cpy"), copybook, 0o600),
		os.WriteFile(filepath.Join(estate, "backends", "crm.yaml"), fmt.Appendf(nil, extractBackend, inbox, recordFormat), 0o600))
	if err != nil {
		b.Fatal(err)
	}
	file, err := os.Create(filepath.Join(inbox, "CUST.1"))
	if err != nil {
		b.Fatal(err)
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	if err := errors.Join(write(buffered), buffered.Flush(), file.Close()); err != nil {
		b.Fatal(err)
	}
	return estate
}

// startGateway starts a gateway that ends with the benchmark.
func startGateway(b *testing.B, estate string) *benchtest.Program {
	b.Helper()
	return benchtest.Start(b, "gateway", exec.Command("postern", "serve", estate, "--rest", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--admin", "127.0.0.1:0"))
}

// awaitCustomer asks until the gateway has a customer, and calls meanwhile before each question.
func awaitCustomer(b *testing.B, gateway *benchtest.Program, meanwhile func()) {
	b.Helper()
	between := time.NewTicker(10 * time.Millisecond)
	defer between.Stop()
	for {
		meanwhile()
		response, err := http.Get(gateway.URL + extractGet)
		if err != nil {
			b.Fatal(err)
		}
		_ = response.Body.Close()
		switch response.StatusCode {
		case http.StatusOK:
			return
		case http.StatusServiceUnavailable:
			<-between.C
		default:
			b.Fatalf("%s is answered %s", extractGet, response.Status)
		}
	}
}

// ingestCost is the processor time that gateways took to read files, and the most memory that one had which is no file's, in bytes.
type ingestCost struct {
	used time.Duration
	peak int64
}

func (c *ingestCost) add(other ingestCost) {
	c.used, c.peak = c.used+other.used, max(c.peak, other.peak)
}

// ingestOnce has a gateway read the file.
func ingestOnce(b *testing.B, estate string) (cost ingestCost) {
	b.Helper()
	gateway := startGateway(b, estate)
	awaitCustomer(b, gateway, func() { cost.peak = max(cost.peak, gateway.Memory(b, "RssAnon")) })
	cost.used = gateway.Used(b)
	return cost
}

// customers calls each with extractRecords records in no order. A record is good until the call returns.
func customers(each func(record []byte) error) error {
	page := charmap.CodePage037.NewEncoder()
	front, err := page.Bytes(fmt.Appendf(nil, "D%010d%-30s%-30s%s%-40s%-30s%-8s", 0, "O'CONNOR", "MARY ANN", "19610214", "12 HIGH STREET", "NEWTOWN", "AB"))
	if err != nil {
		return err
	}
	back, err := page.Bytes(fmt.Appendf(nil, "OK000123456%22s", ""))
	if err != nil {
		return err
	}
	record := append(append(front, make([]byte, 10)...), back...)
	number := func(to []byte, n int) {
		for i := len(to) - 1; i >= 0; i, n = i-1, n/10 {
			to[i] = 0xF0 + byte(n%10)
		}
	}
	for i := range extractRecords {
		k := int((uint64(i)*2_654_435_761 + 7) % extractRecords) // a permutation, since the factor is prime
		number(record[1:11], k)
		number(record[31:37], k%50_000)
		number(record[151:157], k%300_000)
		for at := range 5 { // 9 digits of the balance, packed
			record[157+at] = byte(k>>(4*at)&7)<<4 | byte(k>>(4*at+2)&7)
		}
		record[162] = 0x5C
		binary.BigEndian.PutUint32(record[163:], uint32(k%10_000))
		if err := each(record); err != nil {
			return err
		}
	}
	return nil
}

func writeCustomers(w io.Writer) error {
	return customers(func(record []byte) error {
		_, err := w.Write(record)
		return err
	})
}

// writeBlockedCustomers writes blocks of 100 records, both with descriptor words.
func writeBlockedCustomers(w io.Writer) error {
	const perBlock, word = 100, 4
	var block []byte
	count := 0
	return customers(func(record []byte) error {
		if count%perBlock == 0 {
			length := uint16(word + perBlock*(word+len(record)))
			block = append(binary.BigEndian.AppendUint16(block[:0], length), 0, 0)
		}
		block = append(binary.BigEndian.AppendUint16(block, uint16(word+len(record))), 0, 0)
		block = append(block, record...)
		if count++; count%perBlock != 0 {
			return nil
		}
		_, err := w.Write(block)
		return err
	})
}
