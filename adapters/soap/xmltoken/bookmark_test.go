package xmltoken

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// tags lists the tags of a document, with the text of each element that is a leaf, by the means that are to be compared.
func tags(r *Reader, next func(*Reader) (Kind, error), leaf func(*Reader) ([]byte, bool)) (string, error) {
	var out strings.Builder
	for {
		kind, err := next(r)
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
		if kind == End {
			fmt.Fprintf(&out, "/%s{%s}%d@%d\n", r.Local(), r.Space(), r.Depth(), r.Offset())
			continue
		}
		fmt.Fprintf(&out, "%s{%s}%d@%d %s\n", r.Local(), r.Space(), r.Depth(), r.Offset(), r.Path(0))
		if text, ok := leaf(r); ok {
			if bytes.ContainsAny(text, "<&\r") {
				return "", fmt.Errorf("the leaf %q is none", text)
			}
			fmt.Fprintf(&out, "/%s{%s}%d@%d\n", r.Local(), r.Space(), r.Depth(), r.Offset())
		}
	}
}

func plainTag(r *Reader) (Kind, error) {
	for {
		if kind, err := r.Next(); err != nil || kind != Text {
			return kind, err
		}
	}
}

// FuzzShortcuts holds that leaves and tags read at once are what they are token by token, and that an element read again by its bookmark is the same.
func FuzzShortcuts(f *testing.F) {
	for _, seed := range []string{
		`<a xmlns="u"><b>1</b> <c/><d x="1">2</d><e>3<f/></e><g>&lt;</g></a>`, "<p:a xmlns:p='u'>\n<p:b> x </p:b >\r\n<p:c>]]></p:c></p:a>", `<a><b>1</c></a>`, `<a><![CDATA[x]]><!--y--></a>`,
	} {
		f.Add([]byte(seed))
	}
	noLeaf := func(*Reader) ([]byte, bool) { return nil, false }
	f.Fuzz(func(t *testing.T, source []byte) {
		plain, err := tags(NewReader(source, Options{}), plainTag, noLeaf)
		short, shortErr := tags(NewReader(source, Options{}), (*Reader).NextTag, (*Reader).Leaf)
		if (err == nil) != (shortErr == nil) || plain != short {
			t.Fatalf("token by token (%v)\n%s\nat once (%v)\n%s", err, plain, shortErr, short)
		}
		if err != nil {
			return
		}
		r := NewReader(source, Options{})
		for {
			kind, err := r.NextTag()
			if err != nil {
				return
			}
			if kind != Start {
				continue
			}
			mark, err := r.Bookmark()
			if err != nil {
				return
			}
			again := &Reader{}
			again.ResetAt(r, mark)
			if kind, err := again.Next(); err != nil || kind != Start || again.Space() != r.Space() || !bytes.Equal(again.Local(), r.Local()) || again.Offset() != mark.Offset() {
				t.Fatalf("%s is read again as %s (%v)", r.Local(), again.Local(), err)
			}
			if err := again.Skip(); err != nil {
				t.Fatalf("the element %s ends with %v", r.Local(), err)
			}
		}
	})
}

func TestBookmarksAreBounded(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	source.WriteString("<a")
	for i := range 200 {
		fmt.Fprintf(&source, ` xmlns:p%d="u"`, i)
	}
	source.WriteString(">" + strings.Repeat(`<b><c/></b>`, 1000) + "</a>")
	r := NewReader([]byte(source.String()), Options{})
	for {
		kind, err := r.NextTag()
		if err != nil {
			t.Fatalf("the document ends with %v", err)
		}
		if kind != Start {
			continue
		}
		if _, err := r.Bookmark(); err != nil {
			return
		}
	}
}

// TestDepthIsOfAllReaders holds that an element read again counts those that it is read in.
func TestDepthIsOfAllReaders(t *testing.T) {
	t.Parallel()
	r := NewReader([]byte(`<a><b><c/></b></a>`), Options{MaxDepth: 3})
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	mark, err := r.Bookmark()
	if err != nil {
		t.Fatal(err)
	}
	again := &Reader{}
	again.ResetAt(r, mark)
	if _, err := again.Next(); err != nil {
		t.Fatal(err)
	}
	if _, err := again.Next(); err == nil || !strings.Contains(err.Error(), "more than 3 deep") {
		t.Errorf("the error is %v", err)
	}
}

func TestUnread(t *testing.T) {
	t.Parallel()
	r := NewReader([]byte(`<a><b/></a>`), Options{})
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	r.Unread()
	if r.Depth() != 1 {
		t.Errorf("the depth is %d", r.Depth())
	}
	if kind, err := r.Next(); err != nil || kind != Start || r.Depth() != 2 {
		t.Errorf("the token is %d at %d (%v)", kind, r.Depth(), err)
	}
}
