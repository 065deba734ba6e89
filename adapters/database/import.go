package database

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// ImportOptions is what `postern import database` is told.
type ImportOptions struct {
	// Address is where the database is: env:NAME or file:PATH for an environment variable or a file that holds its URL, or sqlite:PATH
	// for a database that is a file. A path is relative to the working directory.
	Address string
	// Estate is the estate's directory.
	Estate string
	// Name is the new back end's name.
	Name string
	// Schema is the schema to offer; empty means the engine's default.
	Schema string
	// Tables are the tables to offer, as names or patterns; none means all.
	Tables []string
	// Routines are the stored procedures and functions to offer, as names or patterns; none means none.
	Routines []string
	// Write allows create, update and delete.
	Write bool
}

// An ImportReport is what an import found.
type ImportReport struct {
	// File is the configuration that was written.
	File string
	// Tables are those that are offered now, in order of name.
	Tables []ImportedTable
	// Routines are all that may be called, offered or not, in order of name.
	Routines []ImportedRoutine
	// Notes say what could not be offered, or not in full, and why.
	Notes []ImportNote
	// Descriptor describes the back end's service, for its lock.
	Descriptor protoreflect.FileDescriptor
}

// An ImportedTable is a table and its methods.
type ImportedTable struct {
	Name    string
	View    bool
	Columns int
	Key     []string
	Methods []string
}

// An ImportedRoutine is a stored procedure or function.
type ImportedRoutine struct {
	Name       string
	Function   bool
	Parameters int
	// Reads is true if it only reads: the engine vouches for it, or sees to it.
	Reads bool
	// Method is what it is offered as; empty if it is not.
	Method string
}

// An ImportNote is about a table, or about a column of it, or about something else, which its message then names.
type ImportNote struct {
	Table, Column string
	Message       string
}

var backendName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Import reads a database's catalogue, and writes backends/NAME.yaml so that it is published as it is. After an error nothing was written. A file that
// is there already is never overwritten: the error is [fs.ErrExist].
func Import(ctx context.Context, options ImportOptions) (ImportReport, error) {
	if !backendName.MatchString(options.Name) {
		return ImportReport{}, fmt.Errorf("%q is no name for a back end: lower case letters, digits and hyphens", options.Name)
	}
	dir, err := filepath.Abs(filepath.Join(options.Estate, "backends"))
	if err != nil {
		return ImportReport{}, fmt.Errorf("finding the estate: %w", err)
	}
	file := filepath.Join(dir, options.Name+".yaml")
	if _, err := os.Stat(file); err == nil {
		return ImportReport{}, fmt.Errorf("writing the back end: %s: %w", file, fs.ErrExist)
	}
	settings, err := importSettings(options, dir)
	if err != nil {
		return ImportReport{}, err
	}
	opened, err := openImport(ctx, settings, options.Name, dir)
	if err != nil {
		return ImportReport{}, err
	}
	defer func() { _ = opened.Close() }() // it returns nil
	report := report(opened)
	report.File = file
	if err := writeNew(file, settingsYAML(settings)); err != nil {
		return ImportReport{}, fmt.Errorf("writing the back end: %w", err)
	}
	return report, nil
}

// importSettings are the settings that are to be written.
func importSettings(options ImportOptions, dir string) (*configv1.DatabaseBackend, error) {
	settings := &configv1.DatabaseBackend{Kind: "database", Publish: &configv1.Publish{}, Schema: options.Schema}
	kind, rest, _ := strings.Cut(options.Address, ":")
	switch {
	case rest == "":
		return nil, errImportAddress
	case kind == "env":
		settings.Address = &configv1.DatabaseBackend_Dsn{Dsn: &configv1.Secret{Source: &configv1.Secret_Env{Env: rest}}}
	case kind == "file":
		settings.Address = &configv1.DatabaseBackend_Dsn{Dsn: &configv1.Secret{Source: &configv1.Secret_File{File: relative(rest, dir)}}}
	case kind == fileScheme:
		settings.Address = &configv1.DatabaseBackend_Path{Path: relative(rest, dir)}
	default:
		return nil, errImportAddress
	}
	for _, name := range options.Tables {
		settings.Tables = append(settings.Tables, &configv1.DatabaseTable{Name: name, Write: options.Write})
	}
	for _, name := range options.Routines {
		settings.Routines = append(settings.Routines, &configv1.DatabaseRoutine{Name: name})
	}
	if len(options.Tables) == 0 && options.Write {
		settings.Tables = []*configv1.DatabaseTable{{Name: "*", Write: true}}
	}
	return settings, nil
}

var errImportAddress = errors.New("the database's address is env:NAME or file:PATH, which hold its URL, or " + fileScheme + ":PATH")

// relative makes a path that is relative to the working directory relative to dir.
func relative(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	fromDir, err := filepath.Rel(dir, absolute)
	if err != nil {
		return absolute
	}
	return filepath.ToSlash(fromDir)
}

func openImport(ctx context.Context, settings *configv1.DatabaseBackend, name, dir string) (*backend, error) {
	lent := adapters.Options{
		Name: name, Dir: dir, Logger: slog.New(slog.DiscardHandler),
		TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(),
	}
	opened, err := Adapter{}.Open(ctx, settings, lent)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	b, ok := opened.(*backend)
	if !ok {
		return nil, fmt.Errorf("opening the database: it opened as a %T", opened)
	}
	return b, nil
}

// report tells what an open back end offers, and what not.
func report(b *backend) ImportReport {
	out := ImportReport{Descriptor: b.services[0].Descriptor.ParentFile(), Notes: slices.Clone(b.notes)}
	for _, r := range b.resources {
		out.Tables = append(out.Tables, ImportedTable{
			Name: r.table.Name, View: r.table.View, Columns: len(r.table.Columns), Key: r.table.Key, Methods: r.methods,
		})
		note := func(column, message string) {
			out.Notes = append(out.Notes, ImportNote{Table: r.table.Name, Column: column, Message: message})
		}
		switch {
		case len(r.table.Key) > 0:
		case r.table.View:
			note("", "a view has no key, so it can be listed, and single rows cannot be read or written")
		default:
			note("", "the table has no primary key, so single rows cannot be read, changed or removed")
		}
		for _, column := range r.table.Columns {
			if column.Kind == dialect.Opaque {
				note(column.Name, fmt.Sprintf("the type %q has no counterpart, so its values are the database's own text", column.Native))
			}
		}
	}
	out.Routines, out.Notes = reportRoutines(b, out.Notes)
	return out
}

// reportRoutines tells of the routines, and adds what callers cannot have of those that are offered.
func reportRoutines(b *backend, notes []ImportNote) ([]ImportedRoutine, []ImportNote) {
	var out []ImportedRoutine
	for _, routine := range b.found {
		imported := ImportedRoutine{Name: routine.Name, Function: routine.Function, Parameters: len(routine.Parameters), Reads: routine.ReadsOnly}
		index := slices.IndexFunc(b.routines, func(c *routineChoice) bool { return c.routine == routine })
		if index >= 0 {
			chosen := b.routines[index]
			imported.Method, imported.Reads = string(chosen.method.Name), !chosen.writes
			if routine.ResultSets && len(chosen.results) == 0 {
				notes = append(notes, ImportNote{Message: "routine " + routine.Name + ": if it returns rows, `results` must declare their columns, which the database does not tell; until then such a call fails"})
			}
		}
		out = append(out, imported)
	}
	return out, notes
}

// Notes implements [adapters.Noter]: what of the catalogue is not offered, or not in full.
func (b *backend) Notes() []string {
	var notes []string
	for _, note := range report(b).Notes {
		subject := ""
		if note.Table != "" {
			subject = "table " + note.Table + ": "
		}
		if note.Column != "" {
			subject = "table " + note.Table + ", column " + note.Column + ": "
		}
		notes = append(notes, subject+note.Message)
	}
	return notes
}

// settingsYAML writes what an import can set, kind first.
func settingsYAML(settings *configv1.DatabaseBackend) string {
	var out strings.Builder
	line := func(format string, arguments ...any) { fmt.Fprintf(&out, format+"\n", arguments...) }
	line("kind: database")
	line("publish: {}")
	switch address := settings.GetAddress().(type) {
	case *configv1.DatabaseBackend_Path:
		line("path: %s", yamlText(address.Path))
	case *configv1.DatabaseBackend_Dsn:
		line("dsn:")
		if env := address.Dsn.GetEnv(); env != "" {
			line("  env: %s", yamlText(env))
		} else {
			line("  file: %s", yamlText(address.Dsn.GetFile()))
		}
	}
	if settings.GetSchema() != "" {
		line("schema: %s", yamlText(settings.GetSchema()))
	}
	if len(settings.GetTables()) > 0 {
		line("tables:")
	}
	for _, table := range settings.GetTables() {
		line("  - name: %s", yamlText(table.GetName()))
		if table.GetWrite() {
			line("    write: true")
		}
	}
	if len(settings.GetRoutines()) > 0 {
		line("routines:")
	}
	for _, routine := range settings.GetRoutines() {
		line("  - name: %s", yamlText(routine.GetName()))
	}
	return out.String()
}

var plainYAML = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./-]{3,}$`)

// yamlText is a string as YAML: plain where it cannot be taken for anything else, and else as JSON, which YAML reads.
func yamlText(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null":
	default:
		if plainYAML.MatchString(text) {
			return text
		}
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(quoted)
}

// writeNew writes a file that is not there yet, whole or not at all.
func writeNew(file, content string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // an estate is meant to be read
		return err
	}
	created, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	_, err = created.WriteString(content)
	if closing := created.Close(); err == nil {
		err = closing
	}
	if err != nil {
		_ = os.Remove(file) // what could not be written whole goes
		return err
	}
	return nil
}
