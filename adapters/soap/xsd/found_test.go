package xsd

import (
	"strings"
	"testing"
)

func typeIn(t *testing.T, set *Set, namespace, local string) *Type {
	t.Helper()
	c := set.types.byName[Name{Space: namespace, Local: local}]
	if c == nil {
		t.Fatalf("there is no type %s", local)
	}
	typ, err := set.globalType(c, c.node)
	if err != nil {
		t.Fatal(err)
	}
	return typ
}

// summary writes down what a type is: its content, attributes and value.
func summary(typ *Type) string {
	out := describe(typ.Content)
	for _, a := range typ.Attributes {
		out += " @" + a.Name.String()
		if a.Required {
			out += "!"
		}
		if a.Default != nil {
			out += "=" + *a.Default
		}
		if a.Fixed != nil {
			out += "==" + *a.Fixed
		}
	}
	if typ.AnyAttribute != nil {
		out += " @*"
	}
	if typ.Mixed {
		out += " mixed"
	}
	if v := typ.Value; v != nil {
		out += " :" + v.Builtin
		if v.MaxLength != nil {
			out += strings.Repeat("<", *v.MaxLength)
		}
	}
	return strings.TrimSpace(out)
}

func TestTypesAsFound(t *testing.T) {
	t.Parallel()
	const base = `<xs:complexType name="B" mixed="true"><xs:sequence><xs:element name="a"/></xs:sequence><xs:attribute name="x"/><xs:attribute name="y" default="1"/><xs:anyAttribute/></xs:complexType>`
	tests := []struct{ name, declarations, wanted string }{
		{"extension keeps what is mixed and open", base + `<xs:complexType name="T"><xs:complexContent><xs:extension base="t:B"/></xs:complexContent></xs:complexType>`, "seq({urn:t}a) @x @y=1 @* mixed"},
		{"restriction says all anew", base + `<xs:complexType name="T"><xs:complexContent><xs:restriction base="t:B"><xs:attribute name="x" use="prohibited"/><xs:attribute name="y" use="required" fixed="2"/></xs:restriction></xs:complexContent></xs:complexType>`, "@y!==2"},
		{"open by a group of attributes", `<xs:attributeGroup name="A"><xs:anyAttribute/></xs:attributeGroup><xs:complexType name="T"><xs:attributeGroup ref="t:A"/></xs:complexType>`, "@*"},
		{"attribute by reference", `<xs:attribute name="g" type="xs:int" default="7"/><xs:complexType name="T"><xs:attribute ref="t:g" use="required"/><xs:attribute name="l" form="qualified"/></xs:complexType>`, "@{urn:t}g!=7 @{urn:t}l"},
		{"group that occurs, in an all", `<xs:group name="G"><xs:all><xs:element name="a"/><xs:element name="b" minOccurs="0"/></xs:all></xs:group><xs:complexType name="T"><xs:group ref="t:G" minOccurs="0"/></xs:complexType>`, "seq[0-1](seq({urn:t}a {urn:t}b[0-1]))"},
		{"choices within sequences, repeated", `<xs:complexType name="T"><xs:sequence maxOccurs="unbounded"><xs:choice minOccurs="0"><xs:element name="a"/><xs:sequence><xs:element name="b"/><xs:element ref="t:c"/></xs:sequence></xs:choice></xs:sequence></xs:complexType><xs:element name="c"/>`, "seq[1-n](choice[0-1]({urn:t}a seq({urn:t}b {urn:t}c)))"},
		{"simple content, restricted with a type of its own", `<xs:complexType name="S"><xs:simpleContent><xs:extension base="xs:string"><xs:attribute name="u"/></xs:extension></xs:simpleContent></xs:complexType>
			<xs:complexType name="T"><xs:simpleContent><xs:restriction base="t:S"><xs:simpleType><xs:restriction base="xs:token"><xs:maxLength value="5"/></xs:restriction></xs:simpleType><xs:maxLength value="3"/><xs:attribute name="u" use="required"/></xs:restriction></xs:simpleContent></xs:complexType>`, "@u! :token<<<"},
		{"complex content of a simple type", `<xs:complexType name="T"><xs:complexContent><xs:extension base="xs:int"><xs:attribute name="u"/></xs:extension></xs:complexContent></xs:complexType>`, "@u :int"},
		{"the wrapping forgotten", `<xs:complexType name="B"><xs:sequence><xs:element name="a"/></xs:sequence></xs:complexType><xs:complexType name="T"><xs:extension base="t:B"><xs:sequence><xs:element name="b"/></xs:sequence></xs:extension></xs:complexType>`, "seq(seq({urn:t}a) seq({urn:t}b))"},
		{"a draft's", `<xs:complexType name="T" base="t:B" derivedBy="extension" content="mixed"><xs:element name="b"/><xs:attribute name="d" use="default" value="3"/></xs:complexType><xs:complexType name="B"><xs:element name="a" maxOccurs="*"/></xs:complexType>`, "seq({urn:t}a[1-n] {urn:t}b) @d=3 mixed"},
		{"annotations and keys anywhere", `<xs:complexType name="T"><xs:sequence><xs:annotation/><xs:element name="a"><xs:key name="k"/></xs:element><xs:annotation/></xs:sequence><xs:annotation/><xs:attribute name="x"/><xs:annotation/></xs:complexType>`, "seq({urn:t}a) @x"},
		{"the later of two, if the first is empty", `<xs:complexType name="T"/><xs:complexType name="T"><xs:sequence><xs:element name="a"/></xs:sequence></xs:complexType>`, "seq({urn:t}a)"},
		{"well-known attributes", `<xs:complexType name="T"><xs:attribute ref="xml:lang"/><xs:attribute ref="m:contentType" xmlns:m="http://www.w3.org/2005/05/xmlmime"/><xs:attributeGroup ref="k:simpleLink" xmlns:k="http://www.w3.org/1999/xlink"/></xs:complexType>`,
			"@{http://www.w3.org/XML/1998/namespace}lang @{http://www.w3.org/2005/05/xmlmime}contentType @{http://www.w3.org/1999/xlink}type==simple @{http://www.w3.org/1999/xlink}href @{http://www.w3.org/1999/xlink}role @{http://www.w3.org/1999/xlink}arcrole @{http://www.w3.org/1999/xlink}title @{http://www.w3.org/1999/xlink}show @{http://www.w3.org/1999/xlink}actuate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set, _ := load(t, map[string]string{"a.xsd": open + test.declarations + `</xs:schema>`})
			if got := summary(typeIn(t, set, "urn:t", "T")); got != test.wanted {
				t.Errorf("got    %s\nwanted %s", got, test.wanted)
			}
			if problems := set.Problems(); len(problems) > 0 {
				t.Errorf("the problems are %v", problems)
			}
		})
	}
}

// TestChameleons includes a document without a namespace in two, and imports it as it is.
func TestChameleons(t *testing.T) {
	t.Parallel()
	set, _ := load(t, map[string]string{
		"a.xsd": open + `<xs:include schemaLocation="c.xsd"/><xs:import namespace="urn:u" schemaLocation="b.xsd"/><xs:import schemaLocation="c.xsd"/></xs:schema>`,
		"b.xsd": `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:u"><xs:include schemaLocation="./c.xsd"/></xs:schema>`,
		"c.xsd": `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"><xs:complexType name="C"><xs:sequence><xs:element name="in"><xs:complexType><xs:sequence><xs:element ref="e"/></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType><xs:element name="e" type="D"/><xs:complexType name="D"/></xs:schema>`,
	})
	for _, namespace := range []string{"urn:t", "urn:u", ""} {
		inner, err := firstElement(typeIn(t, set, namespace, "C").Content).Type()
		if err != nil {
			t.Fatal(err)
		}
		e := firstElement(inner.Content)
		typ, err := e.Type()
		if err != nil || e.Name.Space != namespace || typ.Name != (Name{Space: namespace, Local: "D"}) {
			t.Errorf("in %q the element is %s of type %+v (%v)", namespace, e.Name, typ, err)
		}
	}
}

func firstElement(p *Particle) *Element {
	for p.Kind != ElementParticle {
		p = p.Children[0]
	}
	return p.Element
}

func TestRedefinitions(t *testing.T) {
	t.Parallel()
	set, _ := load(t, map[string]string{
		"a.xsd": open + `<xs:redefine schemaLocation="old.xsd">
			<xs:complexType name="D"><xs:complexContent><xs:extension base="t:D"><xs:sequence><xs:element name="new"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
			<xs:simpleType name="S"><xs:restriction base="t:S"><xs:maxLength value="2"/></xs:restriction></xs:simpleType>
			<xs:group name="G"><xs:sequence><xs:group ref="t:G"/><xs:element name="g2"/></xs:sequence></xs:group>
			<xs:attributeGroup name="A"><xs:attributeGroup ref="t:A"/><xs:attribute name="a2"/></xs:attributeGroup></xs:redefine></xs:schema>`,
		"old.xsd": open + `<xs:complexType name="B"/><xs:complexType name="D"><xs:complexContent><xs:extension base="t:B"><xs:sequence><xs:element name="old"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
			<xs:simpleType name="S"><xs:restriction base="xs:string"/></xs:simpleType><xs:group name="G"><xs:sequence><xs:element name="g1" type="t:S"/></xs:sequence></xs:group>
			<xs:attributeGroup name="A"><xs:attribute name="a1"/></xs:attributeGroup>
			<xs:complexType name="T"><xs:group ref="t:G"/><xs:attributeGroup ref="t:A"/></xs:complexType></xs:schema>`,
	})
	if got := summary(typeIn(t, set, "urn:t", "T")); got != "seq(seq(seq(seq({urn:t}g1)) {urn:t}g2)) @a1 @a2" {
		t.Errorf("T is %s", got)
	}
	if got := summary(typeIn(t, set, "urn:t", "S")); got != ":string<<" {
		t.Errorf("S is %s", got)
	}
	derived := set.Derived(typeIn(t, set, "urn:t", "B"))
	if len(derived) != 1 || summary(derived[0]) != "seq(seq({urn:t}old) seq({urn:t}new))" || derived[0] != typeIn(t, set, "urn:t", "D") {
		t.Errorf("derived from B are %v", derived)
	}
}

// TestSubstitutes follows a substitution group through namespaces, in a circle, and past abstract members.
func TestSubstitutesOfAll(t *testing.T) {
	t.Parallel()
	set, root := load(t, map[string]string{
		"a.xsd": open + `<xs:import namespace="urn:u" schemaLocation="b.xsd"/><xs:element name="head" abstract="true" type="xs:int" block="substitution" substitutionGroup="t:m1"/><xs:element name="m1" substitutionGroup="t:head" abstract="true"/></xs:schema>`,
		"b.xsd": `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:u"><xs:element name="m2" substitutionGroup="t:m1"/><xs:element name="m3" substitutionGroup="t:m1" type="xs:short"/></xs:schema>`,
	})
	head, err := set.Element(Name{Space: "urn:t", Local: "head"}, root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range set.Substitutes(head) {
		typ, err := e.Type()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Name.String()+" "+typ.Name.Local)
	}
	if wanted := "{urn:u}m2 int, {urn:u}m3 short"; strings.Join(got, ", ") != wanted {
		t.Errorf("the members are %s, wanted %s", strings.Join(got, ", "), wanted)
	}
}

// TestWellKnownSchemasAreWhole reads everything of the schemas that are carried along.
func TestWellKnownSchemasAreWhole(t *testing.T) {
	t.Parallel()
	set, root := load(t, map[string]string{"a.xsd": open + `</xs:schema>`})
	for space := range wellKnownFiles {
		if !set.addWellKnown(space) {
			t.Errorf("the schema of %s cannot be read", space)
		}
	}
	for _, c := range set.types.byName {
		typ, err := set.globalType(c, c.node)
		if err != nil {
			t.Fatal(err)
		}
		resolveAll(typ.Content)
	}
	for _, c := range set.elements.byName {
		if _, err := set.global(c).Type(); err != nil {
			t.Error(err)
		}
	}
	if problems := set.Problems(); len(problems) > 0 {
		t.Errorf("the problems are %v", problems)
	}
	if typ, err := set.Type(Name{Space: "http://xml.apache.org/xml-soap", Local: "DataHandler"}, root); err != nil || typ.Value.Builtin != "base64Binary" {
		t.Errorf("a DataHandler is %+v (%v)", typ, err)
	}
}
