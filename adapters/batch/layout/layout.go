package layout

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Options say what the settings leave to the user of a layout.
type Options struct {
	// Dir is what relative paths start from.
	Dir string
	// Location is the time zone of times. Nil is UTC.
	Location *time.Location
	// AllAlternatives decodes every alternative of a REDEFINES that nothing decides about.
	AllAlternatives bool
	// KeepRoot makes the name of the 01 level a group around all else.
	KeepRoot bool
	// WrittenNames makes the names in JSON those that the copybook has, as they are written there.
	WrittenNames bool
}

// A SettingError is a setting that cannot be.
type SettingError struct {
	// Setting is its path: framing.length.
	Setting string
	Message string
}

// Error returns the setting and the message.
func (e *SettingError) Error() string { return e.Setting + ": " + e.Message }

func wrong(setting, format string, arguments ...any) error {
	return &SettingError{Setting: setting, Message: fmt.Sprintf(format, arguments...)}
}

// A Layout is compiled settings. It never changes and serves any number of goroutines.
type Layout struct {
	// Record is the records' layout.
	Record *record.Layout
	// Segments are the kinds of records; nil if there is only one.
	Segments *Segments
	// Start and End are the bytes of each record in front of and behind what Record describes.
	Start, End int

	config *configv1.BatchLayout
	cut    *cut
	// skipped and dropped are bytes of the file in front of and behind its records.
	skipped int64
	dropped int
}

// Compile reads copybooks and compiles settings that have one. The error is a [*SettingError], or of type [copybook.Errors] or [record.OptionErrors].
func Compile(config *configv1.BatchLayout, options Options) (*Layout, error) {
	recordOptions, err := RecordOptions(config, options.Dir)
	if err != nil {
		return nil, err
	}
	recordOptions.Location = options.Location
	recordOptions.AllAlternatives, recordOptions.KeepRoot, recordOptions.WrittenNames = options.AllAlternatives, options.KeepRoot, options.WrittenNames
	book, err := ReadCopybook(config, options.Dir, config.GetCopybook())
	if err != nil {
		return nil, err
	}
	compiled, segments, err := Records(config, options.Dir, book, recordOptions)
	if err != nil {
		return nil, err
	}
	for name := range config.GetFormats() {
		if !compiled.TakesFormat(name) {
			return nil, wrong("formats", "there is no field %s that can have a format", name)
		}
	}
	l, err := Framed(config, book, compiled, compiled.Length)
	if err != nil {
		return nil, err
	}
	l.Segments = segments
	return l, nil
}

// Records compiles the records of a file, whose copybook has been read. Where segments tell kinds of records apart, decoders select the one of a record by themselves; Segments is nil where
// there is but one kind. The error is that of [Compile].
func Records(config *configv1.BatchLayout, dir string, book *copybook.Copybook, options record.Options) (*record.Layout, *Segments, error) {
	item, err := readRecord(config, dir, book)
	if err != nil {
		return nil, nil, err
	}
	for _, kind := range config.GetSegments().GetKinds() {
		options.Segments = append(options.Segments, kind.GetGroup())
	}
	compiled, err := record.Compile(item, options)
	if err != nil {
		return nil, nil, err
	}
	segments, err := compileSegments(compiled, config.GetSegments())
	if err != nil || segments == nil {
		return compiled, nil, err
	}
	segments.layout = compiled.SelectedBy(segments.field, segments.groups)
	return segments.layout, segments, nil
}

// Framed is a layout for records that the caller has compiled, maybe of several 01 levels: `compiled` is that of the records that say how long they are, and
// `longest` the length of the longest. It only cuts files into records.
func Framed(config *configv1.BatchLayout, book *copybook.Copybook, compiled *record.Layout, longest int) (*Layout, error) {
	_, e, err := withoutEdges(config.GetFraming(), book)
	if err != nil {
		return nil, err
	}
	f := config.GetFraming()
	l := &Layout{
		Record: compiled, config: config, Start: int(f.GetRecordStart()), End: int(f.GetRecordEnd()),
		skipped: int64(f.GetFileStart()) + int64(e.first), dropped: int(f.GetFileEnd()) + e.last,
	}
	l.cut, err = newCut(config, compiled, longest)
	return l, err
}

// Delimited is a layout for files of delimited values, which are lines. It only writes files.
func Delimited(config *configv1.BatchLayout) (*Layout, error) {
	l := &Layout{config: config}
	var err error
	if l.cut, err = newCut(config, nil, 0); err != nil {
		return nil, err
	}
	l.cut.format = "line"
	return l, nil
}

// edges are the lengths of the records in front of and behind all others.
type edges struct{ first, last int }

// readRecord reads further copybooks and returns the item that describes a record.
func readRecord(config *configv1.BatchLayout, dir string, book *copybook.Copybook) (*copybook.Item, error) {
	items, _, err := withoutEdges(config.GetFraming(), book)
	if err != nil {
		return nil, err
	}
	if more := config.GetMoreCopybooks(); len(more) > 0 {
		all := []*copybook.Item{joined(items, false)}
		for _, path := range more {
			book, err := ReadCopybook(config, dir, path)
			if err != nil {
				return nil, err
			}
			all = append(all, joined(book.Records, false))
		}
		return copybook.Join(all, true), nil
	}
	switch config.GetRecords() {
	case "sequence":
		return joined(apart(items), false), nil
	case "alternatives":
		return joined(items, true), nil
	default:
		for _, item := range items {
			if config.GetRecord() == "" || strings.EqualFold(item.Name, config.GetRecord()) {
				return item, nil
			}
		}
		return nil, wrong("record", "the copybook has no level 01 %s; it has %s", config.GetRecord(), names(book.Records))
	}
}

// apart takes what a copybook without a level 01 has at its top for records of their own, each behind the one before it.
func apart(items []*copybook.Item) []*copybook.Item {
	var all []*copybook.Item
	for _, item := range items {
		placed := func(i *copybook.Item) bool { return i.Occurs != nil || i.Slack > 0 } // which a record is not
		if item.Level > 0 || len(item.Renames) > 0 || slices.ContainsFunc(item.Children, placed) {
			all = append(all, item)
			continue
		}
		all = append(all, item.Children...)
	}
	return all
}

func joined(items []*copybook.Item, alternatives bool) *copybook.Item {
	if len(items) == 1 {
		return items[0]
	}
	return copybook.Join(items, alternatives)
}

// withoutEdges takes the records in front and behind off the others.
func withoutEdges(config *configv1.BatchFraming, book *copybook.Copybook) ([]*copybook.Item, edges, error) {
	var e edges
	var items []*copybook.Item
	for _, item := range book.Records {
		switch {
		case item.Name != "" && strings.EqualFold(item.Name, config.GetFirstRecord()):
			e.first = item.Size()
		case item.Name != "" && strings.EqualFold(item.Name, config.GetLastRecord()):
			e.last = item.Size()
		default:
			items = append(items, item)
		}
	}
	switch {
	case config.GetFirstRecord() != "" && config.GetFileStart() > 0:
		return nil, e, wrong("framing.file_start", "first_record says already what stands in front of the records")
	case config.GetLastRecord() != "" && config.GetFileEnd() > 0:
		return nil, e, wrong("framing.file_end", "last_record says already what stands behind the records")
	case config.GetFirstRecord() != "" && e.first == 0:
		return nil, e, wrong("framing.first_record", "the copybook has no level 01 %s; it has %s", config.GetFirstRecord(), names(book.Records))
	case config.GetLastRecord() != "" && e.last == 0:
		return nil, e, wrong("framing.last_record", "the copybook has no level 01 %s; it has %s", config.GetLastRecord(), names(book.Records))
	case len(items) == 0:
		return nil, e, wrong("framing", "the copybook has no record beside the first and the last")
	}
	return items, e, nil
}

func names(items []*copybook.Item) string {
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = item.Name
	}
	return strings.Join(all, ", ")
}

// ReadCopybook reads a copybook, with what it copies. Errors in it are of type [copybook.Errors].
func ReadCopybook(config *configv1.BatchLayout, dir, path string) (*copybook.Copybook, error) {
	file := within(dir, path)
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the copybook: %w", err)
	}
	dialect := config.GetDialect()
	options := copybook.Options{
		Format:       copybook.Format(config.GetCopybookFormat()),
		DecimalComma: dialect.GetDecimalComma(), Currency: dialect.GetCurrencySign(),
		NoSync:       dialect != nil && dialect.Sync != nil && !dialect.GetSync(),
		SyncMax:      int(dialect.GetSyncMax()),
		PointerBytes: int(dialect.GetPointerBytes()),
		FirstColumn:  int(dialect.GetFirstColumn()), LastColumn: int(dialect.GetLastColumn()),
		BinarySizes: map[string]copybook.BinarySizes{"1-2-4-8": copybook.Bytes1248, "1--8": copybook.BytesFewest}[dialect.GetBinarySizes()],
	}
	directories := []string{filepath.Dir(file)}
	if given := dialect.GetCopyDirectories(); len(given) > 0 {
		directories = directories[:0]
		for _, directory := range given {
			directories = append(directories, within(dir, directory))
		}
	}
	options.Library = func(name, library string) (string, []byte, error) { return find(directories, name, library) }
	return copybook.Parse(file, source, options)
}

// find looks for what COPY names: as it is, in upper and lower case, with the usual endings.
func find(directories []string, name, library string) (string, []byte, error) {
	if strings.ContainsAny(name+library, `/\`) || strings.HasPrefix(name, ".") || strings.HasPrefix(library, ".") {
		return "", nil, errors.New("the name of a text is no path")
	}
	for _, directory := range directories {
		for _, spelt := range []string{name, strings.ToUpper(name), strings.ToLower(name)} {
			for _, ending := range []string{"", ".cpy", ".CPY", ".cob", ".COB", ".cbl", ".CBL", ".copy", ".txt"} {
				path := filepath.Join(directory, library, spelt+ending)
				content, err := os.ReadFile(path)
				if err == nil {
					return path, content, nil
				}
			}
		}
	}
	return "", nil, errors.New("there is no such text in the directories for it")
}

func within(dir, path string) string {
	if filepath.IsAbs(path) || dir == "" {
		return path
	}
	return filepath.Join(dir, path)
}

// Reader cuts a file into records. Those of a [framing.Error] are numbered and placed as in the file.
func (l *Layout) Reader(r io.Reader) framing.Reader {
	if l.skipped > 0 || l.dropped > 0 {
		r = framing.Window(r, l.skipped, l.dropped)
	}
	return l.cut.reader(r, l.skipped)
}

// Bodies is Reader for the part of each record that Record describes.
func (l *Layout) Bodies(r io.Reader) framing.Reader {
	if l.Start == 0 && l.End == 0 {
		return l.Reader(r)
	}
	return &bodies{Reader: l.Reader(r), layout: l}
}

type bodies struct {
	framing.Reader
	layout *Layout
}

// Next implements [framing.Reader].
func (b *bodies) Next() (framing.Record, error) {
	next, err := b.Reader.Next()
	next.Data, next.Offset = b.layout.Body(next.Data), next.Offset+int64(b.layout.Start)
	return next, err
}

// Body is the part of a record that Record describes.
func (l *Layout) Body(data []byte) []byte {
	if len(data) <= l.Start {
		return nil
	}
	return data[l.Start:max(l.Start, len(data)-l.End)]
}
