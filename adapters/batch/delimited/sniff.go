package delimited

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/record"
)

// A Guess is what a file seems to be.
type Guess struct {
	Dialect Dialect
	// Charset is UTF-16, utf-8, or windows-1252 for what is neither.
	Charset string
	// Columns have the narrowest type that fits all values. Numbers with zeros in front are text: they name something.
	Columns []*record.Field
	// Key is the first column whose values are all there and all different; -1 if there is none.
	Key int
	// Records is how many were looked at, without the header, and Confidence the share of them that has as many values as there are columns, from 0 to 1.
	Records    int
	Confidence float64
}

// Sniff guesses dialect, header, character set and types from the beginning of a file. Where the sample is not the whole file, its last record does not count.
func Sniff(sample []byte, whole bool) (*Guess, error) {
	charset := "windows-1252"
	switch {
	case bytes.HasPrefix(sample, []byte{0xFF, 0xFE}), bytes.HasPrefix(sample, []byte{0xFE, 0xFF}):
		charset = "UTF-16"
	case utf8.Valid(sample) || !whole && utf8.Valid(sample[:max(0, len(sample)-utf8.UTFMax)]):
		charset = "utf-8"
	}
	var best *Guess
	for _, delimiter := range []string{",", ";", "\t", "|", "\x1f", "~"} {
		dialect := Standard()
		dialect.Delimiter = delimiter
		guess := &Guess{Dialect: dialect, Charset: charset, Key: -1}
		rows := guess.rows(sample, whole)
		if guess.weigh(rows); best == nil || guess.Confidence > best.Confidence {
			best = guess
			best.describe(rows)
		}
	}
	if best.Confidence == 0 {
		return nil, errors.New("no character stands between values as often in one record as in the others")
	}
	return best, nil
}

// rows reads the sample as far as it goes.
func (g *Guess) rows(sample []byte, whole bool) [][]string {
	charset := g.Charset
	if charset == "UTF-16" {
		charset = "" // the byte order mark says which
	}
	decoded, page, err := Decoded(bytes.NewReader(sample), charset)
	if err != nil {
		return nil
	}
	var rows [][]string
	reader := NewReader(decoded, &g.Dialect)
	for {
		next, err := reader.Next()
		if err != nil {
			break
		}
		cells, err := g.Dialect.Split(next.Data, nil)
		if err != nil {
			continue
		}
		row := make([]string, len(cells))
		for i, cell := range cells {
			row[i] = page.Text(cell.Data)
		}
		rows = append(rows, row)
	}
	if !whole && len(rows) > 1 {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// weigh finds how many columns there are: as many as the first row has.
func (g *Guess) weigh(rows [][]string) {
	if len(rows) == 0 || len(rows[0]) < 2 {
		return
	}
	same := 0
	for _, row := range rows {
		if len(row) == len(rows[0]) {
			same++
		}
	}
	g.Confidence = float64(same) / float64(len(rows))
}

var (
	integerText = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})$`)
	decimalText = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

// typeOf is the narrowest type of some values; blank ones fit any.
func typeOf(values []string) record.Type {
	kind, seen := record.Integer, false
	for _, value := range values {
		switch {
		case value == "":
			continue
		case !decimalText.MatchString(value):
			return record.Text
		case !integerText.MatchString(value):
			kind = record.Decimal
		}
		seen = true
	}
	if !seen {
		return record.Text
	}
	return kind
}

// describe finds header, types and key. The first row is a header if its values are all there, all different and no numbers, unless there is nothing else.
func (g *Guess) describe(rows [][]string) {
	if g.Confidence == 0 {
		return
	}
	first := rows[0]
	g.Dialect.Header = isHeader(first)
	if g.Dialect.Header {
		rows = rows[1:]
	}
	g.Records = len(rows)
	for i := range first {
		var values []string
		distinct := make(map[string]bool)
		for _, row := range rows {
			if len(row) == len(first) {
				values = append(values, row[i])
				distinct[row[i]] = row[i] != ""
			}
		}
		column := &record.Field{Name: fmt.Sprintf("column_%d", i+1), Type: typeOf(values)}
		if g.Dialect.Header {
			column.Name = strings.TrimSpace(first[i])
		}
		g.Columns = append(g.Columns, column)
		if _, blank := distinct[""]; g.Key < 0 && len(values) > 0 && len(distinct) == len(values) && !blank && column.Type != record.Decimal {
			g.Key = i
		}
	}
}

func isHeader(row []string) bool {
	seen := make(map[string]bool)
	for _, value := range row {
		value = strings.TrimSpace(value)
		if value == "" || seen[value] || decimalText.MatchString(value) || !strings.ContainsFunc(value, isLetter) {
			return false
		}
		seen[value] = true
	}
	return true
}

func isLetter(r rune) bool { return r >= utf8.RuneSelf || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
