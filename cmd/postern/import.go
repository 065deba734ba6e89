package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/database"
	"github.com/postern-gateway/postern/gateway"
)

// importCommand is `postern import`.
type importCommand struct {
	WSDL     importWSDLCommand     `cmd:"" name:"wsdl" help:"A SOAP service, from its WSDL."`
	Database importDatabaseCommand `cmd:"" help:"A database, from its catalogue."`
	Copybook importCopybookCommand `cmd:"" help:"A batch file, from its COBOL copybook."`
}

// importFlags say where an import goes.
type importFlags struct {
	Into string `required:"" placeholder:"ESTATE" help:"Directory of the estate. It is made if it is not there."`
	Name string `required:"" help:"The back end's name: lower case letters, digits and hyphens."`
}

// backends is the directory that back ends are written to.
func (f importFlags) backends() string { return filepath.Join(f.Into, "backends") }

// importDatabaseCommand is `postern import database`.
type importDatabaseCommand struct {
	Address string   `arg:"" help:"Where the database is: env:NAME or file:PATH of its URL, or sqlite:PATH."`
	Schema  string   `help:"The schema to offer. Default: the engine's."`
	Tables  []string `help:"The tables to offer, as names or patterns. Default: all." placeholder:"TABLE,..."`
	Write   bool     `help:"Allow create, update and delete."`
	importFlags
}

// Help shows an example.
func (importDatabaseCommand) Help() string {
	return "The database's URL is a secret, so it is only ever named, and never given on the command line.\n\n" +
		"Example:\n\n  HOUSING_DSN=postgres://reader@db.example/housing postern import database env:HOUSING_DSN --into ./estate --name housing"
}

// Run implements the command.
func (c *importDatabaseCommand) Run(s *session) error {
	report, err := database.Import(s.ctx, database.ImportOptions{
		Address: c.Address, Estate: c.Into, Name: c.Name, Schema: c.Schema, Tables: c.Tables, Write: c.Write,
	})
	if err != nil {
		return err
	}
	for _, table := range report.Tables {
		key := "no key"
		if len(table.Key) > 0 {
			key = "key " + strings.Join(table.Key, ", ")
		}
		fmt.Fprintf(s.stdout, "table %s (%s, %s)\n", table.Name, count(table.Columns, "column"), key)
	}
	return s.finishImport(c.importFlags, len(report.Tables), "table")
}

// importCopybookCommand is `postern import copybook`.
type importCopybookCommand struct {
	Copybook     string `arg:"" help:"The COBOL copybook." type:"existingfile"`
	Data         string `required:"" help:"A file of that layout: it tells record format and code page." type:"existingfile"`
	Record       string `help:"The level 01 that describes a record. Default: the first."`
	CodePage     string `help:"The data's code page: cp037, ascii, ... Default: what fits best."`
	RecordFormat string `help:"fixed or line. Default: what fits best."`
	Key          string `help:"The field that tells records apart, or several with commas between. Default: the first that does in the data."`
	importFlags
}

// Help shows an example.
func (importCopybookCommand) Help() string {
	return "Example:\n\n  postern import copybook CLAIMS.cpy --data BEN.CLAIMS.G0001 --into ./estate --name benefits"
}

// Run implements the command.
func (c *importCopybookCommand) Run(s *session) error {
	progress, done := s.progress("reading")
	result, err := batch.Import(s.ctx, batch.ImportOptions{
		Copybook: c.Copybook, Data: c.Data, Into: c.Into, Name: c.Name, Record: c.Record,
		CodePage: c.CodePage, RecordFormat: c.RecordFormat, Key: c.Key, Progress: progress,
	})
	done()
	if err != nil {
		return err
	}
	fmt.Fprintf(s.stdout, "%s records in %s; of the first %d, %d could not be decoded\n", result.RecordFormat, result.CodePage, result.Records, result.Bad)
	fmt.Fprintf(s.stdout, "key %s", strings.Join(result.Key, ", "))
	if result.Duplicates > 0 {
		fmt.Fprintf(s.stdout, ", which %s share with another", count(int(result.Duplicates), "record"))
	}
	fmt.Fprintln(s.stdout)
	return s.finishImport(c.importFlags, 1, "layout")
}

// finishImport writes the new back end's lock file, and says what was left out and what to do next.
func (s *session) finishImport(flags importFlags, found int, what string) error {
	recording, stop, err := s.quietTelemetry()
	if err != nil {
		return err
	}
	defer stop()
	described, err := gateway.Lock(s.ctx, gateway.Options{Estate: flags.Into, Adapters: s.describing(), Telemetry: recording}, flags.Name)
	if err != nil {
		return fmt.Errorf("%s was imported, but its lock file could not be written:\n%w", flags.Name, err)
	}
	for _, note := range within(flags.Into, described.Notes) {
		fmt.Fprintln(s.stderr, "note:", note)
	}
	for _, drift := range described.Drift {
		fmt.Fprintln(s.stderr, "changed:", drift)
	}
	fmt.Fprintf(s.stdout, "imported %s as backends/%s.yaml\n", count(found, what), flags.Name)
	fmt.Fprintf(s.stderr, "Next: postern check %[1]s, then postern serve %[1]s.\n", flags.Into)
	return nil
}
