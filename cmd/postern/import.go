package main

import (
	"errors"
	"fmt"
	"io/fs"
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
	CSV      importCSVCommand      `cmd:"" name:"csv" help:"A batch file of values with something between them, from a file of it."`
}

// importFlags say where an import goes.
type importFlags struct {
	Into string `required:"" placeholder:"ESTATE" help:"Directory of the estate. It is made if it is not there."`
	Name string `required:"" help:"The back end's name: lower case letters, digits and hyphens."`
}

// backends is the directory that back ends are written to.
func (f importFlags) backends() string { return filepath.Join(f.Into, "backends") }

// refused is the error of an import, with what to do if there is a back end of this name already.
func (f importFlags) refused(err error) error {
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return fmt.Errorf("%w; nothing was overwritten: edit backends/%s.yaml and run `postern check %s --connect`, or import under another --name", err, f.Name, f.Into)
}

// importDatabaseCommand is `postern import database`.
type importDatabaseCommand struct {
	Address  string   `arg:"" help:"Where the database is: env:NAME or file:PATH of its URL, or sqlite:PATH."`
	Schema   string   `help:"The schema to offer. Default: the engine's."`
	Tables   []string `help:"The tables to offer, as names or patterns. Default: all." placeholder:"TABLE,..."`
	Write    bool     `help:"Allow create, update and delete."`
	Routines []string `help:"The stored procedures and functions to offer, as names or patterns. Default: none." placeholder:"ROUTINE,..."`
	importFlags
}

// Help shows an example.
func (importDatabaseCommand) Help() string {
	return "The database's URL is a secret, so it is only ever named, and never given on the command line. Stored procedures and functions are listed, and offered where --routines\n" +
		"names them; one that returns rows of which the database does not tell the columns has them declared in backends/NAME.yaml (results).\n\n" +
		"Example:\n\n  HOUSING_DSN=postgres://reader@db.example/housing postern import database env:HOUSING_DSN --into ./estate --name housing"
}

// Run implements the command.
func (c *importDatabaseCommand) Run(s *session) error {
	report, err := database.Import(s.ctx, database.ImportOptions{
		Address: c.Address, Estate: c.Into, Name: c.Name, Schema: c.Schema, Tables: c.Tables, Routines: c.Routines, Write: c.Write,
	})
	if err != nil {
		return c.refused(err)
	}
	for _, table := range report.Tables {
		key := "no key"
		if len(table.Key) > 0 {
			key = "key " + strings.Join(table.Key, ", ")
		}
		fmt.Fprintf(s.stdout, "table %s (%s, %s)\n", table.Name, count(table.Columns, "column"), key)
	}
	for _, routine := range report.Routines {
		fmt.Fprintf(s.stdout, "routine %s (%s)\n", routine.Name, routineSummary(routine))
	}
	return s.finishImport(c.importFlags, len(report.Tables), "table")
}

// routineSummary is what a routine takes, whether it writes, and what it is offered as.
func routineSummary(routine database.ImportedRoutine) string {
	does, offered := "may write", "not offered"
	if routine.Reads {
		does = "only reads"
	}
	if routine.Method != "" {
		offered = "method " + routine.Method
	}
	return count(routine.Parameters, "parameter") + ", " + does + ", " + offered
}

// importCopybookCommand is `postern import copybook`.
type importCopybookCommand struct {
	Copybook     string `arg:"" help:"The COBOL copybook." type:"existingfile"`
	Data         string `required:"" help:"A file of that layout: it tells record format and code page." type:"existingfile"`
	Record       string `help:"The level 01 that describes a record. Default: the first."`
	CodePage     string `help:"The data's code page: cp037, ascii, ... Default: what fits best."`
	RecordFormat string `help:"fixed, line, variable, variable_blocked, ... Default: what fits best."`
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
		return c.refused(err)
	}
	fmt.Fprintf(s.stdout, "%s records in %s; of the first %d, %d could not be decoded\n", result.RecordFormat, result.CodePage, result.Records, result.Bad)
	if next := result.Next; next != nil {
		fmt.Fprintf(s.stdout, "%.1f %% fit; next best are %s records in %s, of which %.1f %% fit\n", result.Share()*100, next.RecordFormat, next.CodePage, next.Share()*100)
	}
	if page := result.Page(); page != "" {
		fmt.Fprintln(s.stdout, page)
	}
	for _, edge := range []struct {
		likely      bool
		which, name string
	}{{result.HeaderLikely, "first", "header"}, {result.TrailerLikely, "last", "trailer"}} {
		if edge.likely {
			fmt.Fprintf(s.stderr, "note: the %s record is not like the others; it is likely a %s, and backends/%s.yaml shows where to say so\n", edge.which, edge.name, c.Name)
		}
	}
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
