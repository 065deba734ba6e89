package main

import (
	"io"

	"github.com/postern-gateway/postern/adapters/batch"
)

// encodeFormatFlags are the settings of `postern encode` for files without a copybook.
type encodeFormatFlags struct {
	formatFlags
	View      string   `help:"What the rows are: records, or document (ach, bai2: the whole file as one JSON object)." default:"records" enum:"records,document"`
	Delimiter string   `help:"csv: what stands between the columns; \\\\t and \\\\x1f are read." default:","`
	Columns   []string `help:"csv: the columns. Default: the members of the first row." placeholder:"NAME,..."`
}

// encode runs the command.
func (f *encodeFormatFlags) encode(s *session, out io.Writer, rows io.Reader, codePage string) error {
	dialect, err := f.dialect(f.Delimiter)
	if err != nil {
		return err
	}
	_, err = batch.EncodeFormat(s.ctx, out, rows, batch.EncodeFormatOptions{
		FormatOptions: batch.FormatOptions{Format: f.Format, Dialect: dialect, CodePage: codePage, Path: f.Element, Schema: f.Schema},
		Columns:       f.Columns, View: f.View,
	})
	return err
}
