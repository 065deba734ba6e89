package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxArchiveFiles bounds how many files an archive may list.
const maxArchiveFiles = 20_000

// OpenZIP returns the files of a ZIP archive for [Loader.Files]. What they hold is read when it is asked for, within the loader's bounds, so an archive that
// would expand to more than they allow costs nothing.
func OpenZIP(archive []byte) (fs.FS, error) {
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("reading the ZIP archive: %w", err)
	}
	if len(files.File) > maxArchiveFiles {
		return nil, fmt.Errorf("the ZIP archive lists more than %d files", maxArchiveFiles)
	}
	return files, nil
}

// MainWSDL returns the path, for [Loader.Load], of the one WSDL among files that no other WSDL among them imports. If several are left, the one that has a service,
// or imports one, counts. The error lists them if there is more than one still, and says what is wrong if there is none.
func MainWSDL(files fs.FS) (string, error) {
	loader := &Loader{Files: files}
	var found []*Document
	var broken []error
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !maybeWSDL(name) {
			return err
		}
		source, err := loader.readFile("/" + name)
		if err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", name, err))
			return nil
		}
		if loader.total += len(source); loader.total > maxTotalBytes {
			return fmt.Errorf("the documents are larger than %d MiB in all", maxTotalBytes>>20)
		}
		document, err := Parse("/"+name, source, "")
		switch {
		case err != nil:
			broken = append(broken, err)
		case document.Root.Name.Local == "definitions", document.Root.Name.Local == "description":
			found = append(found, document)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("looking for the WSDL: %w", err)
	}
	return chooseMain(found, broken)
}

// maybeWSDL tells by its name whether a file may be a WSDL; archives made on a Macintosh have files beside each that are none.
func maybeWSDL(name string) bool {
	base := path.Base(name)
	if strings.HasPrefix(base, "._") || strings.HasPrefix(name, "__MACOSX/") {
		return false
	}
	switch strings.ToLower(path.Ext(base)) {
	case ".wsdl", ".xml", ".asmx", ".svc", "":
		return true
	}
	return strings.Contains(strings.ToLower(base), "wsdl")
}

// imports are the locations that a WSDL imports or includes.
func (d *Document) imports() []string {
	var out []string
	for _, child := range d.Root.Children {
		if child.Name.Local != "import" && child.Name.Local != "include" {
			continue
		}
		if location, err := d.Locate(child.Attribute("location")); err == nil && child.Attribute("location") != "" {
			out = append(out, location)
		}
	}
	return out
}

func chooseMain(found []*Document, broken []error) (string, error) {
	if len(found) == 0 {
		return "", errors.Join(append([]error{errors.New("there is no WSDL among the files")}, broken...)...)
	}
	reach := reachable(found)
	left := slices.DeleteFunc(slices.Clone(found), func(d *Document) bool {
		return slices.ContainsFunc(found, func(other *Document) bool { return reach[other][d] && !reach[d][other] })
	})
	for _, better := range []func(*Document) bool{
		(*Document).hasService,
		func(d *Document) bool {
			return slices.ContainsFunc(found, func(o *Document) bool { return reach[d][o] && o.hasService() })
		},
	} {
		if slices.ContainsFunc(left, better) {
			left = slices.DeleteFunc(left, func(d *Document) bool { return !better(d) })
			break
		}
	}
	if len(left) > 1 {
		var names []string
		for _, d := range left {
			names = append(names, strings.TrimPrefix(d.Location, "/"))
		}
		return "", fmt.Errorf("there is more than one WSDL: %s", strings.Join(names, ", "))
	}
	return left[0].Location, nil
}

func (d *Document) hasService() bool {
	return slices.ContainsFunc(d.Root.Children, func(n *Node) bool { return n.Name.Local == "service" })
}

// reachable says of each document which others it imports, directly and indirectly.
func reachable(documents []*Document) map[*Document]map[*Document]bool {
	byLocation := make(map[string]*Document)
	for _, d := range documents {
		byLocation[d.Location] = d
	}
	out := make(map[*Document]map[*Document]bool)
	for _, d := range documents {
		reached := make(map[*Document]bool)
		var walk func(*Document)
		walk = func(from *Document) {
			for _, location := range from.imports() {
				if to := byLocation[location]; to != nil && !reached[to] {
					reached[to] = true
					walk(to)
				}
			}
		}
		walk(d)
		out[d] = reached
	}
	return out
}
