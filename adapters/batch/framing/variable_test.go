package framing_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/batch/framing"
)

// all reads to the end, and spells what there is as number@offset:data.
func all(reader framing.Reader) string {
	var parts []string
	for {
		r, err := reader.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return strings.Join(append(parts, "EOF"), " ")
			}
			return strings.Join(append(parts, err.Error()), " ")
		}
		parts = append(parts, fmt.Sprintf("%d@%d:%s", r.Number, r.Offset, r.Data))
	}
}

func TestVariableRecords(t *testing.T) {
	t.Parallel()
	zos := framing.Word{Counted: true}
	little := framing.Word{Order: framing.LittleEndian}
	for name, test := range map[string]struct {
		reader framing.Reader
		want   string
	}{
		"z/OS":                  {framing.Variable(strings.NewReader("\x00\x06\x00\x00ab\x00\x05\x00\x00c"), zos), "1@4:ab 2@10:c EOF"},
		"empty records":         {framing.Variable(strings.NewReader("\x00\x04\x00\x00\x00\x05\x00\x00c"), zos), "1@8:c EOF"},
		"low byte first":        {framing.Variable(strings.NewReader("\x00\x00\x02\x00ab"), little), "1@4:ab EOF"},
		"low byte first, front": {framing.Variable(strings.NewReader("\x02\x00\x00\x00ab"), little), "1@4:ab EOF"},
		"shorter than its word": {framing.Variable(strings.NewReader("\x00\x02\x00\x00"), zos), "record 1 at byte 0: the record descriptor word 00020000 says a length that is none"},
		"cut":                   {framing.Variable(strings.NewReader("\x00\x09\x00\x00ab"), zos), "record 1 at byte 4: the file ends 2 bytes into a record of 5"},
		"cut in the word":       {framing.Variable(strings.NewReader("\x00\x09"), zos), "record 1 at byte 0: the file ends in a record descriptor word"},
		"blocks": {
			framing.VariableBlocked(strings.NewReader("\x00\x0b\x00\x00\x00\x07\x00\x00abc\x00\x09\x00\x00\x00\x05\x00\x00d"), zos, zos, false), "1@8:abc 2@19:d EOF",
		},
		"an extended block": {framing.VariableBlocked(strings.NewReader("\x80\x00\x00\x0b\x00\x07\x00\x00abc"), zos, zos, false), "1@8:abc EOF"},
		"a record longer than its block": {
			framing.VariableBlocked(strings.NewReader("\x00\x0b\x00\x00\x00\x09\x00\x00abc"), zos, zos, false),
			"record 1 at byte 4: the record descriptor word says 5 bytes, and the block has 3 left",
		},
		"spanned": {
			framing.VariableBlocked(strings.NewReader("\x00\x0a\x00\x00\x00\x06\x01\x00ab\x00\x09\x00\x00\x00\x05\x02\x00c"), zos, zos, true), "1@8:abc EOF",
		},
		"spanned, never ended": {
			framing.VariableBlocked(strings.NewReader("\x00\x0a\x00\x00\x00\x06\x01\x00ab"), zos, zos, true), "record 1 at byte 8: the file ends in the middle of a spanned record",
		},
		"spanned, out of order": {
			framing.VariableBlocked(strings.NewReader("\x00\x0a\x00\x00\x00\x06\x02\x00ab"), zos, zos, true), "record 1 at byte 4: a spanned record's parts are out of order",
		},
		"blocks of fixed records":          {framing.Blocked(strings.NewReader("aabbcc"), 2, 4, zos), "1@0:aa 2@2:bb 3@4:cc EOF"},
		"and of words":                     {framing.Blocked(strings.NewReader("\x00\x08\x00\x00aabb"), 2, 0, zos), "1@4:aa 2@6:bb EOF"},
		"a header":                         {framing.Headed(strings.NewReader("H\x02\x00abH\x01\x00c"), framing.Header{Size: 3, Offset: 1, Bytes: 2, Little: true}), "1@3:ab 2@8:c EOF"},
		"by turns":                         {framing.Turns(strings.NewReader("aabbbc"), []int{2, 3}, framing.KeepRest), "1@0:aa 2@2:bbb 3@5:c EOF"},
		"without what is around":           {framing.Fixed(framing.Window(strings.NewReader("HHaabbT"), 2, 1), 2), "1@0:aa 2@2:bb EOF"},
		"ended by NEL":                     {framing.Delimited(strings.NewReader("a\x15\x15bb\x15c"), []byte{0x15}), "1@0:a 2@3:bb 3@6:c EOF"},
		"split":                            {framing.Split(framing.Lines(strings.NewReader("aab\ncc\n"), false), 2), "1@0:aa 2@2:b 3@4:cc EOF"},
		"bounded":                          {framing.Bounded(framing.Lines(strings.NewReader("a\nbb\nccc\n"), false), 2, 2), "1@2:bb EOF"},
		"as long as they say":              {framing.Sized(strings.NewReader("1a3bcd"), 4, framing.RefuseRest, digitLength), "1@0:1a 2@2:3bcd EOF"},
		"longer than the file":             {framing.Sized(strings.NewReader("9a"), 4, framing.RefuseRest, digitLength), "record 1 at byte 0: the file ends 2 bytes into a record of 10"},
		"longer than the file, and kept":   {framing.Sized(strings.NewReader("9a"), 4, framing.KeepRest, digitLength), "1@0:9a EOF"},
		"a length that nobody understands": {framing.Sized(strings.NewReader("xa"), 4, framing.RefuseRest, digitLength), "record 1 at byte 0: no digit"},
	} {
		if got := all(test.reader); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

func digitLength(front []byte) (int, error) {
	if front[0] < '0' || front[0] > '9' {
		return 0, errors.New("no digit")
	}
	return int(front[0]-'0') + 1, nil
}

// What is written is read again.
func TestWriters(t *testing.T) {
	t.Parallel()
	records := []string{"a", "bb", "ccc"}
	word := framing.Word{Counted: true}
	little := framing.Word{Order: framing.LittleFirst}
	for name, test := range map[string]struct {
		writer func(io.Writer) framing.Writer
		reader func(io.Reader) framing.Reader
		want   string
	}{
		"V": {
			func(w io.Writer) framing.Writer { return framing.WriteVariable(w, word) },
			func(r io.Reader) framing.Reader { return framing.Variable(r, word) }, "1@4:a 2@9:bb 3@15:ccc EOF",
		},
		"V, low byte first": {
			func(w io.Writer) framing.Writer { return framing.WriteVariable(w, little) },
			func(r io.Reader) framing.Reader { return framing.Variable(r, little) }, "1@4:a 2@9:bb 3@15:ccc EOF",
		},
		"VB, two to a block": {
			func(w io.Writer) framing.Writer {
				return framing.WriteVariableBlocked(w, word, framing.Blocking{Word: word, Longest: 16})
			},
			func(r io.Reader) framing.Reader { return framing.VariableBlocked(r, word, word, false) }, "1@8:a 2@13:bb 3@23:ccc EOF",
		},
		"VB, one to a block": {
			func(w io.Writer) framing.Writer {
				return framing.WriteVariableBlocked(w, word, framing.Blocking{Word: word, Longest: 100, Records: 1})
			},
			func(r io.Reader) framing.Reader { return framing.VariableBlocked(r, word, word, false) }, "1@8:a 2@17:bb 3@27:ccc EOF",
		},
		"VBS": {
			func(w io.Writer) framing.Writer {
				return framing.WriteSpanned(w, word, framing.Blocking{Word: word, Longest: 10})
			},
			func(r io.Reader) framing.Reader { return framing.VariableBlocked(r, word, word, true) }, "1@8:a 2@17:bb 3@27:ccc EOF",
		},
		"VBS in the smallest blocks": {
			func(w io.Writer) framing.Writer {
				return framing.WriteSpanned(w, word, framing.Blocking{Word: word, Longest: 9})
			},
			func(r io.Reader) framing.Reader { return framing.VariableBlocked(r, word, word, true) }, "1@8:a 2@17:bb 3@35:ccc EOF",
		},
		"headers": {
			func(w io.Writer) framing.Writer {
				return framing.WriteHeaded(w, framing.Header{Size: 5, Offset: 2, Bytes: 2, Little: true, Adjustment: -5})
			},
			func(r io.Reader) framing.Reader {
				return framing.Headed(r, framing.Header{Size: 5, Offset: 2, Bytes: 2, Little: true, Adjustment: -5})
			}, "1@5:a 2@11:bb 3@18:ccc EOF",
		},
		"lines without an end": {
			func(w io.Writer) framing.Writer { return framing.WriteSeparated(w, []byte("\r\n")) },
			func(r io.Reader) framing.Reader { return framing.Lines(r, false) }, "1@0:a 2@3:bb 3@7:ccc EOF",
		},
		"lines": {
			func(w io.Writer) framing.Writer { return framing.WriteEnded(w, []byte("\n")) },
			func(r io.Reader) framing.Reader { return framing.Lines(r, false) }, "1@0:a 2@2:bb 3@5:ccc EOF",
		},
	} {
		var file bytes.Buffer
		writer := test.writer(&file)
		for _, r := range records {
			if err := writer.Write([]byte(r)); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		if got := all(test.reader(&file)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
	}
}

// A block that 15 bits cannot measure has an extended descriptor word, and spanned records say where their pieces go.
func TestBlockWords(t *testing.T) {
	t.Parallel()
	word := framing.Word{Counted: true}
	var file bytes.Buffer
	writer := framing.WriteVariableBlocked(&file, word, framing.Blocking{Word: word, Longest: 50_000})
	for range 2 {
		if err := writer.Write(make([]byte, 20_000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%X", file.Bytes()[:8]); got != "80009C4C4E240000" {
		t.Errorf("the words are %s, want an extended one of 40012 bytes and one of 20004", got)
	}
	file.Reset()
	writer = framing.WriteSpanned(&file, word, framing.Blocking{Word: word, Longest: 12})
	if err := writer.Write([]byte("ABCDEFGHIJ")); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	want := "000C000000080100ABCD" + "000C000000080300EFGH" + "000A000000060200IJ"
	var got strings.Builder
	for _, block := range [][]byte{file.Bytes()[:12], file.Bytes()[12:24], file.Bytes()[24:]} {
		fmt.Fprintf(&got, "%X%s", block[:8], block[8:])
	}
	if got.String() != want {
		t.Errorf("the pieces are %s, want %s", got.String(), want)
	}
}

// FuzzVariable reads any bytes as every kind of variable records: each record lies within the file, behind the one before, and the end comes.
func FuzzVariable(f *testing.F) {
	f.Add([]byte("\x00\x0a\x00\x00\x00\x06\x01\x00ab\x00\x09\x00\x00\x00\x05\x02\x00c"), uint8(0))
	f.Add([]byte("\x80\x00\x00\x0b\x00\x07\x00\x00abc"), uint8(5))
	f.Fuzz(func(t *testing.T, data []byte, how uint8) {
		word := framing.Word{Order: framing.Order(how % 3), Counted: how&4 != 0}
		for _, reader := range []framing.Reader{
			framing.Variable(bytes.NewReader(data), word), framing.VariableBlocked(bytes.NewReader(data), word, word, how&8 != 0),
			framing.Blocked(bytes.NewReader(data), 3, 0, word), framing.Headed(bytes.NewReader(data), framing.Header{Size: 3, Offset: 1, Bytes: 2, Little: how&4 != 0}),
		} {
			last := int64(-1)
			for {
				r, err := reader.Next()
				if err != nil {
					break
				}
				if r.Offset <= last || len(r.Data) == 0 || r.Offset > int64(len(data)) {
					t.Fatalf("record %d at %d with %d bytes, behind %d, in a file of %d", r.Number, r.Offset, len(r.Data), last, len(data))
				}
				last = r.Offset
			}
		}
	})
}
