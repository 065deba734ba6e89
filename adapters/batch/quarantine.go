package batch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

// How many bad records of one file are kept, and of how many bytes together, so that they can be replayed in memory. The rest is only counted.
const (
	maxQuarantined      = 10_000
	maxQuarantinedBytes = 64 << 20
)

// rejectsSuffix ends the names of files of the quarantine; in front of it is the id of the run.
const rejectsSuffix = ".jsonl"

// rejectsOf is the path of the bad records of a run.
func (x *extract) rejectsOf(run string) string { return filepath.Join(x.rejects, run+rejectsSuffix) }

// forgetRejects removes the bad records of runs that are no longer listed: they may be of people.
func (x *extract) forgetRejects(ctx context.Context) error {
	entries, err := os.ReadDir(x.rejects)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing the quarantine: %w", err)
	}
	runs, err := x.inbox.runs(ctx)
	if err != nil {
		return err
	}
	listed := make(map[string]bool, len(runs))
	for _, r := range runs {
		listed[x.inbox.runID(r)] = true
	}
	for _, entry := range entries {
		if run, ok := strings.CutSuffix(entry.Name(), rejectsSuffix); ok && !listed[run] {
			err = errors.Join(err, os.Remove(filepath.Join(x.rejects, entry.Name())))
		}
	}
	return err
}

// readRejects calls each with the bad records of a run, in the order in which they were found, until it returns false. It returns an error that is
// [fs.ErrNotExist] if none was kept on this machine.
func (x *extract) readRejects(run string, each func(reject) bool) (err error) {
	file, err := os.Open(x.rejectsOf(run))
	if err != nil {
		return fmt.Errorf("opening the quarantine: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	decoder := json.NewDecoder(bufio.NewReader(file))
	for {
		var one reject
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the quarantine: %w", err)
		}
		if !each(one) {
			return nil
		}
	}
}

// A quarantine keeps the bad records of one file, one JSON object a line. Its file is made by the first of them.
type quarantine struct {
	path  string
	file  *os.File
	w     *bufio.Writer
	count int
	bytes int    // of records
	first string // reason
}

// A reject is one bad record. Offset is 0 if it is not known, as of lines that were good until their key was compared.
type reject struct {
	Record int64  `json:"record,omitempty"`
	Offset int64  `json:"offset,omitempty"`
	Reason string `json:"reason"`
	Data   []byte `json:"data,omitempty"`
}

func (q *quarantine) add(r framing.Record, reason string) error {
	return q.write(reject{Record: r.Number, Offset: r.Offset, Reason: reason, Data: r.Data})
}

// isFull reports whether no more is kept.
func (q *quarantine) isFull() bool {
	return q.count >= maxQuarantined || q.bytes >= maxQuarantinedBytes
}

func (q *quarantine) write(r reject) error {
	if q.isFull() {
		return nil
	}
	q.count++
	q.bytes += len(r.Data)
	if q.file == nil {
		if err := q.open(); err != nil {
			return err
		}
		q.first = fmt.Sprintf("record %d: %s", r.Record, r.Reason)
	}
	line, err := json.Marshal(r)
	if err == nil {
		_, err = q.w.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("writing the quarantine: %w", err)
	}
	return nil
}

func (q *quarantine) open() error {
	if err := os.MkdirAll(filepath.Dir(q.path), 0o700); err != nil {
		return fmt.Errorf("making the quarantine: %w", err)
	}
	file, err := os.OpenFile(q.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the quarantine: %w", err)
	}
	q.file, q.w = file, bufio.NewWriter(file)
	return nil
}

// close has what is in it on disk. Nothing may be added any more.
func (q *quarantine) close() error {
	if q.file == nil {
		return nil
	}
	err := errors.Join(q.w.Flush(), q.file.Sync(), q.file.Close())
	if q.file = nil; err != nil {
		return fmt.Errorf("closing the quarantine: %w", err)
	}
	return nil
}

// note remembers the number that the record has in the file that is added next.
func (g *ingest) note(r framing.Record) { g.numbers.Add(r.Number) }

// rejectOrdinal puts a record into quarantine that has been taken already: the one that was added as this one, from 0.
func (g *ingest) rejectOrdinal(ordinal uint32, data []byte, reason string) error {
	one := reject{Record: g.numbers.At(int64(ordinal)), Reason: reason, Data: data}
	if length := g.extract.envelope.detailLength(); length > 0 {
		one.Offset = (one.Record - 1) * int64(length)
	}
	return g.rejects.write(one)
}
