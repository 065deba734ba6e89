package xmlrecord_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/batch/xmlrecord"
)

func read(t *testing.T, data, path string) (rows []string, err error) {
	t.Helper()
	parsed, err := xmlrecord.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	format := xmlrecord.New(parsed, nil)
	reader := format.Open(strings.NewReader(data))
	for {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		row, err := format.AppendJSON(nil, next.Data)
		if err != nil {
			return rows, err
		}
		rows = append(rows, string(row))
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	latin1 := "<?xml version='1.0' encoding='ISO-8859-1'?><a><b>M\xfcller</b></a>"
	utf16 := "\xff\xfe<\x00a\x00>\x00<\x00b\x00/\x00>\x00<\x00/\x00a\x00>\x00"
	for _, test := range []struct {
		data, path string
		want       []string
	}{
		{`<a xmlns:p="u"><p:b x="1" p:y="2">t</p:b><c><d>1</d><d>2</d><e/></c></a>`, "", []string{`{"@x":"1","@y":"2","#text":"t"}`, `{"d":["1","2"],"e":""}`}},
		{`<a><b><c>1</c></b><d><c>2</c></d></a>`, "a/b/c", []string{`"1"`}},
		{`<a><b><c>1</c></b><d><c>2</c></d></a>`, "//c", []string{`"1"`, `"2"`}},
		{`<a><b><![CDATA[<x>]]>&amp;</b><!-- c --></a>`, "a/*", []string{`"<x>&"`}},
		{latin1, "", []string{`"Müller"`}},
		{utf16, "", []string{`""`}},
		{"\ufeff<a><b/></a>\n", "", []string{`""`}},
	} {
		got, err := read(t, test.data, test.path)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v, -want +got\n%s", test.data, err, diff)
		}
	}
}

// What is not well-formed, or made to harm, is refused.
func TestRefused(t *testing.T) {
	t.Parallel()
	for data, reason := range map[string]string{
		"":           "the file has no element",
		"<a><b></a>": "element <b> closed by </a>",
		"<a><b>":     "unexpected EOF",
		"<a/><b/>":   "there are two roots",
		"<a/>text":   "text stands outside of the root",
		"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>": "a document type declaration is not read",
		"<a><b>&e;</b></a>":                        "invalid character entity",
		strings.Repeat("<a>", 300):                 "nested deeper than 200 times",
		"<a><b>\xff</b></a>":                       "invalid UTF-8",
	} {
		if _, err := read(t, data, "//z"); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.60q: got %v, want %s", data, err, reason)
		}
	}
	totals := "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'><C><GrpHdr><NbOfTxs>2</NbOfTxs><CtrlSum>3.5</CtrlSum></GrpHdr><PmtInf>" +
		"<CdtTrfTxInf><Amt><InstdAmt Ccy='EUR'>1.25</InstdAmt></Amt></CdtTrfTxInf><CdtTrfTxInf><Amt><InstdAmt Ccy='EUR'>2.25</InstdAmt></Amt></CdtTrfTxInf></PmtInf></C></Document>"
	for data, reason := range map[string]string{
		totals: "EOF",
		strings.Replace(totals, ">2</Nb", ">3</Nb", 1):  fmt.Sprintf("record 3 at byte %d: the message states 3 transactions, and there are 2", len(totals)),
		strings.Replace(totals, ">3.5</", ">3.51</", 1): fmt.Sprintf("record 3 at byte %d: the message states a control sum of 3.51, and the amounts come to 3.50", len(totals)+1),
	} {
		reader := xmlrecord.OpenISO20022(strings.NewReader(data), false)
		var err error
		for err == nil {
			_, err = reader.Next()
		}
		if err.Error() != reason {
			t.Errorf("got %v, want %s", err, reason)
		}
	}
}

// No file makes a reader panic, and what is cut can be read without its file.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("<a><b x='1'>t</b><c><d/></c></a>"))
	f.Add([]byte("<?xml version='1.0' encoding='utf-16'?><a><p:b xmlns:p='u'/></a>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path, err := xmlrecord.ParsePath("")
		if err != nil {
			t.Fatal(err)
		}
		reader := xmlrecord.NewReader(bytes.NewReader(data), path)
		for {
			next, err := reader.Next()
			if err != nil {
				return
			}
			if _, err := xmlrecord.Parse(next.Data); err != nil {
				t.Errorf("%q: %v", next.Data, err)
			}
		}
	})
}
