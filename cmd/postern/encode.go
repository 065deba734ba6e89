package main

import (
	"fmt"
	"os"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// encodeCommand is `postern encode`.
type encodeCommand struct {
	Rows string `arg:"" help:"JSON lines, as postern decode writes them, or bare. - reads standard input." type:"existingfile"`
	Out  string `short:"o" help:"Where the file goes. Default: standard output." placeholder:"FILE"`

	Front string `help:"A file with the bytes in front of the first record, where the layout has some (--file-start, --first-record)." type:"existingfile" placeholder:"FILE"`
	Back  string `help:"And with those behind the last (--file-end, --last-record)." type:"existingfile" placeholder:"FILE"`

	layoutFlags
	encodeFormatFlags
	KeepRoot bool   `group:"Output" help:"The name of the 01 level is a group around all fields."`
	Absent   string `group:"Output" help:"What stands for no value: blank (and zero in numbers) or low-values, in fillers too." enum:"blank,low-values" default:"blank"`
	Misfits  string `group:"Output" help:"What does not fit: refuse, or lose (a text is cut, another value is absent; members that are no fields are passed over)." enum:"refuse,lose" default:"refuse"`
	Round    bool   `group:"Output" help:"Round numbers to the digits of their picture."`
}

// Help shows an example.
func (encodeCommand) Help() string {
	return "Writes the file that postern decode reads with the same settings. What does not fit its picture or code page is an error that names the line. A row with Record_Bytes (decode --record-bytes) that nobody changed becomes just these bytes. " +
		"A row of a hierarchy becomes its records, kind by kind; what stands outside of the groups of the segments is, in each of them, what the root has there.\n\n" +
		"What the writer of Cobrix does:\n\n  --code-page=common --absent=low-values --misfits=lose --round, and --record-word=little_first+bare for its little-endian words\n\n" +
		"Files without a copybook are csv, jsonl, xml, swift, edi (from segments), what a --schema describes (but headers and trailers of fixed-width files), and whole documents of ach and bai2.\n\n" +
		"Examples:\n\n  postern encode --copybook CLAIMS.cpy --code-page cp037 claims.jsonl -o BEN.CLAIMS.G0001\n" +
		"  postern encode --format csv --delimiter ';' --columns ref,name,amount rows.jsonl\n  postern encode --format xml --element Orders/Order rows.jsonl\n" +
		"  postern decode --format edi --view exact-segments in.edi | postern encode --format edi --line-end lf -\n" +
		"  postern decode --format ach --view document in.ach | postern encode --format ach --view document -"
}

// Run implements the command.
func (c *encodeCommand) Run(s *session) (err error) {
	settings, dir, err := c.layout()
	if err != nil {
		return err
	}
	if settings.GetCopybook() == "" && c.Format == "" && c.Schema == "" {
		return fmt.Errorf("name the copybook that describes the records: --copybook, or --settings with one; or say by --format or --schema what they are")
	}
	rows := os.Stdin
	if c.Rows != "-" {
		if rows, err = os.Open(c.Rows); err != nil {
			return fmt.Errorf("opening the rows: %w", err)
		}
		defer func() { _ = rows.Close() }() // it was only read
	}
	out := s.stdout
	if c.Out != "" {
		file, err := os.Create(c.Out)
		if err != nil {
			return fmt.Errorf("creating the file: %w", err)
		}
		defer func() {
			if closed := file.Close(); err == nil {
				err = closed
			}
		}()
		out = file
	}
	if settings.GetCopybook() == "" {
		return c.encodeFormatFlags.encode(s, out, rows, c.CodePage, c.LineEnd, c.OpenEnd)
	}
	front, err := contentOf(c.Front)
	if err != nil {
		return err
	}
	back, err := contentOf(c.Back)
	if err != nil {
		return err
	}
	_, err = batch.Encode(s.ctx, out, rows, batch.EncodeOptions{
		Layout: settings, Dir: dir, KeepRoot: c.KeepRoot, Front: front, Back: back,
		Encoding: record.Encoding{LowValues: c.Absent == "low-values", Lose: c.Misfits == "lose", Round: c.Round},
	})
	return err
}

// contentOf reads a file that may not be named.
func contentOf(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the bytes around the records: %w", err)
	}
	return content, nil
}
