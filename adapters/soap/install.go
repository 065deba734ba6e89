package soap

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// install writes the copies and, last, the configuration, which makes the back end part of the estate.
func install(options ImportOptions, copies []file, configuration []byte) (written []string, err error) {
	if err := os.MkdirAll(options.Dir, 0o755); err != nil { //nolint:gosec // an estate is no secret
		return nil, fmt.Errorf("making the backends directory: %w", err)
	}
	target := filepath.Join(options.Dir, options.Name)
	for _, taken := range []string{target, target + ".yaml", target + ".yml"} {
		if _, err := os.Lstat(taken); err == nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(taken), ErrExists)
		}
	}
	aside, written, err := writeAside(options, copies)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := os.Rename(aside, target); err != nil {
		return nil, fmt.Errorf("moving the import into place: %w", err)
	}
	yaml := options.Name + ".yaml"
	if err := writeNew(filepath.Join(options.Dir, yaml), configuration); err != nil {
		return nil, errors.Join(fmt.Errorf("writing %s: %w", yaml, err), os.RemoveAll(target))
	}
	return append([]string{yaml}, written...), nil
}

// writeAside writes the copies to a new directory beside the one that they are for.
func writeAside(options ImportOptions, copies []file) (aside string, written []string, err error) {
	aside, err = os.MkdirTemp(options.Dir, "."+options.Name+"-import-*")
	if err != nil {
		return "", nil, fmt.Errorf("writing the import aside: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(aside))
		}
	}()
	if err := os.Chmod(aside, 0o755); err != nil { //nolint:gosec // an estate is no secret
		return "", nil, fmt.Errorf("writing the import aside: %w", err)
	}
	for _, f := range copies {
		if err := os.WriteFile(filepath.Join(aside, f.name), f.content, 0o644); err != nil { //nolint:gosec // an estate is no secret
			return "", nil, fmt.Errorf("writing %s: %w", f.name, err)
		}
		written = append(written, path.Join(options.Name, f.name))
	}
	return aside, written, nil
}

// replace exchanges the documents of a back end that is there. What else lies beside them (keys, certificates) stays.
func replace(options ImportOptions, copies []file) (written []string, err error) {
	target := filepath.Join(options.Dir, options.Name)
	yaml, err := existing(target)
	if err != nil {
		return nil, err
	}
	configured, err := os.ReadFile(yaml)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Base(yaml), err)
	}
	renamed, err := renameWSDL(configured, path.Join(options.Name, copies[0].name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(yaml), err)
	}
	aside, written, err := writeAside(options, copies)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(aside) }()
	if err := keepOthers(target, aside); err != nil {
		return nil, err
	}
	former := aside + "-former"
	defer func() { _ = os.RemoveAll(former) }()
	if err := os.Rename(target, former); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("moving the former documents aside: %w", err)
	}
	if err := os.Rename(aside, target); err != nil {
		return nil, errors.Join(fmt.Errorf("moving the import into place: %w", err), os.Rename(former, target))
	}
	if bytes.Equal(renamed, configured) {
		return written, nil
	}
	if err := rewriteFile(yaml, renamed); err != nil {
		return nil, errors.Join(fmt.Errorf("writing %s: %w", filepath.Base(yaml), err), os.Rename(target, aside), os.Rename(former, target))
	}
	return append([]string{filepath.Base(yaml)}, written...), nil
}

// existing returns the configuration file of a back end that is there.
func existing(target string) (string, error) {
	for _, extension := range []string{".yaml", ".yml"} {
		if _, err := os.Stat(target + extension); err == nil {
			return target + extension, nil
		}
	}
	return "", fmt.Errorf("there is no %s.yaml to replace the documents of", filepath.Base(target))
}

var (
	soapKind = regexp.MustCompile(`(?m)^kind:\s*["']?soap["']?\s*(?:#.*)?$`)
	wsdlKey  = regexp.MustCompile(`(?m)^wsdl:[^\r\n]*$`)
)

// renameWSDL returns the configuration with another file as WSDL, and every other byte as it was.
func renameWSDL(configured []byte, name string) ([]byte, error) {
	if !soapKind.Match(configured) {
		return nil, errors.New("it is of another kind than soap")
	}
	line := wsdlKey.FindIndex(configured)
	if line == nil {
		return nil, errors.New("it has no key wsdl")
	}
	value := strings.TrimSpace(string(configured[line[0]+len("wsdl:") : line[1]]))
	if value == name || strings.Trim(value, `"'`) == name || strings.HasPrefix(value, name+" ") {
		return configured, nil
	}
	return append(append(bytes.Clone(configured[:line[0]]), "wsdl: "+name...), configured[line[1]:]...), nil
}

// keepOthers copies what is no WSDL or schema from one directory to another.
func keepOthers(from, to string) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the former documents: %w", err)
	}
	for _, entry := range entries {
		extension := filepath.Ext(entry.Name())
		if extension == ".wsdl" || extension == ".xsd" {
			continue
		}
		if entry.IsDir() {
			err = os.CopyFS(filepath.Join(to, entry.Name()), os.DirFS(filepath.Join(from, entry.Name())))
		} else {
			err = os.Link(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name()))
		}
		if err != nil {
			return fmt.Errorf("keeping %s: %w", entry.Name(), err)
		}
	}
	return nil
}

// rewriteFile replaces a file in one step.
func rewriteFile(name string, content []byte) error {
	aside, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = aside.Write(content)
	err = errors.Join(err, aside.Chmod(0o644), aside.Close())
	if err == nil {
		err = os.Rename(aside.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(aside.Name()))
	}
	return nil
}

// writeNew writes a file that must not be there yet, whole or not at all.
func writeNew(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // an estate is no secret
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
