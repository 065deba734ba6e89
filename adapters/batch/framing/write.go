package framing

import (
	"fmt"
	"io"
)

// A Writer writes records. Close writes what is still held back; it does not close what is written to.
type Writer interface {
	Write(record []byte) error
	Close() error
}

// WriteEnded writes records with these bytes behind each; there may be none.
func WriteEnded(w io.Writer, end []byte) Writer { return &ended{w: w, end: end} }

type ended struct {
	w    io.Writer
	end  []byte
	line []byte
}

func (e *ended) Write(record []byte) error {
	e.line = append(append(e.line[:0], record...), e.end...)
	if _, err := e.w.Write(e.line); err != nil {
		return fmt.Errorf("writing a record: %w", err)
	}
	return nil
}

func (e *ended) Close() error { return nil }

// WriteSeparated writes records with these bytes between them, and none behind the last.
func WriteSeparated(w io.Writer, separator []byte) Writer {
	return &separated{ended: ended{w: w}, separator: separator}
}

type separated struct {
	ended
	separator []byte
	begun     bool
}

func (s *separated) Write(record []byte) error {
	if s.begun {
		if _, err := s.w.Write(s.separator); err != nil {
			return fmt.Errorf("writing a record: %w", err)
		}
	}
	s.begun = true
	return s.ended.Write(record)
}

// WriteHeaded writes records behind headers that are zeros but for the length.
func WriteHeaded(w io.Writer, header Header) Writer { return &headedWriter{w: w, header: header} }

type headedWriter struct {
	w      io.Writer
	header Header
}

func (h *headedWriter) Write(record []byte) error {
	data, err := h.header.put(nil, len(record))
	if err != nil {
		return err
	}
	if _, err := h.w.Write(append(data, record...)); err != nil {
		return fmt.Errorf("writing a record: %w", err)
	}
	return nil
}

func (h *headedWriter) Close() error { return nil }

// WriteVariable writes records with their descriptor words.
func WriteVariable(w io.Writer, record Word) Writer { return &worded{w: w, word: &record} }

// A Blocking says how records are put into blocks that begin with a descriptor word.
type Blocking struct {
	Word Word
	// Longest is how many bytes a block has at most, its word included; 0 means 32760, which is the most that plain words say. A record that is longer has a block of its own.
	Longest int
	// Records is how many records a block has at most; 0 means any number.
	Records int
}

// WriteVariableBlocked writes blocks of records with descriptor words of their own.
func WriteVariableBlocked(w io.Writer, record Word, block Blocking) Writer {
	return &worded{w: w, word: &record, block: block.withDefault()}
}

func (b Blocking) withDefault() *Blocking {
	if b.Longest == 0 {
		b.Longest = largestBlock
	}
	return &b
}

// WriteBlocked writes blocks of records without words of their own.
func WriteBlocked(w io.Writer, block Blocking) Writer {
	return &worded{w: w, block: block.withDefault()}
}

// WriteSpanned writes blocks that are all full but the last: a record goes on in the next block where there is no room for the rest of it.
func WriteSpanned(w io.Writer, record Word, block Blocking) Writer {
	return &spanned{worded: worded{w: w, word: &record, block: block.withDefault()}}
}

type worded struct {
	w       io.Writer
	word    *Word     // nil: none
	block   *Blocking // nil: no blocks
	held    []byte
	records int // in held
}

func (v *worded) Write(record []byte) error {
	data, err := v.front(record)
	if err != nil {
		return err
	}
	if v.block == nil {
		v.held = data
		return v.Close()
	}
	if len(v.held) > 0 && (len(data) > v.room() || v.records == v.block.Records) {
		if err := v.Close(); err != nil {
			return err
		}
	}
	v.hold(data)
	return nil
}

func (v *worded) hold(data []byte) {
	v.held = append(v.held, data...)
	v.records++
}

// room is how many bytes more the present block can hold.
func (v *worded) room() int { return v.block.Longest - wordSize - len(v.held) }

// front is the record with its word.
func (v *worded) front(record []byte) (data []byte, err error) {
	if v.word != nil {
		if data, err = v.word.Put(nil, len(record)); err != nil {
			return nil, err
		}
	}
	return append(data, record...), nil
}

func (v *worded) Close() error {
	if len(v.held) == 0 {
		return nil
	}
	var front []byte
	var err error
	if v.block != nil {
		if front, err = v.block.Word.putBlock(nil, len(v.held), v.block.Longest); err != nil {
			return err
		}
	}
	_, err = v.w.Write(append(front, v.held...))
	v.held, v.records = v.held[:0], 0
	if err != nil {
		return fmt.Errorf("writing records: %w", err)
	}
	return nil
}

// spanned cuts records into pieces that fill blocks.
type spanned struct{ worded }

func (s *spanned) Write(record []byte) error {
	for first := true; first || len(record) > 0; first = false {
		if s.room() <= wordSize || s.records > 0 && s.records == s.block.Records {
			if err := s.Close(); err != nil {
				return err
			}
		}
		piece := record[:min(len(record), s.room()-wordSize)]
		record = record[len(piece):]
		data, err := s.front(piece)
		if err != nil {
			return err
		}
		data[2] = control(first, len(record) == 0)
		s.hold(data)
	}
	return nil
}

// control is the segment control code of a piece of a record.
func control(first, last bool) byte {
	switch {
	case first && last:
		return segmentComplete
	case first:
		return segmentFirst
	case last:
		return segmentLast
	default:
		return segmentMiddle
	}
}
