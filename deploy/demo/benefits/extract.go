package benefits

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

const (
	// ExtractName is the extract of [population.BusinessDay], named like a generation of a generation data group.
	ExtractName = "BEN.CLAIMS.G0324V00"

	extractID     = "BENCLAIM"
	extractLength = 240
	runNumber     = 324
	moneyDigits   = 7  // S9(5)V99
	totalDigits   = 13 // S9(11)V99
)

// Extract returns the nightly extract of all claims: a header, the claims, and a trailer with their count and
// control totals, in records of 240 bytes in code page 037. Its layout is CLAIMS.cpy of the estate.
func Extract(citizens []population.Citizen) ([]byte, error) {
	var file bytes.Buffer
	header, err := extractHeader()
	if err != nil {
		return nil, fmt.Errorf("writing the extract's header: %w", err)
	}
	file.Write(header)
	var totals extractTotals
	for _, citizen := range citizens {
		for _, one := range newClaims(citizen) {
			record, err := one.record()
			if err != nil {
				return nil, fmt.Errorf("writing claim %s: %w", one.reference, err)
			}
			file.Write(record)
			totals.add(one)
		}
	}
	trailer, err := totals.record()
	if err != nil {
		return nil, fmt.Errorf("writing the extract's trailer: %w", err)
	}
	file.Write(trailer)
	return file.Bytes(), nil
}

func extractHeader() ([]byte, error) {
	var w recordWriter
	w.text("00", 2)
	w.text(extractID, 8)
	w.text(population.BusinessDay().Add(21*time.Hour+30*time.Minute).Format("20060102150405"), 14)
	w.zoned(runNumber, 6)
	return w.finish(extractLength)
}

func (c claim) record() ([]byte, error) {
	var w recordWriter
	w.text("10", 2)
	w.text(c.reference, 10)
	w.text(c.citizen.ID, 7)
	w.text(c.citizen.Title, 4)
	w.text(c.citizen.GivenName, 20)
	w.text(c.citizen.FamilyName, 24)
	w.day(c.citizen.BornOn)
	w.text(c.citizen.Address.Line1, 30)
	w.text(c.citizen.Address.Line2, 20)
	w.text(c.citizen.Address.Town, 16)
	w.text(c.citizen.Address.Postcode, 8)
	w.text(c.benefit, 2)
	w.text(c.status, 1)
	w.packed(int64(c.weekly), moneyDigits)
	w.day(c.startedOn)
	w.day(c.next.on)
	w.packed(int64(c.next.amount), moneyDigits)
	w.binary(c.paymentsMade)
	for _, paid := range c.recent {
		w.day(paid.on)
		w.packed(int64(paid.amount), moneyDigits)
	}
	return w.finish(extractLength)
}

// day writes a date as PIC 9(8), or blanks for none.
func (w *recordWriter) day(day time.Time) {
	if day.IsZero() {
		w.fill(8)
		return
	}
	w.text(day.Format("20060102"), 8)
}

// extractTotals is what the trailer promises.
type extractTotals struct {
	count        uint64
	weekly, next population.Pence
}

func (t *extractTotals) add(c claim) {
	t.count++
	t.weekly += c.weekly
	t.next += c.next.amount
}

func (t *extractTotals) record() ([]byte, error) {
	var w recordWriter
	w.text("99", 2)
	w.zoned(t.count, 7)
	w.packed(int64(t.weekly), totalDigits)
	w.packed(int64(t.next), totalDigits)
	return w.finish(extractLength)
}

// writeFile writes a file aside and renames it, so that nobody ever sees half of it.
func writeFile(path string, content []byte) error {
	aside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	if err := os.WriteFile(aside, content, 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(aside, path); err != nil {
		return fmt.Errorf("renaming %s: %w", filepath.Base(path), err)
	}
	return nil
}
