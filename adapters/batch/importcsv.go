package batch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/delimited"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// ImportCSVOptions say what [ImportCSV] makes a back end of.
type ImportCSVOptions struct {
	// Data is a file of the extract.
	Data string
	// Into is the estate, and Name the back end's name in it.
	Into, Name string
	// Key is the column that tells records apart, or several separated by commas. Empty means the first whose values are all different.
	Key string
}

// sniffSize is how much of a file is looked at, in bytes.
const sniffSize = 1 << 20

// ImportCSV writes backends/NAME.yaml for a CSV extract, published as it is, from what its data seems to be. Nothing that is there is overwritten.
func ImportCSV(options ImportCSVOptions) (*delimited.Guess, error) {
	sample, whole, err := beginning(options.Data)
	if err != nil {
		return nil, err
	}
	guess, err := delimited.Sniff(sample, whole)
	if err != nil {
		return nil, fmt.Errorf("sniffing %s: %w", options.Data, err)
	}
	if guess.Charset == "UTF-16" {
		return nil, errors.New("the data is UTF-16, which extracts are not read in: convert it to UTF-8")
	}
	if options.Key == "" && guess.Key < 0 {
		return nil, errors.New("no column tells all records apart: name a key")
	}
	var key []string
	if options.Key == "" {
		key = []string{strconv.Quote(guess.Columns[guess.Key].Name)}
	} else {
		for part := range strings.SplitSeq(options.Key, ",") {
			key = append(key, strconv.Quote(part))
		}
	}
	data, err := filepath.Abs(options.Data)
	if err != nil {
		return nil, fmt.Errorf("finding the data: %w", err)
	}
	backends := filepath.Join(options.Into, "backends")
	return guess, writeNew(map[string][]byte{filepath.Join(backends, options.Name+".yaml"): csvText(options.Name, data, strings.Join(key, ", "), guess)})
}

func beginning(path string) (sample []byte, whole bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false, fmt.Errorf("opening the data: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sample, err = io.ReadAll(io.LimitReader(file, sniffSize+1))
	if err != nil {
		return nil, false, fmt.Errorf("reading the data: %w", err)
	}
	return sample, len(sample) <= sniffSize, nil
}

// csvText writes the configuration, and how sure it is.
func csvText(name, data, key string, guess *delimited.Guess) []byte {
	types := map[record.Type]string{record.Integer: "integer", record.Decimal: "decimal"}
	plural, singular := resourceNames(name)
	var b strings.Builder
	fmt.Fprintf(&b, "# Written by `postern import csv`. Of %d records that were looked at, %.1f %% have %d values.\n", guess.Records, guess.Confidence*100, len(guess.Columns))
	b.WriteString("kind: batch\n\n# Published as it is, under /" + name + "/v1/. Without it, only bindings reach it.\npublish: {version: v1}\n\nextracts:\n")
	fmt.Fprintf(&b, "  - plural: %s\n    singular: %s\n    layout:\n      code_page: %s\n      delimited:\n", plural, singular, guess.Charset)
	fmt.Fprintf(&b, "        delimiter: %s\n        header: %t\n        columns:\n", strconv.Quote(guess.Dialect.Delimiter), guess.Dialect.Header)
	for _, column := range guess.Columns {
		fmt.Fprintf(&b, "          - {name: %s", strconv.Quote(column.Name))
		if kind := types[column.Type]; kind != "" {
			b.WriteString(", type: " + kind)
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, "    inbox:\n      directory: %s\n      pattern: %s\n      after: leave # or archive\n", strconv.Quote(filepath.Dir(data)), strconv.Quote(filepath.Base(data)))
	fmt.Fprintf(&b, "    key: [%s]\n    # The share of bad records past which a file is refused.\n    max_bad_share: 0.01\n", key)
	return []byte(b.String())
}
