package main

import (
	"fmt"
	"strconv"

	"github.com/postern-gateway/postern/adapters/batch"
)

// importCSVCommand is `postern import csv`.
type importCSVCommand struct {
	Data string `arg:"" help:"A file of the extract." type:"existingfile"`
	Key  string `help:"The column that tells records apart, or several with commas between. Default: the first that does in the data."`
	importFlags
}

// Help shows an example.
func (importCSVCommand) Help() string {
	return "Delimiter, header, code page and types of columns are guessed from the data; look at what was written.\n\nExample:\n\n  postern import csv stock.csv --into ./estate --name stock"
}

// Run implements the command.
func (c *importCSVCommand) Run(s *session) error {
	guess, err := batch.ImportCSV(batch.ImportCSVOptions{Data: c.Data, Into: c.Into, Name: c.Name, Key: c.Key})
	if err != nil {
		return c.refused(err)
	}
	header := "no header"
	if guess.Dialect.Header {
		header = "a header"
	}
	fmt.Fprintf(s.stdout, "%s between %s, %s, %s; %.1f %% of %s fit\n", strconv.Quote(guess.Dialect.Delimiter), count(len(guess.Columns), "column"), header, guess.Charset,
		guess.Confidence*100, count(guess.Records, "record"))
	return s.finishImport(c.importFlags, 1, "layout")
}
