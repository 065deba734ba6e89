package multipart

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	stdmultipart "mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealStacks reads messages as stacks in use send them. Each file of testdata holds the Content-Type header, an empty line and the body.
func TestRealStacks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file, rootType, charset string
		attachments             []Attachment
		references              map[string]string
	}{
		{
			file: "axis-swa.http", rootType: "text/xml; charset=UTF-8", charset: "UTF-8",
			attachments: []Attachment{{ContentID: "3F2504E04F8911D39A0C0305E82C3301", ContentType: "application/octet-stream", Data: []byte("\x00\x01binary\r\n--no boundary\n")}},
			references:  map[string]string{"cid:3F2504E04F8911D39A0C0305E82C3301": "\x00\x01binary\r\n--no boundary\n", "cid:other": ""},
		},
		{
			file: "jaxws-mtom.http", rootType: `application/xop+xml;charset=utf-8;type="text/xml"`, charset: "utf-8",
			attachments: []Attachment{{ContentID: "e2f3a1b0-5c@example.jaxws.sun.com", ContentType: "application/pdf", Data: []byte("%PDF-1.4\n\x80\xff\n%%EOF\n")}},
			references:  map[string]string{"cid:e2f3a1b0-5c%40example.jaxws.sun.com": "%PDF-1.4\n\x80\xff\n%%EOF\n", "CID:e2f3a1b0-5c@example.jaxws.sun.com": "%PDF-1.4\n\x80\xff\n%%EOF\n"},
		},
		{
			file: "dotnet-mtom.http", rootType: `application/xop+xml;charset=utf-8;type="application/soap+xml"`, charset: "utf-8",
			attachments: []Attachment{{ContentID: "http://tempuri.org/1/634", ContentType: "application/octet-stream", Data: []byte("first")}, {ContentID: "http://tempuri.org/2/634", ContentType: "application/octet-stream"}},
			references:  map[string]string{"cid:http%3A%2F%2Ftempuri.org%2F1%2F634": "first"},
		},
		{
			file: "gsoap-mtom.http", rootType: `application/xop+xml; charset=utf-8; type="text/xml"`, charset: "utf-8",
			attachments: []Attachment{{ContentID: "id1", ContentType: "image/gif", Data: []byte("GIF89a\r")}},
			references:  map[string]string{"cid:id1": "GIF89a\r"},
		},
		{
			file: "lf-sloppy.http", rootType: "text/xml", charset: "",
			attachments: []Attachment{
				{ContentID: "a b", ContentType: "text/plain; charset=iso-8859-1", Location: "http://legacy.invalid/a b", Data: []byte("caf\xe9 and more")},
				{ContentID: "", ContentType: "", Data: []byte("base64 data")},
			},
			references: map[string]string{"cid:a%20b": "caf\xe9 and more", "http://legacy.invalid/a%20b": "caf\xe9 and more", "http://legacy.invalid/a b": "caf\xe9 and more", "nowhere": ""},
		},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			contentType, body := readCase(t, test.file)
			got, err := Parse(contentType, body)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(got.Root, []byte("<")) || !bytes.HasSuffix(got.Root, []byte("Envelope>")) || got.RootType != test.rootType || got.Charset() != test.charset {
				t.Errorf("the root is %q of type %q in %q", got.Root, got.RootType, got.Charset())
			}
			if fmt.Sprintf("%q", got.Attachments) != fmt.Sprintf("%q", test.attachments) {
				t.Errorf("the attachments are\n%q\nwanted\n%q", got.Attachments, test.attachments)
			}
			for reference, wanted := range test.references {
				if data, ok := got.Find(reference); string(data) != wanted || ok != (wanted != "") {
					t.Errorf("%s means %q (%t), wanted %q", reference, data, ok, wanted)
				}
			}
		})
	}
}

func readCase(t testing.TB, file string) (string, []byte) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := bytes.Cut(content, []byte("\n\n"))
	if !ok {
		t.Fatalf("%s has no empty line", file)
	}
	return strings.TrimPrefix(string(head), "Content-Type: "), body
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	const plain = "multipart/related; boundary=b"
	tests := []struct{ contentType, body, wanted string }{
		{"text/xml", "<a/>", `the content type "text/xml" is not multipart`},
		{"multipart/related", "--b\r\n\r\n\r\n--b--", "the content type has no boundary that can be used"},
		{plain, "", "the message holds no boundary"},
		{plain, "x--b\r\n\r\n--bc\r\n", "the message holds no boundary"},
		{plain, "--b--", "the message has no parts"},
		{plain, "--b\r\n\r\n<a/>", "the message ends within part 1: its closing boundary is missing"},
		{plain, "--b\r\n\r\n<a/>\r\n--b\r\n\r\nx\r\n--b", "the message ends within part 2: its closing boundary is missing"},
		{plain, "--b\r\n\r\n<a/>\r\n--b-", "the message ends within part 1: its closing boundary is missing"},
		{plain, "--b\r\nContent-ID: x\r\n--b--", "the header of part 1 does not end"},
		{plain, "--b\r\nX: " + strings.Repeat("x\r\n ", maxHeaderBytes) + "\r\n\r\n--b--", "the header of part 1 does not end"},
		{plain, "--b\n\n<a/>\n--b\nContent-ID: <x y>\n\n1\n--b\nContent-ID: x%20y\n\n2\n--b--", `part 3 has the Content-ID "x%20y" of another part`},
		{plain, "--b\n\n<a/>\n--b\nContent-Transfer-Encoding: base64\n\n!\n--b--", "part 2: undoing base64: illegal base64 data at input byte 0"},
		{plain, "--b\nContent-Transfer-Encoding: x-uuencode\n\n!\n--b--", `part 1: the Content-Transfer-Encoding "x-uuencode" is not known`},
		{plain, strings.Repeat("--b\n\n\n", maxParts+1) + "--b--", "the message has more than 4096 parts"},
	}
	for _, test := range tests {
		if _, err := Parse(test.contentType, []byte(test.body)); err == nil || err.Error() != test.wanted {
			t.Errorf("%.60q: the error is %v, wanted %s", test.body, err, test.wanted)
		}
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	const body = "preamble\r\n--b \t\r\n\r\nfirst\r\n--b\r\nContent-ID: <s%40x>\r\nContent-Type: text/xml;\r\n\tcharset=utf-16\r\n\r\nsecond\r\n--b\r\n\r\n\r\n--b--\r\nepilogue --b\r\n"
	for parameters, wanted := range map[string]string{
		"":                         "first application/soap+xml ",
		`; start="<s@x>"`:          "second text/xml; charset=utf-16 utf-16",
		`; start=s%40x`:            "second text/xml; charset=utf-16 utf-16",
		`; start="<missing>"`:      "first application/soap+xml ",
		`; START="<s@x>";start=no`: "second text/xml; charset=utf-16 utf-16",
	} {
		got, err := Parse(`Multipart/Related;boundary="b"; type="application/soap+xml"`+parameters, []byte(body))
		if err != nil {
			t.Errorf("%s: %v", parameters, err)
			continue
		}
		if text := string(got.Root) + " " + got.RootType + " " + got.Charset(); text != wanted || len(got.Attachments) != 2 {
			t.Errorf("%s: the root is %q beside %d attachments, wanted %q", parameters, text, len(got.Attachments), wanted)
		}
	}
}

// TestNothingIsCopied holds that parts are slices of the message.
func TestNothingIsCopied(t *testing.T) {
	t.Parallel()
	contentType, body, err := WriteMTOM([]byte("<a/>"), "text/xml", "", []Attachment{{ContentID: "x", Data: make([]byte, 1<<20)}})
	if err != nil {
		t.Fatal(err)
	}
	if cost := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := Parse(contentType, body); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp(); cost > 16<<10 {
		t.Errorf("reading costs %d bytes", cost)
	}
}

// TestWritten holds what is written against another reader, mime/multipart, and against our own.
func TestWritten(t *testing.T) {
	t.Parallel()
	attachments := []Attachment{
		{ContentID: "1@x", ContentType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n")},
		{ContentID: "part=2@y", Location: "http://a.example/b", Data: nil},
	}
	written := map[string]func() (string, []byte, error){
		`type="text/xml"; root text/xml; charset=utf-8`: func() (string, []byte, error) {
			return Write([]byte("<root/>"), "text/xml; charset=utf-8", attachments)
		},
		`type="application/xop+xml"; start-info="text/xml"; root application/xop+xml; charset=utf-8; type="text/xml"`: func() (string, []byte, error) {
			return WriteMTOM([]byte("<root/>"), "text/xml", "urn:a", attachments)
		},
		`type="application/xop+xml"; start-info="application/soap+xml"; action="urn:a"; root application/xop+xml; charset=utf-8; type="application/soap+xml"; action="urn:a"`: func() (string, []byte, error) {
			return WriteMTOM([]byte("<root/>"), "application/soap+xml", "urn:a", attachments)
		},
	}
	for wanted, write := range written {
		contentType, body, err := write()
		if err != nil {
			t.Fatal(err)
		}
		parameters, rootType, _ := strings.Cut(wanted, " root ")
		if !strings.HasPrefix(contentType, `multipart/related; `+parameters+` start="<root@postern>"; boundary="postern-`) {
			t.Errorf("the content type is %s, wanted %s", contentType, parameters)
		}
		_, values, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		reader := stdmultipart.NewReader(bytes.NewReader(body), values["boundary"])
		for i, data := range []string{"<root/>", "\x89PNG\r\n\x1a\n", ""} {
			part, err := reader.NextRawPart()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(part)
			if err != nil || string(content) != data || i == 0 && part.Header.Get("Content-Type") != rootType || part.Header.Get("Content-Id") == "" {
				t.Errorf("part %d is %q with %v (%v)", i, content, part.Header, err)
			}
		}
		if _, err := reader.NextRawPart(); err != io.EOF {
			t.Errorf("after the parts: %v", err)
		}
		got, err := Parse(contentType, body)
		if err != nil || string(got.Root) != "<root/>" || got.RootType != rootType || len(got.Attachments) != 2 {
			t.Errorf("it is read as %+v (%v)", got, err)
			continue
		}
		if data, ok := got.Find("cid:part%3D2@y"); !ok || len(data) != 0 || got.Attachments[1].Location != "http://a.example/b" {
			t.Errorf("the second attachment is %q", data)
		}
	}
	for _, bad := range []Attachment{{ContentID: "a\r\nb"}, {ContentType: "a\nb"}, {Location: "a\rb"}, {ContentID: "a>b"}} {
		if _, _, err := Write(nil, "text/xml", []Attachment{bad}); err == nil {
			t.Errorf("%+v can be written", bad)
		}
	}
	if _, _, err := Write(nil, "text/xml\r\nX: y", nil); err == nil {
		t.Error("a content type of two lines can be written")
	}
}

func TestIsMultipart(t *testing.T) {
	t.Parallel()
	for contentType, wanted := range map[string]bool{
		"multipart/related; boundary=x": true, " Multipart/Mixed": true, "text/xml": false, "": false, "multipart": false, "multipart/": false,
	} {
		if IsMultipart(contentType) != wanted {
			t.Errorf("%q: %t", contentType, !wanted)
		}
	}
}

// FuzzParse reads any message, and holds that its parts are in it, that all of them can be written and read again, and that nothing is read twice.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.http")
	if err != nil || len(files) == 0 {
		f.Fatal("there are no cases: ", err)
	}
	for _, file := range files {
		contentType, body := readCase(f, filepath.Base(file))
		f.Add(contentType, body)
	}
	f.Add("multipart/related; boundary=b; start=x", []byte("--b\nContent-ID:<x>\nContent-Transfer-Encoding:quoted-printable\n\n=3D\n--b--"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		got, err := Parse(contentType, body)
		if err != nil {
			return
		}
		total := len(got.Root)
		for _, a := range got.Attachments {
			total += len(a.Data)
			if a.ContentID != "" && unescaped(a.ContentID) == a.ContentID && !strings.ContainsAny(a.ContentID, "%<> \t\n\v\f\r\u0085\u00a0") {
				if _, ok := got.Find("cid:" + a.ContentID); !ok {
					t.Errorf("the attachment %q cannot be found", a.ContentID)
				}
			}
		}
		if total > len(body) {
			t.Errorf("%d bytes were read from %d", total, len(body))
		}
		written, again, err := Write(got.Root, "text/xml", got.Attachments)
		if err != nil {
			return
		}
		back, err := Parse(written, again)
		if err != nil {
			if !strings.Contains(err.Error(), "of another part") {
				t.Error(err)
			}
			return
		}
		if !bytes.Equal(back.Root, got.Root) || len(back.Attachments) != len(got.Attachments) {
			t.Errorf("%q was read again as %q", got.Root, back.Root)
		}
	})
}
