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
	return "Examples:\n\n  postern decode --copybook CLAIMS.cpy --code-page cp037 BEN.CLAIMS.G0001\n\n" +
		"  postern decode wsdl-reply ./estate counciltax/getAccount reply.xml"
}

// decodeFileCommand is `postern decode file`.
type decodeFileCommand struct {
	Path         string            `arg:"" optional:"" name:"data" help:"The file to decode." type:"existingfile"`
	Data         string            `help:"The same." type:"existingfile" placeholder:"FILE"`
	Copybook     string            `help:"Its COBOL copybook. Without one it is CSV, whose first line names the columns." type:"existingfile"`
	Record       string            `help:"The level 01 of the copybook. Default: the first."`
	CodePage     string            `help:"The data's code page: cp037, ascii, ... Default: cp037 with a copybook, UTF-8 for CSV."`
	RecordFormat string            `help:"fixed or line. Default: fixed with a copybook."`
	RecordLength int               `help:"Length of fixed records in bytes. Default: the copybook's."`
	Delimiter    string            `help:"What stands between the columns of a CSV file, one character." default:","`
	Formats      map[string]string `help:"Dates, times and booleans by field name." placeholder:"FIELD=yyyymmdd;..."`
	Invalid      string            `help:"What becomes of a number that is none: reject, absent or zero." default:"reject" enum:"reject,absent,zero"`
	Limit        int64             `help:"End after so many records; 0 means all."`
}

// Help shows an example.
func (decodeFileCommand) Help() string {
	return "A record that cannot be decoded is a line with record number, offset, field and reason. Exits with 1 if there is any.\n\n" +
		"Example:\n\n  postern decode --copybook CLAIMS.cpy --code-page cp037 BEN.CLAIMS.G0001"
}

// Run implements the command.
func (c *decodeFileCommand) Run(s *session) error {
	if (c.Path == "") == (c.Data == "") {
		return errors.New("name the file to decode, once")
	}
	if len(c.Delimiter) != 1 {
		return fmt.Errorf("the delimiter %q is not one character", c.Delimiter)
	}
	progress, done := s.progress("decoding")
	summary, err := batch.Decode(s.ctx, s.stdout, batch.DecodeOptions{
		Data: c.Path + c.Data, Copybook: c.Copybook, Record: c.Record, CodePage: c.CodePage, RecordFormat: c.RecordFormat, RecordLength: c.RecordLength,
		Delimiter: c.Delimiter[0], Formats: c.Formats, Invalid: c.Invalid, Limit: c.Limit, Progress: progress,
	})
	done()
	if err != nil {
		return err
	}
	if summary.Bad > 0 {
		fmt.Fprintf(s.stderr, "%d of %s could not be decoded\n", summary.Bad, count(int(summary.Records), "record"))
		return errNo
	}
	return nil
}
