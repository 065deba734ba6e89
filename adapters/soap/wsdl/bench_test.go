package wsdl

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/soap/document"
)

// large is a WSDL of about 60,000 lines: 3,000 types, each with 10 elements and derived from another, 1,000 elements and 500 operations.
func large() string {
	var b strings.Builder
	b.WriteString(head + "\n<w:types>\n<x:schema targetNamespace=\"urn:t\" elementFormDefault=\"qualified\">\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "<x:complexType name=\"T%d\">\n<x:annotation>\n<x:documentation>What T%d is good for.</x:documentation>\n</x:annotation>\n<x:complexContent>\n", i, i)
		fmt.Fprintf(&b, "<x:extension base=\"%s\">\n<x:sequence>\n", map[bool]string{true: "x:anyType", false: fmt.Sprintf("t:T%d", i-i%10)}[i%10 == 0])
		for j := range 10 {
			fmt.Fprintf(&b, "<x:element name=\"field%d_%d\" type=\"%s\" minOccurs=\"0\"/>\n", i%10, j, []string{"x:string", "x:int", fmt.Sprintf("t:T%d", (i*7+j)%3000)}[j%3])
		}
		b.WriteString("</x:sequence>\n</x:extension>\n</x:complexContent>\n</x:complexType>\n")
	}
	for i := range 1000 {
		fmt.Fprintf(&b, "<x:element name=\"e%d\" type=\"t:T%d\"/>\n", i, i*3)
	}
	b.WriteString("</x:schema>\n</w:types>\n")
	var portType, binding strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "<w:message name=\"In%d\">\n<w:part name=\"p\" element=\"t:e%d\"/>\n</w:message>\n<w:message name=\"Out%d\">\n<w:part name=\"p\" element=\"t:e%d\"/>\n</w:message>\n", i, 2*i, i, 2*i+1)
		fmt.Fprintf(&portType, "<w:operation name=\"op%d\">\n<w:input message=\"t:In%d\"/>\n<w:output message=\"t:Out%d\"/>\n</w:operation>\n", i, i, i)
		fmt.Fprintf(&binding, "<w:operation name=\"op%d\">\n<s:operation soapAction=\"urn:op%d\"/>\n<w:input>\n<s:body use=\"literal\"/>\n</w:input>\n<w:output>\n<s:body use=\"literal\"/>\n</w:output>\n</w:operation>\n", i, i)
	}
	fmt.Fprintf(&b, "<w:portType name=\"P\">\n%s</w:portType>\n<w:binding name=\"B\" type=\"t:P\">\n<s:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n%s</w:binding>\n", &portType, &binding)
	b.WriteString("<w:service name=\"S\">\n<w:port name=\"P1\" binding=\"t:B\">\n<s:address location=\"http://legacy.invalid/s\"/>\n</w:port>\n</w:service>\n</w:definitions>\n")
	return b.String()
}

func BenchmarkReadLarge(b *testing.B) {
	content := large()
	location := files(b, "a.wsdl", map[string]string{"a.wsdl": content})
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	var d *Definitions
	for b.Loop() {
		var err error
		if d, err = Read(b.Context(), &document.Loader{}, location); err != nil {
			b.Fatal(err)
		}
		// Every type is read, as mapping does.
		for _, operation := range d.Services[0].Ports[0].Operations {
			for _, message := range []*Message{operation.Input, operation.Output} {
				if _, err := message.Parts[0].Element.Type(); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.StopTimer()
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MiB-kept")
	b.ReportMetric(float64(strings.Count(content, "\n")), "lines")
	runtime.KeepAlive(d)
}
