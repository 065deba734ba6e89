package document

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// IsURL reports whether a location is an http or https URL, and not a path.
func IsURL(location string) bool {
	lower := strings.ToLower(location)
	return strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")
}

// Locate returns the location that a reference in the document points to. A document that came by a public URL may not refer to files, unless its [Loader] lets it.
func (d *Document) Locate(reference string) (string, error) {
	if _, given := d.supplied[strings.TrimSpace(reference)]; given {
		return strings.TrimSpace(reference), nil
	}
	base := d.Location
	if d.origin.base != "" {
		base = d.origin.base
	}
	if scheme, _, _ := strings.Cut(strings.TrimSpace(reference), ":"); d.origin.base != "" && !d.origin.public && strings.EqualFold(scheme, "file") {
		return locateFile(string(filepath.Separator), strings.TrimSpace(reference))
	}
	return Locate(base, reference)
}

// Locate returns the location that a reference in a document at base points to.
func Locate(base, reference string) (string, error) {
	reference = strings.TrimSpace(reference)
	switch {
	case IsURL(reference):
		reference, _, _ = strings.Cut(reference, "#")
		return reference, nil
	case IsURL(base):
		return locateURL(base, reference)
	}
	return locateFile(base, reference)
}

func locateFile(base, reference string) (string, error) {
	if scheme, rest, ok := strings.Cut(reference, ":"); ok && len(scheme) > 1 && !strings.ContainsAny(scheme, "/\\.") {
		if !strings.EqualFold(scheme, "file") {
			return "", fmt.Errorf("%s cannot be read: only files and http(s) URLs can", reference)
		}
		reference = strings.TrimPrefix(strings.TrimPrefix(rest, "//"), "localhost")
	}
	reference, _, _ = strings.Cut(reference, "#")
	path := filepath.FromSlash(strings.ReplaceAll(reference, `\`, "/"))
	if filepath.IsAbs(path) {
		return filepath.Clean(path), nil
	}
	return filepath.Join(filepath.Dir(base), path), nil
}

func locateURL(base, reference string) (string, error) {
	from, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("the address %s is not a URL", base)
	}
	to, err := from.Parse(strings.ReplaceAll(strings.ReplaceAll(reference, `\`, "/"), " ", "%20"))
	if err != nil {
		return "", fmt.Errorf("the reference %s is not a URL", reference)
	}
	if !IsURL(to.String()) {
		return "", fmt.Errorf("a document from the network may not refer to %s", reference)
	}
	to.Fragment = ""
	return to.String(), nil
}
