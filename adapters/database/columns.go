package database

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A mistake notes one in the settings, at a field.
type mistake func(field, format string, arguments ...any)

// columnSettings is `columns` and `text_encoding`.
type columnSettings struct {
	entries   []*configv1.DatabaseColumn
	encodings []encoding.Encoding // of the entries
	used      []bool
	all       encoding.Encoding
	latin1    *charmap.Charmap // what the engine takes Latin-1 for
}

func newColumnSettings(settings *configv1.DatabaseBackend, latin1 *charmap.Charmap, refuse mistake) *columnSettings {
	s := &columnSettings{latin1: latin1, entries: settings.GetColumns(), used: make([]bool, len(settings.GetColumns())), all: encodingOf(settings.GetTextEncoding(), "text_encoding", refuse)}
	for i, entry := range s.entries {
		field := fmt.Sprintf("columns[%d]", i)
		s.encodings = append(s.encodings, encodingOf(entry.GetTextEncoding(), field+".text_encoding", refuse))
		if isPattern(entry.GetName()) && entry.GetField() != "" && !strings.HasPrefix(entry.GetName(), "*.") {
			refuse(field+".field", "a pattern fits many columns, which cannot all have one name")
		}
		if boolean := entry.GetBoolean(); boolean != nil && boolean.GetTrueValue() == boolean.GetFalseValue() {
			refuse(field+".boolean.false_value", "what is true is false, too")
		}
	}
	return s
}

// encodingOf finds an encoding; nil for the empty name.
func encodingOf(name, field string, refuse mistake) encoding.Encoding {
	if name == "" {
		return nil
	}
	if found, err := ianaindex.IANA.Encoding(name); err == nil && found != nil {
		return found
	}
	found, err := htmlindex.Get(name)
	if err != nil {
		refuse(field, "%q is no character encoding that is known here, such as windows-1252", name)
		return nil
	}
	return found
}

// apply returns the columns of a table that are offered, each with its reading.
func (s *columnSettings) apply(table *dialect.Table, refuse mistake) []*dialect.Column {
	if len(s.entries) == 0 && s.all == nil {
		return table.Columns
	}
	var offered []*dialect.Column
	for _, column := range table.Columns {
		reading := column.Reading
		reading.Latin1 = s.latin1
		if column.Kind == dialect.Text && len(column.Values) == 0 && !column.Encoded {
			reading.Encoding = s.all
		}
		exclude := false
		for i, entry := range s.entries {
			if !fitsColumn(entry.GetName(), table.Name, column.Name) {
				continue
			}
			s.used[i] = true
			exclude = exclude || entry.GetExclude()
			s.read(&reading, i, table, column, refuse)
		}
		if exclude {
			continue
		}
		read := *column
		read.Reading = reading
		offered = append(offered, &read)
	}
	return offered
}

// read lays one entry over what those before it say.
func (s *columnSettings) read(reading *dialect.Reading, index int, table *dialect.Table, column *dialect.Column, refuse mistake) {
	entry := s.entries[index]
	field := fmt.Sprintf("columns[%d]", index)
	plain := !isPattern(entry.GetName())
	reading.Trim = reading.Trim || entry.GetTrim()
	if entry.GetField() != "" {
		reading.Field = entry.GetField()
	}
	if encoding := s.encodings[index]; encoding != nil {
		switch {
		case column.Encoded:
			refuse(field+".text_encoding", "%s.%s has no character set; the text_encoding of the whole back end says what its bytes are", table.Name, column.Name)
		case column.Kind == dialect.Text:
			reading.Encoding = encoding
		case plain:
			refuse(field+".text_encoding", "%s.%s is no text", table.Name, column.Name)
		}
	}
	if set := entry.GetBoolean(); set != nil {
		boolean := &dialect.Boolean{True: set.GetTrueValue(), False: set.GetFalseValue()}
		switch {
		case boolean.Fits(column.Kind):
			reading.Boolean = boolean
		case plain:
			refuse(field+".boolean", "%s.%s is of the type %s, which cannot hold these values", table.Name, column.Name, column.Native)
		}
	}
}

// fitsColumn compares TABLE.COLUMN, in both of which a star stands for any characters.
func fitsColumn(pattern, table, column string) bool {
	forTable, forColumn, _ := strings.Cut(pattern, ".")
	return fits(forTable, table) && fits(forColumn, column)
}

// unused refuses entries that name a column which is not there.
func (s *columnSettings) unused(refuse mistake) {
	for i, entry := range s.entries {
		if !s.used[i] && !isPattern(entry.GetName()) {
			refuse(fmt.Sprintf("columns[%d].name", i), "there is no column %q in a table that is offered", entry.GetName())
		}
	}
}
