package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/delimited"
)

// decodeFormatFlags are those of `postern decode`.
type decodeFormatFlags struct {
	formatFlags
	View    string `help:"What to write: records (one line each), segments (edi: a JSON array for each segment; exact-segments has repetitions of an element as an array of arrays, which encode makes the same file of), document (ach, bai2, fedwire, x937: the whole file as one JSON object; edi: INTERCHANGE, GROUP and TRANSACTION as nested loops of segments, in the shape of StAEDI; a schema of omniparser: an array of RawRecord, RawRecordHash and TransformedRecord), or summary (counts, and what the file says of itself)." default:"records" placeholder:"VIEW"`
	Lenient bool   `help:"Do not hold standard formats to their counts, control numbers and totals."`
}

// formatFlags are the settings of files without a copybook.
type formatFlags struct {
	Format  string `help:"What kind of file it is, if there is no copybook: ${formats}. Default: csv." placeholder:"FORMAT"`
	Schema  string `help:"Its layout, in YAML or JSON: fields of csv, jsonl and xml, fixed-width records with control totals, loops of edi; or a schema of omniparser (omni.2.1), run with its transformations." type:"existingfile" placeholder:"FILE"`
	Element string `help:"xml: which elements are records, as in Orders/Order or //Order. Default: the children of the root." placeholder:"PATH"`

	Header          bool   `help:"csv: the first record names the columns." default:"true" negatable:""`
	RecordDelimiter string `help:"csv: what ends a record. Default: LF or CRLF." placeholder:"TEXT"`
	Quote           string `help:"csv: the quotation mark, or nothing." default:"\""`
	Escape          string `help:"csv: what takes the meaning off the next character. Default: a quotation mark is doubled." placeholder:"CHAR"`
	Comment         string `help:"csv: what begins a record that is none." placeholder:"TEXT"`
	Null            string `help:"csv: how an absent value is spelt." placeholder:"TEXT"`
	Ragged          string `help:"csv: what becomes of records with too few or too many values: reject, pad or allow." default:"reject" enum:"reject,pad,allow"`
	Trim            bool   `name:"trim-values" help:"csv: blanks around values do not belong to them."`
	Lazy            bool   `name:"lazy-quotes" help:"csv: something may stand behind a closing quotation mark."`
}

// dialect is how the csv file is written.
func (f *formatFlags) dialect(delimiter string) (dialect delimited.Dialect, err error) {
	dialect = delimited.Dialect{
		Header: f.Header, HasNull: f.Null != "", Null: f.Null, Trim: f.Trim, Lazy: f.Lazy, Ragged: delimited.Ragged(f.Ragged), Comment: unescape(f.Comment),
		Delimiter: unescape(delimiter), Terminator: unescape(f.RecordDelimiter),
	}
	if dialect.Quote, err = single("quotation mark", f.Quote); err != nil {
		return dialect, err
	}
	dialect.Escape, err = single("escape", f.Escape)
	return dialect, err
}

// unescape reads \t, \x1f and their kin, which cannot be typed.
func unescape(text string) string {
	plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	if err != nil {
		return text
	}
	return plain
}

func single(what, text string) (byte, error) {
	text = unescape(text)
	switch len(text) {
	case 0:
		return 0, nil
	case 1:
		return text[0], nil
	default:
		return 0, fmt.Errorf("the %s %q is not one character", what, text)
	}
}

// decode runs the command. options are what other flags say.
func (f *decodeFormatFlags) decode(s *session, options batch.DecodeFormatOptions, delimiter string) (err error) {
	if options.Dialect, err = f.dialect(delimiter); err != nil {
		return err
	}
	if options.Format = f.Format; f.Format == "" && f.Schema == "" {
		options.Format = "csv"
	}
	options.Path, options.Schema, options.Lenient, options.View = f.Element, f.Schema, f.Lenient, f.View
	var done func()
	options.Progress, done = s.progress("decoding")
	summary, err := batch.DecodeFormat(s.ctx, s.stdout, options)
	done()
	if err != nil {
		return err
	}
	return s.reportBad(summary)
}

// reportBad says how many records were bad.
func (s *session) reportBad(summary batch.DecodeSummary) error {
	if summary.Bad == 0 {
		return nil
	}
	fmt.Fprintf(s.stderr, "%d of %s could not be decoded\n", summary.Bad, count(int(summary.Records), "record"))
	return errNo
}
