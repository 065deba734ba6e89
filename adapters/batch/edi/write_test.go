package edi_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/edi"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

const isaRow = `["ISA","00","          ","00","          ","ZZ","A              ","ZZ","B              ","101127","1719","^","00501","000003438","0","P",">"]`

// write writes rows as one file.
func write(given edi.Delimiters, encode func(string) ([]byte, error), rows ...string) (string, error) {
	writer := edi.NewWriter(given, encode)
	var file []byte
	for _, text := range rows {
		row, err := format.ParseList([]byte(text))
		if err != nil {
			return "", err
		}
		if file, err = writer.Append(file, row); err != nil {
			return "", err
		}
	}
	return string(file), nil
}

// Segments become the bytes that their standard and the delimiters demand, and read as they were.
func TestWrite(t *testing.T) {
	t.Parallel()
	latin1, err := record.LookUpCodePage("latin1")
	if err != nil {
		t.Fatal(err)
	}
	isaHead := strings.TrimSuffix(isa, "~\n")
	for name, test := range map[string]struct {
		given  edi.Delimiters
		encode func(string) ([]byte, error)
		rows   []string
		want   string
	}{
		"EDIFACT": {
			rows: []string{`["UNB",["UNOA","3"],["A"],["B"],["1","2"],"9"]`, `["FTX",["it's","a+b?"],"c:d*e","",""]`, `["UNS"]`, `["UNZ",1,"9"]`},
			want: "UNB+UNOA:3+A+B+1:2+9'FTX+it?'s:a?+b??+c?:d*e++'UNS'UNZ+1+9'",
		},
		"EDIFACT with UNA": {
			given: edi.Delimiters{Element: '*', Component: '=', Terminator: '~'},
			rows:  []string{`["UNA",". "]`, `["UNB",["UNOC","3"],["A"],["B"],["1","2"],"9"]`, `["FTX","Mü*ller~","a+b:c"]`},
			want:  "UNA=*.? ~UNB*UNOC=3*A*B*1=2*9~FTX*M\xfc?*ller?~*a+b:c~",
		},
		"repetitions of version 4": {
			rows: []string{`["UNB",["UNOA","4"],["A"],["B"],["1","2"],"9"]`, `["COM",[["a","b"],["c"]],"d*e"]`},
			want: "UNB+UNOA:4+A+B+1:2+9'COM+a:b*c+d?*e'",
		},
		"a release character that is another": {
			given: edi.Delimiters{Release: '!'}, rows: []string{`["UNB",["UNOA","3"],["A"],["B"],["1","2"],"9"]`, `["FTX","a?b'!"]`}, want: "UNB+UNOA:3+A+B+1:2+9'FTX+a?b!'!!'",
		},
		"X12":              {rows: []string{isaRow, `["REF","1:2",["a","b"],"","x"]`, `["REF",[["1"],["2"]]]`}, want: isaHead + "~REF*1:2*a>b**x~REF*1^2~"},
		"X12 with its own": {given: edi.Delimiters{Element: '|', Terminator: '\n'}, rows: []string{isaRow, `["REF","1*2~"]`}, want: strings.ReplaceAll(isaHead, "*", "|") + "\nREF|1*2~\n"},
		"binary data":      {rows: []string{isaRow, `["BIN","5","a~b","c"]`, `["BIN",3,["a","b"]]`}, want: isaHead + "~BIN*5*a~b*c~BIN*3*a>b~"},
		"TRADACOMS":        {rows: []string{`["STX",["ANA","1"],["A"],["B"],["1","2"],"9"]`, `["MHD","1",["ORDHDR","9"]]`, `["TYP","a=b+c"]`}, want: "STX=ANA:1+A+B+1:2+9'MHD=1+ORDHDR:9'TYP=a=b?+c'"},
		"a code page":      {encode: latin1.Bytes, rows: []string{isaRow, `["N1","Müller"]`}, want: isaHead + "~N1*M\xfcller~"},
		"several interchanges": {
			rows: []string{isaRow, `["IEA","0","1"]`, `["UNB",["UNOA","3"],["A"],["B"],["1","2"],"9"]`, `["FTX","a~b"]`}, want: isaHead + "~IEA*0*1~UNB+UNOA:3+A+B+1:2+9'FTX+a~b'",
		},
	} {
		got, err := write(test.given, test.encode, test.rows...)
		if err != nil || got != test.want {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, got, test.want)
		}
	}
}

// What would be read as something else is refused, with the segment's element.
func TestWriteMistakes(t *testing.T) {
	t.Parallel()
	const unb = `["UNB",["UNOC","3"],["A"],["B"],["1","2"],"9"]`
	for _, test := range []struct {
		given edi.Delimiters
		rows  []string
		want  string
	}{
		{rows: []string{`["BGM","1"]`}, want: "is none of ISA, UNA, UNB and STX"},
		{rows: []string{`[]`}, want: "is empty"},
		{rows: []string{`[1]`}, want: "begins with no tag"},
		{rows: []string{`["TOOLONG"]`}, want: "begins with no tag"},
		{rows: []string{`["ISA","00"]`}, want: "is an ISA of 1 elements"},
		{rows: []string{strings.Replace(isaRow, `">"`, `">>"`, 1)}, want: "ISA element 16 is the component separator"},
		{rows: []string{strings.Replace(isaRow, `"ZZ"`, `"Z*"`, 1)}, want: "ISA element 5 is no single value without *"},
		{rows: []string{isaRow, `["REF","a*b"]`}, want: `REF element 1 holds '*', which is a delimiter`},
		{rows: []string{isaRow, `["REF","ok",["a","b>"]]`}, want: `REF element 2 holds '>'`},
		{rows: []string{isaRow, `["REF","a^b"]`}, want: `REF element 1 holds '^'`},
		{rows: []string{isaRow, `["REF","a~"]`}, want: `REF element 1 holds '~'`},
		{rows: []string{isaRow, `["BIN","4","a~b","c"]`}, want: `BIN element 1 is "4", and the binary data behind it has 5 bytes`},
		{rows: []string{isaRow, `["REF",{"a":1}]`}, want: "REF element 1 is no single value"},
		{rows: []string{isaRow, `["REF",["a",["b",["c"]]]]`}, want: "REF element 1 is no single value"},
		{given: edi.Delimiters{Terminator: '^'}, rows: []string{isaRow}, want: "two delimiters that are '^'"},
		{given: edi.Delimiters{Component: '+'}, rows: []string{unb}, want: "two delimiters that are '+'"},
		{given: edi.Delimiters{Release: '?'}, rows: []string{isaRow}, want: "in which no character is released"},
		{given: edi.Delimiters{Release: ' '}, rows: []string{unb, `["FTX","it's"]`}, want: `FTX element 1 holds '\''`},
		{rows: []string{unb, `["FTX","Ω"]`}, want: "FTX element 1 holds 'Ω', which UNOC does not have"},
		{rows: []string{unb, `["FTX",[["a"],["b"]]]`}, want: "FTX element 1 is repeated, and the interchange has no repetition separator"},
		{rows: []string{`["UNA",".? '"]`}, want: "is a UNA"},
	} {
		_, err := write(test.given, nil, test.rows...)
		var wrong *record.FieldError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.rows[len(test.rows)-1], err, test.want)
		}
	}
	for _, given := range []edi.Delimiters{{Element: '*', Terminator: '*'}, {Component: 'A'}} {
		if given.Check() == nil {
			t.Errorf("%v passes", given)
		}
	}
}

// Whatever the segments of a file are, those of the file that is written of them are the same.
func FuzzWrite(f *testing.F) {
	for _, seed := range []string{isa + "REF*1^2*a>b~", "UNA:+.? 'UNB+UNOC:4+A+B+1:2+9'FTX+it?'s:a?+b??+c*d'", "STX=ANA:1+A+B+1:2+9'MHD=1+ORDHDR:9'", isa + "BIN*5*a~b*c~"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		rows, err := segmentsAs(data, (*edi.Syntax).AppendExact)
		if err != nil || len(rows) == 0 {
			return
		}
		written, err := write(edi.Delimiters{}, nil, rows...)
		if err != nil {
			return
		}
		again, err := segmentsAs(written, (*edi.Syntax).AppendExact)
		if err != nil || strings.Join(again, "\n") != strings.Join(rows, "\n") {
			t.Errorf("%q\nbecame %q (%v)\n%q\nbecame %q", data, written, err, rows, again)
		}
	})
}
