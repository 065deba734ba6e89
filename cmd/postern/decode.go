package main

import (
	"errors"
	"fmt"

	"github.com/postern-gateway/postern/adapters/batch"
)

// decodeCommand is `postern decode`.
type decodeCommand struct {
	File      decodeFileCommand      `cmd:"" default:"withargs" help:"A batch file, to JSON lines. The word file may be left out."`
	WSDLReply decodeWSDLReplyCommand `cmd:"" name:"wsdl-reply" help:"A SOAP reply, to JSON."`
}

// Help shows examples.
func (decodeCommand) Help() string {
	return "`postern decode file --help` has the flags of batch files, and what the options of Cobrix are here.\n\nExamples:\n\n  postern decode --copybook CLAIMS.cpy --code-page cp037 BEN.CLAIMS.G0001\n\n" +
		"  postern decode wsdl-reply ./estate counciltax/getAccount reply.xml"
}

// decodeFileCommand is `postern decode file`.
type decodeFileCommand struct {
	Path      string   `arg:"" optional:"" name:"data" help:"The file to decode; gzip, ZIP, Zstandard and bzip2 are seen and unpacked." type:"existingfile"`
	Data      string   `help:"The same." type:"existingfile" placeholder:"FILE"`
	And       []string `help:"Further files of the same kind, one after the other." type:"existingfile" placeholder:"FILE" sep:"none"`
	Delimiter string   `help:"What stands between the columns of a CSV file; \\\\t and \\\\x1f are read." default:","`
	Limit     int64    `help:"End after so many records; 0 means all."`

	packedFlags
	layoutFlags
	outputFlags
	decodeFormatFlags
}

// Help shows an example.
func (decodeFileCommand) Help() string {
	return "A record that cannot be decoded is a line with record number, offset, field and reason. Exits with 1 if there is any.\n\n" +
		"Settings are those of a layout in an estate (backends/NAME.yaml); --settings reads them from a file, and flags go before them.\n\n" +
		"Example:\n\n  postern decode --copybook CLAIMS.cpy --code-page cp037 BEN.CLAIMS.G0001\n  postern decode --format edi --view segments 810.x12\n\n" +
		"A schema (--schema) is YAML or JSON. Fixed-width text with a header, details and a trailer whose totals are checked:\n\n" +
		"  format: fixed\n  records:\n  - {name: header, type: H, role: header, fields: [{name: type, length: 1}, {name: date, length: 8}]}\n" +
		"  - {name: detail, type: D, fields: [{name: type, length: 1, hidden: true}, {name: amount, type: decimal, length: 12, scale: 2}]}\n" +
		"  - {name: trailer, type: T, role: trailer, fields: [{name: type, length: 1}, {name: count, length: 9, equals: count}, " +
		"{name: sum, type: decimal, length: 16, scale: 2, equals: sum, of: amount}]}\n\n" +
		"Loops of EDI, each beginning with its first segment:\n\n" +
		"  format: edi\n  segments:\n  - {tag: N1, name: parties, many: true, when: {element: 1, in: [BY, SE]}, fields: [{name: id, element: 4}], segments: [{tag: N3}]}\n\n" +
		"Columns of csv, members of jsonl, elements of xml (attributes with @ in front):\n\n" +
		"  format: xml\n  element: //Order\n  fields: [{name: '@no'}, {name: Item, repeated: true, fields: [{name: Price, type: decimal}]}]\n\n" +
		"A schema of omniparser (https://github.com/jf-tech/omniparser) is run as it is; its JavaScript can reach nothing outside, and each call of it ends after 5 seconds:\n\n" +
		"  postern decode --schema weather.schema.json weather.csv\n  postern decode --schema weather.schema.json --view document weather.csv\n\n" + cobrixHelp()
}

// Run implements the command.
func (c *decodeFileCommand) Run(s *session) error {
	if (c.Path == "") == (c.Data == "") {
		return errors.New("name the file to decode, once")
	}
	packed, err := c.packed()
	if err != nil {
		return err
	}
	if c.Copybook == "" && c.Settings == "" && (c.Format != "" || c.Schema != "" || len(c.Formats) == 0) {
		return c.decode(s, batch.DecodeFormatOptions{
			FormatOptions: batch.FormatOptions{CodePage: c.CodePage}, Data: c.Path + c.Data, More: c.And, Packed: packed, Output: c.output(), Limit: c.Limit,
		}, c.Delimiter)
	}
	if len(c.Delimiter) != 1 {
		return fmt.Errorf("the delimiter %q is not one character", c.Delimiter)
	}
	settings, dir, err := c.layout()
	if err != nil {
		return err
	}
	progress, done := s.progress("decoding")
	summary, err := batch.Decode(s.ctx, s.stdout, batch.DecodeOptions{
		Data: c.Path + c.Data, More: c.And, Packed: packed, Layout: settings, Dir: dir, Delimiter: c.Delimiter[0], Limit: c.Limit, Progress: progress, Output: c.output(),
	})
	done()
	if err != nil {
		return err
	}
	return s.reportBad(summary)
}
