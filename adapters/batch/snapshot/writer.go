package snapshot

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
)

// A Writer builds a snapshot in a file beside its place. It is for one goroutine.
type Writer struct {
	path         string
	data         *spool
	offsets      *spool
	indexes      []*spool
	specs        []IndexSpec
	recordLength int
	records      int64
	entry        []byte
	note         []byte
}

// A spool is a part of the snapshot in the making, in a file of its own.
type spool struct {
	file *os.File
	w    *bufio.Writer
	size int64
}

const spoolBuffer = 1 << 16

// NewWriter starts a snapshot that will be at path. recordLength is 0 if records differ in length. specs[0] is the unique key; the
// others are widths of the indexed values alone.
func NewWriter(path string, recordLength int, specs []IndexSpec) (*Writer, error) {
	w := &Writer{path: path, recordLength: recordLength}
	w.specs = append(w.specs, specs...)
	for i := 1; i < len(w.specs); i++ {
		w.specs[i].Width += specs[0].Width
	}
	var err error
	open := func() *spool {
		if err != nil {
			return nil
		}
		var s *spool
		s, err = w.spool()
		return s
	}
	w.data, w.offsets = open(), open()
	for range specs {
		w.indexes = append(w.indexes, open())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting a snapshot: %w", err), w.Abort())
	}
	return w, nil
}

func (w *Writer) spool() (*spool, error) {
	file, err := os.CreateTemp(filepath.Dir(w.path), filepath.Base(w.path)+".*.part")
	if err != nil {
		return nil, fmt.Errorf("making a file: %w", err)
	}
	return &spool{file: file, w: bufio.NewWriterSize(file, spoolBuffer)}, nil
}

func (s *spool) write(p []byte) error {
	n, err := s.w.Write(p)
	s.size += int64(n)
	return err
}

// Add appends a record. keys[0] is its unique key, and the others its indexed values, each of its declared width.
func (w *Writer) Add(record []byte, keys [][]byte) error {
	if w.records >= math.MaxUint32 {
		return fmt.Errorf("a snapshot holds at most %d records", uint32(math.MaxUint32))
	}
	err := error(nil)
	if w.recordLength == 0 {
		err = w.offsets.write(binary.BigEndian.AppendUint64(w.entry[:0], uint64(w.data.size))) //nolint:gosec // a size
	}
	err = errors.Join(err, w.data.write(record))
	for i, spool := range w.indexes {
		w.entry = append(w.entry[:0], keys[i]...)
		if i > 0 {
			w.entry = append(w.entry, keys[0]...)
		}
		w.entry = binary.BigEndian.AppendUint32(w.entry, uint32(w.records)) //nolint:gosec // checked above
		err = errors.Join(err, spool.write(w.entry))
	}
	w.records++
	if err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	return nil
}

// Record reads back a record that was added, by its number, counted from 0.
func (w *Writer) Record(ordinal uint32) ([]byte, error) {
	place, length := int64(ordinal)*int64(w.recordLength), int64(w.recordLength)
	if err := errors.Join(w.data.w.Flush(), w.offsets.w.Flush()); err != nil {
		return nil, fmt.Errorf("writing the snapshot: %w", err)
	}
	if w.recordLength == 0 {
		var offsets [2 * offsetSize]byte
		if _, err := w.offsets.file.ReadAt(offsets[:], int64(ordinal)*offsetSize); err != nil {
			return nil, fmt.Errorf("reading a record back: %w", err)
		}
		place = int64(binary.BigEndian.Uint64(offsets[:]))                    //nolint:gosec // written by Add
		length = int64(binary.BigEndian.Uint64(offsets[offsetSize:])) - place //nolint:gosec // written by Add
	}
	data := make([]byte, length)
	if _, err := w.data.file.ReadAt(data, place); err != nil {
		return nil, fmt.Errorf("reading a record back: %w", err)
	}
	return data, nil
}

// Sort sorts the indexes, once all records have been added. duplicate is called for the number of each record whose key another record before it has;
// such a record is left out of the indexes. An error from it ends the work. If duplicate is nil, records of the same key stay, in order of their numbers.
func (w *Writer) Sort(duplicate func(ordinal uint32) error) error {
	if w.recordLength == 0 {
		if err := w.offsets.write(binary.BigEndian.AppendUint64(nil, uint64(w.data.size))); err != nil { //nolint:gosec // a size
			return fmt.Errorf("writing the snapshot: %w", err)
		}
	}
	dropped := &Set{}
	for i, index := range w.indexes {
		width := w.specs[i].Width + ordinalSize
		if err := index.sort(width, i == 0 && duplicate != nil, dropped, duplicate); err != nil {
			return fmt.Errorf("sorting the index %s: %w", w.specs[i].Name, err)
		}
	}
	return nil
}

// Note gives the snapshot a note in JSON, which becomes visible together with it. It is called before Finish.
func (w *Writer) Note(note []byte) { w.note = note }

// Finish puts the parts together, once they are sorted, and moves the file to its place, all of it on disk.
func (w *Writer) Finish(info Info) error {
	return errors.Join(w.assemble(info), w.Abort())
}

// sort sorts the spool's entries in place and leaves out those that are dropped.
func (s *spool) sort(width int, unique bool, dropped *Set, duplicate func(uint32) error) error {
	if err := s.w.Flush(); err != nil || s.size == 0 {
		return err
	}
	mapped, err := mapFile(s.file, int(s.size), true)
	if err != nil {
		return err
	}
	sortEntries(mapped, width, 0)
	if unique {
		err = findDuplicates(mapped, width, dropped, duplicate)
	}
	if err == nil && dropped.Len() > 0 {
		s.size = int64(compact(mapped, width, dropped))
	}
	return errors.Join(err, syncMapped(mapped, s.file), unmapFile(mapped))
}

func findDuplicates(entries []byte, width int, dropped *Set, duplicate func(uint32) error) error {
	for at := width; at < len(entries); at += width {
		if !bytes.Equal(entries[at-width:at-ordinalSize], entries[at:at+width-ordinalSize]) {
			continue
		}
		ordinal := binary.BigEndian.Uint32(entries[at+width-ordinalSize:])
		dropped.Add(int64(ordinal))
		if err := duplicate(ordinal); err != nil {
			return err
		}
	}
	return nil
}

func compact(entries []byte, width int, dropped *Set) int {
	kept := 0
	for at := 0; at < len(entries); at += width {
		if dropped.Has(int64(binary.BigEndian.Uint32(entries[at+width-ordinalSize:]))) {
			continue
		}
		copy(entries[kept:kept+width], entries[at:at+width])
		kept += width
	}
	return kept
}

// assemble appends everything to the data and puts the file in its place.
func (w *Writer) assemble(info Info) error {
	info.Records, info.RecordLength = w.records, w.recordLength
	d := description{Info: info, Note: w.note, Data: section{Length: w.data.size}}
	var err error
	if d.Offsets, err = w.take(w.offsets); err != nil {
		return err
	}
	for i, index := range w.indexes {
		entries, err := w.take(index)
		if err != nil {
			return err
		}
		d.Indexes = append(d.Indexes, indexSections{IndexSpec: w.specs[i], Entries: entries})
	}
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("describing the snapshot: %w", err)
	}
	if len(text) > maxDescription {
		return fmt.Errorf("what is said of the snapshot has %d bytes, and at most %d are read back", len(text), maxDescription)
	}
	trailer := binary.BigEndian.AppendUint64(nil, uint64(w.data.size))  //nolint:gosec // a size
	trailer = binary.BigEndian.AppendUint32(trailer, uint32(len(text))) //nolint:gosec // short
	trailer = binary.BigEndian.AppendUint32(trailer, crc32.ChecksumIEEE(text))
	trailer = append(trailer, magic...)
	if err := errors.Join(w.data.write(text), w.data.write(trailer), w.data.w.Flush(), w.data.file.Sync()); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	return publish(w.data.file.Name(), w.path)
}

// take appends a spool to the data.
func (w *Writer) take(s *spool) (section, error) {
	place := section{Offset: w.data.size, Length: s.size}
	err := s.w.Flush()
	if err == nil {
		_, err = io.Copy(w.data.w, io.NewSectionReader(s.file, 0, s.size))
	}
	w.data.size += s.size
	if err != nil {
		return section{}, fmt.Errorf("putting the snapshot together: %w", err)
	}
	return place, nil
}

// publish moves a finished file to its place in a way that survives a crash.
func publish(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("moving the snapshot to its place: %w", err)
	}
	return SyncDirectory(filepath.Dir(to))
}

// MakeDirectory makes a directory and those above it, where they are not there, so that they survive a crash of the machine.
func MakeDirectory(path string, mode os.FileMode) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(path)
	if parent != path {
		if err := MakeDirectory(parent, mode); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, mode); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("making a directory: %w", err)
	}
	return SyncDirectory(parent)
}

// SyncDirectory makes sure that what was renamed in a directory stays renamed after a crash of the machine.
func SyncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening the directory: %w", err)
	}
	if err := errors.Join(directory.Sync(), directory.Close()); err != nil {
		return fmt.Errorf("writing the directory to disk: %w", err)
	}
	return nil
}

// Abort ends the work and removes its files. After Finish it does nothing.
func (w *Writer) Abort() error {
	var all error
	for _, s := range append([]*spool{w.data, w.offsets}, w.indexes...) {
		if s == nil || s.file == nil {
			continue
		}
		all = errors.Join(all, s.file.Close())
		if err := os.Remove(s.file.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
		s.file = nil
	}
	return all
}
