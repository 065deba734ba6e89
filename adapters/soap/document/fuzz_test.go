package document

import "testing"

// FuzzParse reads any bytes as a document, and looks at every place of it.
func FuzzParse(f *testing.F) {
	f.Add([]byte("<a xmlns='u' xmlns:p='v'>\n<b ref=' p:x '>t&amp;</b></a>"), "")
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"), "utf-8")
	f.Add([]byte("<!DOCTYPE a [<!ENTITY e 'x'><!ENTITY % p '&e;'>]><a b='&e;'>&e;\xe9</a>"), "latin1")
	f.Fuzz(func(t *testing.T, source []byte, charset string) {
		d, err := Parse("a.xml", source, charset)
		if err != nil {
			return
		}
		var walk func(n *Node)
		walk = func(n *Node) {
			if p := n.Position(); p.Line < 1 || p.Column < 1 {
				t.Errorf("%s stands at %v", n.Name, p)
			}
			for _, a := range n.Attributes {
				_, _ = n.QName(a.Value)
				_, _ = d.Locate(a.Value)
			}
			for _, child := range n.Children {
				walk(child)
			}
		}
		walk(d.Root)
	})
}

// FuzzZIP reads any bytes as an archive and looks for the WSDL in it.
func FuzzZIP(f *testing.F) {
	f.Add(archive(f, map[string]string{"a.wsdl": `<definitions><import location="../b.wsdl"/></definitions>`, "d/b.wsdl": `<definitions><service/></definitions>`}))
	f.Fuzz(func(t *testing.T, content []byte) {
		files, err := OpenZIP(content)
		if err != nil {
			return
		}
		location, err := MainWSDL(files)
		if err != nil {
			return
		}
		if _, err := (&Loader{Files: files}).Load(t.Context(), location, nil); err != nil {
			t.Errorf("the main WSDL cannot be read: %v", err)
		}
	})
}
