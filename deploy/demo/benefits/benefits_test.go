package benefits

import (
	"bytes"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ebcdic decodes bytes by the code page's own table.
func ebcdic(t *testing.T, field []byte) string {
	t.Helper()
	text, err := charmap.CodePage037.NewDecoder().Bytes(field)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unpack decodes a packed number by its hexadecimal digits.
func unpack(t *testing.T, field []byte) int64 {
	t.Helper()
	digits := hex.EncodeToString(field)
	if !strings.HasSuffix(digits, "c") {
		t.Fatalf("%s is not packed and positive", digits)
	}
	var value int64
	for _, digit := range strings.TrimSuffix(digits, "c") {
		value = value*10 + int64(digit-'0')
	}
	return value
}

func TestExtractKeepsItsPromises(t *testing.T) {
	t.Parallel()
	extract, err := Extract(population.Generate(1, 500))
	if err != nil {
		t.Fatal(err)
	}
	if len(extract)%240 != 0 {
		t.Fatalf("%d bytes are no records of 240", len(extract))
	}
	last := len(extract)/240 - 1
	var count, weekly, next int64
	for i := range last + 1 {
		record := extract[i*240 : (i+1)*240]
		switch kind := ebcdic(t, record[:2]); {
		case i == 0 && kind == "00":
			if got := ebcdic(t, record[2:30]); got != "BENCLAIM20261120213000000324" {
				t.Errorf("the header is %q", got)
			}
		case i == last && kind == "99":
			if got := ebcdic(t, record[2:9]); got != "0000"+itoa3(count) {
				t.Errorf("the trailer counts %s claims, and there are %d", got, count)
			}
			if got := unpack(t, record[9:16]); got != weekly {
				t.Errorf("the weekly total is %d, and the claims make %d", got, weekly)
			}
			if got := unpack(t, record[16:23]); got != next {
				t.Errorf("the total of next payments is %d, and the claims make %d", got, next)
			}
		case kind == "10":
			count++
			weekly += unpack(t, record[152:156])
			next += unpack(t, record[172:176])
		default:
			t.Fatalf("record %d of %d is of type %q", i, last, kind)
		}
	}
	if count < 600 || count > 999 {
		t.Errorf("500 citizens have %d claims", count)
	}
}

func itoa3(n int64) string {
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}

// The claims of C000001, byte by byte: positions as CLAIMS.cpy gives them.
func TestFirstClaim(t *testing.T) {
	t.Parallel()
	extract, err := Extract(population.Generate(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if len(extract) != 5*240 {
		t.Fatalf("%d bytes, want header, three claims and trailer", len(extract))
	}
	claim := extract[240:480]
	texts := []struct {
		name     string
		from, to int
		want     string
	}{
		{"REC-TYPE", 0, 2, "10"}, {"CLAIM-REF", 2, 12, "BC00000101"}, {"CITIZEN-ID", 12, 19, "C000001"}, {"TITLE", 19, 23, "Ms  "},
		{"FORENAME", 23, 43, "Amelia              "}, {"SURNAME", 43, 67, "Okafor                  "}, {"DATE-OF-BIRTH", 67, 75, "19870314"},
		{"ADDR-LINE-1", 75, 105, "Flat 2, 17 Weir Street        "}, {"ADDR-LINE-2", 105, 125, "Weirbank            "},
		{"TOWN", 125, 141, "Riverside       "}, {"POSTCODE", 141, 149, "RV4 7QT "}, {"BENEFIT-CODE", 149, 151, "HB"}, {"CLAIM-STATUS", 151, 152, "A"},
		{"NEXT-PAY-DATE", 164, 172, "20261127"}, {"PAID-ON", 178, 186, "20261113"}, {"FILLER", 214, 240, strings.Repeat(" ", 26)},
	}
	for _, field := range texts {
		if got := ebcdic(t, claim[field.from:field.to]); got != field.want {
			t.Errorf("%s is %q, want %q", field.name, got, field.want)
		}
	}
	if got := hex.EncodeToString(claim[152:156]); got != "0008740c" {
		t.Errorf("WEEKLY-AMOUNT is %s", got)
	}
	if got := hex.EncodeToString(claim[172:176]); got != "0017480c" {
		t.Errorf("NEXT-PAY-AMOUNT is %s", got)
	}
	suspended := extract[480:720]
	if got := ebcdic(t, suspended[149:152]) + ebcdic(t, suspended[164:172]); got != "CRS        " {
		t.Errorf("the second claim is %q", got)
	}
}

func TestExtractIsDeterministic(t *testing.T) {
	t.Parallel()
	one, err := Extract(population.Generate(3, 100))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Extract(population.Generate(3, 100))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, other) {
		t.Error("the same citizens gave two different files")
	}
}

func TestPackedNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value  int64
		digits int
		want   string
	}{
		{0, 1, "0c"}, {7, 3, "007c"}, {-7, 3, "007d"}, {1234567, 7, "1234567c"}, {-1234567, 7, "1234567d"}, {12345678, 7, ""},
	}
	for _, test := range tests {
		var w recordWriter
		w.packed(test.value, test.digits)
		if got := hex.EncodeToString(w.bytes); got != test.want || (w.err != nil) != (test.want == "") {
			t.Errorf("%d in %d digits is %s, %v; want %s", test.value, test.digits, got, w.err, test.want)
		}
	}
}

func TestRecordWriterRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		write func(*recordWriter)
	}{
		{"text that is too long", func(w *recordWriter) { w.text("abc", 2) }},
		{"text that has no EBCDIC", func(w *recordWriter) { w.text("Łódź", 10) }},
		{"number that is too long", func(w *recordWriter) { w.zoned(100, 2) }},
		{"record that is too long", func(w *recordWriter) { w.fill(11) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var w recordWriter
			test.write(&w)
			if _, err := w.finish(10); err == nil {
				t.Error("it was written")
			}
		})
	}
}

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

func newMainframe(t *testing.T) (*Mainframe, string) {
	t.Helper()
	directory := t.TempDir()
	m, err := New(Options{
		Citizens: population.Generate(1, 20), Directory: directory, Poll: time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, directory
}

func TestMainframeAnswers(t *testing.T) {
	t.Parallel()
	m, directory := newMainframe(t)
	write(t, filepath.Join(directory, ToMainframe, "CHGADDR.000042"), changesFile(t, twoChanges(), nil))
	seen, err := m.look(nil)
	if err != nil || !seen["CHGADDR.000042"] {
		t.Fatalf("the first look: %v, %v", seen, err)
	}
	if seen, err = m.look(seen); err != nil || len(seen) != 0 {
		t.Fatalf("the second look: %v, %v", seen, err)
	}
	ack, err := os.ReadFile(filepath.Join(directory, FromMainframe, "CHGACK.000042"))
	if err != nil {
		t.Fatal(err)
	}
	text := ebcdic(t, ack)
	if len(text) != 4*40 || !strings.HasPrefix(text, "HCHGACK  000042") {
		t.Fatalf("the acknowledgement is %q", text)
	}
	for i, want := range []string{"D000000001000", "D000000002020", "T0000002"} {
		if got := strings.TrimRight(text[(i+1)*40:(i+2)*40], " "); got != want {
			t.Errorf("record %d is %q, want %q", i+1, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(directory, ToMainframe, processed, "CHGADDR.000042")); err != nil {
		t.Errorf("the file was not put away: %v", err)
	}
}

func TestMainframeRejects(t *testing.T) {
	t.Parallel()
	m, directory := newMainframe(t)
	write(t, filepath.Join(directory, ToMainframe, "CHGADDR.000043"), []byte("rubbish"))
	write(t, filepath.Join(directory, ToMainframe, "README"), []byte("not for the mainframe"))
	for range 2 {
		if _, err := m.look(map[string]bool{"CHGADDR.000043": true}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(directory, ToMainframe, rejected, "CHGADDR.000043")); err != nil {
		t.Errorf("the file was not put aside: %v", err)
	}
	if _, err := os.Stat(filepath.Join(directory, FromMainframe, "CHGACK.000043")); !os.IsNotExist(err) {
		t.Errorf("rubbish was acknowledged: %v", err)
	}
	if _, err := os.Stat(filepath.Join(directory, ToMainframe, "README")); err != nil {
		t.Errorf("another file was touched: %v", err)
	}
}

func TestNewKeepsTheExtract(t *testing.T) {
	t.Parallel()
	m, directory := newMainframe(t)
	path := filepath.Join(directory, FromMainframe, ExtractName)
	write(t, path, []byte("kept"))
	if _, err := New(m.options); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "kept" {
		t.Errorf("the extract is %q, %v", content, err)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
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
