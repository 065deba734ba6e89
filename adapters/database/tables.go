package database

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A choice is a table and how it is to be offered.
type choice struct {
	// table is as it is offered: without the columns that are left out, and with the key that names its rows.
	table    *dialect.Table
	resource string
	write    bool
	// version is the column that changes with every change of a row; nil if there is none.
	version *dialect.Column
}

// A chooser applies `tables`, `exclude` and `columns`.
type chooser struct {
	schema   *dialect.Schema
	settings *configv1.DatabaseBackend
	columns  *columnSettings

	chosen   []choice
	notes    []ImportNote
	findings []adapters.Finding
}

// choose returns what is to be offered, what is worth knowing about it, and mistakes in the settings.
func choose(schema *dialect.Schema, settings *configv1.DatabaseBackend, syntax *dialect.Syntax) ([]choice, []ImportNote, []adapters.Finding) {
	c := &chooser{schema: schema, settings: settings}
	c.findings = badPatterns(settings)
	c.columns = newColumnSettings(settings, syntax.Latin1, c.mistake)
	if len(c.findings) > 0 {
		return nil, nil, c.findings
	}
	for _, skipped := range schema.Skipped {
		c.notes = append(c.notes, ImportNote{Message: skipped})
	}
	c.tables()
	c.columns.unused(c.mistake)
	return c.chosen, c.notes, c.findings
}

func (c *chooser) mistake(field, format string, arguments ...any) {
	c.findings = append(c.findings, adapters.Finding{Field: field, Message: fmt.Sprintf(format, arguments...)})
}

func (c *chooser) tables() {
	entries := c.settings.GetTables()
	used := make([]bool, len(entries))
	names := make(map[string]bool)
	for _, table := range c.schema.Tables {
		entry, index := entryFor(table, entries)
		if index >= 0 {
			used[index] = true
		}
		repeated := names[table.Name]
		names[table.Name] = true
		if index < 0 && len(entries) > 0 || excluded(table, c.settings.GetExclude()) {
			continue
		}
		offered, ok := c.table(table, entry, index)
		if !ok {
			continue
		}
		resource := cmp.Or(entry.GetResource(), table.Name)
		if repeated && entry.GetResource() == "" {
			resource = table.Schema + "_" + table.Name
		}
		c.chosen = append(c.chosen, choice{table: offered, resource: resource, write: entry.GetWrite() && !table.View, version: versionOf(offered, entry)})
	}
	for i, entry := range entries {
		if !used[i] && !isPattern(entry.GetName()) {
			c.mistake(fmt.Sprintf("tables[%d].name", i), "the schema has no table %q that may be read; it has %s", entry.GetName(), tableNames(c.schema))
		}
	}
}

// table is a table as it is offered; false if nothing of it is.
func (c *chooser) table(table *dialect.Table, entry *configv1.DatabaseTable, index int) (*dialect.Table, bool) {
	offered := *table
	offered.Columns = c.columns.apply(table, c.mistake)
	if len(offered.Columns) == 0 {
		c.notes = append(c.notes, ImportNote{Table: table.Name, Message: "it has no columns, so it is not offered"})
		return nil, false
	}
	field := fmt.Sprintf("tables[%d]", index)
	if entry.GetWrite() && table.View && !isPattern(entry.GetName()) {
		c.mistake(field+".write", "%s is a view, and can only be read", table.Name)
	}
	for _, name := range table.Key {
		if offered.Column(name) == nil {
			c.mistake("columns", "%s.%s is part of the table's key, and cannot be left out", table.Name, name)
			return nil, false
		}
	}
	for _, column := range table.Columns {
		if entry.GetWrite() && !table.View && mustBeGiven(table, column) && offered.Column(column.Name) == nil {
			c.mistake("columns", "%s.%s must be given at create, and cannot be left out of a table that is written", table.Name, column.Name)
		}
	}
	c.key(&offered, entry, field+".key")
	if index >= 0 && entry.GetVersionColumn() != "" && offered.Column(entry.GetVersionColumn()) == nil && !isPattern(entry.GetName()) {
		c.mistake(field+".version_column", "%s has no column %q; it has %s", table.Name, entry.GetVersionColumn(), columnNames(&offered))
	}
	return &offered, true
}

// versionOf is the column that the settings name, where the table has it, or else one that the engine keeps so.
func versionOf(table *dialect.Table, entry *configv1.DatabaseTable) *dialect.Column {
	if named := table.Column(entry.GetVersionColumn()); named != nil {
		return named
	}
	for _, column := range table.Columns {
		if column.Version {
			return column
		}
	}
	return nil
}

// key gives a table or view without a primary key the one that the settings name, or else its best unique constraint.
func (c *chooser) key(table *dialect.Table, entry *configv1.DatabaseTable, field string) {
	if len(entry.GetKey()) == 0 {
		if len(table.Key) == 0 {
			table.Key = candidateKey(table)
			if len(table.Key) > 0 {
				c.notes = append(c.notes, ImportNote{Table: table.Name, Message: "the table has no primary key; its unique columns " + strings.Join(table.Key, ", ") + " name its rows"})
			}
		}
		return
	}
	if len(table.Key) > 0 {
		if !isPattern(entry.GetName()) && !slices.Equal(table.Key, entry.GetKey()) {
			c.mistake(field, "%s has a primary key already: %s", table.Name, strings.Join(table.Key, ", "))
		}
		return
	}
	columns := slices.Clone(table.Columns)
	for i, name := range entry.GetKey() {
		at := slices.IndexFunc(columns, func(column *dialect.Column) bool { return column.Name == name })
		switch {
		case at < 0 && isPattern(entry.GetName()):
			return
		case at < 0:
			c.mistake(fmt.Sprintf("%s[%d]", field, i), "%s has no column %q; it has %s", table.Name, name, columnNames(table))
			return
		case !columns[at].Kind.Ordered():
			c.mistake(fmt.Sprintf("%s[%d]", field, i), "the values of %s have no order, so they cannot name rows", name)
			return
		}
		// Whoever names a key vouches that it is one. Engines do not know it of a view's columns.
		named := *columns[at]
		named.Nullable = false
		columns[at] = &named
	}
	table.Columns, table.Key = columns, entry.GetKey()
}

// candidateKey is the unique constraint of the fewest columns, among those whose columns all are offered, comparable and never NULL; nil if there is none.
func candidateKey(table *dialect.Table) []string {
	var best []string
	for _, constraint := range table.Constraints {
		fits := constraint.Unique && len(constraint.Columns) > 0 && !slices.ContainsFunc(constraint.Columns, func(name string) bool {
			column := table.Column(name)
			return column == nil || column.Nullable || !column.Kind.Ordered()
		})
		if fits && (best == nil || len(constraint.Columns) < len(best)) {
			best = constraint.Columns
		}
	}
	return best
}

func badPatterns(settings *configv1.DatabaseBackend) []adapters.Finding {
	var findings []adapters.Finding
	for i, entry := range settings.GetTables() {
		if _, err := path.Match(entry.GetName(), ""); err != nil {
			findings = append(findings, adapters.Finding{Field: fmt.Sprintf("tables[%d].name", i), Message: fmt.Sprintf("%q is no pattern: a * stands for any characters", entry.GetName())})
		}
		if isPattern(entry.GetName()) && entry.GetResource() != "" {
			findings = append(findings, adapters.Finding{Field: fmt.Sprintf("tables[%d].resource", i), Message: "a pattern fits many tables, which cannot all have one name"})
		}
	}
	for i, pattern := range settings.GetExclude() {
		if _, err := path.Match(pattern, ""); err != nil {
			findings = append(findings, adapters.Finding{Field: fmt.Sprintf("exclude[%d]", i), Message: fmt.Sprintf("%q is no pattern: a * stands for any characters", pattern)})
		}
	}
	return findings
}

func isPattern(name string) bool { return strings.Contains(name, "*") }

// entryFor returns the first entry whose name fits the table, and its index, or -1.
func entryFor(table *dialect.Table, entries []*configv1.DatabaseTable) (*configv1.DatabaseTable, int) {
	for i, entry := range entries {
		if fitsTable(entry.GetName(), table) {
			return entry, i
		}
	}
	return nil, -1
}

func excluded(table *dialect.Table, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return fitsTable(pattern, table) })
}

// fitsTable compares with the table's name, and a name with a point also with the one that has its schema before it.
func fitsTable(pattern string, table *dialect.Table) bool {
	return fits(pattern, table.Name) || table.Schema != "" && strings.Contains(pattern, ".") && fits(pattern, table.Schema+"."+table.Name)
}

// fits compares a name literally, and a pattern by its stars.
func fits(pattern, name string) bool {
	if !isPattern(pattern) {
		return pattern == name
	}
	matched, err := path.Match(pattern, name)
	return err == nil && matched
}

// tableNames lists the tables for a message, the first of them where there are many.
func tableNames(schema *dialect.Schema) string {
	names := make([]string, len(schema.Tables))
	for i, table := range schema.Tables {
		names[i] = table.Name
	}
	return someOf(names)
}

func columnNames(table *dialect.Table) string {
	names := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		names[i] = column.Name
	}
	return someOf(names)
}

func someOf(names []string) string {
	const enough = 20
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > enough:
		return strings.Join(names[:enough], ", ") + fmt.Sprintf(" and %d more", len(names)-enough)
	default:
		return strings.Join(names, ", ")
	}
}
