package document

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
	"testing"
)

func archive(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestSpeed) })
	for name, content := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestZIP(t *testing.T) {
	t.Parallel()
	files, err := OpenZIP(archive(t, map[string]string{
		"contract/wsdl/Main.wsdl":          `<definitions><import location="abstract.wsdl"/><service/></definitions>`,
		"contract/wsdl/abstract.wsdl":      `<definitions><import location="Main.wsdl"/></definitions>`,
		"contract/other.wsdl":              `<definitions/>`,
		"contract/xsd/Types.xsd":           `<schema/>`,
		"contract/notes.xml":               `<notes`,
		"__MACOSX/contract/wsdl/_Main.xml": `junk`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if main, err := MainWSDL(files); err != nil || main != "/contract/wsdl/Main.wsdl" {
		t.Errorf("the main WSDL is %s (%v)", main, err)
	}
	loader := &Loader{Files: files}
	d, err := loader.Load(t.Context(), "/contract/wsdl/Main.wsdl", nil)
	if err != nil {
		t.Fatal(err)
	}
	location, err := d.Locate(`..\xsd\types.xsd`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := loader.Load(t.Context(), location, d.Root); err != nil {
		t.Errorf("in another case of letters: %v", err)
	}
	if _, err := loader.Load(t.Context(), "/contract/xsd/Types.xsd?v=1", d.Root); err != nil {
		t.Errorf("with a query: %v", err)
	}
	location, _ = d.Locate("../../../../etc/passwd")
	var located *Error
	if _, err := loader.Load(t.Context(), location, d.Root); !errors.As(err, &located) || located.Position.Line != 1 {
		t.Errorf("outside of the archive: %v", err)
	}
}

func TestMainWSDL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		files        map[string]string
		wanted, says string
	}{
		{"one", map[string]string{"d/a.wsdl": `<definitions/>`, "b.xsd": `<schema/>`}, "/d/a.wsdl", ""},
		{"the one that is not imported", map[string]string{"a.wsdl": `<definitions><import location="b.wsdl"/></definitions>`, "b.wsdl": `<definitions><service/></definitions>`}, "/a.wsdl", ""},
		{"in a circle, the one with a service", map[string]string{"a.wsdl": `<definitions><import location="b.wsdl"/></definitions>`, "b.wsdl": `<definitions><import location="a.wsdl"/><service/></definitions>`}, "/b.wsdl", ""},
		{"two", map[string]string{"a.wsdl": `<definitions><service/></definitions>`, "b.wsdl": `<description><service/></description>`}, "", "more than one WSDL: a.wsdl, b.wsdl"},
		{"none", map[string]string{"a.xsd": `<schema/>`, "b.xml": `<b`}, "", "b.xml:1:"},
		{"beside a Macintosh's", map[string]string{"a.wsdl": `<definitions/>`, "__MACOSX/._a.wsdl": "\x00"}, "/a.wsdl", ""},
	}
	for _, test := range tests {
		files, err := OpenZIP(archive(t, test.files))
		if err != nil {
			t.Fatal(err)
		}
		got, err := MainWSDL(files)
		switch {
		case test.says == "" && (err != nil || got != test.wanted):
			t.Errorf("%s: %s, %v", test.name, got, err)
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%s: the error is %v", test.name, err)
		}
	}
}

// TestZIPBomb reads an archive of a few kilobytes with one file of more than a loader's bound.
func TestZIPBomb(t *testing.T) {
	t.Parallel()
	content := archive(t, map[string]string{"a.wsdl": "<a>" + strings.Repeat(" ", maxDocumentBytes) + "</a>"})
	files, err := OpenZIP(content)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&Loader{Files: files}).Load(t.Context(), "/a.wsdl", nil); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("the error about %d bytes is %v", len(content), err)
	}
	if _, err := OpenZIP([]byte("PK no archive")); err == nil {
		t.Error("no archive is accepted")
	}
}
