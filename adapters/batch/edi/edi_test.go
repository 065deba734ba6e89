package edi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/batch/edi"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// segments reads a file's segments as JSON.
func segments(data string) (all []string, err error) {
	return segmentsAs(data, (*edi.Syntax).AppendJSON)
}

func segmentsAs(data string, view func(*edi.Syntax, []byte, *edi.Segment) []byte) (all []string, err error) {
	scanner := edi.NewScanner(strings.NewReader(data))
	for {
		segment, err := scanner.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, string(view(&scanner.Syntax, nil, segment)))
	}
}

const isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *101127*1719*^*00501*000003438*0*P*>~\n"

func TestSegments(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data string
		want []string
	}{
		"release characters": {"UNA:+.? '\nUNB+UNOC:3+A+B+1:2+9'FTX+it?'s:a?+b??+c'", []string{
			`["UNA",". "]`, `["UNB",["UNOC","3"],["A"],["B"],["1","2"],"9"]`, `["FTX",["it's","a+b?"],"c"]`,
		}},
		"repetitions from version 4": {"UNB+UNOA:4+A+B+1:2+9'COM+a:b*c'", []string{`["UNB",["UNOA","4"],["A"],["B"],["1","2"],"9"]`, `["COM",["a","b"],"c"]`}},
		"no repetitions before":      {"UNB+UNOA:3+A+B+1:2+9'COM+a*c'", []string{`["UNB",["UNOA","3"],["A"],["B"],["1","2"],"9"]`, `["COM","a*c"]`}},
		"Latin-1":                    {"UNB+UNOC:3+A+B+1:2+9'FTX+M\xfcller'", []string{`["UNB",["UNOC","3"],["A"],["B"],["1","2"],"9"]`, `["FTX","Müller"]`}},
		"X12": {strings.Replace(isa, "~\n", "\r\n", 1) + "  REF*1^2*a>b\r\n", []string{
			`["ISA","00","          ","00","          ","ZZ","A              ","ZZ","B              ","101127","1719","^","00501","000003438","0","P",">"]`,
			`["REF","1","2",["a","b"]]`,
		}},
		"terminator of several bytes": {strings.Replace(isa, "~", "…", 1) + "REF*1…\n", []string{
			`["ISA","00","          ","00","          ","ZZ","A              ","ZZ","B              ","101127","1719","^","00501","000003438","0","P",">"]`, `["REF","1"]`,
		}},
		"binary data": {isa + "BIN*5*a~b*c~SE*1~", []string{
			`["ISA","00","          ","00","          ","ZZ","A              ","ZZ","B              ","101127","1719","^","00501","000003438","0","P",">"]`,
			`["BIN","5","a~b","c"]`, `["SE","1"]`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := segments(test.data)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("error %v, -want +got\n%s", err, diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	good := isa + "GS*HC*A*B*20111219*1340*7*X*005010~ST*997*01~AK1*HC*1~SE*3*01~GE*1*7~IEA*1*000003438~"
	for _, test := range []struct{ data, want string }{
		{good, ""},
		{good + good, ""},
		{"", ""},
		{"hello", "record 1 at byte 0: the file begins with none of ISA, UNA, UNB and STX"},
		{strings.Replace(good, "SE*3", "SE*4", 1), "segments SE counts 4 segments, and there are 3"},
		{strings.Replace(good, "*01~GE", "*02~GE", 1), "segments SE bears the reference 02, and its header 01"},
		{strings.Replace(good, "GE*1*7", "GE*2*7", 1), "record 2 at byte 169: GE counts 2 transaction sets, and there are 1"},
		{strings.Replace(good, "GE*1*7", "GE*1*8", 1), "record 2 at byte 169: GE bears the reference 8, and its header 7"},
		{strings.Replace(good, "GE*1*7~", "", 1), "record 2 at byte 169: the interchange ends, and a group in it does not"},
		{strings.TrimSuffix(good, "IEA*1*000003438~"), "record 2 at byte 176: the file ends, and its interchange does not"},
		{"STX+ANA:1+A+B+1:2+9'MHD+1+ORDHDR:9'", "record 1 at byte 0: a segment's tag is followed by = in TRADACOMS"},
		{good[:165], "record 1 at byte 161: the file ends within a segment"},
		{good[:161], "record 1 at byte 142: the file ends, and its last message does not"},
	} {
		if got := problem(test.data); got != test.want {
			t.Errorf("%.300q\n got %s\nwant %s", test.data, got, test.want)
		}
	}
}

// problem is what is wrong with a file or its first bad message.
func problem(data string) string {
	format := edi.New(false)
	reader := format.Open(strings.NewReader(data))
	for {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return ""
		}
		if err != nil {
			return err.Error()
		}
		var writer record.JSONWriter
		writer.Start()
		if err := format.Decode(next.Data, &writer); err != nil {
			return err.Error()
		}
	}
}

// No file makes a reader panic, and what is cut can be decoded without its file.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(isa + "ST*997*01~AK1*HC~SE*3*01~IEA*0*000003438~"))
	f.Add([]byte("UNA:+.? 'UNB+UNOA:4+A+B+1:2+9'UNH+1+ORDERS:D:96A'UNT+2+1'UNZ+1+9'"))
	f.Add([]byte("STX=ANA:1+A+B+1:2+9'MHD=1+ORDHDR:9'MTR=2'END=1'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		format := edi.New(true)
		reader := format.Open(bytes.NewReader(data))
		for {
			next, err := reader.Next()
			if err != nil {
				return
			}
			if _, err := edi.Parse(next.Data, true); err != nil {
				t.Errorf("%q: %v", next.Data, err)
			}
		}
	})
}

func TestDocument(t *testing.T) {
	t.Parallel()
	header := `{"name":"ISA","type":"segment","data":["00","          ","00","          ","ZZ","A              ","ZZ","B              ","101127","1719","^","00501",3438,"0","P","\u003e"]}`
	good := isa + "GS*HC*A*B*20111219*1340*0007*X*005010~ST*997*01~AK1*HC**a>b*x^y~BIN*3*a~b~SE*3*01~GE*1*7~IEA*1*000003438~"
	interchange := `{"name":"INTERCHANGE","type":"loop","data":[` + header + `,{"name":"GROUP","type":"loop","data":[` +
		`{"name":"GS","type":"segment","data":["HC","A","B","20111219","1340",7,"X","005010"]},{"name":"TRANSACTION","type":"loop","data":[` +
		`{"name":"ST","type":"segment","data":["997","01"]},` +
		`{"name":"AK1","type":"segment","data":["HC",null,{"name":"AK103","type":"composite","data":["a","b"]},["x","y"]]},` +
		`{"name":"BIN","type":"segment","data":[3,"YX5i"]},` +
		`{"name":"SE","type":"segment","data":[3,"01"]}]},{"name":"GE","type":"segment","data":[1,7]}]},` +
		`{"name":"IEA","type":"segment","data":[1,3438]}]}`
	for _, test := range []struct {
		data, want, reason string
		lenient            bool
	}{
		{data: good, want: interchange},
		{data: good + good, want: "[" + interchange + "," + interchange + "]"},
		{data: "", want: "[]"},
		{data: "UNB+UNOA:3+A+B+1:2+9'UNH+1+X'UNT+2+1'", reason: "record 4 at byte 37: the file ends, and its interchange does not"},
		{data: "UNB+UNOA:3+A+B+1:2+9'UNZ+0+9'", lenient: true, want: `{"name":"INTERCHANGE","type":"loop","data":[{"name":"UNB","type":"segment","data":[` +
			`{"name":"UNB01","type":"composite","data":["UNOA","3"]},{"name":"UNB02","type":"composite","data":["A"]},{"name":"UNB03","type":"composite","data":["B"]},` +
			`{"name":"UNB04","type":"composite","data":["1","2"]},"9"]},{"name":"UNZ","type":"segment","data":[0,"9"]}]}`},
		{data: isa + "ST*997*01~ST*997*02~", reason: "record 3 at byte 117: ST begins where no TRANSACTION can"},
		{data: isa + "GE*1*7~", reason: "record 2 at byte 107: GE ends no GROUP"},
		{data: strings.Replace(isa, "000003438", "x", 1), reason: "record 1 at byte 0: ISA has an element 13 that is no number"},
	} {
		got, err := edi.New(test.lenient).Document(t.Context(), strings.NewReader(test.data))
		if string(got) != test.want || test.reason != "" && (err == nil || err.Error() != test.reason) || test.reason == "" && err != nil {
			t.Errorf("%.200q\n got %s, %v\nwant %s %s", test.data, got, err, test.want, test.reason)
		}
	}
}

// FuzzDocument: whatever a file holds, there is JSON or an error.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(isa + "GS*HC*A*B*1*1*7*X*005010~ST*997*01~AK1*a>b^c~SE*3*01~GE*1*7~IEA*1*000003438~"))
	f.Add([]byte("UNA:+.? 'UNB+UNOA:4+A+B+1:2+9'UNH+1+ORDERS:D:96A'UNT+2+1'UNZ+1+9'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := edi.New(true).Document(t.Context(), bytes.NewReader(data)); err == nil && !json.Valid(got) {
			t.Errorf("no JSON: %s", got)
		}
	})
}
