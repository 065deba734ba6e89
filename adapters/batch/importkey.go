package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Limits of what [Import] proposes as a key: how many fields it tries, and how many a key has at most.
const (
	maxKeyCandidates = 32
	maxKeyFields     = 4
)

// errNoKeyFound asks for what the data does not tell.
var errNoKeyFound = errors.New("no field, and no run of leading fields, tells the records apart: " +
	"name the key with --key, several fields separated by commas")

// chooseKey returns the fields that tell records apart: those that were asked for, or what the data proposes. It counts the duplicates among the tried records.
func chooseKey(ctx context.Context, layout *record.Layout, options ImportOptions, found *ImportResult) ([]string, error) {
	fields, err := namedKey(layout, options.Key)
	if err != nil {
		return nil, err
	}
	asked := len(fields) > 0
	if !asked {
		if fields = keyCandidates(nil, layout.Fields); len(fields) == 0 {
			return nil, errors.New("no field of the record can be its key")
		}
	}
	sample, err := sampleKeys(ctx, layout, fields, options, found)
	if err != nil {
		return nil, err
	}
	if asked {
		found.Duplicates = sample.duplicates(columnsUpTo(len(fields)))
		return paths(fields, columnsUpTo(len(fields))), nil
	}
	chosen := sample.choose()
	if chosen == nil {
		return nil, errNoKeyFound
	}
	return paths(fields, chosen), nil
}

// namedKey finds the fields of a list with commas; none if it is empty.
func namedKey(layout *record.Layout, names string) ([]*record.Field, error) {
	if names == "" {
		return nil, nil
	}
	var fields []*record.Field
	for name := range strings.SplitSeq(names, ",") {
		f, err := layout.Lookup(strings.TrimSpace(name))
		if err == nil {
			_, err = f.KeyWidth()
		}
		if err != nil {
			return nil, fmt.Errorf("the key: %w", err)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// keyCandidates appends the first fields that can be in a key, in the record's order.
func keyCandidates(to, fields []*record.Field) []*record.Field {
	for _, f := range fields {
		if f.IsHidden() || len(to) == maxKeyCandidates {
			continue
		}
		if _, err := f.KeyWidth(); err == nil {
			to = append(to, f)
			continue
		}
		if f.Type == record.Group {
			to = keyCandidates(to, f.Children)
		}
	}
	return to
}

func columnsUpTo(n int) []int {
	columns := make([]int, n)
	for i := range columns {
		columns[i] = i
	}
	return columns
}

func paths(fields []*record.Field, columns []int) []string {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = fields[column].Path
	}
	return names
}

// A keySample has the key bytes of each tried record that can be decoded, one string for each field; empty where a record has no value.
type keySample [][]string

// sampleKeys reads the data once more, as far as it was tried.
func sampleKeys(ctx context.Context, layout *record.Layout, fields []*record.Field, options ImportOptions, found *ImportResult) (sample keySample, err error) {
	file, err := os.Open(options.Data)
	if err != nil {
		return nil, fmt.Errorf("opening the data: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	reader, err := importReader(file, options, found)
	if err != nil {
		return nil, err
	}
	decoder := layout.NewDecoder()
	for n := range importSample {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the data: %w", err)
		}
		if n%ctxInterval == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if decoder.Check(next.Data) != nil {
			continue // it would go to quarantine, whatever its key
		}
		if row, err := keyRow(layout, fields, next.Data); err == nil {
			sample = append(sample, row)
		}
	}
	return sample, nil
}

// importReader cuts the data into records as was found to fit.
func importReader(data io.Reader, options ImportOptions, found *ImportResult) (framing.Reader, error) {
	compiled, err := layout.Compile(&configv1.BatchLayout{
		Source: &configv1.BatchLayout_Copybook{Copybook: options.Copybook}, Record: options.Record, RecordFormat: found.RecordFormat, CodePage: found.CodePage,
	}, layout.Options{AllAlternatives: true})
	if err != nil {
		return nil, fmt.Errorf("compiling the layout: %w", err)
	}
	return compiled.Reader(data), nil
}

func keyRow(layout *record.Layout, fields []*record.Field, data []byte) ([]string, error) {
	row := make([]string, len(fields))
	var value record.Value
	for i, f := range fields {
		key, empty, err := layout.AppendKey(nil, data, f, &value)
		if err != nil {
			return nil, err
		}
		if !empty {
			row[i] = string(key)
		}
	}
	return row, nil
}

// choose returns the first field whose values are unique, or the shortest run of leading fields if that ends sooner; nil if there is neither. A field that
// has the same value everywhere, such as a record type, tells nothing apart and is left out.
func (s keySample) choose() []int {
	if len(s) < 2 {
		return []int{0}
	}
	var run []int
	for column := range s[0] {
		if !s.hasEmpty(column) && s.duplicates([]int{column}) == 0 {
			return []int{column}
		}
		if s.isConstant(column) || len(run) == maxKeyFields {
			continue
		}
		if run = append(run, column); s.duplicates(run) == 0 {
			return run
		}
	}
	return nil
}

func (s keySample) hasEmpty(column int) bool {
	for _, row := range s {
		if row[column] == "" {
			return true
		}
	}
	return false
}

func (s keySample) isConstant(column int) bool {
	for _, row := range s {
		if row[column] != s[0][column] {
			return false
		}
	}
	return true
}

// duplicates counts the records in front of which there is another of the same key.
func (s keySample) duplicates(columns []int) int64 {
	seen := make(map[string]bool, len(s))
	var n int64
	for _, row := range s {
		var key strings.Builder
		for _, column := range columns {
			fmt.Fprintf(&key, "%d:%s", len(row[column]), row[column])
		}
		if seen[key.String()] {
			n++
		}
		seen[key.String()] = true
	}
	return n
}
