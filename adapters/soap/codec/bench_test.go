package codec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/wsdl"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

const customerTypes = `<xs:complexType name="Address"><xs:sequence><xs:element name="line" type="xs:string" maxOccurs="4"/><xs:element name="postcode" type="xs:string"/></xs:sequence></xs:complexType>
	<xs:complexType name="Customer"><xs:sequence>
	<xs:element name="id" type="xs:string"/><xs:element name="name" type="xs:string"/><xs:element name="born" type="xs:date"/><xs:element name="changed" type="xs:dateTime"/>
	<xs:element name="balance" type="xs:decimal"/><xs:element name="visits" type="xs:int"/><xs:element name="active" type="xs:boolean"/><xs:element name="address" type="t:Address"/>
	</xs:sequence><xs:attribute name="revision" type="xs:long"/></xs:complexType>`

const customerSchema = customerTypes + `<xs:element name="root"><xs:complexType><xs:sequence><xs:element name="customer" type="t:Customer" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>`

// customerLeaves is how many values one customer has.
const customerLeaves = 11

func customers(n int) string {
	return `<t:root xmlns:t="urn:t">` + strings.Repeat(`<t:customer revision="12"><t:id>C000001</t:id><t:name>Jane &amp; John Citizen</t:name><t:born>1980-02-29</t:born>`+
		`<t:changed>2026-01-31T12:00:00Z</t:changed><t:balance>-1234.50</t:balance><t:visits>42</t:visits><t:active>true</t:active>`+
		`<t:address><t:line>1 High Street</t:line><t:line>Riverside</t:line><t:postcode>RV1 1AA</t:postcode></t:address></t:customer>`, n) + `</t:root>`
}

// BenchmarkDecode reads a reply of 1.6 kB, as a gateway mostly does, and one of 75 kB.
func BenchmarkDecode(b *testing.B) {
	body := bodyOf(b, customerSchema)
	for _, size := range []struct {
		name      string
		customers int
	}{{"small", 4}, {"large", 200}} {
		b.Run(size.name, func(b *testing.B) {
			source := []byte("<Body>" + customers(size.customers) + "</Body>")
			b.SetBytes(int64(len(source)))
			b.ReportAllocs()
			tokens := &xmltoken.Reader{}
			for b.Loop() {
				tokens.Reset(source, xmltoken.Options{})
				if _, err := tokens.Next(); err != nil {
					b.Fatal(err)
				}
				if _, _, err := body.Decode(tokens, ReadOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestDecodeAllocations holds that a reply costs a few allocations in all, and none for its values.
func TestDecodeAllocations(t *testing.T) {
	body := bodyOf(t, customerSchema)
	source := []byte("<Body>" + customers(200) + "</Body>")
	tokens := &xmltoken.Reader{}
	allocations := testing.AllocsPerRun(10, func() {
		tokens.Reset(source, xmltoken.Options{})
		if _, err := tokens.Next(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := body.Decode(tokens, ReadOptions{}); err != nil {
			t.Fatal(err)
		}
	})
	if most := 20.0; allocations > most {
		t.Errorf("%d values cost %v allocations, more than %v", 200*customerLeaves, allocations, most)
	}
}

func BenchmarkEncode(b *testing.B) {
	body := bodyOf(b, customerSchema)
	tokens := xmltoken.NewReader([]byte("<Body>"+customers(200)+"</Body>"), xmltoken.Options{})
	if _, err := tokens.Next(); err != nil {
		b.Fatal(err)
	}
	message, _, err := body.Decode(tokens, ReadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		w, err := body.Encode(message)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(w.Bytes())))
	}
}

// largeSchema has so many types, each with 10 elements of which some are of other types, and every tenth with types derived from it.
func largeSchema(types int) string {
	var s strings.Builder
	for i := range types {
		base := ""
		if i%10 != 0 && i%50 < 10 {
			base = fmt.Sprintf("t:T%d", i-i%10)
		}
		fmt.Fprintf(&s, `<xs:complexType name="T%d">`, i)
		if base != "" {
			fmt.Fprintf(&s, `<xs:complexContent><xs:extension base="%s">`, base)
		}
		s.WriteString(`<xs:sequence>`)
		for j := range 10 {
			fmt.Fprintf(&s, `<xs:element name="field%d_%d" type="%s" minOccurs="0"/>`, i%10, j, []string{"xs:string", "xs:decimal", fmt.Sprintf("t:T%d", (i*7+j)%types)}[j%3])
		}
		s.WriteString(`</xs:sequence>`)
		if base != "" {
			s.WriteString(`</xs:extension></xs:complexContent>`)
		}
		s.WriteString(`</xs:complexType>`)
	}
	for i := range types {
		fmt.Fprintf(&s, `<xs:element name="e%d" type="t:T%d"/>`, i, i)
	}
	return s.String()
}

func BenchmarkMapLarge(b *testing.B) {
	const types = 3000
	schema := largeSchema(types)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		f := newFixture(b, schema)
		var parts []*wsdl.Part
		for i := range types {
			parts = append(parts, f.part(b, fmt.Sprintf("e%d", i)))
		}
		b.StartTimer()
		for _, part := range parts {
			f.body(b, &wsdl.Message{Parts: []*wsdl.Part{part}}, part.Name)
		}
		f.link(b)
	}
}

// BenchmarkEncodeSmall writes a request of one field, as most are.
func BenchmarkEncodeSmall(b *testing.B) {
	body := bodyOf(b, in(`<xs:sequence><xs:element name="id" type="xs:string"/><xs:element name="since" type="xs:date" minOccurs="0"/></xs:sequence>`))
	message := fromJSON(b, body, `{"id":"C000001"}`)
	b.ReportAllocs()
	for b.Loop() {
		w, err := body.Encode(message)
		if err != nil {
			b.Fatal(err)
		}
		_ = w.AppendNamespaces(nil)
	}
}
