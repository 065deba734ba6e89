package demo

import (
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The estate is named part by part, so that what a gateway leaves behind in it is never embedded.
//
//go:embed estate/.gitignore estate/gateway.yaml estate/backends estate/apis
var estate embed.FS

// wsdlFile is the path of the council tax service's description within the estate.
const wsdlFile = "backends/counciltax/AccountService.wsdl"

// layOut writes the files of the estate that are not there yet.
func layOut(directory string) error {
	return fs.WalkDir(estate, "estate", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(directory, filepath.FromSlash(strings.TrimPrefix(path, "estate")))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755) //nolint:gosec // an estate is for all to read
		}
		if _, err := os.Lstat(target); err == nil {
			return nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		content, err := estate.ReadFile(path)
		if err != nil {
			return err
		}
		return writeFile(target, content, 0o644)
	})
}

// password returns the secret in the file, which is made up if there is none.
func password(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSuffix(string(content), "\n"), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading its password: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("making the directory of secrets: %w", err)
	}
	made := rand.Text()
	return made, writeFile(path, []byte(made+"\n"), 0o600)
}

// writeFile writes a file aside and renames it, so that the gateway, which watches the estate, never sees half of it.
func writeFile(path string, content []byte, mode fs.FileMode) error {
	aside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, writeErr := aside.Write(content)
	err = errors.Join(writeErr, aside.Chmod(mode), aside.Close())
	if err == nil {
		err = os.Rename(aside.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(aside.Name()))
	}
	return nil
}
