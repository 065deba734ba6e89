package schema_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/schema"
)

// decode reads all records of a file as JSON, and what is said of bad ones.
func decode(t *testing.T, f format.Format, data string) (rows []string, err error) {
	t.Helper()
	reader := f.Open(strings.NewReader(data))
	for {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		var writer record.JSONWriter
		writer.Start()
		if err := f.Decode(next.Data, &writer); err != nil {
			rows = append(rows, "bad: "+err.Error())
			continue
		}
		writer.Finish()
		rows = append(rows, string(writer.Buffer))
	}
}

func open(t *testing.T, text string) format.Format {
	t.Helper()
	parsed, err := schema.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	dialect := delimited.Standard()
	dialect.Header = true
	f, err := parsed.Open(dialect, false)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		schema, data string
		want         []string
	}{
		"csv": {
			"format: csv\nfields: [{name: id, type: integer}, {name: price, type: decimal}, {name: paid, type: boolean}, {name: on, type: date}]",
			"id,price,paid,on\n7,10.50,1,2026-01-31\n8,,,\nx,1,1,2026-01-31\n9,1,1,2026-02-30\n",
			[]string{
				`{"id":7,"price":10.50,"paid":true,"on":"2026-01-31"}`, `{"id":8}`,
				"bad: id is no whole number of up to 18 digits", "bad: on is no date like 2026-01-31",
			},
		},
		"jsonl": {
			"format: jsonl\nfields: [{name: id, type: integer}, {name: lines, repeated: true, fields: [{name: amount, type: decimal}]}, {name: note}]",
			`{"id":1,"lines":[{"amount":12345678901234567890.10},{}],"other":true}` + "\n" + `{"lines":[],"note":null}` + "\n",
			[]string{`{"id":1,"lines":[{"amount":12345678901234567890.10},{}]}`, `{"lines":[]}`},
		},
		"xml": {
			"format: xml\nelement: //Order\nfields: [{name: '@no'}, {name: Item, repeated: true, fields: [{name: Price, type: decimal}]}, {name: Note}]",
			`<o:All xmlns:o="urn:o"><o:Order no="4"><o:Item><o:Price> 1.50 </o:Price></o:Item><o:Item/></o:Order><o:Order><o:Note/></o:Order></o:All>`,
			[]string{`{"@no":"4","Item":[{"Price":1.50},{}]}`, `{"Note":""}`},
		},
		"fixed": {
			"format: fixed\nfields: [{name: key, length: 3}, {name: sum, type: decimal, length: 5, scale: 2}]",
			"A  -0150\nB    15-\nC  \n",
			[]string{`{"key":"A","sum":-1.50}`, `{"key":"B","sum":-0.15}`, "bad: the record has 3 characters, and record has 8"},
		},
		"dates and booleans as they are spelled": {
			"format: fixed\nfields: [{name: on, type: date, format: yyyymmdd, length: 8}, {name: ok, type: boolean, format: 'boolean:J/N', length: 1}]",
			"20260131J\n00000000N\n         \n20260230J\n20260131X\n",
			[]string{`{"on":"2026-01-31","ok":true}`, `{"ok":false}`, `{}`, "bad: on holds no date in its format", `bad: ok is neither "J" nor "N"`},
		},
		"several types of details": {
			"format: fixed\nrecords: [{name: a, type: A, fields: [{name: x, length: 2}]}, {name: b, type: B, fields: [{name: y, length: 3}]}]",
			"A1\nB22\n",
			[]string{`{"a":{"x":"A1"}}`, `{"b":{"y":"B22"}}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decode(t, open(t, test.schema), test.data)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("error %v, -want +got\n%s", err, diff)
			}
		})
	}
}

const claim = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *101127*1719*^*00501*000003438*0*P*>~" +
	"GS*HC*A*B*20111219*1340*1*X*005010X222~ST*837*0001~BHT*0019*00*565743~NM1*41*2*SAMPLE~PER*IC*DESK~PER*IC*NIGHT~NM1*40*2*PPO~" +
	"HL*1**20*1~NM1*85*2*CLINIC~N3*1 ROAD~HL*2*1*22*0~NM1*IL*1*DOE*JANE~CLM*945405*5332.54***12>B>1~HI*BK>2533~LX*1~CTP****7*UN~SE*16*0001~GE*1*1~IEA*1*000003438~"

// The loops of a claim are what its segments say.
func TestLoops(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "837.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, string(text))
	envelope := `{"interchange":{"standard":"X12","version":"00501","sender":"A              ","receiver":"B              ","date":"101127","time":"1719","control":"000003438"},` +
		`"group":{"function":"HC","sender":"A","receiver":"B","date":"20111219","time":"1340","control":"1","version":"005010X222"},"type":"837","control":"0001",`
	want := []string{envelope + `"beginning":{"structure":"0019","reference":"565743"},` +
		`"submitter":{"name":"SAMPLE","contacts":[{"name":"DESK"},{"name":"NIGHT"}]},"receiver":{"name":"PPO"},` +
		`"levels":[{"id":"1","code":"20","names":[{"role":"85","last":"CLINIC","N3":{"line":"1 ROAD"}}]},` +
		`{"id":"2","parent":"1","code":"22","names":[{"role":"IL","last":"DOE","first":"JANE"}],"claims":[{"id":"945405","amount":5332.54,"place":"12","frequency":"1",` +
		`"diagnosis":{"qualifier":"BK","code":"2533"},"lines":[{"number":1,"CTP":{"quantity":7}}]}]}]}`}
	got, err := decode(t, f, claim)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, -want +got\n%s", err, diff)
	}
	for altered, reason := range map[string]string{
		strings.Replace(claim, "SE*16*", "SE*17*", 1):                "bad: segments SE counts 17 segments, and there are 16",
		strings.Replace(claim, "~N3*", "~ZZ*", 1):                    "bad: segment 9 (ZZ) stands where none can stand",
		strings.Replace(claim, "BHT*0019*00*565743~", "REF*A*B~", 1): "bad: beginning segment 2 (REF) comes, and 1 are wanted of what comes 0 times",
	} {
		got, err := decode(t, f, altered)
		if err != nil || len(got) != 1 || got[0] != reason {
			t.Errorf("got %v and %v, want %s", got, err, reason)
		}
	}
	if _, err := decode(t, f, strings.Replace(claim, "IEA*1*", "IEA*2*", 1)); err == nil || !strings.Contains(err.Error(), "IEA counts 2 groups, and there are 1") {
		t.Errorf("got %v for a wrong count of groups", err)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                   "it is empty",
		"format: csv\nfeilds: []":            "line 2: field feilds not found",
		"format: csv":                        "fields are missing",
		"format: odd\nfields: [{name: a}]":   `the format is "odd"`,
		"format: fixed\nfields: [{name: a}]": "fields[0].length",
		"format: csv\nfields: [{name: a, type: money}, {name: a}]":               "fields[0].type: there are text, integer, decimal, boolean, date and time\nfields[1].name",
		"format: csv\nline_end: crlf\nfields: [{name: a}]":                       "line_end: lines of fixed end with lf or crlf",
		"format: csv\nfields: [{name: a, type: date, format: odd}]":              "fields[0].format: the format \"odd\" is no date",
		"format: csv\nfields: [{name: a, type: date, format: yyyymmddhhmi}]":     "fields[0].format: a date is spelled without a time",
		"format: csv\nfields: [{name: a, type: date, format: 'boolean:Y/N'}]":    "fields[0].format: boolean:Y/N is a spelling of another type",
		"format: csv\nfields: [{name: a, pattern: '('}]":                         "fields[0].pattern: error parsing regexp",
		"format: csv\nfields: [{name: a, type: integer, values: [A]}]":           "fields[0]: only a text has a pattern or values",
		"format: fixed\nrecords: [{name: a, type: A, role: header, fields: []}]": "records: there are none but headers and trailers",
		"format: edi\nsegments: [{fields: [{name: a}]}]":                         "segments[0]: tag is missing\nsegments[0].fields[0].element",
	} {
		if _, err := schema.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// FuzzSchema reads anything by any schema: what it makes of a record is JSON, or the record or the schema is refused.
func FuzzSchema(f *testing.F) {
	for schema, data := range map[string]string{
		"format: csv\nfields: [{name: a, type: integer}, {name: b, type: decimal}]\n":                    "a,b\n1,2.5\n",
		"format: jsonl\nfields: [{name: a, repeated: true, fields: [{name: b, type: boolean}]}]\n":       `{"a":[{"b":true}]}` + "\n",
		"format: xml\nelement: //a\nfields: [{name: '@b', type: date}, {name: c, type: time}]\n":         `<r><a b="2026-11-20"><c>2026-11-20T08:00:00Z</c></a></r>`,
		"format: fixed\nfields: [{name: a, length: 2}, {name: b, type: decimal, length: 4, scale: 1}]\n": "xy 1.5\nz-0012\n",
		"format: fixed\nrecords:\n- {name: h, type: H, role: header, fields: [{name: t, length: 1}]}\n- {name: d, type: D, fields: [{name: t, length: 1, hidden: true}, {name: n, type: integer, length: 3}]}\n" +
			"- {name: t, type: T, role: trailer, fields: [{name: t, length: 1}, {name: c, length: 2, equals: count}, {name: s, type: integer, length: 4, equals: sum, of: n}]}\n": "H\nD001\nD002\nT020003\n",
		"format: edi\nsegments:\n- {tag: BGM, fields: [{name: no, element: 2}]}\n- {tag: LIN, name: lines, many: true, when: {element: 1, in: ['1', '2']}, fields: [{name: n, element: 1}], segments: [{tag: QTY}]}\n": "UNB+UNOA:1+A+B+201120:0800+1'UNH+1+ORDERS:D:96A:UN'BGM+220+7'LIN+1'QTY+21:5'UNT+5+1'UNZ+1+1'",
	} {
		f.Add(schema, data)
	}
	f.Fuzz(func(t *testing.T, text, data string) {
		parsed, err := schema.Parse([]byte(text))
		if err != nil {
			return
		}
		opened, err := parsed.Open(delimited.Standard(), true)
		if err != nil {
			return
		}
		rows, _ := decode(t, opened, data)
		for _, row := range rows {
			if !strings.HasPrefix(row, "bad: ") && !json.Valid([]byte(row)) {
				t.Fatalf("%q by %q is %s", data, text, row)
			}
		}
	})
}
