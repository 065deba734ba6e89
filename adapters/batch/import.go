package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/layout"
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
	// HeaderLikely and TrailerLikely say that the first or the last record is likely not like the others: it could not be decoded, or its first field has another value than that of all
	// others. TrailerLikely is told only if the whole file was tried.
	HeaderLikely, TrailerLikely bool
	// Next is what fits second best; nil if nothing else fits at all.
	Next *ImportResult
	// Telling is how many characters would stand oddly in the usual code page of its kind and do not in CodePage, and SamePages are those that fit as well. Both are about 4 000 records.
	Telling   int64
	SamePages []string
	// Key is the fields of the key, and Duplicates how many of the tried records have one that another in front of them has: 0 unless the key was given.
	Key        []string
	Duplicates int64
}

// importSample is how many records of the data are tried.
const importSample = 10_000

// Import writes backends/NAME.yaml, published as it is, and copies of the copybook, and of what it copies, beside it. The data decides on record format and code page, unless they are
// given: the pair that decodes most records. Nothing is written after an error, and nothing that is there is overwritten.
func Import(ctx context.Context, options ImportOptions) (*ImportResult, error) {
	source, err := os.ReadFile(options.Copybook)
	if err != nil {
		return nil, fmt.Errorf("reading the copybook: %w", err)
	}
	book, err := layout.ReadCopybook(nil, "", options.Copybook)
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
	text, err := configText(ctx, options, book, item, result)
	if err != nil {
		return nil, err
	}
	backends := filepath.Join(options.Into, "backends")
	result.Config = filepath.Join(backends, options.Name+".yaml")
	result.Copybook = filepath.Join(backends, options.Name+".cpy")
	files := map[string][]byte{result.Copybook: source, result.Config: text}
	if err := addTexts(files, backends, options.Copybook, book.Texts); err != nil {
		return nil, err
	}
	return result, writeNew(files)
}

// addTexts adds what COPY has brought in, in the same places beside the copybook.
func addTexts(files map[string][]byte, backends, book string, texts []string) error {
	for _, text := range texts {
		relative, err := filepath.Rel(filepath.Dir(book), text)
		if err != nil || !filepath.IsLocal(relative) {
			return fmt.Errorf("%s, which the copybook copies, does not stand beside it", text)
		}
		if files[filepath.Join(backends, relative)], err = os.ReadFile(text); err != nil {
			return fmt.Errorf("reading what the copybook copies: %w", err)
		}
	}
	return nil
}

// configText writes the configuration, with what the user is likely to add as comments.
func configText(ctx context.Context, options ImportOptions, book *copybook.Copybook, item *copybook.Item, found *ImportResult) ([]byte, error) {
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
	proposed, err := propose(ctx, book, item, layout, options, found)
	if err != nil {
		return nil, err
	}
	data, err := filepath.Abs(options.Data)
	if err != nil {
		return nil, fmt.Errorf("finding the data: %w", err)
	}
	plural, singular := resourceNames(options.Name)
	var b strings.Builder
	fmt.Fprintf(&b, "# Written by `postern import copybook`. %d records were tried, %d of them could not be decoded.\n", found.Records, found.Bad)
	if next := found.Next; next != nil {
		fmt.Fprintf(&b, "# As %s records in %s, %d of %d could not be.\n", next.RecordFormat, next.CodePage, next.Bad, next.Records)
	}
	if page := found.Page(); page != "" {
		fmt.Fprintf(&b, "# Code page: %s.\n", page)
	}
	b.WriteString("kind: batch\n\n# Published as it is, under /" + options.Name + "/v1/. Without it, only bindings reach it.\npublish: {version: v1}\n\n")
	b.WriteString("# The time zone of dates and times in the files.\ntime_zone: UTC\n\nextracts:\n")
	fmt.Fprintf(&b, "  - plural: %s\n    singular: %s\n    layout:\n      copybook: %s.cpy\n", plural, singular, options.Name)
	if item.Name != "" {
		fmt.Fprintf(&b, "      record: %s\n", item.Name)
	}
	fmt.Fprintf(&b, "      code_page: %s\n      record_format: %s\n", found.CodePage, found.RecordFormat)
	if proposed.formats != "" {
		b.WriteString("      # All values that were tried are dates.\n")
	}
	fmt.Fprintf(&b, "      # formats: %s\n", cmp.Or(proposed.formats, `{OPEN-DATE: yyyymmdd, ACTIVE-FLAG: "boolean:Y/N"}`))
	fmt.Fprintf(&b, "    inbox:\n      directory: %s\n      pattern: %s\n      after: leave # or archive\n", strconv.Quote(filepath.Dir(data)), strconv.Quote(filepath.Base(data)))
	if found.HeaderLikely {
		b.WriteString("    # The first record is not like the others: it is likely a header.\n")
	}
	fmt.Fprintf(&b, "    # header: %s\n", cmp.Or(proposed.header, "{record: HEADER, when: {field: REC-TYPE, equals: H}, date: RUN-DATE}"))
	if found.TrailerLikely {
		b.WriteString("    # The last record is not like the others: it is likely a trailer.\n")
	}
	fmt.Fprintf(&b, "    # trailer: %s\n", cmp.Or(proposed.trailer, "{record: TRAILER, when: {field: REC-TYPE, equals: T}, count: REC-COUNT, totals: [{of: AMOUNT, equals: TOTAL}]}"))
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

// writeNew writes files that must not be there yet (else [fs.ErrExist]): all of them, or none. After an error nothing is left of them, directories included.
func writeNew(files map[string][]byte) (err error) {
	for path := range files {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is not overwritten: %w", path, cmp.Or(err, fs.ErrExist))
		}
	}
	var written []string // directories first, each in front of those in it
	defer func() {
		if err != nil {
			for _, path := range slices.Backward(written) {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	for path := range files {
		for _, directory := range missingDirectories(filepath.Dir(path)) {
			if err := os.Mkdir(directory, 0o750); err != nil {
				return fmt.Errorf("making the directory: %w", err)
			}
			written = append(written, directory)
		}
	}
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

// missingDirectories are those on the way to a directory that are not there, outermost first.
func missingDirectories(directory string) []string {
	if _, err := os.Lstat(directory); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(directory) == directory {
		return nil
	}
	return append(missingDirectories(filepath.Dir(directory)), directory)
}
