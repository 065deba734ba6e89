package database

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/queryfile"
	"github.com/postern-gateway/postern/adapters/mirror"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A routineChoice is a stored procedure or function, and how it is to be offered.
type routineChoice struct {
	routine *dialect.Routine
	// name is what the method is published under.
	name   string
	writes bool
	// results are the result sets that the settings declare, in order.
	results []declaredResult
	// codes say what the value of code means; code is nil if nothing is a return code.
	codes []*configv1.DatabaseReturnCode
	code  *dialect.Column

	// method is what it became.
	method *mirror.Method
}

// A declaredResult is a result set that the settings declare.
type declaredResult struct {
	name    string
	columns []*dialect.Column
}

// A routineChooser applies `routines`.
type routineChooser struct {
	schema  *dialect.Schema
	entries []*configv1.DatabaseRoutine

	chosen   []*routineChoice
	left     []string // names of those that no entry fits
	findings []adapters.Finding
}

// chooseRoutines returns the routines to offer, what is worth knowing about the others, and mistakes in the settings. offered is false if the engine cannot call any.
func chooseRoutines(schema *dialect.Schema, entries []*configv1.DatabaseRoutine, offered bool) ([]*routineChoice, []ImportNote, []adapters.Finding) {
	c := &routineChooser{schema: schema, entries: entries}
	if len(entries) > 0 && !offered {
		c.mistake("routines", "this database has no stored routines; leave it out")
		return nil, nil, c.findings
	}
	for i, entry := range entries {
		c.check(i, entry)
	}
	if len(c.findings) > 0 {
		return nil, nil, c.findings
	}
	c.choose()
	if len(c.left) == 0 {
		return c.chosen, nil, c.findings
	}
	note := ImportNote{Message: "routines that `routines` does not name are not offered: " + someOf(c.left)}
	return c.chosen, []ImportNote{note}, c.findings
}

func (c *routineChooser) mistake(field, format string, arguments ...any) {
	c.findings = append(c.findings, adapters.Finding{Field: field, Message: fmt.Sprintf(format, arguments...)})
}

// check finds what is wrong with an entry by itself.
func (c *routineChooser) check(index int, entry *configv1.DatabaseRoutine) {
	at := fmt.Sprintf("routines[%d]", index)
	if _, err := path.Match(entry.GetName(), ""); err != nil {
		c.mistake(at+".name", "%q is no pattern: a * stands for any characters", entry.GetName())
	}
	if isPattern(entry.GetName()) && entry.GetMethod() != "" {
		c.mistake(at+".method", "a pattern fits many routines, which cannot all have one name")
	}
	seen := make(map[string]bool)
	for i, code := range entry.GetReturnCodes() {
		if seen[code.GetValue()] {
			c.mistake(fmt.Sprintf("%s.return_codes[%d].value", at, i), "the code %s is listed twice", code.GetValue())
		}
		seen[code.GetValue()] = true
	}
	for i, result := range entry.GetResults() {
		for j, text := range result.GetColumns() {
			if _, err := declaredResultColumn(text); err != nil {
				c.mistake(fmt.Sprintf("%s.results[%d].columns[%d]", at, i, j), "%v", err)
			}
		}
	}
}

// declaredResultColumn reads a column's name with its type behind it.
func declaredResultColumn(text string) (*dialect.Column, error) {
	text = strings.TrimSpace(text)
	at := strings.LastIndexAny(text, " \t")
	if at < 0 {
		return nil, fmt.Errorf("%q is a column's name without its type; there are %s", text, queryfile.TypeNames())
	}
	declared, ok := queryfile.ParseType(text[at+1:])
	if !ok {
		return nil, fmt.Errorf("there is no type %q; there are %s", text[at+1:], queryfile.TypeNames())
	}
	return declaredColumn(strings.TrimSpace(text[:at]), declared), nil
}

func (c *routineChooser) choose() {
	used := make([]bool, len(c.entries))
	schemas := make(map[string]string) // of the first routine of each name
	for _, routine := range c.schema.Routines {
		index := slices.IndexFunc(c.entries, func(entry *configv1.DatabaseRoutine) bool { return fitsRoutine(entry.GetName(), routine) })
		if _, known := schemas[routine.Name]; !known {
			schemas[routine.Name] = routine.Schema
		}
		if index < 0 {
			c.left = append(c.left, routine.Name)
			continue
		}
		used[index] = true
		name := c.name(routine, c.entries[index])
		if schemas[routine.Name] != routine.Schema && c.entries[index].GetMethod() == "" {
			name = routine.Schema + "_" + name
		}
		c.add(routine, c.entries[index], fmt.Sprintf("routines[%d]", index), name)
	}
	for i, entry := range c.entries {
		if !used[i] && !isPattern(entry.GetName()) {
			c.mistake(fmt.Sprintf("routines[%d].name", i), "the schema has no routine %q that may be called; it has %s", entry.GetName(), routineNames(c.schema))
		}
	}
}

// fitsRoutine compares with the routine's name, which may have a package before it, and also with the one that has its schema before it.
func fitsRoutine(pattern string, routine *dialect.Routine) bool {
	return fits(pattern, routine.Name) || routine.Schema != "" && strings.Contains(pattern, ".") && fits(pattern, routine.Schema+"."+routine.Name)
}

// name is what a routine is published under. One that is overloaded has the types of its parameters behind it, so that it keeps its name when others come or go.
func (c *routineChooser) name(routine *dialect.Routine, entry *configv1.DatabaseRoutine) string {
	name := routine.Name
	if entry.GetMethod() != "" {
		name = entry.GetMethod()
	}
	overloaded := slices.ContainsFunc(c.schema.Routines, func(other *dialect.Routine) bool {
		return other != routine && other.Schema == routine.Schema && other.Name == routine.Name
	})
	if !overloaded {
		return name
	}
	for _, parameter := range routine.Parameters {
		if parameter.In {
			name += "_" + parameter.Native
		}
	}
	return name
}

// add takes a routine in, and finds where the entry does not fit it.
func (c *routineChooser) add(routine *dialect.Routine, entry *configv1.DatabaseRoutine, at, name string) {
	chosen := &routineChoice{routine: routine, name: name, writes: !routine.ReadsOnly}
	if entry.Writes != nil {
		chosen.writes = entry.GetWrites()
	}
	exact := !isPattern(entry.GetName())
	if len(entry.GetResults()) > 0 && !routine.ResultSets && exact {
		c.mistake(at+".results", "the database tells all that %s returns; leave this out", routine.Name)
	}
	if routine.ResultSets {
		chosen.results = declaredResults(entry)
	}
	chosen.code = routine.Returns
	if wanted := entry.GetReturnParameter(); wanted != "" {
		index := slices.IndexFunc(routine.Parameters, func(p dialect.Parameter) bool { return p.Name == wanted && p.Out && !p.Cursor })
		switch {
		case index >= 0:
			chosen.code = routine.Parameters[index].Column
		case exact:
			c.mistake(at+".return_parameter", "%s has no out parameter %q", routine.Name, wanted)
		}
	}
	chosen.codes = entry.GetReturnCodes()
	switch {
	case len(chosen.codes) == 0 && entry.GetReturnParameter() == "":
		chosen.code = nil
	case chosen.code == nil && exact && entry.GetReturnParameter() == "":
		c.mistake(at+".return_codes", "%s returns no value; name the out parameter that holds the code in return_parameter", routine.Name)
	}
	c.chosen = append(c.chosen, chosen)
}

// declaredResults reads what check has found to be right.
func declaredResults(entry *configv1.DatabaseRoutine) []declaredResult {
	var out []declaredResult
	for i, result := range entry.GetResults() {
		declared := declaredResult{name: result.GetName()}
		if declared.name == "" {
			declared.name = resultName(i)
		}
		for _, text := range result.GetColumns() {
			if column, err := declaredResultColumn(text); err == nil {
				declared.columns = append(declared.columns, column)
			}
		}
		out = append(out, declared)
	}
	return out
}

// resultName is rows, rows2, ...
func resultName(index int) string {
	if index == 0 {
		return "rows"
	}
	return fmt.Sprintf("rows%d", index+1)
}

// routineNames lists the routines for a message, each name once.
func routineNames(schema *dialect.Schema) string {
	var names []string
	for _, routine := range schema.Routines {
		names = append(names, routine.Name)
	}
	return someOf(slices.Compact(names))
}
