package framing_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

func TestRecords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reader framing.Reader
		want   string
	}{
		"fixed":                       {framing.Fixed(strings.NewReader("aabbcc"), 2), "1@0:aa 2@2:bb 3@4:cc EOF"},
		"fixed, empty":                {framing.Fixed(strings.NewReader(""), 2), "EOF"},
		"fixed, cut":                  {framing.Fixed(strings.NewReader("aab"), 2), "1@0:aa record 2 at byte 2: the last record has 1 bytes, and every record has 2"},
		"lines":                       {framing.Lines(strings.NewReader("a\r\n\nbb\ncc"), false), "1@0:a 2@4:bb 3@7:cc EOF"},
		"lines with an end-of-file":   {framing.Lines(strings.NewReader("a\n\x1a"), false), "1@0:a EOF"},
		"a quoted line end":           {framing.Lines(strings.NewReader("a,\"b\nc\"\nd\n"), true), "1@0:a,\"b\nc\" 2@8:d EOF"},
		"a quote that is not closed":  {framing.Lines(strings.NewReader("x\na,\"b\nc"), true), "1@0:x record 2 at byte 2: a quoted value is not closed"},
		"quotes where they are plain": {framing.Lines(strings.NewReader("a\"\nb\n"), false), "1@0:a\" 2@3:b EOF"},
	} {
		var parts []string
		for {
			r, err := test.reader.Next()
			if err != nil {
				text := err.Error()
				parts = append(parts, text)
				var place *framing.Error
				if !errors.Is(err, io.EOF) && !errors.As(err, &place) {
					t.Errorf("%s: the error %v has no place", name, err)
				}
				break
			}
			parts = append(parts, fmt.Sprintf("%d@%d:%s", r.Number, r.Offset, r.Data))
		}
		if got := strings.Join(parts, " "); got != test.want {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, test.want)
		}
	}
}

func TestLongLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<19)
	reader := framing.Lines(strings.NewReader(long+"\ny\n"), false)
	for _, want := range []string{long, "y"} {
		r, err := reader.Next()
		if err != nil || string(r.Data) != want {
			t.Fatalf("got %d bytes (%v), want %d", len(r.Data), err, len(want))
		}
	}
	endless := framing.Lines(io.LimitReader(zeros{}, 1<<30), false)
	var place *framing.Error
	if _, err := endless.Next(); !errors.As(err, &place) {
		t.Errorf("a line without end: %v, want an error with its place", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func FuzzLines(f *testing.F) {
	f.Add([]byte("a,\"b\nc\"\r\n\nd"), true)
	f.Fuzz(func(t *testing.T, data []byte, quotes bool) {
		reader := framing.Lines(strings.NewReader(string(data)), quotes)
		last := int64(-1)
		for {
			r, err := reader.Next()
			if err != nil {
				return
			}
			if r.Offset <= last || r.Offset+int64(len(r.Data)) > int64(len(data)) {
				t.Fatalf("the record at %d of %d bytes does not lie in the %d bytes behind %d", r.Offset, len(r.Data), len(data), last)
			}
			last = r.Offset
		}
	})
}
