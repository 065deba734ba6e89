package benefits

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// A change is one record of a file of changes.
type change struct{ reference, citizen, line1, town, postcode, movedOn string }

// changesFile writes a file of changes as another program would. edit may spoil it.
func changesFile(t *testing.T, changes []change, edit func(header, trailer *string)) []byte {
	t.Helper()
	pad := func(text string, width int) string { return text + strings.Repeat(" ", width-len(text)) }
	header, trailer := "HCHGADDR 00004220261121101500", "T0000420000002"
	if edit != nil {
		edit(&header, &trailer)
	}
	lines := pad(header, 120)
	for _, one := range changes {
		lines += pad("D"+one.reference+one.citizen+pad(one.line1, 30)+pad("", 20)+pad(one.town, 16)+pad(one.postcode, 8)+one.movedOn, 120)
	}
	content, err := charmap.CodePage037.NewEncoder().Bytes([]byte(lines + pad(trailer, 120)))
	if err != nil {
		t.Fatal(err)
	}
	total, err := hex.DecodeString("000000000000030c") // 10 + 20
	if err != nil {
		t.Fatal(err)
	}
	copy(content[len(content)-120+14:], total)
	return content
}

func twoChanges() []change {
	return []change{
		{"0000000010", "C000001", "1 High Street", "Riverside", "RV1 1AA", "20261201"},
		{"0000000020", "C000002", "2 High Street", "Riverside", "rv1", "        "},
	}
}

func TestReadAddressChangesRefuses(t *testing.T) {
	t.Parallel()
	good := changesFile(t, twoChanges(), nil)
	spoil := func(position int, value byte) []byte {
		content := bytes.Clone(good)
		content[position] = value
		return content
	}
	tests := []struct {
		name    string
		content []byte
		want    string
	}{
		{"nothing", nil, "0 bytes"},
		{"cut off", good[:len(good)-1], "479 bytes"},
		{"no trailer", good[:360], "checking the trailer"},
		{"no header", good[120:], "reading the header"},
		{"other file", changesFile(t, twoChanges(), func(h, _ *string) { *h = strings.Replace(*h, "CHGADDR", "CHGNAME", 1) }), "not H CHGADDR"},
		{"sequence in letters", changesFile(t, twoChanges(), func(h, _ *string) { *h = strings.Replace(*h, "000042", "ABCDEF", 1) }), "is no digit"},
		{"created at no time", changesFile(t, twoChanges(), func(h, _ *string) { *h = strings.Replace(*h, "20261121", "20261321", 1) }), "created at no time"},
		{"other sequence", changesFile(t, twoChanges(), func(_, tr *string) { *tr = "T0000430000002" }), "its sequence is 43"},
		{"other count", changesFile(t, twoChanges(), func(_, tr *string) { *tr = "T0000420000003" }), "it counts 3 records"},
		{"other total", changesFile(t, append(twoChanges()[:1], change{"0000000021", "C000002", "", "", "", "        "}), nil), "its hash total is 30"},
		{"negative total", spoil(3*120+21, 0x0D), "not positive"},
		{"total in letters", spoil(3*120+14, 0xC1), "no packed digit"},
		{"total with a sign inside", spoil(3*120+14, 0x0C), "no packed digit"},
		{"wrong record", spoil(120, 0xC1), "and not D"},
		{"reference in letters", spoil(121, 0xC1), "is no digit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := readAddressChanges(test.content)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	good := addressChange{citizenID: "C000001", line1: "1 High Street", town: "Riverside", postcode: "RV1 1AA", movedOn: "20261201"}
	with := func(edit func(*addressChange)) addressChange {
		one := good
		edit(&one)
		return one
	}
	tests := []struct {
		name   string
		change addressChange
		want   string
	}{
		{"good", good, accepted},
		{"short postcode", with(func(a *addressChange) { a.postcode = "M1 1AE" }), accepted},
		{"moved now", with(func(a *addressChange) { a.movedOn = "" }), accepted},
		{"moved on day zero, which is now", with(func(a *addressChange) { a.movedOn = "00000000" }), accepted},
		{"nobody", with(func(a *addressChange) { a.citizenID = "C999999" }), citizenUnknown},
		{"small letters", with(func(a *addressChange) { a.postcode = "rv1 1aa" }), postcodeUnreadable},
		{"no blank", with(func(a *addressChange) { a.postcode = "RV11AA" }), postcodeUnreadable},
		{"no street", with(func(a *addressChange) { a.line1 = "" }), addressIncomplete},
		{"no town", with(func(a *addressChange) { a.town = "" }), addressIncomplete},
		{"no such day", with(func(a *addressChange) { a.movedOn = "20260230" }), addressIncomplete},
	}
	for _, test := range tests {
		if got := test.change.decide(func(id string) bool { return id == "C000001" }); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func FuzzReadAddressChanges(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{blank}, 240))
	f.Add(bytes.Repeat([]byte{0xF0}, 360))
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := readAddressChanges(content)
		if err != nil {
			return
		}
		ack, err := file.acknowledge(func(string) bool { return true }, time.Unix(0, 0).UTC())
		if err != nil || len(ack) != (len(file.changes)+2)*ackLength {
			t.Errorf("the acknowledgement of %d changes has %d bytes, %v", len(file.changes), len(ack), err)
		}
	})
}
