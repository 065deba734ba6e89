package record_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

const benchmarked = `       01 R.
          05 ID        PIC 9(9).
          05 NAME      PIC X(40).
          05 ADDRESS   PIC X(60).
          05 TOWN      PIC X(30).
          05 BORN      PIC 9(8).
          05 BALANCE   PIC S9(9)V99 COMP-3.
          05 LIMIT     PIC S9(7)V99.
          05 VISITS    PIC 9(4) COMP.
          05 CODE      PIC X(4).
          05 STATUS    PIC X.
          05 RATE      PIC SV9(4) COMP-3.
          05 NOTE      PIC X(25).
`

func benchmarkRecord(tb testing.TB, layout *record.Layout) []byte {
	tb.Helper()
	data, err := layout.Encode(nil, fields{
		"ID": "123456789", "NAME": "MARGARET O'DONNELL-SMITH", "ADDRESS": "12 HIGH STREET, FLAT 3, OLD TOWN", "TOWN": "EDINBURGH", "BORN": "19610214",
		"BALANCE": "-1234567.89", "LIMIT": "5000.00", "VISITS": "17", "CODE": "AB12", "STATUS": "A", "RATE": "0.0425", "NOTE": "PAYS BY POST",
	})
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// Whatever a record holds, the program writes what the walk writes, or leaves it to the walk.
func TestProgramWritesWhatTheWalkWrites(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	formats := map[string]string{"SEEN": "yyyymmdd", "FLAG": "boolean:Y/N"}
	for _, options := range []record.Options{
		{}, {Formats: formats}, {Formats: formats, Invalid: record.Absent, Blank: record.Zero}, {Invalid: record.Absent, Trim: record.TrimBoth, Signs: record.SignsStrict, Storage: true}, {Invalid: record.Absent, Trim: record.TrimNothing, Signs: record.SignsRelaxed},
	} {
		options.CodePage = page(t, "cp037")
		source := benchmarked + "          05 G OCCURS 3.\n             10 A PIC 9(3).\n             10 B PIC X(2) OCCURS 2.\n             10 C PIC S9(20) COMP-3.\n          05 SEEN PIC 9(8).\n          05 FLAG PIC X.\n"
		layout := compile(t, source, options)
		whole := benchmarkRecord(t, layout)
		copy(whole[len(whole)-9:], "\xF2\xF0\xF2\xF4\xF0\xF2\xF2\xF9\xE8") // 20240229 and Y
		decoder := layout.NewDecoder()
		for range 3000 {
			data := bytes.Clone(whole)
			for range random.IntN(4) {
				data[random.IntN(len(data))] = []byte{0, 0x40, 0xF1, 0xC1, 0xD1, 0x7F, 0xE0, 0x0C, 0xFF, byte(random.IntN(256))}[random.IntN(10)]
			}
			var fast, slow record.JSONWriter
			fast.Start()
			slow.Start()
			fastErr, slowErr := decoder.DecodeJSON(data, &fast), decoder.Decode(data, &slow)
			if (fastErr == nil) != (slowErr == nil) || fastErr == nil && !bytes.Equal(fast.Buffer, slow.Buffer) {
				t.Fatalf("%X:\nprogram %s %v\nwalk    %s %v", data, fast.Buffer, fastErr, slow.Buffer, slowErr)
			}
			if err := decoder.Check(data); fmt.Sprint(err) != fmt.Sprint(slowErr) {
				t.Fatalf("%X:\nCheck  %v\nDecode %v", data, err, slowErr)
			}
		}
	}
}

func BenchmarkDecodeJSON(b *testing.B) {
	layout := compile(b, benchmarked, record.Options{CodePage: page(b, "cp037")})
	data := benchmarkRecord(b, layout)
	decoder := layout.NewDecoder()
	var w record.JSONWriter
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		w.Buffer = w.Buffer[:0]
		w.Start()
		if err := decoder.DecodeJSON(data, &w); err != nil {
			b.Fatal(err)
		}
		w.Finish()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
