package xsd

import (
	"io/fs"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// FuzzSet reads any bytes as a schema, and then every component of it with all that it refers to.
func FuzzSet(f *testing.F) {
	for _, seed := range []string{
		open + `<xs:complexType name="T"><xs:complexContent><xs:extension base="t:T"><xs:sequence><xs:group ref="t:G"/><xs:any/></xs:sequence><xs:attribute ref="t:a"/></xs:extension></xs:complexContent></xs:complexType>
			<xs:group name="G"><xs:choice maxOccurs="9"><xs:element ref="t:e"/><xs:group ref="t:G"/></xs:choice></xs:group><xs:element name="e" substitutionGroup="t:e"/></xs:schema>`,
		open + `<xs:simpleType name="S"><xs:union memberTypes="t:S xs:int"/></xs:simpleType><xs:simpleType name="L"><xs:list itemType="t:S"/></xs:simpleType><xs:simpleType name="R"><xs:restriction base="t:R"><xs:length value="2"/></xs:restriction></xs:simpleType></xs:schema>`,
		`<schema xmlns="http://www.w3.org/1999/XMLSchema"><complexType name="A" base="B"/><complexType name="B" base="A"/><simpleType name="S" base="S"/></schema>`,
		`<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:e="http://schemas.xmlsoap.org/soap/encoding/" xmlns:w="http://schemas.xmlsoap.org/wsdl/"><complexType name="A"><complexContent><restriction base="e:Array"><attribute ref="e:arrayType" w:arrayType="A[][,]"/></restriction></complexContent></complexType></schema>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		d, err := document.Parse("a.xsd", source, "")
		if err != nil || !IsSchema(d.Root) {
			return
		}
		set := NewSet(&document.Loader{Files: nothing{}})
		set.maxExpanded = 1 << 12
		if err := set.Add(t.Context(), d.Root); err != nil {
			return
		}
		for _, c := range set.elements.byName {
			e := set.global(c)
			_, _ = e.Type()
			set.Substitutes(e)
		}
		for _, c := range set.types.byName {
			typ, err := set.globalType(c, c.node)
			if err != nil {
				continue
			}
			set.Derived(typ)
			if typ.Array != nil {
				_, _ = typ.Array.Item.Type()
			}
			resolveAll(typ.Content)
		}
		for _, p := range set.Problems() {
			if p.Position.Line == 0 || p.Message == "" {
				t.Errorf("the problem %+v has no place", p)
			}
		}
	})
}

func resolveAll(p *Particle) {
	if p == nil {
		return
	}
	if p.Element != nil {
		_, _ = p.Element.Type()
	}
	for _, child := range p.Children {
		resolveAll(child)
	}
}

// nothing is a file system without files.
type nothing struct{}

func (nothing) Open(string) (fs.File, error) { return nil, fs.ErrNotExist }
