package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"
)

// A Schema describes a layout.
type Schema struct {
	// Format is fixed, csv, jsonl, xml, iso20022 or edi.
	Format string `yaml:"format"`
	// CodePage of fixed and csv; empty means UTF-8.
	CodePage string `yaml:"code_page"`
	// LineEnd is what ends a line of fixed that is written: lf or crlf. Both are read. Default: lf.
	LineEnd string `yaml:"line_end"`
	// Element names the records of xml, as in Orders/Order or //Order.
	Element string `yaml:"element"`
	// Fields are the columns of csv, the members of jsonl, xml and the transactions of iso20022, and the fields of fixed if there is but one type of records.
	Fields []Field `yaml:"fields"`
	// Records are the types of records of fixed.
	Records []Record `yaml:"records"`
	// Segments are those of an edi message, without its header and trailer.
	Segments []Segment `yaml:"segments"`
}

// A Field is a value, or a group of fields.
type Field struct {
	Name string `yaml:"name"`
	// Type is text, integer, decimal, boolean, date or time; empty means text, or a group if there are Fields.
	Type string `yaml:"type"`
	// Format is how the file spells a date or boolean: yyyymmdd or dd.mm.yyyy, or boolean:Y/N. Default: 2026-01-31; true, false, 1 or 0.
	Format string `yaml:"format"`
	// Length in characters; required for fixed.
	Length int `yaml:"length"`
	// Scale is how many digits of a fixed decimal stand behind a point that is not written.
	Scale int `yaml:"scale"`
	// Repeated says that there may be several (jsonl, xml).
	Repeated bool `yaml:"repeated"`
	// Fields of a group (jsonl, xml).
	Fields []Field `yaml:"fields"`
	// Required says that a record that is sent must have the field, and its group if that has any other; Pattern is a regular expression (RE2) that a text then fits, and Values are
	// the only ones that it may have. Records that are read are as they are.
	Required bool     `yaml:"required"`
	Pattern  string   `yaml:"pattern"`
	Values   []string `yaml:"values"`
	// Hidden leaves the field out of the records (fixed).
	Hidden bool `yaml:"hidden"`
	// Equals says what a field of a trailer must equal: count, sum or hash. The last two are of the detail field named in Of; a hash is a sum of which only as many of the
	// last digits count as the field has.
	Equals string `yaml:"equals"`
	Of     string `yaml:"of"`
	// Element and Component say where in its segment a value of edi stands, from 1; Component 0 means the whole element.
	Element   int `yaml:"element"`
	Component int `yaml:"component"`
}

// A Record is a type of records of a fixed-width file.
type Record struct {
	Name string `yaml:"name"`
	// Type is what the line begins with.
	Type string `yaml:"type"`
	// Role is header (first and once), detail or trailer (last and once); empty means detail.
	Role   string  `yaml:"role"`
	Fields []Field `yaml:"fields"`
}

// A Segment is a segment of an EDI message, or, with Segments, the first one of a loop.
type Segment struct {
	Tag string `yaml:"tag"`
	// Name of the group that it becomes; empty means the tag.
	Name string `yaml:"name"`
	// When tells it from others of its tag: an element has one of these values.
	When *When `yaml:"when"`
	// Min and Max are how many there may be; 0 means none and any number. Max is 1 if neither is given.
	Min int `yaml:"min"`
	Max int `yaml:"max"`
	// Many says that there may be any number.
	Many     bool      `yaml:"many"`
	Fields   []Field   `yaml:"fields"`
	Segments []Segment `yaml:"segments"`
}

// When is a condition on an element of a segment.
type When struct {
	Element int      `yaml:"element"`
	In      []string `yaml:"in"`
}

// Parse reads a description. The error names the line where it is not understood.
func Parse(text []byte) (*Schema, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var schema Schema
	if err := decoder.Decode(&schema); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	if err := schema.check(); err != nil {
		return nil, fmt.Errorf("the schema: %w", err)
	}
	return &schema, nil
}

// check finds what does not fit together, all of it.
func (s *Schema) check() error {
	var found []error
	fail := func(format string, values ...any) { found = append(found, fmt.Errorf(format, values...)) }
	switch s.Format {
	case "fixed":
		if (len(s.Fields) == 0) == (len(s.Records) == 0) {
			fail("a fixed-width file has fields, or several types of records")
		}
	case "csv", "jsonl", "xml", "iso20022":
		if len(s.Fields) == 0 {
			fail("fields are missing")
		}
	case "edi":
		if len(s.Segments) == 0 {
			fail("segments are missing")
		}
	default:
		fail("the format is %q, and there are fixed, csv, jsonl, xml, iso20022 and edi", s.Format)
	}
	if s.LineEnd != "" && (s.Format != "fixed" || s.LineEnd != "lf" && s.LineEnd != "crlf") {
		fail("line_end: lines of fixed end with lf or crlf")
	}
	checkFields("fields", s.Fields, s.Format, fail)
	if len(s.Records) > 0 && !slices.ContainsFunc(s.Records, func(r Record) bool { return r.isDetail() }) {
		fail("records: there are none but headers and trailers")
	}
	for i, r := range s.Records {
		path := fmt.Sprintf("records[%d]", i)
		if r.Type == "" || r.Name == "" {
			fail("%s: name and type are needed", path)
		}
		if r.Role != "" && r.Role != "header" && r.Role != "detail" && r.Role != "trailer" {
			fail("%s.role: there are header, detail and trailer", path)
		}
		checkFields(path+".fields", r.Fields, s.Format, fail)
	}
	checkSegments("segments", s.Segments, fail)
	return errors.Join(found...)
}

func checkSegments(path string, segments []Segment, fail func(string, ...any)) {
	for i, segment := range segments {
		at := fmt.Sprintf("%s[%d]", path, i)
		if segment.Tag == "" {
			fail("%s: tag is missing", at)
		}
		checkFields(at+".fields", segment.Fields, "edi", fail)
		checkSegments(at+".segments", segment.Segments, fail)
	}
}
