package batch_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// corpusDir is the directory of real cases, beside the project.
func corpusDir(t testing.TB) string {
	t.Helper()
	directory, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(directory, "go.mod")); err == nil {
			return filepath.Join(directory, "..", "shared", "corpus", "batch")
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			t.Fatal("there is no go.mod above the test")
		}
		directory = parent
	}
}

// A corpusCase is a row of cases.tsv.
type corpusCase struct {
	id, kind, schema, data, expected string
	options                          map[string]string
	order                            []string
	take                             int
	post                             string
}

func corpusCases(t testing.TB) []corpusCase {
	t.Helper()
	file, err := os.Open(filepath.Join(corpusDir(t), "cases.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []corpusCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for first := true; lines.Scan(); first = false {
		if first {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		c := corpusCase{id: columns[0], kind: columns[1], schema: columns[2], data: columns[3], expected: columns[4]}
		if err := json.Unmarshal([]byte(columns[5]), &c.options); err != nil {
			t.Fatalf("%s: %v", c.id, err)
		}
		if columns[6] != "" {
			c.order = strings.Split(columns[6], ",")
		}
		c.post = columns[8]
		if columns[7] != "" {
			if c.take, err = strconv.Atoi(columns[7]); err != nil {
				t.Fatalf("%s: %v", c.id, err)
			}
		}
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// Every decode and layout case of the corpus with a copybook is run. Those listed in testdata/corpus_gaps.tsv, with what is missing, must fail: a
// gap that has closed is taken off the list.
func TestCorpus(t *testing.T) {
	t.Parallel()
	gaps := corpusGaps(t)
	ran := make(map[string]bool)
	for _, c := range corpusCases(t) {
		if c.kind != "decode" && c.kind != "layout" || !strings.HasSuffix(c.schema, ".cob") && !strings.HasSuffix(c.schema, ".cpy") {
			continue
		}
		ran[c.id] = true
		t.Run(c.id, func(t *testing.T) {
			t.Parallel()
			run := runDecodeCase
			if c.kind == "layout" {
				run = runLayoutCase
			}
			err := run(corpusDir(t), c)
			reason, gap := gaps[c.id]
			switch {
			case err != nil && !gap:
				t.Error(err)
			case err == nil && gap:
				t.Errorf("this case passes now: take it off testdata/corpus_gaps.tsv (%s)", reason)
			}
		})
	}
	for id := range gaps {
		if !ran[id] {
			t.Errorf("testdata/corpus_gaps.tsv lists %s, which is not run", id)
		}
	}
}

// corpusGaps reads the list of cases that are known to fail, with what is missing.
func corpusGaps(t testing.TB) map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "corpus_gaps.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.Comma = '\t'
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	gaps := make(map[string]string, len(rows))
	for _, row := range rows {
		gaps[row[0]] = row[1]
	}
	return gaps
}

// settable are the options that are carried over to ours; a case with others needs what is not there yet.
var settable = map[string]bool{
	"schema_retention_policy": true, "encoding": true, "ebcdic_code_page": true, "record_format": true, "floating_point_format": true,
	"string_trimming_policy": true, "strict_sign_overpunching": true, "improved_null_detection": true, "variable_size_occurs": true,
	"drop_value_fillers": true, "drop_group_fillers": true, "filler_naming_policy": true, "is_text": true, "ascii_charset": true,
	"record_length": true,
}

// decodeSettings turns the options of a case into ours.
func decodeSettings(dir string, c corpusCase) (options record.Options, lines bool, err error) {
	o := c.options
	for name := range o {
		if !settable[name] {
			return options, false, fmt.Errorf("the option %s has no equivalent", name)
		}
	}
	lines = o["is_text"] == "true"
	switch o["record_format"] {
	case "", "F":
	case "D", "D2":
		lines = true
	default:
		return options, false, fmt.Errorf("the record format %s is not read", o["record_format"])
	}
	options = record.Options{
		IEEE:            strings.HasPrefix(o["floating_point_format"], "IEEE"),
		Blank:           record.Absent,
		Invalid:         record.Absent,
		AllAlternatives: true,
		Shift:           o["variable_size_occurs"] == "true" || o["variable_size_occurs"] == "pad_record",
		Pad:             true,
		Excess:          true,
		Trim:            record.TrimBoth,
	}
	switch o["string_trimming_policy"] {
	case "none", "keep_all":
		options.Trim = record.TrimNone
	case "left":
		options.Trim = record.TrimLeft
	case "right":
		options.Trim = record.TrimRight
	}
	if o["drop_value_fillers"] == "false" {
		options.Fillers = record.AllFillers
	}
	if o["drop_group_fillers"] == "true" {
		options.Fillers = record.NoFillers
	}
	if o["encoding"] == "ascii" || o["encoding"] == "" && lines {
		options.CodePage, err = record.LookUpCodePage("utf-8")
		return options, lines, err
	}
	page := o["ebcdic_code_page"]
	if page == "" {
		page = "common"
	}
	options.CodePage, err = codePageTable(filepath.Join(dir, "codepages", page+".tsv"))
	return options, lines, err
}

// codePageTable reads a code page of the corpus: byte and code point in hexadecimal digits.
func codePageTable(path string) (*record.CodePage, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var table [256]rune
	for i := range table {
		table[i] = utf8.RuneError
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "byte") {
			continue
		}
		at, err := strconv.ParseUint(fields[0], 16, 8)
		if err != nil {
			return nil, err
		}
		r, err := strconv.ParseUint(fields[1], 16, 32)
		if err != nil {
			return nil, err
		}
		table[at] = rune(r)
	}
	return record.NewCodePage(filepath.Base(path), table), nil
}

func runDecodeCase(dir string, c corpusCase) error {
	options, lines, err := decodeSettings(dir, c)
	if err != nil {
		return err
	}
	source, err := os.ReadFile(filepath.Join(dir, c.schema))
	if err != nil {
		return err
	}
	book, err := copybook.Parse(c.schema, source, copybook.Options{DecimalComma: c.id == "cobrix/r05_comma"})
	if err != nil {
		return err
	}
	if len(book.Records) != 1 {
		return errors.New("the copybook has several records")
	}
	item := book.Records[0]
	layout, err := record.Compile(item, options)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(dir, c.data))
	if err != nil {
		return err
	}
	length := layout.Length
	if n, err := strconv.Atoi(c.options["record_length"]); err == nil {
		length = n
	}
	reader := framing.Fixed(bytes.NewReader(data), length)
	if lines {
		reader = framing.Lines(bytes.NewReader(data), false)
	}
	return compareRecords(dir, c, layout, reader, item.Name)
}

func compareRecords(dir string, c corpusCase, layout *record.Layout, reader framing.Reader, root string) error {
	expected, err := os.ReadFile(filepath.Join(dir, c.expected))
	if err != nil {
		return err
	}
	got, err := decodeAll(c, layout, reader, root)
	if err != nil {
		return err
	}
	if err := sortRecords(got, c.order); err != nil {
		return err
	}
	wanted := bytes.Split(bytes.TrimSpace(expected), []byte("\n"))
	if len(wanted[0]) == 0 {
		wanted = nil
	}
	if len(got) < len(wanted) || c.take == 0 && len(got) != len(wanted) {
		return fmt.Errorf("got %d records, want %d", len(got), len(wanted))
	}
	for i, want := range wanted {
		if err := sameJSON(got[i], want, c.post == "nulls of numeric columns become 0"); err != nil {
			return fmt.Errorf("record %d: %w\n got %s\nwant %s", i+1, err, got[i], want)
		}
	}
	return nil
}

// decodeAll decodes every record to JSON.
func decodeAll(c corpusCase, layout *record.Layout, reader framing.Reader, root string) (all [][]byte, err error) {
	decoder := layout.NewDecoder()
	for {
		r, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		var writer record.JSONWriter
		writer.Start()
		if err := decoder.Decode(r.Data, &writer); err != nil {
			return nil, fmt.Errorf("record %d: %w", r.Number, err)
		}
		writer.Finish()
		if c.options["schema_retention_policy"] == "keep_original" && root != "" {
			writer.Buffer = fmt.Appendf(nil, "{%q:%s}", strings.ReplaceAll(root, "-", "_"), writer.Buffer)
		}
		all = append(all, writer.Buffer)
	}
}

// sortRecords sorts as the case was sorted: by the values of some columns, numbers by value, absent ones first.
func sortRecords(all [][]byte, columns []string) error {
	if len(columns) == 0 {
		return nil
	}
	keys := make(map[*byte]map[string]any, len(all))
	for _, text := range all {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var object map[string]any
		if err := decoder.Decode(&object); err != nil {
			return err
		}
		keys[&text[0]] = object
	}
	slices.SortStableFunc(all, func(a, b []byte) int {
		for _, column := range columns {
			if order := compareValues(keys[&a[0]][column], keys[&b[0]][column]); order != 0 {
				return order
			}
		}
		return 0
	})
	return nil
}

func compareValues(a, b any) int {
	switch {
	case a == nil || b == nil:
		return cmp.Compare(boolToInt(a != nil), boolToInt(b != nil))
	default:
		numberA, okA := a.(json.Number)
		numberB, okB := b.(json.Number)
		if okA && okB {
			ratA, _ := new(big.Rat).SetString(string(numberA))
			ratB, _ := new(big.Rat).SetString(string(numberB))
			return ratA.Cmp(ratB)
		}
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sameJSON compares values: numbers as numbers, to a relative 1e-6 if they are not exact. With zeros, a wanted 0 may be absent.
func sameJSON(got, want []byte, zeros bool) error {
	var a, b any
	for text, into := range map[*any][]byte{&a: got, &b: want} {
		decoder := json.NewDecoder(bytes.NewReader(into))
		decoder.UseNumber()
		if err := decoder.Decode(text); err != nil {
			return fmt.Errorf("%w in %s", err, into)
		}
	}
	if object, ok := b.(map[string]any); ok && zeros {
		for name, value := range object {
			if _, there := a.(map[string]any)[name]; !there && value == json.Number("0") {
				delete(object, name)
			}
		}
	}
	return sameValue("", a, b)
}

func sameValue(path string, got, want any) error {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: got %v, want an object", path, got)
		}
		for name := range fields {
			if _, ok := want[name]; !ok {
				return fmt.Errorf("%s.%s: got %v, want nothing", path, name, fields[name])
			}
		}
		for name, value := range want {
			if err := sameValue(path+"."+name, fields[name], value); err != nil {
				return err
			}
		}
		return nil
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return fmt.Errorf("%s: got %v, want %v", path, got, want)
		}
		for i := range want {
			if err := sameValue(fmt.Sprintf("%s[%d]", path, i), items[i], want[i]); err != nil {
				return err
			}
		}
		return nil
	case json.Number:
		number, ok := got.(json.Number)
		if !ok || !sameNumber(number, want) {
			return fmt.Errorf("%s: got %v, want %v", path, got, want)
		}
		return nil
	default:
		if got != want {
			return fmt.Errorf("%s: got %#v, want %#v", path, got, want)
		}
		return nil
	}
}

func sameNumber(got, want json.Number) bool {
	a, okA := new(big.Rat).SetString(string(got))
	b, okB := new(big.Rat).SetString(string(want))
	if !okA || !okB || a.Cmp(b) == 0 {
		return okA && okB
	}
	if !strings.ContainsAny(string(got)+string(want), "eE.") {
		return false
	}
	difference, _ := new(big.Rat).Sub(a, b).Float64()
	size, _ := b.Float64()
	return strings.ContainsAny(string(got), "eE") && abs(difference) <= 1e-6*abs(size)
}

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}
