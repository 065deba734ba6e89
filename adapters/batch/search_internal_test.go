package batch

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
	"github.com/postern-gateway/postern/adapters/listing"
)

// searched is a record of about 200 bytes and 12 fields.
const searched = `       01 R.
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

// texts spells the fields of a record.
type texts map[string]string

func (t texts) Value(f *record.Field, _ int) (string, bool)  { text, ok := t[f.Name]; return text, ok }
func (texts) Group(*record.Field, int) (record.Source, bool) { return nil, false }
func (texts) Count(*record.Field) int                        { return 0 }

// BenchmarkSearch looks through all records of a snapshot, of which none or few match.
func BenchmarkSearch(b *testing.B) {
	const records = 200_000
	page, err := record.LookUpCodePage("cp037")
	if err != nil {
		b.Fatal(err)
	}
	book, err := copybook.Parse("r.cpy", []byte(searched), copybook.Options{})
	if err != nil {
		b.Fatal(err)
	}
	layout, err := record.Compile(book.Records[0], record.Options{CodePage: page, Formats: map[string]string{"BORN": "yyyymmdd"}})
	if err != nil {
		b.Fatal(err)
	}
	s := searchedSnapshot(b, layout, records)
	fields := func(name string) *listing.Field {
		f, err := layout.Lookup(name)
		if err != nil {
			return nil
		}
		field := kindOf(f)
		field.Name, field.JSONName, field.Source = name, name, f
		return &field
	}
	for name, filter := range map[string]string{
		"text": `TOWN = "GLASGOW"`, "contains": `NAME:"SMITHE"`, "decimal": `BALANCE > 99999999.50`, "date": `BORN < "1900-01-01"`,
		"several": `STATUS = "A" AND BALANCE > 1999999 AND VISITS = 18 OR CODE = "ZZ99"`,
	} {
		b.Run(name, func(b *testing.B) {
			expression, err := listing.ParseFilter(filter, fields)
			if err != nil {
				b.Fatal(err)
			}
			search := newSearch(s, 0, newMatcher(layout, expression), func() decoder { return layout.NewDecoder() })
			for b.Loop() {
				if _, err := search.count(b.Context(), 0, records); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*records/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func searchedSnapshot(b *testing.B, layout *record.Layout, records int) *snapshot.Snapshot {
	b.Helper()
	path := filepath.Join(b.TempDir(), "s.snapshot")
	w, err := snapshot.NewWriter(path, layout.Length, []snapshot.IndexSpec{{Name: "key", Width: 8}})
	if err != nil {
		b.Fatal(err)
	}
	id, err := layout.Lookup("ID")
	if err != nil {
		b.Fatal(err)
	}
	var value record.Value
	for i := range records {
		data, err := layout.Encode(nil, texts{
			"ID": fmt.Sprint((i * 7919) % records), "NAME": "MARGARET O'DONNELL-SMITH", "ADDRESS": "12 HIGH STREET, FLAT 3, OLD TOWN", "TOWN": "EDINBURGH", "BORN": "1961-02-14",
			"BALANCE": fmt.Sprintf("%d.89", i), "LIMIT": "5000.00", "VISITS": "17", "CODE": "AB12", "STATUS": "A", "RATE": "0.0425", "NOTE": "PAYS BY POST",
		})
		if err != nil {
			b.Fatal(err)
		}
		key, _, err := layout.AppendKey(nil, data, id, &value)
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Add(data, [][]byte{key}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Sort(func(uint32) error { return nil }); err != nil {
		b.Fatal(err)
	}
	if err := w.Finish(snapshot.Info{Layout: "L"}); err != nil {
		b.Fatal(err)
	}
	s, err := snapshot.Open(path, "L")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}
