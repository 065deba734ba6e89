package xmltoken

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// trace writes a document's tokens down, one to a line, with adjacent text joined.
func trace(source []byte, options Options) (string, error) {
	r := NewReader(source, options)
	var out, text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			fmt.Fprintf(&out, "%q\n", text.String())
			text.Reset()
		}
	}
	for {
		kind, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return out.String(), err
		}
		switch kind {
		case Start:
			flush()
			fmt.Fprintf(&out, "<%s %s", r.Space(), r.Local())
			for _, a := range r.Attributes() {
				fmt.Fprintf(&out, " {%s}%s=%q", a.Space, a.Local, a.Value)
			}
			out.WriteString("\n")
		case End:
			flush()
			fmt.Fprintf(&out, ">%s %s\n", r.Space(), r.Local())
		case Text:
			text.Write(r.Text())
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, wanted string }{
		{"empty element", `<a/>`, "< a\n> a\n"},
		{"prolog and epilog", "\ufeff<?xml version='1.0'?>\n<!-- c --><a></a><!-- d -->\n<?p?>", "< a\n> a\n"},
		{"default namespace", `<a xmlns="u"><b xmlns=""/><c/></a>`, "<u a\n< b\n> b\n<u c\n>u c\n>u a\n"},
		{"prefixes", `<p:a xmlns:p="u" p:x="1" x="2"><p:b xmlns:p="v"/></p:a>`, "<u a {u}x=\"1\" {}x=\"2\"\n<v b\n>v b\n>u a\n"},
		{"xml prefix", `<a xml:lang="en"/>`, "< a {http://www.w3.org/XML/1998/namespace}lang=\"en\"\n> a\n"},
		{"references", `<a b="&lt;&#x41;&quot;">&amp;&#66;&apos;&gt;</a>`, "< a {}b=\"<A\\\"\"\n\"&B'>\"\n> a\n"},
		{"CDATA joins text", `<a>x<![CDATA[<&]]>y</a>`, "< a\n\"x<&y\"\n> a\n"},
		{"line ends", "<a b='1\r\n2\t3'>x\r\ny\rz<![CDATA[\r\n]]></a>", "< a {}b=\"1 2 3\"\n\"x\\ny\\nz\\n\"\n> a\n"},
		{"space in tags", "<a  b = 'c'\n ></a >", "< a {}b=\"c\"\n> a\n"},
		{"letters beyond ASCII", `<größe/>`, "< größe\n> größe\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := trace([]byte(test.source), Options{})
			if err != nil || got != test.wanted {
				t.Errorf("got %v\n%s\nwanted\n%s", err, got, test.wanted)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ source, says string }{
		{``, "1:1: there is no element"},
		{`text`, "1:1: there is text outside"},
		{`<a>`, "1:4: the document ends inside <a>"},
		{"<a>\n <b></a>", "2:5: </a> stands where <b> should end"},
		{`</a>`, "1:1: </a> ends nothing"},
		{`<a/><b/>`, "1:5: there is a second root element <b>"},
		{`<a/>x`, "1:5: there is text outside"},
		{`<a b="1" b="2"/>`, "1:10: the attribute b is given twice"},
		{`<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>`, "1:35: the attribute q:b is given twice"},
		{`<a b=1/>`, "is not quoted"},
		{`<a b/>`, "has no value"},
		{`<a b="<"/>`, `holds "<"`},
		{`<a b="1"c="2"/>`, "no space before an attribute"},
		{`<p:a/>`, "the prefix p of <p:a> is bound to no namespace"},
		{`<a p:b=""/>`, "the prefix p of the attribute p:b is bound to no namespace"},
		{`<a xmlns:p=""/>`, "the prefix p is bound to no namespace"},
		{`<a>&nbsp;</a>`, "the entity &nbsp; is not defined"},
		{`<a>&#0;</a>`, "&#0; is no character of XML"},
		{`<a>& b</a>`, "starts no reference"},
		{"<a>\x01</a>", "1:4: the character U+0001 is not allowed in XML"},
		{"<a>\xff</a>", "1:4: the text is not valid UTF-8"},
		{`<1/>`, "is not followed by a name"},
		{`<a`, "the tag <a does not end"},
		{`<!-- `, "the comment does not end"},
		{`<a><![CDATA[`, "the CDATA section does not end"},
		{`<!DOCTYPE a><a/>`, "1:1: a DOCTYPE is not accepted here"},
		{strings.Repeat("<a>", 201), "nested more than 200 deep"},
	}
	for _, test := range tests {
		_, err := trace([]byte(test.source), Options{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%q: the error is %v, wanted %q", test.source, err, test.says)
		}
	}
}

func TestDoctype(t *testing.T) {
	t.Parallel()
	bomb := `<!DOCTYPE a [<!ENTITY e0 "lol">`
	for i := range 12 {
		bomb += fmt.Sprintf(`<!ENTITY e%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&e%d;", i), 10))
	}
	tests := []struct{ name, source, wanted, says string }{
		{"internal entity", `<!DOCTYPE a [<!ENTITY e "x&#33;"><!-- ] --><!ENTITY f '&e;&e;'>]><a b="&e;">&f;</a>`, "< a {}b=\"x!\"\n\"x!x!\"\n> a\n", ""},
		{"external subset is not read", `<!DOCTYPE a PUBLIC "-//W3C//DTD" "x.dtd" [<!ATTLIST a b CDATA #FIXED "]>">]><a/>`, "< a\n> a\n", ""},
		{"external entity is not read", `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>`, "", "the entity &e; is not defined"},
		{"recursion", `<!DOCTYPE a [<!ENTITY e "&e;">]><a>&e;</a>`, "", "more than 16 deep"},
		{"bomb", bomb + `]><a>&e12;</a>`, "", "expand to more than"},
		{"markup", `<!DOCTYPE a [<!ENTITY e "<b/>">]><a>&e;</a>`, "", "holds markup"},
		{"does not end", `<!DOCTYPE a [`, "", "does not end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := trace([]byte(test.source), Options{DoctypeAllowed: true})
			switch {
			case test.says == "" && (err != nil || got != test.wanted):
				t.Errorf("got %v\n%s", err, got)
			case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestToUTF8(t *testing.T) {
	t.Parallel()
	const wanted = `<a>é</a>`
	tests := []struct{ name, source, charset string }{
		{"UTF-8", "<a>é</a>", ""},
		{"byte order mark", "\xef\xbb\xbf<a>é</a>", "iso-8859-1"},
		{"declared", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>", ""},
		{"charset of the transport", "<a>\xe9</a>", "windows-1252"},
		{"UTF-16, little end first", "\xff\xfe<\x00a\x00>\x00\xe9\x00<\x00/\x00a\x00>\x00", ""},
		{"UTF-16, big end first", "\xfe\xff\x00<\x00a\x00>\x00\xe9\x00<\x00/\x00a\x00>", ""},
		{"declared as UTF-16, but it is not", "<?xml version=\"1.0\" encoding=\"utf-16\"?><a>é</a>", ""},
	}
	for _, test := range tests {
		got, err := ToUTF8([]byte(test.source), test.charset)
		if err != nil || !strings.HasSuffix(string(got), wanted) {
			t.Errorf("%s: got %q, %v", test.name, got, err)
		}
	}
	if _, err := ToUTF8([]byte("<a/>"), "klingon"); err == nil {
		t.Error("an unknown encoding is accepted")
	}
}

// FuzzReader compares the reader with encoding/xml: what both accept, they read the same.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		`<a xmlns="u" b="1&amp;2"><p:c xmlns:p="v">t<![CDATA[x]]></p:c><!-- c --></a>`, "<a>\r\n&#65;</a>", `<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>`, `<a`, `<a b='"'/>`, `<a :b="1"/>`, `<a:b:c xmlns:a="u"/>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		_, _ = trace(source, Options{DoctypeAllowed: true})
		got, err := trace(source, Options{})
		if err != nil {
			return
		}
		wanted, err := standardTrace(source)
		if err == nil && got != wanted {
			t.Errorf("got\n%s\nwanted\n%s", got, wanted)
		}
	})
}

// standardTrace is trace by encoding/xml. Where that library is known to differ from the specifications, it returns an error.
func standardTrace(source []byte) (string, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(source, []byte("\ufeff"))))
	var out, text strings.Builder
	depth := 0
	flush := func() {
		if text.Len() > 0 {
			fmt.Fprintf(&out, "%q\n", text.String())
			text.Reset()
		}
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			flush()
			depth++
			fmt.Fprintf(&out, "<%s %s", token.Name.Space, token.Name.Local)
			for _, a := range token.Attr {
				if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
					continue
				}
				if strings.ContainsAny(a.Value, "\t\n\r") {
					return "", errors.New("it does not normalise attributes")
				}
				fmt.Fprintf(&out, " {%s}%s=%q", a.Name.Space, a.Name.Local, a.Value)
			}
			out.WriteString("\n")
		case xml.EndElement:
			flush()
			depth--
			fmt.Fprintf(&out, ">%s %s\n", token.Name.Space, token.Name.Local)
		case xml.CharData:
			if depth > 0 {
				text.Write(token)
			}
		}
	}
}

func BenchmarkReader(b *testing.B) {
	source := []byte(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>` +
		strings.Repeat(`<a:account xmlns:a="urn:a" revision="1"><a:id>C000001</a:id><a:name>Jane &amp; John</a:name><a:balance>12.50</a:balance></a:account>`, 500) + `</e:Body></e:Envelope>`)
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	r := &Reader{}
	for b.Loop() {
		r.Reset(source, Options{})
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}
