package batch_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
	"github.com/postern-gateway/postern/adapters/batch/delimited"
)

// Every case of the corpus without a copybook is run as `postern decode --format` would. Those listed in testdata/corpus_formats_gaps.tsv, with what is
// missing, must fail: a gap that has closed is taken off the list.
func TestCorpusFormats(t *testing.T) {
	t.Parallel()
	gaps := corpusGaps(t, "corpus_formats_gaps.tsv")
	ran := make(map[string]bool)
	for _, c := range corpustest.Cases(t) {
		if c.IsBook() || strings.HasPrefix(c.ID, "cobrix/") || strings.HasPrefix(c.ID, "ballerina/") {
			continue
		}
		ran[c.ID] = true
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			err := runFormatCase(t, c)
			reason, gap := gaps[c.ID]
			switch {
			case err != nil && !gap:
				t.Error(err)
			case err == nil && gap:
				t.Errorf("this case passes now: take it off testdata/corpus_formats_gaps.tsv (%s)", reason)
			}
		})
	}
	for id := range gaps {
		if !ran[id] {
			t.Errorf("testdata/corpus_formats_gaps.tsv lists %s, which is not run", id)
		}
	}
}

func runFormatCase(t *testing.T, c corpustest.Case) error {
	folder, _, _ := strings.Cut(c.ID, "/")
	switch folder {
	case "edi":
		return segmentsCase(t, c)
	case "iso20022":
		return isoCase(t, c)
	case "swift-mt":
		return swiftCase(t, c)
	case "ach", "bai2", "wire", "icl":
		return bankCase(t, c, strings.NewReplacer("wire", "fedwire", "icl", "x937").Replace(folder))
	case "omniparser":
		return transformCase(t, c)
	case "synthetic":
		return syntheticCase(t, c)
	default:
		return fmt.Errorf("the format %s is not read", folder)
	}
}

// decodeCase decodes the data of a case, and returns the lines without their ends.
func decodeCase(t *testing.T, c corpustest.Case, options batch.DecodeFormatOptions) ([][]byte, batch.DecodeSummary, error) {
	t.Helper()
	options.Data = filepath.Join(corpustest.Dir(t), c.Data)
	var out bytes.Buffer
	summary, err := batch.DecodeFormat(t.Context(), &out, options)
	lines := bytes.Split(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n"))
	if len(lines[0]) == 0 {
		lines = nil
	}
	return lines, summary, err
}

func expectedLines(t *testing.T, c corpustest.Case) [][]byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(corpustest.Dir(t), c.Expected))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSpace(content), []byte("\n"))
}

func sameLines(got, want [][]byte) error {
	for i := range want {
		if i >= len(got) {
			return fmt.Errorf("got %d lines, want %d", len(got), len(want))
		}
		if err := corpustest.SameJSON(got[i], want[i]); err != nil {
			return fmt.Errorf("line %d: %w\n got %s\nwant %s", i+1, err, got[i], want[i])
		}
	}
	if len(got) > len(want) {
		return fmt.Errorf("got %d lines, want %d", len(got), len(want))
	}
	return nil
}

func segmentsCase(t *testing.T, c corpustest.Case) error {
	got, _, err := decodeCase(t, c, batch.DecodeFormatOptions{FormatOptions: batch.FormatOptions{Format: "edi"}, View: batch.ViewSegments})
	if failed := c.Kind == "error"; failed != (err != nil) {
		return fmt.Errorf("got the error %w", err)
	}
	return sameLines(got, expectedLines(t, c))
}

// isoCase holds the summary of a message against summary.tsv, or, where the expected file is JSON of another program, that it is read at all.
func isoCase(t *testing.T, c corpustest.Case) error {
	got, _, err := decodeCase(t, c, batch.DecodeFormatOptions{FormatOptions: batch.FormatOptions{Format: "iso20022", Lenient: true}, View: batch.ViewSummary})
	if err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(corpustest.Dir(t), "iso20022", "summary.tsv"))
	if err != nil {
		return err
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma, reader.LazyQuotes = '\t', true
	rows, err := reader.ReadAll()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == filepath.Base(c.Data) })
	if at < 0 {
		return errors.New("summary.tsv does not have the case")
	}
	row := rows[at]
	want := fmt.Sprintf(`{"format":"iso20022","records":%s,"bad":0,"message":{"root":%q,"namespace":%q,"message":%q,"numberOfTransactions":%q,"controlSum":%q,"transactions":%s,"sum":%q}}`,
		row[6], row[1], row[2], row[3], row[4], row[5], row[6], row[7])
	return corpustest.SameJSON(got[0], []byte(want))
}

// swiftCase counts messages, and looks for every tag of the file.
func swiftCase(t *testing.T, c corpustest.Case) error {
	got, summary, err := decodeCase(t, c, batch.DecodeFormatOptions{FormatOptions: batch.FormatOptions{Format: "swift"}})
	if err != nil || summary.Bad > 0 {
		return fmt.Errorf("%d bad records: %w", summary.Bad, err)
	}
	content, err := os.ReadFile(filepath.Join(corpustest.Dir(t), c.Data))
	if err != nil {
		return err
	}
	if want := bytes.Count(content, []byte("{1:")); len(got) != want || want != c.Rows {
		return fmt.Errorf("got %d messages, want %d", len(got), want)
	}
	tags := 0
	for _, line := range got {
		var message struct {
			Fields struct {
				Text []struct{ Tag, Value string }
			}
		}
		if err := json.Unmarshal(line, &message); err != nil {
			return err
		}
		for _, tag := range message.Fields.Text {
			if bytes.Contains(content, []byte("\n:"+tag.Tag+":"+strings.SplitN(tag.Value, "\n", 2)[0])) {
				tags++
			}
		}
	}
	if want := bytes.Count(content, []byte("\n:")); tags != want {
		return fmt.Errorf("got %d tags, want %d", tags, want)
	}
	return nil
}

// bankCase holds the whole document against what the library of the format wrote, and wants records that can all be decoded.
func bankCase(t *testing.T, c corpustest.Case, name string) error {
	options := batch.DecodeFormatOptions{FormatOptions: batch.FormatOptions{Format: name}, View: batch.ViewDocument}
	got, _, err := decodeCase(t, c, options)
	options.View = batch.ViewRecords
	records, summary, errRecords := decodeCase(t, c, options)
	if c.Kind == "error" {
		if err == nil || errRecords == nil {
			return errors.New("nothing was refused")
		}
		return nil
	}
	if err := errors.Join(err, errRecords); err != nil || summary.Bad > 0 || name == "ach" && len(records) != c.Rows {
		return fmt.Errorf("%d records, %d bad, want %d: %w", len(records), summary.Bad, c.Rows, err)
	}
	want, err := os.ReadFile(filepath.Join(corpustest.Dir(t), c.Expected))
	if err != nil {
		return err
	}
	number := regexp.MustCompile(`"id": ?"[0-9a-f]{40}"`) // drawn at random when the library's server took the file
	return corpustest.SameJSON(got[0], number.ReplaceAll(want, []byte(`"id":""`)))
}

// transformCase runs a schema of omniparser: the whole document, and what became of each record.
func transformCase(t *testing.T, c corpustest.Case) error {
	options := batch.DecodeFormatOptions{FormatOptions: batch.FormatOptions{Schema: filepath.Join(corpustest.Dir(t), c.Schema)}}
	want, err := os.ReadFile(filepath.Join(corpustest.Dir(t), c.Expected))
	if err != nil {
		return err
	}
	var records []struct{ TransformedRecord json.RawMessage }
	if err := json.Unmarshal(want, &records); err != nil {
		return err
	}
	lines, _, err := decodeCase(t, c, options)
	if err != nil || len(lines) != len(records) || len(lines) != c.Rows {
		return fmt.Errorf("got %d records, want %d: %w", len(lines), len(records), err)
	}
	for i, line := range lines {
		fields, err := justFields(line, false)
		if err == nil {
			err = corpustest.SameJSON(fields, records[i].TransformedRecord)
		}
		if err != nil {
			return fmt.Errorf("record %d: %w", i+1, err)
		}
	}
	options.View = batch.ViewDocument
	document, _, err := decodeCase(t, c, options)
	if err != nil {
		return err
	}
	return corpustest.SameJSON(document[0], want)
}

// syntheticCase decodes delimited files and JSON lines. A csv case expects just the values; an error case, the number of the record.
func syntheticCase(t *testing.T, c corpustest.Case) error {
	options := batch.DecodeFormatOptions{FormatOptions: batch.FormatOptions{Format: "jsonl"}}
	if c.Schema != "" {
		options.FormatOptions = batch.FormatOptions{Schema: filepath.Join("testdata", "totals.yaml")} // what the case's own says in English
	}
	if strings.Contains(c.ID, "/csv_") {
		dialect := delimited.Standard()
		dialect.Delimiter, dialect.Terminator = c.Options["delimiter"], c.Options["record_delimiter"]
		dialect.Header = c.Options["header"] == "true"
		options.FormatOptions = batch.FormatOptions{Format: "csv", Dialect: dialect, CodePage: c.Options["charset"]}
	}
	lines, _, err := decodeCase(t, c, options)
	if c.Kind == "error" {
		return sameRefusal(err, string(expectedLines(t, c)[0]))
	}
	if err != nil {
		return err
	}
	got := make([][]byte, len(lines))
	for i, line := range lines {
		if got[i], err = justFields(line, options.Format == "csv"); err != nil {
			return err
		}
	}
	return sameLines(got, expectedLines(t, c))
}

// sameRefusal wants an error that names the record of the expected one, if that names one.
func sameRefusal(err error, want string) error {
	if err == nil {
		return fmt.Errorf("nothing was refused, want %s", want)
	}
	number, named := strings.CutPrefix(want, "record ")
	if number, _, _ = strings.Cut(number, ":"); named && !strings.Contains(err.Error(), "record "+number+" ") {
		return fmt.Errorf("got %w, want %s", err, want)
	}
	return nil
}

// justFields takes the fields off a line, or a list of their values.
func justFields(line []byte, values bool) ([]byte, error) {
	var record struct{ Fields json.RawMessage }
	if err := json.Unmarshal(line, &record); err != nil || !values {
		return record.Fields, err
	}
	var fields map[string]string
	if err := json.Unmarshal(record.Fields, &fields); err != nil {
		return nil, err
	}
	var list []string
	decoder := json.NewDecoder(bytes.NewReader(record.Fields))
	for token, err := decoder.Token(); err == nil; token, err = decoder.Token() {
		if name, ok := token.(string); ok {
			list = append(list, fields[name])
			if _, err := decoder.Token(); err != nil {
				return nil, err
			}
		}
	}
	return json.Marshal(list)
}
