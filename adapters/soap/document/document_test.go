package document

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPositionsAndNames(t *testing.T) {
	t.Parallel()
	d, err := Parse("a.xsd", []byte("<a xmlns='u' xmlns:p='v'>\n  <b ref=' p:x ' type='y' none='q:z'/>\n</a>"), "")
	if err != nil {
		t.Fatal(err)
	}
	b := d.Root.Child(Name{"u", "b"})
	if b == nil {
		t.Fatal("there is no b")
	}
	if got := b.Position().String(); got != "a.xsd:2:3" {
		t.Errorf("the position is %s", got)
	}
	for attribute, wanted := range map[string]string{"ref": "{v}x", "type": "{u}y"} {
		if got, err := b.QName(b.Attribute(attribute)); err != nil || got.String() != wanted {
			t.Errorf("%s is %v (%v), wanted %s", attribute, got, err, wanted)
		}
	}
	if _, err := b.QName(b.Attribute("none")); err == nil || !strings.Contains(err.Error(), "a.xsd:2:3: the prefix q") {
		t.Errorf("the error is %v", err)
	}
}

func TestPrefixesThatNobodyDeclares(t *testing.T) {
	t.Parallel()
	d, err := Parse("a.xsd", []byte("<xsd:schema><x:y z:a='1'/></xsd:schema>"), "")
	if err != nil {
		t.Fatal(err)
	}
	if d.Root.Name.Space != "http://www.w3.org/2001/XMLSchema" || d.Root.Children[0].Name != (Name{"undeclared:x", "y"}) {
		t.Errorf("the names are %s and %s", d.Root.Name, d.Root.Children[0].Name)
	}
}

func TestSyntaxErrorsAreLocated(t *testing.T) {
	t.Parallel()
	_, err := Parse("a.wsdl", []byte("<a>\n<b>"), "")
	var located *Error
	if !errors.As(err, &located) || located.Position != (Position{"a.wsdl", 2, 4}) {
		t.Errorf("the error is %v", err)
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	tests := []struct{ base, reference, wanted, says string }{
		{"/e/backends/a.wsdl", "b.xsd", "/e/backends/b.xsd", ""},
		{"/e/backends/a.wsdl", "../x/b.xsd#frag", "/e/x/b.xsd", ""},
		{"/e/a.wsdl", `types\b.xsd`, "/e/types/b.xsd", ""},
		{"/e/a.wsdl", "file:///x/b.xsd", "/x/b.xsd", ""},
		{"/e/a.wsdl", "http://h/b.xsd", "http://h/b.xsd", ""},
		{"/e/a.wsdl", "classpath:b.xsd", "", "only files and http(s) URLs"},
		{"http://h/s/a?wsdl", "?xsd=1", "http://h/s/a?xsd=1", ""},
		{"http://h/s/a?wsdl", "../b c.xsd", "http://h/b%20c.xsd", ""},
		{"http://h/s/a", "file:///etc/passwd", "", "a document from the network may not refer to"},
		{"http://h/s/a", "ftp://h/x", "", "a document from the network may not refer to"},
	}
	for _, test := range tests {
		got, err := Locate(filepath.FromSlash(test.base), test.reference)
		switch {
		case test.says == "" && (err != nil || filepath.ToSlash(got) != test.wanted):
			t.Errorf("%s from %s is %s (%v), wanted %s", test.reference, test.base, got, err, test.wanted)
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%s from %s: the error is %v", test.reference, test.base, err)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a b.xsd"), []byte("<a/>"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/xml; charset=iso-8859-1")
		_, _ = w.Write([]byte("<a>\xe9</a>"))
	}))
	t.Cleanup(server.Close)
	loader := &Loader{}
	first, err := loader.Load(t.Context(), filepath.Join(dir, "a%20b.xsd"), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := loader.Load(t.Context(), filepath.Join(dir, "a%20b.xsd"), nil)
	if err != nil || again != first {
		t.Errorf("a document is read twice (%v)", err)
	}
	remote, err := loader.Load(t.Context(), server.URL+"/a", nil)
	if err != nil || remote.Root.Text != "é" {
		t.Errorf("the remote document is %v (%v)", remote, err)
	}
	_, err = loader.Load(t.Context(), server.URL+"/b", first.Root)
	var located *Error
	if !errors.As(err, &located) || !located.Unreachable || located.Position.Line != 1 || !strings.Contains(located.Message, "404") {
		t.Errorf("the error is %v", err)
	}
	_, err = loader.Load(t.Context(), filepath.Join(dir, "missing.xsd"), first.Root)
	if !errors.As(err, &located) || located.Unreachable || !errors.Is(err, os.ErrNotExist) && !strings.Contains(err.Error(), "no such file") {
		t.Errorf("the error is %v", err)
	}
	if got := len(loader.Documents()); got != 2 {
		t.Errorf("%d documents were read", got)
	}
}
