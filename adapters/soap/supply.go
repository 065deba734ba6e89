package soap

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// loader returns what reads the documents of an import, and where the WSDL is.
func (o ImportOptions) loader() (loader *document.Loader, location string, err error) {
	loader = &document.Loader{Client: o.Client, PrivateImports: o.AllowPrivate, Supplied: make(map[string][]byte)}
	for address, file := range o.Supply {
		if loader.Supplied[address], err = os.ReadFile(file); err != nil {
			return nil, "", fmt.Errorf("reading what is supplied for %s: %w", address, err)
		}
	}
	if document.IsURL(o.Source) {
		return loader, o.Source, nil
	}
	if strings.Contains(o.Source, "://") {
		return nil, "", fmt.Errorf("%s cannot be read: the path of a file and an http(s) URL are accepted", withoutUser(o.Source))
	}
	if location, err = filepath.Abs(o.Source); err != nil {
		return nil, "", fmt.Errorf("resolving %s: %w", o.Source, err)
	}
	archive, err := readArchive(location)
	if err != nil || archive == nil {
		return loader, location, err
	}
	if loader.Files, err = document.OpenZIP(archive); err != nil {
		return nil, "", fmt.Errorf("opening %s: %w", o.Source, err)
	}
	if location, err = document.MainWSDL(loader.Files); err != nil {
		return nil, "", fmt.Errorf("looking for the WSDL in %s: %w", o.Source, err)
	}
	return loader, location, nil
}

// archiveStart is how a ZIP archive begins, and emptyArchive one with nothing in it.
var archiveStart, emptyArchive = []byte("PK\x03\x04"), []byte("PK\x05\x06")

// readArchive returns a ZIP archive, and nil for a file that is none or cannot be read: what is wrong with that, the loader says.
func readArchive(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, nil
	}
	defer file.Close() //nolint:errcheck // it is only read
	start := make([]byte, len(archiveStart))
	if _, err := file.ReadAt(start, 0); err != nil || !bytes.Equal(start, archiveStart) && !bytes.Equal(start, emptyArchive) {
		return nil, nil // it is something else, and too short if it cannot be read
	}
	archive, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the archive: %w", err)
	}
	return archive, nil
}

// supplyHint tells what to do about a document that cannot be fetched.
func supplyHint(err error) string {
	for _, problem := range flatten(err) {
		var located *document.Error
		imported := errors.As(problem, &located) && located.Position.Line > 0
		if imported && (located.Unreachable || errors.Is(problem, fs.ErrNotExist) || strings.Contains(located.Message, "cannot be read")) {
			return "\nGet what cannot be read by other means, and name the file: --supply URL=FILE, with the URL or reference as above"
		}
		if errors.Is(problem, document.ErrPrivate) {
			return "\nIf you trust the WSDL: --allow-private"
		}
	}
	return ""
}
