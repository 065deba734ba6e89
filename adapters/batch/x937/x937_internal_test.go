package x937

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// line writes a record with some of its fields.
func line(code string, fields map[string]string) string {
	var out strings.Builder
	out.WriteString(code)
	for _, f := range tables[code].fields {
		length := f.length
		if f.measured != "" {
			length = len(fields[f.name])
		}
		fmt.Fprintf(&out, "%-*s", length, fields[f.name])
	}
	return out.String()
}

// letterFile is a file with one check and one return, whose amounts are 12.50 and 0.01.
func letterFile() []string {
	return []string{
		line("01", map[string]string{"standardLevel": "03", "fileCreationDate": "20260131", "fileCreationTime": "0911"}),
		line("10", map[string]string{"cashLetterID": "A1"}),
		line("61", map[string]string{amount: "0000000500", "workType": "1"}),
		line("20", map[string]string{"bundleID": "B1"}),
		line("25", map[string]string{"onUs": "123/", amount: "0000001250", "micrValidIndicator": "1"}),
		line("26", map[string]string{"recordNumber": "1", "bofdEndorsementDate": "20260130"}),
		line("50", map[string]string{"imageIndicator": "1"}),
		line("52", map[string]string{"lengthImageReferenceKey": "0002", "imageReferenceKey": "K1", "lengthDigitalSignature": "00000", "lengthImageData": "0000003", "imageData": "\x01\xFF\x02"}),
		line("31", map[string]string{amount: "0000000001", "returnReason": "C", "timesReturned": "2"}),
		line("33", map[string]string{"payorBankName": "BANK", "payorAccountName": "NAME"}),
		line("34", map[string]string{"imageReferenceKeyLength": "0000"}),
		line("35", map[string]string{"recordNumber": "02", "endorsingBankIdentifier": "3"}),
		line("70", map[string]string{"bundleTotalAmount": "000000001251"}),
		line("85", map[string]string{"routingNumberTotalAmount": "00000000001251"}),
		line("90", map[string]string{"cashLetterBundleCount": "000001", "cashLetterTotalAmount": "00000000001251"}),
		line("99", map[string]string{"cashLetterCount": "000001", "fileTotalAmount": "0000000000001251"}),
	}
}

// prefixed writes records behind their lengths, in EBCDIC if asked; images stay.
func prefixed(t testing.TB, lines []string, ebcdic bool) []byte {
	t.Helper()
	var out []byte
	for _, l := range lines {
		image := ""
		if strings.HasPrefix(l, "52") {
			l, image = l[:len(l)-3], l[len(l)-3:]
		}
		if ebcdic {
			var err error
			if l, err = charmap.CodePage037.NewEncoder().String(l); err != nil {
				t.Fatal(err)
			}
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(l+image)))
		out = append(append(out, l...), image...)
	}
	return out
}

func TestDocument(t *testing.T) {
	t.Parallel()
	var ascii []byte
	for _, ebcdic := range []bool{false, true} {
		got, err := New(false).Document(t.Context(), bytes.NewReader(prefixed(t, letterFile(), ebcdic)))
		if err != nil {
			t.Fatal(err)
		}
		if ascii == nil {
			ascii = got
		}
		if !bytes.Equal(got, ascii) {
			t.Errorf("EBCDIC is not what ASCII is:\n%s\n%s", got, ascii)
		}
	}
	var file struct {
		FileHeader  struct{ FileCreationDate, FileCreationTime string }
		CashLetters []struct {
			Credit               []map[string]any
			RoutingNumberSummary []struct{ RoutingNumberTotalAmount int }
			Bundles              []struct {
				Checks []struct {
					OnUs                 string
					ItemAmount           int
					CheckDetailAddendumA []struct{ BofdEndorsementDate string }
					CheckDetailAddendumB []struct{}
					ImageViewData        []struct {
						ImageReferenceKey string
						ImageData         []byte
					}
				}
				Returns []struct {
					ReturnReason, ForwardBundleDate string
					TimesReturned                   int
					ReturnDetailAddendumB           []struct{ PayorAccountName string }
					ReturnDetailAddendumD           []struct{ EndorsingBankIdentifier int }
				}
			}
		}
		FileControl struct{ FileTotalAmount int }
	}
	if err := json.Unmarshal(ascii, &file); err != nil {
		t.Fatal(err)
	}
	letter := file.CashLetters[0]
	check, back := letter.Bundles[0].Checks[0], letter.Bundles[0].Returns[0]
	got := fmt.Sprint(file.FileHeader, letter.Credit, letter.RoutingNumberSummary, check, check.CheckDetailAddendumB == nil, back, file.FileControl)
	want := "{2026-01-31T00:00:00Z 0000-01-01T09:11:00Z} [map[creditAccountNumberOnUs: eceInstitutionItemSequenceNumber:                itemAmount:500 id: " +
		"payorBankRoutingNumber: workType:1]] [{1251}] {123/ 1250 [{2026-01-30T00:00:00Z}] [] [{K1 [1 255 2]}]} true " +
		"{C 0001-01-01T00:00:00Z 2 [{NAME}] [{3}]} {1251}"
	if got != strings.Replace(want, "itemAmount:500 id:", "id: itemAmount:500", 1) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A record alone has no blank fields, also where the file is lines.
func TestRecords(t *testing.T) {
	t.Parallel()
	lines := letterFile()
	lines[7] = line("52", map[string]string{"lengthImageReferenceKey": "0000", "lengthDigitalSignature": "00000", "lengthImageData": "0000001", "imageData": "x"})
	reader := New(false).Open(strings.NewReader(strings.Join(lines, "\r\n") + "\r\n"))
	want := map[int64]string{
		1: `{"recordType":"01","standardLevel":"03","fileCreationDate":"2026-01-31","fileCreationTime":"09:11"}`,
		5: `{"recordType":"25","onUs":"123/","itemAmount":1250,"micrValidIndicator":1}`,
		8: `{"recordType":"52","lengthImageReferenceKey":"0000","lengthDigitalSignature":"00000","lengthImageData":"0000001","imageData":"eA=="}`,
	}
	count := int64(0)
	for {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		count++
		got, err := New(false).AppendJSON(nil, next.Data)
		if err != nil || want[count] != "" && string(got) != want[count] {
			t.Errorf("record %d: got %s, %v; want %s", count, got, err, want[count])
		}
	}
	if count != int64(len(lines)) {
		t.Errorf("got %d records", count)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	change := func(at int, code string, fields map[string]string) []string {
		lines := letterFile()
		lines[at] = line(code, fields)
		return lines
	}
	whole := string(prefixed(t, letterFile(), false))
	for name, test := range map[string]struct {
		data    string
		number  int64
		want    string
		lenient bool // it is read then
	}{
		"empty":             {"", 1, "without its file control record", false},
		"no header":         {string(prefixed(t, letterFile()[1:], false)), 1, "type 10 cannot stand here", false},
		"no cash letter":    {whole[:0] + string(prefixed(t, []string{"zz"}, false)), 1, "does not begin with a file header", false},
		"cut off":           {whole[:len(whole)-1], 16, "ends", false},
		"no control":        {whole[:len(whole)-84], 16, "without its file control record", false},
		"behind the end":    {whole + string(prefixed(t, letterFile()[:1], false)), 17, "type 01 cannot stand here", false},
		"addendum":          {string(prefixed(t, change(5, "32", nil), false)), 6, "stands behind no return", false},
		"image":             {string(prefixed(t, change(4, "50", nil), false)), 5, "stands behind no item", false},
		"unknown":           {string(prefixed(t, append(letterFile()[:2], "77"), false)), 3, `no type "77"`, false},
		"amount of bundle":  {string(prefixed(t, change(4, "25", map[string]string{amount: "1"}), false)), 13, "bundleTotalAmount is 1251, and the items before it sum up to 2", true},
		"number of bundles": {string(prefixed(t, change(14, "90", map[string]string{"cashLetterTotalAmount": "1251"}), false)), 15, "cashLetterBundleCount is 0, and there were 1", true},
		"amount of file":    {string(prefixed(t, change(15, "99", map[string]string{"cashLetterCount": "1"}), false)), 16, "fileTotalAmount is 0", true},
		"date":              {string(prefixed(t, change(0, "01", map[string]string{"fileCreationDate": "20261331"}), false)), 1, "fileCreationDate", false},
		"number":            {string(prefixed(t, change(5, "26", map[string]string{"recordNumber": "x"}), false)), 6, "recordNumber", false},
		"short":             {string(prefixed(t, append(letterFile()[:1], "10"), false)), 2, "ends behind the record", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var place *framing.Error
			_, err := New(false).Document(t.Context(), strings.NewReader(test.data))
			if !errors.As(err, &place) || place.Number != test.number || !strings.Contains(place.Reason, test.want) {
				t.Errorf("got %v, want record %d: %s", err, test.number, test.want)
			}
			if _, err := New(true).Document(t.Context(), strings.NewReader(test.data)); (err == nil) != test.lenient {
				t.Errorf("lenient: %v", err)
			}
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(false).Document(ended, strings.NewReader(whole)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the caller went", err)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add(prefixed(f, letterFile(), false))
	f.Add(prefixed(f, letterFile(), true))
	f.Add([]byte(strings.Join(letterFile(), "\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		format := New(true)
		got, err := format.Document(t.Context(), bytes.NewReader(data))
		if err == nil && !json.Valid(got) {
			t.Fatalf("no JSON: %s", got)
		}
		var field *record.FieldError
		if got, err := format.AppendJSON(nil, data); err == nil && !json.Valid(got) || err != nil && !errors.As(err, &field) {
			t.Fatalf("got %s, %v", got, err)
		}
	})
}
