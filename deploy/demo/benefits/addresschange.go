package benefits

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	changesID     = "CHGADDR"
	changesLength = 120
	ackID         = "CHGACK"
	ackLength     = 40
)

// Results of a change of address.
const (
	accepted           = "00"
	citizenUnknown     = "10"
	postcodeUnreadable = "20"
	addressIncomplete  = "30"
)

// postcode is what the mainframe can read: capital letters, and one blank before the last three characters.
var postcode = regexp.MustCompile(`^[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$`)

// addressChanges is a file of changes of address.
type addressChanges struct {
	sequence uint64
	changes  []addressChange
}

// An addressChange is one of its records.
type addressChange struct {
	reference             uint64
	citizenID             string
	line1, town, postcode string
	movedOn               string // yyyymmdd, or zeros or nothing for now
}

// readAddressChanges reads a whole file, whose layout is CHGADDR.cpy of the estate. It refuses the file when header
// and trailer do not agree with what stands between them.
func readAddressChanges(content []byte) (*addressChanges, error) {
	if len(content)%changesLength != 0 || len(content) < 2*changesLength {
		return nil, fmt.Errorf("%d bytes are no header, records and trailer of %d bytes", len(content), changesLength)
	}
	var records [][]byte
	for record := range slices.Chunk(content, changesLength) {
		records = append(records, record)
	}
	file := &addressChanges{}
	if err := file.readHeader(records[0]); err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	for i, record := range records[1 : len(records)-1] {
		one, err := readAddressChange(record)
		if err != nil {
			return nil, fmt.Errorf("reading record %d: %w", i+2, err)
		}
		file.changes = append(file.changes, one)
	}
	if err := file.checkTrailer(records[len(records)-1]); err != nil {
		return nil, fmt.Errorf("checking the trailer: %w", err)
	}
	return file, nil
}

func (f *addressChanges) readHeader(record []byte) error {
	r := recordReader{bytes: record}
	kind, id := r.text(1), r.text(8)
	f.sequence = r.zoned(6)
	createdAt := r.text(14)
	if kind != "H" || id != changesID {
		return fmt.Errorf("it is %s %s, and not H %s", kind, id, changesID)
	}
	if _, err := time.Parse("20060102150405", createdAt); err != nil {
		return fmt.Errorf("it was created at no time: %w", err)
	}
	return r.err
}

func readAddressChange(record []byte) (addressChange, error) {
	r := recordReader{bytes: record}
	if kind := r.text(1); kind != "D" {
		return addressChange{}, fmt.Errorf("it is %q, and not D", kind)
	}
	one := addressChange{reference: r.zoned(10), citizenID: r.text(7), line1: r.text(30)}
	r.take(20) // ADDR-LINE-2 may hold anything
	one.town, one.postcode, one.movedOn = r.text(16), r.text(8), r.text(8)
	return one, r.err
}

func (f *addressChanges) checkTrailer(record []byte) error {
	r := recordReader{bytes: record}
	kind, sequence, count, hash := r.text(1), r.zoned(6), r.zoned(7), r.packed(8)
	if r.err != nil {
		return r.err
	}
	var wantHash uint64
	for _, one := range f.changes {
		wantHash += one.reference
	}
	switch {
	case kind != "T":
		return fmt.Errorf("it is %q, and not T", kind)
	case sequence != f.sequence:
		return fmt.Errorf("its sequence is %d, and the header's is %d", sequence, f.sequence)
	case count != uint64(len(f.changes)):
		return fmt.Errorf("it counts %d records, and there are %d", count, len(f.changes))
	case hash != wantHash:
		return fmt.Errorf("its hash total is %d, and the references make %d", hash, wantHash)
	default:
		return nil
	}
}

// decide says what becomes of a change.
func (a *addressChange) decide(isKnown func(citizenID string) bool) string {
	switch {
	case !isKnown(a.citizenID):
		return citizenUnknown
	case !postcode.MatchString(a.postcode):
		return postcodeUnreadable
	case a.line1 == "" || a.town == "" || !a.movesOnADay():
		return addressIncomplete
	default:
		return accepted
	}
}

func (a *addressChange) movesOnADay() bool {
	if strings.Trim(a.movedOn, "0") == "" {
		return true
	}
	_, err := time.Parse("20060102", a.movedOn)
	return err == nil
}

// acknowledge returns the file that answers the changes, whose layout is CHGACK.cpy of the estate.
func (f *addressChanges) acknowledge(isKnown func(citizenID string) bool, now time.Time) ([]byte, error) {
	var header, trailer recordWriter
	header.text("H", 1)
	header.text(ackID, 8)
	header.zoned(f.sequence, 6)
	header.text(now.Format("20060102150405"), 14)
	records := []recordWriter{header}
	for _, one := range f.changes {
		var answer recordWriter
		answer.text("D", 1)
		answer.zoned(one.reference, 10)
		answer.text(one.decide(isKnown), 2)
		records = append(records, answer)
	}
	trailer.text("T", 1)
	trailer.zoned(uint64(len(f.changes)), 7)
	records = append(records, trailer)

	var file []byte
	for i, record := range records {
		finished, err := record.finish(ackLength)
		if err != nil {
			return nil, fmt.Errorf("writing record %d of the acknowledgement: %w", i+1, err)
		}
		file = append(file, finished...)
	}
	return file, nil
}
