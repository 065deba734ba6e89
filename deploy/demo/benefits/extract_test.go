package benefits

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/deploy/demo/population"
)

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
			if got := ebcdic(t, record[2:9]); got != fmt.Sprintf("%07d", count) {
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
