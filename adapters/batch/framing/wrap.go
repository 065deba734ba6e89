package framing

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Window reads r without its first `skip` and its last `drop` bytes. Offsets of readers over it count from behind what is skipped.
func Window(r io.Reader, skip int64, drop int) io.Reader {
	return &window{r: bufio.NewReaderSize(r, bufferSize), skip: skip, drop: drop}
}

type window struct {
	r    *bufio.Reader
	skip int64
	drop int
}

func (w *window) Read(p []byte) (int, error) {
	if w.skip > 0 {
		if _, err := io.CopyN(io.Discard, w.r, w.skip); err != nil {
			return 0, err
		}
		w.skip = 0
	}
	if w.drop == 0 {
		return w.r.Read(p)
	}
	ahead, err := w.r.Peek(min(w.drop+len(p), w.r.Size()))
	n := len(ahead) - w.drop
	if n <= 0 {
		if err == nil {
			err = io.ErrShortBuffer
		}
		return 0, err
	}
	n = copy(p, ahead[:n])
	_, _ = w.r.Discard(n) // they are in the buffer
	return n, nil
}

// MaxDrop is the most that a Window can leave off at the end.
const MaxDrop = bufferSize / 2

// Delimited reads records that end in these bytes; the last may lack them. Empty records are passed over.
func Delimited(r io.Reader, end []byte) Reader {
	return &delimited{source: &source{r: bufio.NewReaderSize(r, bufferSize)}, end: end}
}

type delimited struct {
	*source
	end    []byte
	buffer []byte
}

func (d *delimited) Next() (Record, error) {
	for {
		start := d.offset
		d.buffer = d.buffer[:0]
		ended := false
		for !ended {
			piece, err := d.r.ReadSlice(d.end[len(d.end)-1])
			d.offset += int64(len(piece))
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
				return Record{}, fmt.Errorf("reading a record: %w", err)
			}
			if len(d.buffer)+len(piece) > MaxRecord {
				return Record{}, d.fail(start, "the record is longer than %d bytes", MaxRecord)
			}
			d.buffer = append(d.buffer, piece...)
			if errors.Is(err, io.EOF) {
				if len(d.buffer) == 0 {
					return Record{}, io.EOF
				}
				break
			}
			ended = bytes.HasSuffix(d.buffer, d.end)
		}
		data := bytes.TrimSuffix(d.buffer, d.end)
		if len(data) > 0 {
			d.number++
			return Record{Number: d.number, Offset: start, Data: data}, nil
		}
	}
}

// Split cuts records that are longer than `longest` into several.
func Split(r Reader, longest int) Reader { return &split{r: r, longest: longest} }

type split struct {
	r       Reader
	longest int
	rest    Record
	number  int64
}

func (s *split) Next() (Record, error) {
	if len(s.rest.Data) == 0 {
		next, err := s.r.Next()
		if err != nil {
			return Record{}, err
		}
		s.rest = next
	}
	n := min(s.longest, len(s.rest.Data))
	s.number++
	record := Record{Number: s.number, Offset: s.rest.Offset, Data: s.rest.Data[:n]}
	s.rest.Data, s.rest.Offset = s.rest.Data[n:], s.rest.Offset+int64(n)
	return record, nil
}

// Bounded passes over records that are shorter than `least` or longer than `most` bytes; 0 for most means any length. What is left is numbered anew.
func Bounded(r Reader, least, most int) Reader { return &bounded{r: r, least: least, most: most} }

type bounded struct {
	r           Reader
	least, most int
	number      int64
}

func (b *bounded) Next() (Record, error) {
	for {
		next, err := b.r.Next()
		if err != nil {
			return Record{}, err
		}
		if len(next.Data) < b.least || b.most > 0 && len(next.Data) > b.most {
			continue
		}
		b.number++
		next.Number = b.number
		return next, nil
	}
}
