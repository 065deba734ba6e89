package estate

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// isIgnored reports whether a file is none of the estate's business: hidden, a read-me, an editor's backup.
func isIgnored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") ||
		strings.EqualFold(name, "README.md") || strings.EqualFold(name, "README")
}

// isYAML reports whether a file is meant as YAML, whatever the spelling.
func isYAML(name string) bool {
	suffix := strings.ToLower(path.Ext(name))
	return suffix == yamlSuffix || suffix == ".yml"
}

func cutSuffix(name string) (base, suffix string) {
	suffix = path.Ext(name)
	return strings.TrimSuffix(name, suffix), suffix
}

// withoutPath is the text of an error without the path of this machine.
func withoutPath(err error) string {
	var located *fs.PathError
	if errors.As(err, &located) {
		return located.Err.Error()
	}
	return err.Error()
}
