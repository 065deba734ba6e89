package main

import (
	"fmt"
	"io"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/edi"
)

// encodeFormatFlags are the settings of `postern encode` for files without a copybook.
type encodeFormatFlags struct {
	formatFlags
	View      string   `help:"What the rows are: records, document (ach, bai2: the whole file as one JSON object), or segments or exact-segments (edi, of which there is nothing else: a JSON array for each segment)." default:"records" enum:"records,document,segments,exact-segments"`
	Delimiter string   `help:"csv: what stands between the columns; \\\\t and \\\\x1f are read." default:","`
	Columns   []string `help:"csv: the columns. Default: the members of the first row." placeholder:"NAME,..."`

	ElementSeparator   string `help:"edi: what stands between elements. Default: that of the standard, * or +." placeholder:"CHAR"`
	ComponentSeparator string `help:"edi: and between components of EDIFACT. ISA states that of X12." placeholder:"CHAR"`
	ReleaseCharacter   string `help:"edi: what takes the meaning off the character behind it in EDIFACT; a blank is nothing. Default: ?" placeholder:"CHAR"`
	SegmentTerminator  string `help:"edi: what ends a segment; \\n is read. Default: that of the standard, ~ or '. --line-end is what else stands behind it (lf or crlf), and --open-end leaves it off the last one." placeholder:"CHAR"`
}

// delimiters are those of edi.
func (f *encodeFormatFlags) delimiters() (d edi.Delimiters, err error) {
	for _, character := range []struct {
		to         *byte
		what, text string
	}{
		{&d.Element, "element separator", f.ElementSeparator}, {&d.Component, "component separator", f.ComponentSeparator},
		{&d.Release, "release character", f.ReleaseCharacter}, {&d.Terminator, "segment terminator", f.SegmentTerminator},
	} {
		if *character.to, err = single(character.what, character.text); err != nil {
			return d, err
		}
	}
	return d, nil
}

// encode runs the command. lineEnd and openEnd are those of segments.
func (f *encodeFormatFlags) encode(s *session, out io.Writer, rows io.Reader, codePage, lineEnd string, openEnd bool) error {
	dialect, err := f.dialect(f.Delimiter)
	if err != nil {
		return err
	}
	delimiters, err := f.delimiters()
	if err != nil {
		return err
	}
	end, known := map[string]string{"": "", "lf": "\n", "crlf": "\r\n"}[lineEnd]
	if !known {
		return fmt.Errorf("behind segments there are the line ends lf and crlf, and not %s", lineEnd)
	}
	_, err = batch.EncodeFormat(s.ctx, out, rows, batch.EncodeFormatOptions{
		FormatOptions: batch.FormatOptions{Format: f.Format, Dialect: dialect, CodePage: codePage, Path: f.Element, Schema: f.Schema},
		Columns:       f.Columns, View: f.View, Delimiters: delimiters, LineEnd: end, OpenEnd: openEnd,
	})
	return err
}
