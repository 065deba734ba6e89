package bank

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/moov-io/base"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

// MaxFile is how many bytes of a file are read.
const MaxFile = 1 << 28

// Document reads a whole file in the format ach, bai2 or fedwire, and returns it as JSON in the shape of its library. The error is that of the format's Open.
func Document(format string, r io.Reader) ([]byte, error) {
	data, err := readAll(r)
	if err != nil {
		return nil, err
	}
	var file any
	switch format {
	case "ach":
		file, err = readACH(data)
	case "bai2":
		file, err = readBAI2(data)
	case "fedwire":
		file, err = readWire(data)
	default:
		err = fmt.Errorf("the format %s has no document", format)
	}
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(file)
	if err != nil {
		return nil, fmt.Errorf("writing the document: %w", err)
	}
	return document, nil
}

func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the file: %w", err)
	}
	if len(data) > MaxFile {
		return nil, &framing.Error{Number: 1, Reason: fmt.Sprintf("the file is longer than %d bytes", MaxFile)}
	}
	return data, nil
}

// A line is a line of a file, and where it begins.
type line struct {
	text   string
	offset int64
}

// lines splits a file as the library for ACH does: at line ends, and after so many characters; 0 means any number. Blank lines are left out.
func lines(data []byte, width int) []line {
	var all []line
	start, count := 0, 0
	add := func(end int) {
		if text := string(data[start:end]); strings.TrimSpace(text) != "" {
			all = append(all, line{text: text, offset: int64(start)})
		}
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == '\n' || r == '\r':
			add(i)
			start, count = i+size, 0
		case count+1 == width:
			add(i + size)
			start, count = i+size, 0
		default:
			count++
		}
		i += size
	}
	add(len(data))
	return all
}

// located turns a library's error into one with a place: that of the first line that it complains of.
func located(err error, all []line) error {
	var list base.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		err = list[0]
	}
	place := &framing.Error{Number: 1, Reason: strings.Join(strings.Fields(err.Error()), " ")}
	var parse *base.ParseError
	if errors.As(err, &parse) && parse.Line > 0 && parse.Line <= len(all) {
		place.Number, place.Offset = int64(parse.Line), all[parse.Line-1].offset
	}
	return place
}

// records are made from a file that was read as a whole.
type records struct {
	next   func() (framing.Record, error)
	number int64
}

// Next implements [framing.Reader].
func (r *records) Next() (framing.Record, error) {
	next, err := r.next()
	if err != nil {
		return framing.Record{}, err
	}
	r.number++
	next.Number = r.number
	return next, nil
}

// reader reads the file at the first call, so that opening never fails.
func reader(r io.Reader, cut func(data []byte) ([]framing.Record, error)) framing.Reader {
	var all []framing.Record
	read := false
	return &records{next: func() (framing.Record, error) {
		if !read {
			read = true
			data, err := readAll(r)
			if err != nil {
				return framing.Record{}, err
			}
			if all, err = cut(bytes.TrimPrefix(data, []byte("\ufeff"))); err != nil {
				return framing.Record{}, err
			}
		}
		if len(all) == 0 {
			return framing.Record{}, io.EOF
		}
		first := all[0]
		all = all[1:]
		return first, nil
	}}
}
