package database

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// folded returns the settings with the names of tables, columns and routines as the catalogue has them. Where the engine takes a name without quotes for the one in capitals, so do
// the settings, unless something bears the name as it is spelled.
func folded(settings *configv1.DatabaseBackend, schema *dialect.Schema, syntax *dialect.Syntax) *configv1.DatabaseBackend {
	if !syntax.Capitals {
		return settings
	}
	out := proto.CloneOf(settings)
	for i, pattern := range out.GetExclude() {
		out.Exclude[i] = fold(pattern, isTable(schema))
	}
	for _, entry := range out.GetTables() {
		entry.Name = fold(entry.GetName(), isTable(schema))
		named := columnNamed(schema, func(table *dialect.Table) bool { return fitsTable(entry.GetName(), table) })
		entry.VersionColumn = fold(entry.GetVersionColumn(), named)
		for i, name := range entry.GetKey() {
			entry.Key[i] = fold(name, named)
		}
	}
	for _, entry := range out.GetColumns() {
		forTable, forColumn, _ := strings.Cut(entry.GetName(), ".")
		forTable = fold(forTable, isTable(schema))
		entry.Name = forTable + "." + fold(forColumn, columnNamed(schema, func(table *dialect.Table) bool { return fits(forTable, table.Name) }))
	}
	for _, entry := range out.GetRoutines() {
		entry.Name = fold(entry.GetName(), func(pattern string) bool {
			return slices.ContainsFunc(schema.Routines, func(routine *dialect.Routine) bool { return fitsRoutine(pattern, routine) })
		})
	}
	return out
}

// fold returns a name or pattern in capitals, if only so it names something.
func fold(name string, known func(string) bool) string {
	if capitals := strings.ToUpper(name); !known(name) && known(capitals) {
		return capitals
	}
	return name
}

func isTable(schema *dialect.Schema) func(pattern string) bool {
	return func(pattern string) bool {
		return slices.ContainsFunc(schema.Tables, func(table *dialect.Table) bool { return fitsTable(pattern, table) })
	}
}

// columnNamed tells whether one of the tables that are meant has a column that fits.
func columnNamed(schema *dialect.Schema, meant func(*dialect.Table) bool) func(pattern string) bool {
	return func(pattern string) bool {
		return slices.ContainsFunc(schema.Tables, func(table *dialect.Table) bool {
			return meant(table) && slices.ContainsFunc(table.Columns, func(column *dialect.Column) bool { return fits(pattern, column.Name) })
		})
	}
}
