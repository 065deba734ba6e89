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

// maxQuarantined is how many bad records of one file are kept. The rest is only counted.
const maxQuarantined = 10_000

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

func (q *quarantine) write(r reject) error {
	if q.count++; q.count > maxQuarantined {
		return nil
	}
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

// A place is where in the file a record stands that has been taken: that of this number among them, and those behind it up to the next place.
type place struct{ ordinal, number, offset int64 }

// note remembers where the record stands that is added next.
func (g *ingest) note(r framing.Record) {
	ordinal := g.added
	g.added++
	if n := len(g.places); n > 0 && g.places[n-1].number-g.places[n-1].ordinal == r.Number-ordinal {
		return
	}
	g.places = append(g.places, place{ordinal, r.Number, r.Offset})
}

// rejectOrdinal puts a record into quarantine that has been taken already.
func (g *ingest) rejectOrdinal(ordinal uint32, data []byte, reason string) error {
	at := place{}
	for _, p := range g.places {
		if p.ordinal > int64(ordinal) {
			break
		}
		at = p
	}
	behind := int64(ordinal) - at.ordinal
	one := reject{Record: at.number + behind, Reason: reason, Data: data}
	if length := g.extract.envelope.detailLength(); length > 0 {
		one.Offset = at.offset + behind*int64(length)
	}
	return g.rejects.write(one)
}
