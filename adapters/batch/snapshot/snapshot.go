package snapshot

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"sort"
	"time"
)

// magic ends every snapshot file. Its last digit is the version of the format.
const magic = "PSTNSNP1"

const (
	ordinalSize = 4
	offsetSize  = 8
	// The trailer: place and length of the description, its checksum, magic.
	trailerSize = 8 + 4 + 4 + len(magic)
	// maxDescription bounds what a damaged trailer can make us read.
	maxDescription = 1 << 24
)

// ErrFormat is the error of a file that is no snapshot, is damaged, or was written for another layout.
var ErrFormat = errors.New("this is no snapshot that can be used")

// Info is what a snapshot says about itself.
type Info struct {
	// Layout identifies the layout that records and keys were made by.
	Layout string `json:"layout"`
	// AsOf is when the data was true.
	AsOf time.Time `json:"asOf"`
	// Modified is the time of the extract's file. It tells which is newer of two that were true at the same time.
	Modified time.Time `json:"modified"`
	// Revision counts snapshots that were made of one with the same times.
	Revision int `json:"revision,omitempty"`
	// Number is the extract's own number of the file; nil if it has none.
	Number *int64 `json:"number,omitempty"`
	// Base is the Hash of the last full extract that this one came from, by changes to it.
	Base string `json:"base,omitempty"`
	// Source is the name of the extract's file, and Hash its SHA-256 in hexadecimal digits.
	Source string `json:"source"`
	Hash   string `json:"hash"`
	// Records is the number of records.
	Records int64 `json:"records"`
	// RecordLength is the length of each record in bytes, or 0 if they differ.
	RecordLength int `json:"recordLength"`
}

// IsNewer reports whether the snapshot comes behind another.
func (i Info) IsNewer(other Info) bool {
	return cmp.Or(i.AsOf.Compare(other.AsOf), i.Modified.Compare(other.Modified), cmp.Compare(i.Revision, other.Revision)) > 0
}

// An IndexSpec is the width of an index's key in bytes.
type IndexSpec struct {
	Name  string `json:"name"`
	Width int    `json:"width"`
}

type section struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
}

type description struct {
	Info
	Note    json.RawMessage `json:"note,omitempty"`
	Data    section         `json:"data"`
	Offsets section         `json:"offsets"`
	Indexes []indexSections `json:"indexes"`
}

type indexSections struct {
	IndexSpec
	Entries section `json:"entries"`
}

// A Snapshot is an open snapshot file. It may be read by any number of goroutines until it is closed.
type Snapshot struct {
	info    Info
	note    []byte
	mapped  []byte
	data    []byte
	offsets []byte
	indexes []Index
}

// An Index is the sorted entries of one index. The first of a snapshot is the unique key.
type Index struct {
	IndexSpec
	entries []byte
}

// Open maps a snapshot file. layout must be what it was written for; else the error wraps [ErrFormat].
func Open(path, layout string) (*Snapshot, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the snapshot: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read; the mapping outlives it
	stat, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the snapshot: %w", err)
	}
	if stat.Size() < int64(trailerSize) {
		return nil, fmt.Errorf("%w: it is too short", ErrFormat)
	}
	mapped, err := mapFile(file, int(stat.Size()), false)
	if err != nil {
		return nil, fmt.Errorf("mapping the snapshot: %w", err)
	}
	s, err := parse(mapped)
	if err == nil && s.info.Layout != layout {
		err = fmt.Errorf("%w: it was written for another layout", ErrFormat)
	}
	if err != nil {
		return nil, errors.Join(err, unmapFile(mapped))
	}
	return s, nil
}

func parse(mapped []byte) (*Snapshot, error) {
	trailer := mapped[len(mapped)-trailerSize:]
	if string(trailer[trailerSize-len(magic):]) != magic {
		return nil, fmt.Errorf("%w: it does not end as one", ErrFormat)
	}
	at, length := binary.BigEndian.Uint64(trailer), uint64(binary.BigEndian.Uint32(trailer[8:]))
	if limit := uint64(len(mapped)) - uint64(trailerSize); length > maxDescription || at > limit || length != limit-at {
		return nil, fmt.Errorf("%w: its description is not where it should be", ErrFormat)
	}
	text := mapped[at : at+length]
	if crc32.ChecksumIEEE(text) != binary.BigEndian.Uint32(trailer[12:]) {
		return nil, fmt.Errorf("%w: its description is damaged", ErrFormat)
	}
	var d description
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return d.snapshot(mapped, int64(at)) //nolint:gosec // below the file's size
}

// snapshot checks that everything is where the description says.
func (d *description) snapshot(mapped []byte, limit int64) (*Snapshot, error) {
	cut := func(s section) []byte {
		if s.Offset < 0 || s.Length < 0 || s.Offset > limit || s.Length > limit-s.Offset {
			return nil
		}
		return mapped[s.Offset : s.Offset+s.Length : s.Offset+s.Length]
	}
	s := &Snapshot{info: d.Info, note: d.Note, mapped: mapped, data: cut(d.Data), offsets: cut(d.Offsets)}
	ok := s.data != nil && s.offsets != nil && d.Records >= 0 && len(d.Indexes) > 0
	if d.RecordLength > 0 {
		ok = ok && d.Data.Length/int64(d.RecordLength) >= d.Records
	} else {
		ok = ok && d.Offsets.Length/offsetSize > d.Records
	}
	for _, index := range d.Indexes {
		entries := cut(index.Entries)
		ok = ok && entries != nil && index.Width > 0 && len(entries)%(index.Width+ordinalSize) == 0
		s.indexes = append(s.indexes, Index{IndexSpec: index.IndexSpec, entries: entries})
	}
	if !ok {
		return nil, fmt.Errorf("%w: its parts do not fit its description", ErrFormat)
	}
	return s, nil
}

// Close unmaps the file. Nobody may read the snapshot, or bytes that it gave out, from then on.
func (s *Snapshot) Close() error {
	if s.mapped == nil {
		return nil
	}
	err := unmapFile(s.mapped)
	s.mapped, s.data, s.offsets, s.indexes = nil, nil, nil, nil
	if err != nil {
		return fmt.Errorf("unmapping the snapshot: %w", err)
	}
	return nil
}

// Info returns what the snapshot says about itself.
func (s *Snapshot) Info() Info { return s.info }

// Note returns the note that the snapshot was given; empty if none.
func (s *Snapshot) Note() []byte { return s.note }

// Index returns the index of this number: 0 is the unique key, the others are in the order they were declared in.
func (s *Snapshot) Index(i int) *Index { return &s.indexes[i] }

// Record returns the bytes of a record; nil if there is none of this number, counted from 0. They are good until Close.
func (s *Snapshot) Record(ordinal uint32) []byte {
	if int64(ordinal) >= s.info.Records {
		return nil
	}
	if length := s.info.RecordLength; length > 0 {
		at := int(ordinal) * length
		return s.data[at : at+length : at+length]
	}
	start := binary.BigEndian.Uint64(s.offsets[int(ordinal)*offsetSize:])
	end := binary.BigEndian.Uint64(s.offsets[(int(ordinal)+1)*offsetSize:])
	if start > end || end > uint64(len(s.data)) {
		return nil
	}
	return s.data[start:end:end]
}

// Get returns the record of a unique key; nil if there is none.
func (s *Snapshot) Get(key []byte) []byte {
	unique := s.Index(0)
	if at := unique.Seek(key); at < unique.Len() {
		if found, ordinal := unique.Entry(at); bytes.Equal(found, key) {
			return s.Record(ordinal)
		}
	}
	return nil
}

// Len is the number of entries.
func (x *Index) Len() int { return len(x.entries) / (x.Width + ordinalSize) }

// Entry returns the key and record number of an entry, counted from 0 in order of key.
func (x *Index) Entry(at int) (key []byte, ordinal uint32) {
	entry := x.entries[at*(x.Width+ordinalSize):]
	return entry[:x.Width:x.Width], binary.BigEndian.Uint32(entry[x.Width:])
}

// Seek returns the number of the first entry whose key is not before key. A key shorter than the index's is the start of keys.
func (x *Index) Seek(key []byte) int {
	return sort.Search(x.Len(), func(i int) bool {
		found, _ := x.Entry(i)
		return bytes.Compare(found, key) >= 0
	})
}
