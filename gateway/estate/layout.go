package estate

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
)

// maxFileBytes bounds a file that people write; a larger one is a mistake.
const maxFileBytes = 4 << 20

// What the estate's folders and files are called.
const (
	gatewayFile  = "gateway.yaml"
	backendsDir  = "backends"
	apisDir      = "apis"
	bindingFile  = "binding.yaml"
	yamlSuffix   = ".yaml"
	lockSuffix   = ".lock"
	protoSuffix  = ".proto"
	nameAccepted = "a lower case letter, then lower case letters, digits and hyphens, 63 at most"
)

var (
	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	versionPattern = regexp.MustCompile(`^v[0-9]+((alpha|beta)[0-9]+)?$`)
)

// A reader reads one estate and collects what is wrong with it.
type reader struct {
	estate   *Estate
	adapters []adapters.Adapter
	found    diagnostic.List
}

// layout is which files of an estate there are. Paths are relative to the estate, with slashes.
type layout struct {
	gateway  bool
	backends []string // names
	locks    map[string]bool
	apis     []*apiFiles
}

type apiFiles struct {
	name, version string
	protos        []string // paths relative to the folder of the version
	binding       bool
}

func (a *apiFiles) dir() string { return path.Join(apisDir, a.name, a.version) }

// wrong reports a mistake about a file or folder as a whole.
func (r *reader) wrong(file, accepted, format string, arguments ...any) {
	r.found.Add(diagnostic.Diagnostic{File: file, Message: fmt.Sprintf(format, arguments...), Accepted: accepted})
}

// scan finds the files of the estate, and reports those that look as if they were meant to be read and are not. The error says
// that the directory itself cannot be read.
func (r *reader) scan() (*layout, error) {
	entries, err := os.ReadDir(r.estate.Dir)
	if err != nil {
		return nil, fmt.Errorf("reading the estate: %w", err)
	}
	found := &layout{locks: make(map[string]bool)}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case isIgnored(name):
		case name == gatewayFile:
			found.gateway = r.isFile(name, entry)
		case name == backendsDir:
			r.scanBackends(found)
		case name == apisDir:
			r.scanAPIs(found)
		case isYAML(name):
			r.wrong(name, gatewayFile, "this file is not part of an estate")
		case nearest(name, []string{backendsDir, apisDir}) != "":
			r.wrong(name, "", "is this folder meant to be %q? It is not read", nearest(name, []string{backendsDir, apisDir}))
		}
	}
	return found, nil
}

func (r *reader) scanBackends(found *layout) {
	for _, entry := range r.list(backendsDir) {
		name := entry.Name()
		file := path.Join(backendsDir, name)
		base, suffix := cutSuffix(name)
		switch {
		case isIgnored(name):
		case suffix == yamlSuffix:
			if r.isFile(file, entry) && r.isName(file, base, "back end") {
				found.backends = append(found.backends, base)
			}
		case suffix == lockSuffix:
			found.locks[base] = r.isFile(file, entry)
		case isYAML(name):
			r.wrong(file, path.Join(backendsDir, strings.ToLower(base))+yamlSuffix, "the file of a back end ends in %s", yamlSuffix)
		}
	}
	for base := range found.locks {
		if !slices.Contains(found.backends, base) {
			file := path.Join(backendsDir, base+lockSuffix)
			r.wrong(file, "", "a lock file without its back end; if %s is gone for good, delete this file too", path.Join(backendsDir, base+yamlSuffix))
		}
	}
}

func (r *reader) scanAPIs(found *layout) {
	for _, entry := range r.list(apisDir) {
		name := entry.Name()
		dir := path.Join(apisDir, name)
		switch {
		case isIgnored(name):
		case !r.isFolder(dir, entry):
			r.wrong(dir, "apis/API/VERSION/, such as apis/citizen/v1/", "only folders are read here")
		case r.isName(dir, name, "API"):
			r.scanVersions(found, name)
		}
	}
}

func (r *reader) scanVersions(found *layout, api string) {
	for _, entry := range r.list(path.Join(apisDir, api)) {
		version := entry.Name()
		dir := path.Join(apisDir, api, version)
		switch {
		case isIgnored(version):
		case !r.isFolder(dir, entry):
			r.wrong(dir, path.Join(apisDir, api, "v1", version), "this file is not in the folder of a version")
		case !versionPattern.MatchString(version):
			r.wrong(dir, "v1, v2, v1beta1, ...", "%q is not a version", version)
		default:
			r.scanVersion(found, &apiFiles{name: api, version: version})
		}
	}
}

func (r *reader) scanVersion(found *layout, api *apiFiles) {
	root, err := filepath.EvalSymlinks(filepath.Join(r.estate.Dir, filepath.FromSlash(api.dir())))
	if err != nil {
		r.wrong(api.dir(), "", "cannot be read: %s", withoutPath(err))
		return
	}
	err = filepath.WalkDir(root, func(full string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, full)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		switch name := entry.Name(); {
		case relative == ".":
		case isIgnored(name):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir():
		case strings.HasSuffix(name, protoSuffix):
			if r.isFile(path.Join(api.dir(), relative), entry) {
				api.protos = append(api.protos, relative)
			}
		case relative == bindingFile:
			api.binding = r.isFile(path.Join(api.dir(), relative), entry)
		case isYAML(name):
			r.wrong(path.Join(api.dir(), relative), path.Join(api.dir(), bindingFile), "this file is not part of a contract")
		}
		return nil
	})
	switch {
	case err != nil:
		r.wrong(api.dir(), "", "cannot be read: %s", withoutPath(err))
	case len(api.protos) == 0:
		r.wrong(api.dir(), path.Join(api.dir(), api.name+protoSuffix), "a contract needs a %s file", protoSuffix)
	default:
		found.apis = append(found.apis, api)
	}
}

// list returns the entries of a folder of the estate.
func (r *reader) list(dir string) []fs.DirEntry {
	entries, err := os.ReadDir(filepath.Join(r.estate.Dir, filepath.FromSlash(dir)))
	if err != nil {
		r.wrong(dir, "", "cannot be read as a folder: %s", withoutPath(err))
	}
	return entries
}

// isFile reports whether an entry is a file, through links.
func (r *reader) isFile(file string, entry fs.DirEntry) bool {
	info, err := os.Stat(filepath.Join(r.estate.Dir, filepath.FromSlash(file)))
	switch {
	case err != nil:
		r.wrong(file, "", "cannot be read: %s", withoutPath(err))
		return false
	case !info.Mode().IsRegular():
		r.wrong(file, "a file", "%s is not a file", entry.Name())
		return false
	default:
		return true
	}
}

// isFolder reports whether an entry is a folder, through links.
func (r *reader) isFolder(dir string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.IsDir()
	}
	info, err := os.Stat(filepath.Join(r.estate.Dir, filepath.FromSlash(dir)))
	return err == nil && info.IsDir()
}

func (r *reader) isName(file, name, what string) bool {
	if namePattern.MatchString(name) {
		return true
	}
	r.wrong(file, nameAccepted, "%q cannot be the name of the %s", name, what)
	return false
}

// read returns the content of a file of the estate.
func (r *reader) read(file string) ([]byte, bool) {
	full := filepath.Join(r.estate.Dir, filepath.FromSlash(file))
	if info, err := os.Stat(full); err == nil && info.Size() > maxFileBytes {
		r.wrong(file, "", "the file is larger than %d MiB", maxFileBytes>>20)
		return nil, false
	}
	content, err := os.ReadFile(full)
	if err != nil {
		r.wrong(file, "", "cannot be read: %s", withoutPath(err))
		return nil, false
	}
	return content, true
}
