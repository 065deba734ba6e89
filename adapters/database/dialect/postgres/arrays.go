package postgres

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

var errArray = errors.New("it is not spelled as an array")

// list reads the text of an array (PostgreSQL manual, section 8.15.6). One of several dimensions is a list of lists. Where its indexes begin is not told.
func (d *database) list(item *dialect.Column, text []byte) ([]dialect.Value, error) {
	if text[0] == '[' { // bounds, which are other than usual
		_, behind, found := bytes.Cut(text, []byte("="))
		if !found {
			return nil, errArray
		}
		text = behind
	}
	reader := &arrayReader{database: d, item: item, rest: text}
	items, err := reader.list()
	if err == nil && len(reader.rest) > 0 {
		err = errArray
	}
	return items, err
}

// An arrayReader reads items from the front of rest.
type arrayReader struct {
	database *database
	item     *dialect.Column
	rest     []byte
}

// next takes one byte, or returns 0 at the end.
func (r *arrayReader) next() byte {
	if len(r.rest) == 0 {
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *arrayReader) list() ([]dialect.Value, error) {
	if r.next() != '{' {
		return nil, errArray
	}
	items := []dialect.Value{}
	if len(r.rest) > 0 && r.rest[0] == '}' {
		r.next()
		return items, nil
	}
	for {
		item, err := r.value()
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		switch r.next() {
		case ',', ';': // the latter between boxes
		case '}':
			return items, nil
		default:
			return nil, errArray
		}
	}
}

// value reads one item.
func (r *arrayReader) value() (out dialect.Value, err error) {
	if len(r.rest) > 0 && r.rest[0] == '{' {
		out.List, err = r.list()
		return out, err
	}
	text, quoted, err := r.text()
	if err != nil {
		return out, err
	}
	if !quoted && string(text) == "NULL" {
		out.Null = true
		return out, nil
	}
	return out, r.database.fromText(&out, r.item.Kind, text)
}

// text reads up to what ends an item.
func (r *arrayReader) text() (text []byte, quoted bool, err error) {
	if len(r.rest) == 0 || r.rest[0] != '"' {
		end := bytes.IndexAny(r.rest, ",;}")
		if end < 0 {
			return nil, false, errArray
		}
		text, r.rest = r.rest[:end], r.rest[end:]
		return text, false, nil
	}
	r.next()
	text = []byte{}
	for {
		switch c := r.next(); c {
		case 0:
			return nil, true, errArray
		case '"':
			return text, true, nil
		case '\\':
			text = append(text, r.next())
		default:
			text = append(text, c)
		}
	}
}

// fromText reads the text of a value of any kind, as arrays hold it.
func (d *database) fromText(out *dialect.Value, kind dialect.Kind, text []byte) (err error) {
	switch kind {
	case dialect.Bool:
		return boolean(out, text)
	case dialect.Int16, dialect.Int32, dialect.Int64:
		return whole(out, kind, text)
	case dialect.Float, dialect.Double:
		out.Float, err = strconv.ParseFloat(string(text), 64)
	case dialect.Bytes:
		digits, ok := bytes.CutPrefix(text, []byte(`\x`))
		if !ok {
			return errArray
		}
		out.Text, err = hex.AppendDecode([]byte{}, digits)
	case dialect.Timestamp:
		out.Time, err = time.Parse("2006-01-02 15:04:05.999999999-07", string(text))
	case dialect.LocalTimestamp:
		out.Time, err = time.ParseInLocation("2006-01-02 15:04:05.999999999", string(text), d.location)
	default:
		out.Text = text
	}
	if err != nil {
		return errInfinity
	}
	return nil
}
