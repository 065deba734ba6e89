package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// ImportOptions say what [Import] makes a back end of.
type ImportOptions struct {
	// Copybook is the layout, and Data a file of it.
	Copybook, Data string
	// Into is the estate, and Name the back end's name in it.
	Into, Name string
	// Record is the level 01 that describes a record. Empty means the first.
	Record string
	// CodePage and RecordFormat of the data; empty means what fits it best.
	CodePage, RecordFormat string
	// Key is the field that tells records apart, or several separated by commas. Empty means the first field, or the shortest run of leading fields, whose
	// values are unique in the data.
	Key string
	// Progress, if set, is told how much of the data has been tried, in bytes.
	Progress func(done, total int64)
}

// An ImportResult is what [Import] wrote.
type ImportResult struct {
	// Config and Copybook are the paths of the files.
	Config, Copybook string
	// CodePage and RecordFormat are what was chosen, and Records how many records of the data were tried, of which Bad could not be decoded.
	CodePage, RecordFormat string
	Records, Bad           int64
	// Key is the fields of the key, and Duplicates how many of the tried records have one that another in front of them has: 0 unless the key was given.
	Key        []string
	Duplicates int64
}

// importSample is how many records of the data are tried.
const importSample = 10_000

// Import writes backends/NAME.yaml, published as it is, and a copy of the copybook beside it. The data decides on record format and code page, unless they are
// given: the pair that decodes most records. Nothing is written after an error, and nothing that is there is overwritten.
func Import(ctx context.Context, options ImportOptions) (*ImportResult, error) {
	source, err := os.ReadFile(options.Copybook)
	if err != nil {
		return nil, fmt.Errorf("reading the copybook: %w", err)
	}
	book, err := copybook.Parse(options.Copybook, source, copybook.Options{})
	if err != nil {
		return nil, err
	}
	item := book.Record(options.Record)
	if item == nil {
		return nil, fmt.Errorf("the copybook has no level 01 %s", options.Record)
	}
	result, err := sniff(ctx, options)
	if err != nil {
		return nil, err
	}
	text, err := configText(ctx, options, item, result)
	if err != nil {
		return nil, err
	}
	backends := filepath.Join(options.Into, "backends")
	result.Config = filepath.Join(backends, options.Name+".yaml")
	result.Copybook = filepath.Join(backends, options.Name+".cpy")
	return result, writeNew(backends, map[string][]byte{result.Copybook: source, result.Config: text})
}

// sniff tries record formats and code pages on the data, and keeps what decodes most.
func sniff(ctx context.Context, options ImportOptions) (*ImportResult, error) {
	formats, pages := []string{"fixed", "line"}, []string{"cp037", "ascii", "latin1"}
	if options.RecordFormat != "" {
		formats = []string{options.RecordFormat}
	}
	if options.CodePage != "" {
		pages = []string{options.CodePage}
	}
	var best *ImportResult
	var why []error
	for _, format := range formats {
		for _, page := range pages {
			tried, err := try(ctx, options, format, page)
			if err != nil {
				if ctx.Err() != nil {
					return nil, context.Cause(ctx)
				}
				why = append(why, fmt.Errorf("as %s records in %s: %w", format, page, err))
				continue
			}
			if best == nil || tried.score() > best.score() {
				best = tried
			}
		}
	}
	if best == nil {
		return nil, fmt.Errorf("the data does not fit the copybook: %w", errors.Join(why...))
	}
	return best, nil
}

func (r *ImportResult) score() float64 {
	if r.Records == 0 {
		return 0
	}
	return float64(r.Records-r.Bad) / float64(r.Records)
}

// try decodes the data with one pair of settings. Text that holds what is no text counts as bad.
func try(ctx context.Context, options ImportOptions, format, page string) (*ImportResult, error) {
	var counter badText
	summary, err := Decode(ctx, &counter, DecodeOptions{
		Data: options.Data, Copybook: options.Copybook, Record: options.Record, RecordFormat: format, CodePage: page, Limit: importSample,
		Progress: options.Progress,
	})
	if err != nil {
		return nil, err
	}
	bad := min(summary.Bad+counter.lines, summary.Records)
	return &ImportResult{CodePage: page, RecordFormat: format, Records: summary.Records, Bad: bad}, nil
}

// badText counts lines of JSON that hold control characters or what is no character, as text in the wrong code page does.
type badText struct {
	lines int64
	rest  []byte // of a line that goes on
}

// Write implements [io.Writer].
func (b *badText) Write(p []byte) (int, error) {
	b.rest = append(b.rest, p...)
	for {
		line, rest, ended := bytes.Cut(b.rest, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		if bytes.Contains(line, []byte(`\u00`)) || bytes.ContainsRune(line, '\ufffd') || bytes.ContainsFunc(line, isControl) {
			b.lines++
		}
		b.rest = rest
	}
}

func isControl(r rune) bool { return r >= 0x80 && r < 0xA0 }

// configText writes the configuration, with what the user is likely to add as comments.
func configText(ctx context.Context, options ImportOptions, item *copybook.Item, found *ImportResult) ([]byte, error) {
	page, err := record.LookUpCodePage(found.CodePage)
	if err != nil {
		return nil, err
	}
	lines := found.RecordFormat == "line"
	layout, err := record.Compile(item, record.Options{CodePage: page, Blank: record.Absent, Pad: lines, Shift: lines})
	if err != nil {
		return nil, fmt.Errorf("compiling the layout: %w", err)
	}
	if found.Key, err = chooseKey(ctx, layout, options, found); err != nil {
		return nil, err
	}
	data, err := filepath.Abs(options.Data)
	if err != nil {
		return nil, fmt.Errorf("finding the data: %w", err)
	}
	plural, singular := resourceNames(options.Name)
	var b strings.Builder
	fmt.Fprintf(&b, "# Written by `postern import copybook`. %d records were tried, %d of them could not be decoded.\n", found.Records, found.Bad)
	b.WriteString("kind: batch\n\n# Published as it is, under /" + options.Name + "/v1/. Without it, only bindings reach it.\npublish: {version: v1}\n\n")
	b.WriteString("# The time zone of dates and times in the files.\ntime_zone: UTC\n\nextracts:\n")
	fmt.Fprintf(&b, "  - plural: %s\n    singular: %s\n    layout:\n      copybook: %s.cpy\n", plural, singular, options.Name)
	if item.Name != "" {
		fmt.Fprintf(&b, "      record: %s\n", item.Name)
	}
	fmt.Fprintf(&b, "      code_page: %s\n      record_format: %s\n", found.CodePage, found.RecordFormat)
	b.WriteString("      # formats: {OPEN-DATE: yyyymmdd, ACTIVE-FLAG: \"boolean:Y/N\"}\n")
	fmt.Fprintf(&b, "    inbox:\n      directory: %s\n      pattern: %s\n      after: leave # or archive\n", strconv.Quote(filepath.Dir(data)), strconv.Quote(filepath.Base(data)))
	b.WriteString("    # header: {record: HEADER, when: {field: REC-TYPE, equals: H}, date: RUN-DATE}\n")
	b.WriteString("    # trailer: {record: TRAILER, when: {field: REC-TYPE, equals: T}, count: REC-COUNT, totals: [{of: AMOUNT, equals: TOTAL}]}\n")
	if found.Duplicates > 0 {
		fmt.Fprintf(&b, "    # %d of the %d records have a key that another in front of them has.\n", found.Duplicates, found.Records)
	}
	fmt.Fprintf(&b, "    key: [%s]\n    # indexes: [CUSTOMER-ID]\n", strings.Join(found.Key, ", "))
	b.WriteString("    # The share of bad records past which a file is refused.\n    max_bad_share: 0.01\n")
	return []byte(b.String()), nil
}

// resourceNames names the records after the back end: claims and claim, or stock and stock-record.
func resourceNames(backend string) (plural, singular string) {
	if singular, ok := strings.CutSuffix(backend, "s"); ok && len(singular) > 1 {
		return backend, singular
	}
	return backend, backend + "-record"
}

// writeNew writes files that must not be there yet: all of them, or none.
func writeNew(directory string, files map[string][]byte) (err error) {
	for path := range files {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is there already, and is not overwritten", path)
		}
	}
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return fmt.Errorf("making the directory: %w", err)
	}
	var written []string
	defer func() {
		if err != nil {
			for _, path := range written {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	for path, content := range files {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640) //nolint:gosec // configuration that a team shares
		if err != nil {
			return fmt.Errorf("writing: %w", err)
		}
		written = append(written, path)
		_, err = file.Write(content)
		if err = errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	return nil
}
