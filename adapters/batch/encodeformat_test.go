package batch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
	"github.com/postern-gateway/postern/adapters/batch/delimited"
)

// encodeFormat writes rows, and reads the file again.
func encodeFormat(t *testing.T, options batch.EncodeFormatOptions, rows string) (file, again string, err error) {
	t.Helper()
	var written, read bytes.Buffer
	if _, err := batch.EncodeFormat(t.Context(), &written, strings.NewReader(rows), options); err != nil {
		return "", "", err
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(data, written.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := batch.DecodeFormat(t.Context(), &read, batch.DecodeFormatOptions{FormatOptions: options.FormatOptions, Data: data}); err != nil {
		t.Fatalf("reading %q: %v", written.String(), err)
	}
	return written.String(), read.String(), nil
}

// fieldsOf are the fields of each line that decode wrote, or bare ones.
func fieldsOf(t *testing.T, lines string) []any {
	t.Helper()
	var all []any
	for line := range strings.Lines(lines) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if _, numbered := row["record"].(float64); numbered && row["offset"] != nil {
			all = append(all, row["fields"])
			continue
		}
		all = append(all, row)
	}
	return all
}

func schemaFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "schema.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is written is spelt as wanted, and reads as the rows.
func TestEncodeFormat(t *testing.T) {
	t.Parallel()
	csv := func(d delimited.Dialect) batch.FormatOptions { return batch.FormatOptions{Format: "csv", Dialect: d} }
	standard := delimited.Standard()
	standard.Header = true
	null := delimited.Dialect{Delimiter: "||", Quote: '\'', Escape: '\\', Null: "NULL", HasNull: true, Header: true, Terminator: "\r\n"}
	bare := delimited.Dialect{Delimiter: "\t", Escape: '\\', Header: true}
	const fixed = "format: fixed\nrecords:\n- {name: pay, type: P, fields: [{name: kind, length: 1, hidden: true}, {name: who, length: 5}, {name: amount, type: decimal, length: 6, scale: 2}, {name: n, type: integer, length: 3}]}\n" +
		"- {name: note, type: 'N', fields: [{name: kind, length: 1}, {name: text, length: 4}]}\n"
	const spelled = "fields: [{name: day, type: date, format: dd.mm.yyyy, length: 10}, {name: ok, type: boolean, format: 'boolean:Y/N', length: 1}]\n"
	const spelledRows = `{"day":"2026-01-31","ok":true}` + "\n" + `{"day":"2026-02-28","ok":false}` + "\n"
	for name, test := range map[string]struct {
		options    batch.FormatOptions
		rows, want string
	}{
		"spelled in csv":   {batch.FormatOptions{Dialect: standard, Schema: "format: csv\n" + spelled}, spelledRows, "day,ok\n31.01.2026,Y\n28.02.2026,N\n"},
		"spelled in jsonl": {batch.FormatOptions{Schema: "format: jsonl\n" + spelled}, spelledRows, `{"day":"31.01.2026","ok":"Y"}` + "\n" + `{"day":"28.02.2026","ok":"N"}` + "\n"},
		"spelled in fixed": {batch.FormatOptions{Schema: "format: fixed\n" + spelled}, spelledRows, "31.01.2026Y\n28.02.2026N\n"},
		"spelled in lists of xml": {
			batch.FormatOptions{Schema: "format: xml\nelement: A/B\nfields: [{name: G, repeated: true, fields: [{name: day, type: date, format: yyyymmdd}]}, {name: d, repeated: true, type: date, format: yyddd}]\n"},
			`{"G":[{"day":"2026-01-31"}],"d":["2026-02-01","2026-02-02"]}` + "\n",
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A>\n<B><G><day>20260131</day></G><d>26032</d><d>26033</d></B>\n</A>\n",
		},
		"csv": {
			csv(standard), `{"a":"x","b":"1, \"2\"","c":""}` + "\n" + `{"record":2,"offset":9,"fields":{"a":" y ","b":"l\nm","c":"-1.50"}}` + "\n",
			"a,b,c\nx,\"1, \"\"2\"\"\",\n y ,\"l\nm\",-1.50\n",
		},
		"csv with null, quotes and escapes": {
			csv(null), `{"a":"NULL","b":"it's"}` + "\n" + `{"a":"x|","b":"\\"}` + "\n" + `{"b":"q"}` + "\n",
			"a||b\r\n'NULL'||'it\\'s'\r\n'x|'||'\\\\'\r\nNULL||q\r\n",
		},
		"csv without quotes": {csv(bare), `{"a":"x\ty","b":"z"}` + "\n", "a\tb\n\\x\\\t\\y\tz\n"},
		"jsonl":              {batch.FormatOptions{Format: "jsonl"}, `{"z":1.50,"a":{"b":[1,null,"x"]},"c":true}` + "\n", `{"z":1.50,"a":{"b":[1,null,"x"]},"c":true}` + "\n"},
		"jsonl with members of those names": {
			batch.FormatOptions{Format: "jsonl"}, `{"record":"A 7","offset":3,"fields":{"x":1}}` + "\n" + `{"record":1,"fields":{"x":2}}` + "\n",
			`{"record":"A 7","offset":3,"fields":{"x":1}}` + "\n" + `{"record":1,"fields":{"x":2}}` + "\n",
		},
		"xml": {
			batch.FormatOptions{Format: "xml", Path: "Orders/Order"}, `{"@no":"7<8","Item":[{"Price":"1.50","@cur":"EUR"},{"Price":"2"}],"Note":"a & b","#text":"tail"}` + "\n",
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Orders>\n<Order no=\"7&lt;8\"><Item cur=\"EUR\"><Price>1.50</Price></Item><Item><Price>2</Price></Item><Note>a &amp; b</Note>tail</Order>\n</Orders>\n",
		},
		"xml by a schema": {
			batch.FormatOptions{Path: "", Schema: "format: xml\nelement: A/B\nfields: [{name: '@no'}, {name: Item, repeated: true, fields: [{name: Price, type: decimal}, {name: Who}]}]\n"},
			`{"Item":[{"Who":"x","Price":"1.5"}],"@no":"3"}` + "\n",
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A>\n<B no=\"3\"><Item><Price>1.5</Price><Who>x</Who></Item></B>\n</A>\n",
		},
		"fixed width": {
			batch.FormatOptions{Schema: fixed}, `{"pay":{"who":"Ann","amount":"-12.50","n":7}}` + "\n" + `{"note":{"kind":"N","text":"hi"}}` + "\n" + `{"pay":{"who":"Bob"}}` + "\n",
			"PAnn  -01250007\nNhi  \nPBob           \n",
		},
	} {
		options := test.options
		if options.Schema != "" {
			options.Schema = schemaFile(t, options.Schema)
		}
		file, again, err := encodeFormat(t, batch.EncodeFormatOptions{FormatOptions: options}, test.rows)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file != test.want {
			t.Errorf("%s: the file is\n%q\nwant\n%q", name, file, test.want)
		}
		if got, want := fieldsOf(t, again), fieldsOf(t, test.rows); name != "fixed width" && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: it reads as\n%v\nwant\n%v", name, got, want)
		}
	}
}

// A row that cannot be written is refused with its line and field.
func TestEncodeFormatMistakes(t *testing.T) {
	t.Parallel()
	typed := "format: csv\nfields: [{name: n, type: integer}, {name: d, type: date}]\n"
	fixed := "format: fixed\nfields: [{name: who, length: 3}, {name: n, type: decimal, length: 4, scale: 1}]\n"
	standard := delimited.Standard()
	for rows, test := range map[string]struct {
		options batch.FormatOptions
		want    string
	}{
		`{"a":"x"}` + "\n" + `{"b":"y"}`:    {batch.FormatOptions{Format: "csv", Dialect: standard}, "line 2: b is no field"},
		`{"a":["x"]}`:                       {batch.FormatOptions{Format: "csv", Dialect: standard}, "line 1: a is a list"},
		`{"a":"x,y"}`:                       {batch.FormatOptions{Format: "csv", Dialect: delimited.Dialect{Delimiter: ","}}, "line 1: a holds a delimiter"},
		`{"n":"1.5"}`:                       {batch.FormatOptions{Schema: typed, Dialect: standard}, "line 1: n is no whole number"},
		`{"n":1,"d":"2026-02-30"}`:          {batch.FormatOptions{Schema: typed, Dialect: standard}, "line 1: d is no date"},
		`{"who":"Anna"}`:                    {batch.FormatOptions{Schema: fixed}, "line 1: who is too long"},
		`{"n":"1.25"}`:                      {batch.FormatOptions{Schema: fixed}, "line 1: n has more digits behind the point"},
		`{"n":"12345"}`:                     {batch.FormatOptions{Schema: fixed}, "line 1: n is too long"},
		`[1]`:                               {batch.FormatOptions{Format: "jsonl"}, "line 1: this is no JSON object"},
		`{"a":1,"a":2}`:                     {batch.FormatOptions{Format: "jsonl"}, "line 1: this is no JSON object"},
		`{"x":"\u0001"}`:                    {batch.FormatOptions{Format: "xml", Path: "a/b"}, "line 1: x holds the character U+0001"},
		`{"x y":"1"}`:                       {batch.FormatOptions{Format: "xml", Path: "a/b"}, "line 1: x y cannot be the name of an element"},
		`{"x":"1"}`:                         {batch.FormatOptions{Format: "xml"}, "line 1: name the elements from the root"},
		`{"type":"103"}`:                    {batch.FormatOptions{Format: "swift"}, "line 1: application is missing"},
		`{"application":"F","service":"0"}`: {batch.FormatOptions{Format: "swift"}, "line 1: service has 2 characters"},
		`{"segments":[]}`:                   {batch.FormatOptions{Format: "edi"}, "line 1: edi is written of segments"},
		`{"record":1,"offset":0,"error":{"reason":"x"}}`: {batch.FormatOptions{Format: "jsonl"}, "line 1: this is what was wrong"},
	} {
		options := test.options
		if options.Schema != "" {
			options.Schema = schemaFile(t, options.Schema)
		}
		_, err := batch.EncodeFormat(t.Context(), &bytes.Buffer{}, strings.NewReader(rows), batch.EncodeFormatOptions{FormatOptions: options})
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s...", rows, err, test.want)
		}
	}
}

// What is decoded from the samples of the corpus and encoded again decodes to the same.
func TestEncodeFormatCorpus(t *testing.T) {
	t.Parallel()
	dir := corpustest.Dir(t)
	tried := make(map[string]int)
	lossy := map[string]string{ // the library cuts one text, and counts addenda anew
		"test__testdata__flattenADVBatchesOneBatchHeader.ach": "batches[0].advBatchControl.achOperatorData cannot be written as it is",
		"test__testdata__txp-debit.ach":                       "addenda05[0].sequenceNumber cannot be written as it is",
	}
	line := regexp.MustCompile(`"lineNumber":[0-9]+`)
	for _, pattern := range []string{"swift-mt/*", "swift-mt/*/*", "synthetic/*.csv", "synthetic/*.jsonl", "synthetic/*.tsv", "moov-ach/data/*.ach", "moov-bai2/data/*"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			options := batch.EncodeFormatOptions{FormatOptions: batch.FormatOptions{Dialect: delimited.Standard()}}
			options.Dialect.Header = true
			switch extension := filepath.Ext(path); {
			case strings.HasPrefix(pattern, "swift"):
				options.Format = "swift"
			case strings.HasPrefix(pattern, "moov"):
				options.View, options.Format = batch.ViewDocument, map[string]string{"moov-ach/data/*.ach": "ach", "moov-bai2/data/*": "bai2"}[pattern]
			default:
				options.Format = map[string]string{".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl"}[extension]
			}
			decode := batch.DecodeFormatOptions{FormatOptions: options.FormatOptions, Data: path, View: options.View}
			var rows, file, again bytes.Buffer
			if summary, err := batch.DecodeFormat(t.Context(), &rows, decode); err != nil || summary.Bad > 0 {
				continue // other tests say why
			}
			_, err := batch.EncodeFormat(t.Context(), &file, bytes.NewReader(rows.Bytes()), options)
			if wanted := lossy[filepath.Base(path)]; err != nil || wanted != "" {
				if err == nil || wanted == "" || !strings.Contains(err.Error(), wanted) {
					t.Errorf("%s: %v, want %q", path, err, wanted)
				}
				continue
			}
			decode.Data = filepath.Join(t.TempDir(), "data")
			if err := os.WriteFile(decode.Data, file.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := batch.DecodeFormat(t.Context(), &again, decode); err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if got, want := fieldsOf(t, line.ReplaceAllString(again.String(), `"lineNumber":0`)), fieldsOf(t, line.ReplaceAllString(rows.String(), `"lineNumber":0`)); !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\ngot  %.2000v\nwant %.2000v", path, got, want)
			}
			tried[options.Format]++
		}
	}
	for _, format := range []string{"swift", "csv", "jsonl", "ach", "bai2"} {
		if tried[format] == 0 {
			t.Errorf("there was no %s", format)
		}
	}
	t.Log(tried)
}
