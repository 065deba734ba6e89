package wss

import (
	"bytes"
	"testing"
)

// TestCanonicalForms holds examples of the specifications and of their corners against what they must become.
func TestCanonicalForms(t *testing.T) {
	t.Parallel()
	const document = `<!-- no --><n0:local xmlns:n0="http://something.example" xmlns:n3="ftp://example.org" xml:lang="en" xmlns="urn:d"><n1:elem2 xmlns:n1="http://example.net" xml:space="preserve">` +
		`<n3:stuff n0:b='2' a='"&lt;&#10;'/><plain xmlns=""/><same xmlns="urn:d" xmlns:n3="ftp://example.org">&#13;<![CDATA[<&>]]><?pi x?></same></n1:elem2></n0:local>`
	root, err := parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	target := root.elements()[0]
	const inside = `<plain xmlns=""></plain>`
	for name, test := range map[string]struct {
		how  canonicalizer
		want string
	}{
		"exclusive": {canonicalizer{}, `<n1:elem2 xmlns:n1="http://example.net" xml:space="preserve"><n3:stuff xmlns:n0="http://something.example" xmlns:n3="ftp://example.org" a="&quot;&lt;&#xA;" n0:b="2"></n3:stuff>` +
			`<plain></plain><same xmlns="urn:d">&#xD;&lt;&amp;&gt;</same></n1:elem2>`},
		"with prefixes": {canonicalizer{prefixes: []string{"n3", "", "unbound"}}, `<n1:elem2 xmlns="urn:d" xmlns:n1="http://example.net" xmlns:n3="ftp://example.org" xml:space="preserve"><n3:stuff xmlns:n0="http://something.example" a="&quot;&lt;&#xA;" n0:b="2"></n3:stuff>` +
			inside + `<same>&#xD;&lt;&amp;&gt;</same></n1:elem2>`},
		"inclusive": {canonicalizer{inclusive: true}, `<n1:elem2 xmlns="urn:d" xmlns:n0="http://something.example" xmlns:n1="http://example.net" xmlns:n3="ftp://example.org" xml:lang="en" xml:space="preserve">` +
			`<n3:stuff a="&quot;&lt;&#xA;" n0:b="2"></n3:stuff>` + inside + `<same>&#xD;&lt;&amp;&gt;</same></n1:elem2>`},
		"of a token": {canonicalizer{saysDefault: true}, `<n1:elem2 xmlns="" xmlns:n1="http://example.net" xml:space="preserve"><n3:stuff xmlns:n0="http://something.example" xmlns:n3="ftp://example.org" a="&quot;&lt;&#xA;" n0:b="2"></n3:stuff>` +
			`<plain></plain><same xmlns="urn:d">&#xD;&lt;&amp;&gt;</same></n1:elem2>`},
	} {
		if got := string(test.how.canonical(target)); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, test.want)
		}
	}
}

// FuzzCanonical makes sure that a canonical form is one: to read it and write it again changes nothing, by whichever rules the parts are written.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`<a xmlns="urn:a" xmlns:b="urn:b" b:c="&#9;'&quot;&lt;" c="d"><b:a xmlns=""><c xml:lang="en">]]&gt;&#13;<![CDATA[<x>]]></c></b:a></a>`))
	f.Add([]byte(`<?xml version="1.0"?><!-- x --><s:E xmlns:s="urn:s"><s:B s:x = 'y' /></s:E>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := parse(document)
		if err != nil {
			return
		}
		for _, how := range []canonicalizer{{inclusive: true}, {}, {prefixes: []string{"", "b"}}} {
			first := bytes.Clone(how.canonical(root))
			again, err := parse(first)
			if err != nil {
				t.Fatalf("%q cannot be read: %v", first, err)
			}
			if second := how.canonical(again); !bytes.Equal(first, second) {
				t.Fatalf("%q becomes %q", first, second)
			}
		}
		// What stands in an element means the same when it is read in its place again.
		for _, inner := range root.elements() {
			c := canonicalizer{inclusive: true, detached: true}
			nodes, err := root.fragment(c.whole(inner))
			if err != nil || len(nodes) != 1 || nodes[0].element == nil {
				t.Fatalf("%q cannot be read in its place: %v", c.out, err)
			}
			var exclusive canonicalizer
			want := bytes.Clone(exclusive.canonical(inner))
			if got := exclusive.canonical(nodes[0].element); !bytes.Equal(got, want) {
				t.Fatalf("%q becomes %q", want, got)
			}
		}
	})
}
