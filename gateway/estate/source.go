package estate

import (
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// A Source is one YAML file of the estate: it finds the place of a field, so that a mistake found long after the
// file was read is still located. It never changes.
//
// Fields are named by their path in proto names: queries[0].sql, methods["GetCitizen"].steps[0].request["citizen_id"].
type Source struct {
	text *diagnostic.Text
	dir  string // the estate directory
	root *yaml.Node
}

// File returns the file's path relative to the estate directory, with slashes.
func (s *Source) File() string { return s.text.File() }

// A Position is a place in a file. Line and Column count from 1, Column in Unicode code points.
type Position struct {
	Line, Column int
}

// At makes a diagnostic at the value of a field. If the file does not hold the field, it points at the nearest field around it.
// The message is made as by fmt.Sprintf.
func (s *Source) At(path, format string, arguments ...any) diagnostic.Diagnostic {
	at := s.FieldPosition(path)
	return s.text.At(at.Line, at.Column, format, arguments...)
}

// AtKey makes a diagnostic at the key of a field or of a map's entry.
func (s *Source) AtKey(path, format string, arguments ...any) diagnostic.Diagnostic {
	at := s.KeyPosition(path)
	return s.text.At(at.Line, at.Column, format, arguments...)
}

// InValue makes a diagnostic at a line and column, both counted from 1, of the text that a field holds: for a mistake
// within a CEL expression or an SQL statement.
func (s *Source) InValue(path string, line, column int, format string, arguments ...any) diagnostic.Diagnostic {
	at := s.ValuePosition(path, line, column)
	return s.text.At(at.Line, at.Column, format, arguments...)
}

// FieldPosition returns where the value of a field starts.
func (s *Source) FieldPosition(path string) Position {
	_, value := s.find(path)
	return Position{value.Line, value.Column}
}

// KeyPosition returns where the key of a field, or of a map's entry, stands. An element of a list has no key: it is
// where the element starts.
func (s *Source) KeyPosition(path string) Position {
	key, _ := s.find(path)
	return Position{key.Line, key.Column}
}

// ValuePosition returns where in the file a line and column, both counted from 1, of the text of a field stands. It knows
// plain, quoted, literal (|) and folded (>) text.
func (s *Source) ValuePosition(path string, line, column int) Position {
	_, value := s.find(path)
	return locateInScalar(s.text, value, line, column)
}

// FromConfigError places the findings of an adapter: a field in this file, or a place in a file that it names.
func (s *Source) FromConfigError(err *adapters.ConfigError) diagnostic.List {
	var list diagnostic.List
	for _, finding := range err.Findings {
		if finding.File == "" {
			list.Add(s.At(finding.Field, "%s", finding.Message))
			continue
		}
		list.Add(s.elsewhere(finding))
	}
	return list
}

// elsewhere places a finding in a file beside the configuration, such as a WSDL.
func (s *Source) elsewhere(finding adapters.Finding) diagnostic.Diagnostic {
	if strings.Contains(finding.File, "://") {
		return diagnostic.NewText(finding.File, nil).At(finding.Line, finding.Column, "%s", finding.Message)
	}
	path := finding.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.dir, filepath.FromSlash(filepath.Dir(s.File())), path)
	}
	name := path
	if relative, err := filepath.Rel(s.dir, path); err == nil && filepath.IsLocal(relative) {
		name = relative
	}
	var content []byte
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() <= maxFileBytes {
		content, _ = os.ReadFile(path) // without it the diagnostic only lacks its excerpt
	}
	return diagnostic.NewText(filepath.ToSlash(name), content).At(finding.Line, finding.Column, "%s", finding.Message)
}
