package xsd

import (
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

func TestArrays(t *testing.T) {
	t.Parallel()
	const restriction = `<xs:complexType name="T"><xs:complexContent><xs:restriction base="e:Array">`
	const end = `</xs:restriction></xs:complexContent></xs:complexType>`
	tests := []struct {
		name, schema string
		item         string // name of its type
		element      string
		dimensions   int
	}{
		{"by attribute", restriction + `<xs:attribute ref="e:arrayType" w:arrayType="xs:string[]"/>` + end, Namespace + " string", "item", 1},
		{"by an attribute without a prefix", restriction + `<xs:attribute ref="e:arrayType" arrayType="t:E[]"/>` + end, "urn:t E", "item", 1},
		{"with an element", restriction + `<xs:sequence><xs:element name="entry" type="t:E" maxOccurs="unbounded"/></xs:sequence>` + end, "urn:t E", "entry", 1},
		{
			"with both", restriction + `<xs:sequence><xs:element name="entry" maxOccurs="unbounded"/></xs:sequence><xs:attribute ref="e:arrayType" w:arrayType="t:E[]"/>` + end,
			"urn:t E", "entry", 1,
		},
		{"two dimensions", restriction + `<xs:attribute ref="e:arrayType" w:arrayType="xs:int[,]"/>` + end, Namespace + " int", "item", 2},
		{"of itself", restriction + `<xs:attribute ref="e:arrayType" w:arrayType="t:T[]"/>` + end, "urn:t T", "item", 1},
		{"of anything", restriction + end, Namespace + " anyType", "item", 1},
		{"of encoded strings", restriction + `<xs:attribute ref="e:arrayType" w:arrayType="e:string[5]"/>` + end, encodingNamespace + " string", "item", 1},
		{"of arrays", restriction + `<xs:attribute ref="e:arrayType" w:arrayType="xs:int[,][]"/>` + end, " ", "item", 1},
		{"without a base", `<xs:complexType name="T"><xs:attribute ref="e:arrayType" w:arrayType="xs:int[]"/></xs:complexType>`, Namespace + " int", "item", 1},
		{"of maps", restriction + `<xs:attribute ref="e:arrayType" w:arrayType="a:Map[]"/>` + end, apacheNamespace + " Map", "item", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d, err := document.Parse("t.xsd", []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" xmlns:e="`+
				encodingNamespace+`" xmlns:w="`+wsdlNamespace+`" xmlns:a="`+apacheNamespace+`"><xs:complexType name="E"/>`+test.schema+`</xs:schema>`), "")
			if err != nil {
				t.Fatal(err)
			}
			set := NewSet(&document.Loader{})
			if err := set.Add(t.Context(), d.Root); err != nil {
				t.Fatal(err)
			}
			typ, err := set.Type(Name{Space: "urn:t", Local: "T"}, d.Root)
			if err != nil {
				t.Fatal(err)
			}
			if typ.Array == nil {
				t.Fatal("it is no array")
			}
			item, err := typ.Array.Item.Type()
			if err != nil {
				t.Fatal(err)
			}
			if got := item.Name.Space + " " + item.Name.Local; got != test.item || typ.Array.Item.Name.Local != test.element || typ.Array.Dimensions != test.dimensions {
				t.Errorf("an array of %s, named %s, in %d dimensions", got, typ.Array.Item.Name.Local, typ.Array.Dimensions)
			}
			if item.Array != nil && item.Array.Dimensions != 2 && test.name == "of arrays" {
				t.Errorf("its items have %d dimensions", item.Array.Dimensions)
			}
		})
	}
}

func TestArrayTypesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, brackets := range []string{"", "]", "[", "[]x", "x[]"} {
		if ranks, ok := ranksOf(brackets); ok {
			t.Errorf("%q has the ranks %v", brackets, ranks)
		}
	}
}
