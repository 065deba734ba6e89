package batch_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/corpustest"
)

// Every decode and layout case of the corpus with a copybook is run. Those listed in testdata/corpus_gaps.tsv, with what is missing, must fail: a
// gap that has closed is taken off the list.
func TestCorpus(t *testing.T) {
	t.Parallel()
	gaps := corpusGaps(t, "corpus_gaps.tsv")
	ran := make(map[string]bool)
	for _, c := range corpustest.Cases(t) {
		if c.Kind != "decode" && c.Kind != "layout" && c.Kind != "error" && c.Kind != "encode" || !c.IsBook() {
			continue
		}
		ran[c.ID] = true
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			run := runDecodeCase
			switch c.Kind {
			case "layout":
				run = runLayoutCase
			case "error":
				run = runErrorCase
			case "encode":
				run = runEncodeCase
			}
			err := run(corpustest.Dir(t), c)
			reason, gap := gaps[c.ID]
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
func corpusGaps(t testing.TB, name string) map[string]string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
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

func runDecodeCase(dir string, c corpustest.Case) error {
	got, err := decodeBooks(dir, c)
	if err != nil {
		return err
	}
	return c.Compare(dir, got)
}

// runErrorCase expects an error that places the mistake where the case does: at this record and offset.
func runErrorCase(dir string, c corpustest.Case) error {
	expected, err := os.ReadFile(filepath.Join(dir, c.Expected))
	if err != nil {
		return err
	}
	_, err = decodeBooks(dir, c)
	if err == nil {
		return errors.New("the file is accepted")
	}
	place := regexp.MustCompile(`^record ([0-9]+) at offset ([0-9]+):`).FindStringSubmatch(string(expected))
	if place != nil && !strings.Contains(err.Error(), "record "+place[1]+" at byte "+place[2]+":") {
		return fmt.Errorf("got %w, want %s", err, expected)
	}
	return nil
}

// decodeBooks decodes the files of a case, a line for each record.
func decodeBooks(dir string, c corpustest.Case) ([][]byte, error) {
	options, err := decodeOptions(dir, c)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if _, err := batch.Decode(context.Background(), &out, options); err != nil {
		return nil, err
	}
	return bytes.Split(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\n")), nil
}
