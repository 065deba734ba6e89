package xsd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// load reads the schema a.xsd of some documents.
func load(t testing.TB, contents map[string]string) (*Set, *document.Node) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loader := &document.Loader{}
	d, err := loader.Load(t.Context(), filepath.Join(dir, "a.xsd"), nil)
	if err != nil {
		t.Fatal(err)
	}
	set := NewSet(loader)
	if err := set.Add(t.Context(), d.Root); err != nil {
		t.Fatal(err)
	}
	return set, d.Root
}

const open = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">`

// describe writes a content model down.
func describe(p *Particle) string {
	if p == nil {
		return ""
	}
	out := map[ParticleKind]string{AnyParticle: "*", SequenceParticle: "seq", ChoiceParticle: "choice"}[p.Kind]
	if p.Kind == ElementParticle {
		out = p.Element.Name.String()
	}
	if p.Min != 1 || p.Max != 1 {
		out += "[" + string(rune('0'+p.Min)) + "-" + map[bool]string{true: "n", false: string(rune('0' + max(p.Max, 0)))}[p.Max == Unbounded] + "]"
	}
	if len(p.Children) > 0 {
		var parts []string
		for _, child := range p.Children {
			parts = append(parts, describe(child))
		}
		out += "(" + strings.Join(parts, " ") + ")"
	}
	return out
}

func TestContentModels(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, declarations, content, attributes string }{
		{"sequence", `<xs:complexType name="T"><xs:sequence><xs:element name="a" minOccurs="0"/><xs:any maxOccurs="unbounded"/></xs:sequence></xs:complexType>`, "seq({urn:t}a[0-1] *[1-n])", ""},
		{"all is a sequence", `<xs:complexType name="T"><xs:all><xs:element name="a"/><xs:element name="b" form="unqualified"/></xs:all></xs:complexType>`, "seq({urn:t}a b)", ""},
		{"group", `<xs:group name="G"><xs:choice><xs:element name="a"/><xs:element name="b"/></xs:choice></xs:group><xs:complexType name="T"><xs:group ref="t:G" maxOccurs="2"/></xs:complexType>`, "seq[1-2](choice({urn:t}a {urn:t}b))", ""},
		{"extension", `<xs:complexType name="B"><xs:sequence><xs:element name="a"/></xs:sequence><xs:attribute name="x"/></xs:complexType>
			<xs:complexType name="T"><xs:complexContent><xs:extension base="t:B"><xs:choice><xs:element name="b"/><xs:element name="c"/></xs:choice><xs:attribute name="y"/></xs:extension></xs:complexContent></xs:complexType>`, "seq(seq({urn:t}a) choice({urn:t}b {urn:t}c))", "x y"},
		{"restriction", `<xs:complexType name="B"><xs:sequence><xs:element name="a" minOccurs="0"/></xs:sequence><xs:attribute name="x"/><xs:attribute name="y"/></xs:complexType>
			<xs:complexType name="T"><xs:complexContent><xs:restriction base="t:B"><xs:sequence><xs:element name="a"/></xs:sequence><xs:attribute name="x" use="prohibited"/><xs:attribute name="y" use="required"/></xs:restriction></xs:complexContent></xs:complexType>`, "seq({urn:t}a)", "y!"},
		{"attribute groups", `<xs:attributeGroup name="A"><xs:attribute name="x"/><xs:attributeGroup ref="t:B"/></xs:attributeGroup><xs:attributeGroup name="B"><xs:attribute name="y"/></xs:attributeGroup>
			<xs:complexType name="T"><xs:attributeGroup ref="t:A"/><xs:attribute ref="xml:lang"/></xs:complexType>`, "", "x y {http://www.w3.org/XML/1998/namespace}lang"},
		{"maxOccurs of 0 is nothing", `<xs:complexType name="T"><xs:sequence><xs:element name="a" minOccurs="0" maxOccurs="0"/><xs:element name="b"/></xs:sequence></xs:complexType>`, "seq({urn:t}b)", ""},
		{"a .NET DataSet", `<xs:complexType name="T"><xs:sequence><xs:element ref="xs:schema"/><xs:any/></xs:sequence></xs:complexType>`, "seq(* *)", ""},
		{"blanks in names", `<xs:complexType name="T "><xs:sequence><xs:element name=" a " type="xs:string "/></xs:sequence></xs:complexType>`, "seq({urn:t}a)", ""},
		{"the first of two counts", `<xs:complexType name="T"><xs:sequence><xs:element name="a"/></xs:sequence></xs:complexType><xs:complexType name="T"/>`, "seq({urn:t}a)", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set, root := load(t, map[string]string{"a.xsd": open + test.declarations + `</xs:schema>`})
			typ, err := set.Type(Name{Space: "urn:t", Local: "T"}, root)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(typ.Content); got != test.content {
				t.Errorf("the content is %s, wanted %s", got, test.content)
			}
			var attributes []string
			for _, a := range typ.Attributes {
				attributes = append(attributes, a.Name.String()+map[bool]string{true: "!"}[a.Required])
			}
			if got := strings.Join(attributes, " "); got != test.attributes {
				t.Errorf("the attributes are %s, wanted %s", got, test.attributes)
			}
		})
	}
}

func TestDocumentsTogether(t *testing.T) {
	t.Parallel()
	set, root := load(t, map[string]string{
		"a.xsd": open + `<xs:include schemaLocation="chameleon.xsd"/><xs:import namespace="urn:u" schemaLocation="b.xsd"/>
			<xs:redefine schemaLocation="old.xsd"><xs:complexType name="R"><xs:complexContent><xs:extension base="t:R"><xs:sequence><xs:element name="new"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:redefine></xs:schema>`,
		"b.xsd":         `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:u" xmlns:t="urn:t"><xs:import namespace="urn:t" schemaLocation="a.xsd"/><xs:element name="e" type="t:C"/></xs:schema>`,
		"chameleon.xsd": `<schema xmlns="http://www.w3.org/1999/XMLSchema"><complexType name="C"><sequence><element name="c" xmlns:x="http://www.w3.org/1999/XMLSchema" type="x:timeInstant"/></sequence></complexType></schema>`,
		"old.xsd":       open + `<xs:complexType name="R"><xs:sequence><xs:element name="old"/></xs:sequence></xs:complexType></xs:schema>`,
	})
	e, err := set.Element(Name{Space: "urn:u", Local: "e"}, root)
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Type()
	if err != nil || c.Name != (Name{Space: "urn:t", Local: "C"}) || describe(c.Content) != "seq(c)" {
		t.Fatalf("the type is %+v (%v)", c, err)
	}
	moment, err := c.Content.Children[0].Element.Type()
	if err != nil || moment.Value.Builtin != "dateTime" {
		t.Errorf("the type of the drafts is %+v (%v)", moment, err)
	}
	r, err := set.Type(Name{Space: "urn:t", Local: "R"}, root)
	if err != nil || describe(r.Content) != "seq(seq({urn:t}old) seq({urn:t}new))" {
		t.Errorf("the redefined type is %v (%v)", r, err)
	}
}

func TestDerivedAndSubstituted(t *testing.T) {
	t.Parallel()
	set, root := load(t, map[string]string{"a.xsd": open + `<xs:complexType name="A"/>
		<xs:complexType name="B" abstract="true"><xs:complexContent><xs:extension base="t:A"/></xs:complexContent></xs:complexType>
		<xs:complexType name="C"><xs:complexContent><xs:restriction base="t:B"/></xs:complexContent></xs:complexType>
		<xs:element name="h" type="t:A"/><xs:element name="i" substitutionGroup="t:h" abstract="true"/><xs:element name="j" substitutionGroup="t:i"/></xs:schema>`})
	a, err := set.Type(Name{Space: "urn:t", Local: "A"}, root)
	if err != nil {
		t.Fatal(err)
	}
	if derived := set.Derived(a); len(derived) != 1 || derived[0].Name.Local != "C" {
		t.Errorf("derived are %v", derived)
	}
	h, err := set.Element(Name{Space: "urn:t", Local: "h"}, root)
	if err != nil {
		t.Fatal(err)
	}
	members := set.Substitutes(h)
	if len(members) != 2 || members[0] != h || members[1].Name.Local != "j" {
		t.Fatalf("substitutes are %v", members)
	}
	if typ, err := members[1].Type(); err != nil || typ != a {
		t.Errorf("a member without a type has %v (%v), and not the head's", typ, err)
	}
}

func TestSimpleTypes(t *testing.T) {
	t.Parallel()
	set, root := load(t, map[string]string{"a.xsd": open + `
		<xs:simpleType name="Code"><xs:restriction base="xs:token"><xs:maxLength value="9"/><xs:pattern value="a"/><xs:pattern value="b"/></xs:restriction></xs:simpleType>
		<xs:simpleType name="Short"><xs:restriction base="t:Code"><xs:length value="2"/></xs:restriction></xs:simpleType>
		<xs:simpleType name="Yes"><xs:restriction base="xs:string"><xs:enumeration value="Y"/></xs:restriction></xs:simpleType>
		<xs:simpleType name="YesNo"><xs:union memberTypes="t:Yes"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="N"/></xs:restriction></xs:simpleType></xs:union></xs:simpleType>
		<xs:simpleType name="Codes"><xs:list itemType="t:Code"/></xs:simpleType>
		<xs:simpleType name="Age"><xs:restriction base="xs:int"><xs:minExclusive value="0"/><xs:maxInclusive value="150"/></xs:restriction></xs:simpleType></xs:schema>`})
	value := func(name string) *Value {
		typ, err := set.Type(Name{Space: "urn:t", Local: name}, root)
		if err != nil {
			t.Fatal(err)
		}
		return typ.Value
	}
	if v := value("Short"); v.Builtin != "token" || *v.MinLength != 2 || *v.MaxLength != 2 || strings.Join(v.Patterns, "|") != "a|b" {
		t.Errorf("Short is %+v", v)
	}
	if v := value("YesNo"); !v.Union || strings.Join(v.Enumeration, "|") != "Y|N" {
		t.Errorf("YesNo is %+v", v)
	}
	if v := value("Codes"); v.Item == nil || v.Item.Builtin != "token" {
		t.Errorf("Codes is %+v", v)
	}
	if v := value("Age"); *v.MinExclusive != "0" || *v.MaxInclusive != "150" {
		t.Errorf("Age is %+v", v)
	}
}

// TestGroupsDoNotGrowWithoutEnd reads a billion laughs made of model groups, and one made of attribute groups.
func TestGroupsDoNotGrowWithoutEnd(t *testing.T) {
	t.Parallel()
	for kind, use := range map[string]string{"group": "<xs:sequence>%s</xs:sequence>", "attributeGroup": "%s"} {
		var declarations strings.Builder
		for i := range 40 {
			ref := fmt.Sprintf(`<xs:%s ref="t:G%d"/>`, kind, i+1)
			fmt.Fprintf(&declarations, `<xs:%s name="G%d">%s</xs:%s>`, kind, i, strings.Replace(use, "%s", ref+ref, 1), kind)
		}
		fmt.Fprintf(&declarations, `<xs:%s name="G40">%s</xs:%s><xs:complexType name="T"><xs:%s ref="t:G0"/></xs:complexType>`, kind, strings.Replace(use, "%s", "", 1), kind, kind)
		set, root := load(t, map[string]string{"a.xsd": open + declarations.String() + `</xs:schema>`})
		set.maxExpanded = 1000
		if _, err := set.Type(Name{Space: "urn:t", Local: "T"}, root); err == nil || !strings.Contains(err.Error(), "expand to more than 1000 parts") {
			t.Errorf("%s: the error is %v", kind, err)
		}
	}
}

// TestProblemsAreLocated reads types with something wrong in them: they can be read all the same.
func TestProblemsAreLocated(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, declarations, says, content string }{
		{"unknown type", `<xs:complexType name="T"><xs:complexContent><xs:extension base="t:None"><xs:sequence><xs:element name="a"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>`, "{urn:t}None is not declared", "seq({urn:t}a)"},
		{"unknown group", `<xs:complexType name="T"><xs:group ref="t:None"/></xs:complexType>`, "the group {urn:t}None", "*[0-n]"},
		{"unknown element", `<xs:complexType name="T"><xs:sequence><xs:element ref="t:None"/></xs:sequence></xs:complexType>`, "the element {urn:t}None", "seq({urn:t}None)"},
		{"unknown attribute", `<xs:complexType name="T"><xs:attribute ref="t:none"/></xs:complexType>`, "the attribute {urn:t}none", ""},
		{"derived from itself", `<xs:complexType name="T"><xs:complexContent><xs:extension base="t:T"/></xs:complexContent></xs:complexType>`, "derived from itself", ""},
		{"group of itself", `<xs:group name="G"><xs:sequence><xs:group ref="t:G"/></xs:sequence></xs:group><xs:complexType name="T"><xs:group ref="t:G"/></xs:complexType>`, "the group {urn:t}G", "seq(seq(*[0-n]))"},
		{"no number", `<xs:complexType name="T"><xs:sequence><xs:element name="a" maxOccurs="many"/></xs:sequence></xs:complexType>`, `maxOccurs is "many"`, "seq({urn:t}a[1-n])"},
		{"negative", `<xs:complexType name="T"><xs:sequence><xs:element name="a" minOccurs="-1"/></xs:sequence></xs:complexType>`, `minOccurs is "-1"`, "seq({urn:t}a[0-1])"},
		{"nothing named", `<xs:complexType name="T"><xs:sequence><xs:element type="xs:int"/></xs:sequence></xs:complexType>`, "neither name nor ref", "seq"},
		{"taken from elsewhere", `<xs:complexType name="T"><xs:sequence><xs:element ref="xs:e"/><xs:element ref="o:e" xmlns:o="urn:o"/></xs:sequence></xs:complexType><xs:element name="e"/>`, "{urn:t}e is taken instead", "seq({urn:t}e {urn:t}e)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set, root := load(t, map[string]string{"a.xsd": open + "\n" + test.declarations + `</xs:schema>`})
			typ, err := set.Type(Name{Space: "urn:t", Local: "T"}, root)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(typ.Content); got != test.content {
				t.Errorf("the content is %s, wanted %s", got, test.content)
			}
			problems := set.Problems()
			if len(problems) == 0 || !strings.Contains(problems[0].Message, test.says) || !strings.Contains(problems[0].Position.String(), "a.xsd:2:") {
				t.Errorf("the problems are %v", problems)
			}
		})
	}
}

func TestWhatIsTooDeepIsRefused(t *testing.T) {
	t.Parallel()
	set, root := load(t, map[string]string{"a.xsd": open + `<xs:complexType name="T">` + strings.Repeat(`<xs:sequence>`, 150) + strings.Repeat(`</xs:sequence>`, 150) + `</xs:complexType></xs:schema>`})
	if _, err := set.Type(Name{Space: "urn:t", Local: "T"}, root); err == nil || !strings.Contains(err.Error(), "nested more than 100 deep") {
		t.Errorf("the error is %v", err)
	}
}

// TestProblemsOfValues reads facets that are wrong, and references that lack a declaration but not a meaning.
func TestProblemsOfValues(t *testing.T) {
	t.Parallel()
	set, root := load(t, map[string]string{"a.xsd": open + `<xs:simpleType name="Code"><xs:restriction base="xs:string"><xs:maxLength value="many"/><xs:minLength value="2"/></xs:restriction></xs:simpleType>
		<xs:simpleType name="Old" base="xsd:string"><xs:maxLength value="3"/></xs:simpleType>
		<xs:simpleType name="Hex"><xs:restriction base="xs:binary"><xs:encoding value="hex"/></xs:restriction></xs:simpleType>
		<xs:simpleType name="Mine"><xs:restriction base="mine:Code"/></xs:simpleType></xs:schema>`})
	value := func(name string) *Value {
		typ, err := set.Type(Name{Space: "urn:t", Local: name}, root)
		if err != nil {
			t.Fatal(err)
		}
		return typ.Value
	}
	if v := value("Code"); v.MaxLength != nil || *v.MinLength != 2 {
		t.Errorf("Code is %+v", v)
	}
	if v := value("Old"); v.Builtin != "string" || *v.MaxLength != 3 {
		t.Errorf("Old is %+v", v)
	}
	if v := value("Hex"); v.Builtin != "hexBinary" {
		t.Errorf("Hex is %+v", v)
	}
	if v := value("Mine"); v.MinLength == nil || *v.MinLength != 2 {
		t.Errorf("Mine is %+v", v)
	}
	if problems := set.Problems(); len(problems) != 1 || !strings.Contains(problems[0].Message, `maxLength is "many"`) {
		t.Errorf("the problems are %v", problems)
	}
}
