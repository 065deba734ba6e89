package bundle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/bundle"
	"github.com/postern-gateway/postern/adapters/soap/document"
)

const schema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>`

func TestNames(t *testing.T) {
	t.Parallel()
	var documents []*document.Document
	for _, location := range []string{"/a/Money.xsd", "/b/money.XSD", "http://host/svc/money?xsd=1", "/c/%20 odd&.txt", "http://host/"} {
		d, err := document.Parse(location, []byte(schema), "")
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	names := bundle.Names(documents)
	for location, want := range map[string]string{
		"/a/Money.xsd": "Money.xsd", "/b/money.XSD": "money-2.xsd", "http://host/svc/money?xsd=1": "money-3.xsd", "/c/%20 odd&.txt": "_20_odd_.xsd",
		"http://host/": "host.xsd",
	} {
		if names[location] != want {
			t.Errorf("the name of %s is %q, want %q", location, names[location], want)
		}
	}
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	const text = "\ufeff" + `<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- <xs:import schemaLocation="money.xsd"/> -->
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:x="urn:x">
  <xs:import note='schemaLocation="no" >' x:schemaLocation="money.xsd" namespace="urn:money"
     schemaLocation = 'money.xsd'/>
  <xs:include schemaLocation="elsewhere.xsd"/>
  <xs:element name="location" address=""/>
</xs:schema>`
	d, err := document.Parse(filepath.FromSlash("/dir/a.xsd"), []byte(text), "UTF-8")
	if err != nil {
		t.Fatal(err)
	}
	element := d.Root.Children[2]
	got := string(bundle.Rewrite(d, map[string]string{filepath.FromSlash("/dir/money.xsd"): "?xsd=1&x"}, bundle.Change{Node: element, Attribute: "address", Value: `<">`}))
	want := strings.NewReplacer(
		"\ufeff", "", "ISO-8859-1", "UTF-8", `= 'money.xsd'`, `= '?xsd=1&amp;x'`, `address=""`, `address="&lt;&#34;&gt;"`,
	).Replace(text)
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add(`<a><import location="b"/></a>`)
	f.Add("<a><import\nlocation\t=\t'b' \r\n/></a>")
	wsdl, err := os.ReadFile(filepath.Join("..", "testdata", "accounts.wsdl"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(wsdl))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := document.Parse("/dir/a", []byte(text), "")
		if err != nil || d.Root == nil {
			return
		}
		names := map[string]string{"/dir/b": "new", "/dir/money.xsd": "new"}
		again, err := document.Parse("/dir/a", bundle.Rewrite(d, names), "")
		if err != nil {
			t.Fatalf("the copy cannot be read: %v", err)
		}
		if again.Root.Name != d.Root.Name || len(again.Root.Children) != len(d.Root.Children) {
			t.Error("the copy is another document")
		}
	})
}
