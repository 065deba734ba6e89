package batch_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// benchRecords is how many records the benchmark's file has: as many as the target names.
const benchRecords = 2_000_000

const benchCopybook = `
       01  HEAD.
           05  KIND                PIC X.
           05  RUN-DATE            PIC 9(8).
           05  FILLER              PIC X(191).
       01  CUSTOMER.
           05  KIND                PIC X.
           05  CUSTOMER-ID         PIC 9(10).
           05  SURNAME             PIC X(30).
           05  GIVEN-NAME          PIC X(30).
           05  BORN                PIC 9(8).
           05  STREET              PIC X(40).
           05  TOWN                PIC X(30).
           05  POSTCODE            PIC X(8).
           05  BALANCE             PIC S9(9)V99 COMP-3.
           05  BRANCH              PIC S9(9) COMP.
           05  STATUS-CODE         PIC X(2).
           05  CREDIT-LIMIT        PIC S9(7)V99.
           05  FILLER              PIC X(22).
       01  TAIL.
           05  KIND                PIC X.
           05  CUSTOMERS           PIC 9(9).
           05  TOTAL-BALANCE       PIC S9(13)V99 COMP-3.
           05  FILLER              PIC X(182).
`

const benchSettings = `
kind: batch
poll: 3600s
extracts:
  - plural: customers
    singular: customer
    layout: {copybook: bench.cpy, record: CUSTOMER, formats: {RUN-DATE: yyyymmdd, BORN: yyyymmdd}}
    inbox: {directory: in, pattern: "CUST.*"}
    header: {record: HEAD, when: {field: KIND, equals: H}, date: RUN-DATE}
    detail: {when: {field: KIND, equals: D}}
    trailer:
      record: TAIL
      when: {field: KIND, equals: T}
      count: CUSTOMERS
      totals: [{of: BALANCE, equals: TOTAL-BALANCE}]
    key: [CUSTOMER-ID]
    indexes: [SURNAME, POSTCODE]
`

// writeBenchFile writes customers in no order, with a header and a trailer.
func writeBenchFile(b *testing.B, path string, n int) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	put := func(p []byte) {
		if _, err := w.Write(p); err != nil {
			b.Fatal(err)
		}
	}
	put(ebcdic(fmt.Sprintf("H20261120%191s", "")))
	template := ebcdic(fmt.Sprintf("D%010d%-30s%-30s%s%-40s%-30s%-8s", 0, "O'CONNOR", "MARY ANN", "19610214", "12 HIGH STREET", "NEWTOWN", ""))
	tail := ebcdic(fmt.Sprintf("OK000123456%22s", ""))
	var total int64
	for i := range n {
		k := int((uint64(i)*2_654_435_761 + 7) % uint64(n)) // a permutation, since the factor is prime
		record := append([]byte(nil), template...)
		digits(record[1:11], k)
		digits(record[11+20:11+26], k%50_000)
		copy(record[149:], []byte{0xC1, 0xC2})
		digits(record[151:157], k%300_000)
		balance := int64(k%1_000_000 - 500_000)
		total += balance
		record = append(record, packed(balance, 11)...)
		record = append(record, 0, 0, byte(k>>8&0x3F), byte(k))
		put(append(record, tail...))
	}
	put(ebcdic(fmt.Sprintf("T%09d", n)))
	put(packed(total, 15))
	put(ebcdic(fmt.Sprintf("%182s", "")))
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}

// digits writes a number in EBCDIC.
func digits(to []byte, n int) {
	for i := len(to) - 1; i >= 0; i-- {
		to[i] = 0xF0 + byte(n%10)
		n /= 10
	}
}

// cpuSeconds is what the process has used.
func cpuSeconds(b *testing.B) float64 {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	seconds := func(t unix.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

// From the file to a snapshot that is in force, everything checked.
func BenchmarkIngest(b *testing.B) {
	s := newSite(b)
	s.write(b, "bench.cpy", []byte(benchCopybook))
	writeBenchFile(b, filepath.Join(s.dir, "in", "CUST.1"), benchRecords)
	b.ReportAllocs()
	var used float64
	for b.Loop() {
		b.StopTimer()
		s.data = b.TempDir()
		s.store = newSite(b).store
		backend := s.open(b, benchSettings)
		b.StartTimer()
		before := cpuSeconds(b)
		drain(b, backend)
		used += cpuSeconds(b) - before
		b.StopTimer()
		if err := tryCheck(b, backend); err != nil {
			b.Fatal(err)
		}
		closeBackend(b, backend)
		b.StartTimer()
	}
	b.ReportMetric(used/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(benchRecords)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
