package delimited_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/batch/delimited"
	formats "github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// rows reads a file in a dialect; an absent value is <null>.
func rows(dialect delimited.Dialect, data string) (all [][]string, err error) {
	reader := delimited.NewReader(strings.NewReader(data), &dialect)
	for {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		cells, err := dialect.Split(next.Data, nil)
		if err != nil {
			return all, err
		}
		row := []string{}
		for _, cell := range cells {
			if cell.Null {
				row = append(row, "<null>")
			} else {
				row = append(row, string(cell.Data))
			}
		}
		all = append(all, row)
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	standard := delimited.Standard()
	for name, test := range map[string]struct {
		change func(*delimited.Dialect)
		data   string
		want   [][]string
	}{
		"standard":        {nil, "\ufeffa,\"b,\"\"c\"\"\r\nd\",\r\n\r\ne\x1a", [][]string{{"a", "b,\"c\"\r\nd", ""}, {"e\x1a"}}},
		"end of file":     {nil, "a\n\x1a", [][]string{{"a"}}},
		"quote within":    {nil, "6\" pipe,\"x\"\n7,y\n", [][]string{{"6\" pipe", "x"}, {"7", "y"}}},
		"no quotes":       {func(d *delimited.Dialect) { d.Quote = 0 }, "\"a,b\n", [][]string{{"\"a", "b"}}},
		"escape":          {func(d *delimited.Dialect) { d.Escape = '\\' }, `"a\"b",c\,d` + "\n" + `e\` + "\nf,g\n", [][]string{{`a"b`, "c,d"}, {"e\nf", "g"}}},
		"many characters": {func(d *delimited.Dialect) { d.Delimiter = "~|~" }, "a~|~b|~c~|~\"d~|~e\"\n", [][]string{{"a", "b|~c", "d~|~e"}}},
		"comments":        {func(d *delimited.Dialect) { d.Comment = "#" }, "# \"it's\n#\na,#b\n", [][]string{{"a", "#b"}}},
		"null":            {func(d *delimited.Dialect) { d.HasNull, d.Null = true, "\\N" }, "\\N,\"\\N\",\n", [][]string{{"<null>", "\\N", ""}}},
		"empty is null":   {func(d *delimited.Dialect) { d.HasNull = true }, ",\"\"\n", [][]string{{"<null>", ""}}},
		"blanks":          {func(d *delimited.Dialect) { d.Trim = true }, " a , \"b \" ,c\n", [][]string{{"a", "b ", "c"}}},
		"terminator":      {func(d *delimited.Dialect) { d.Terminator = "|" }, "a,b|\"c|d\",e\n|\n", [][]string{{"a", "b"}, {"c|d", "e\n"}}},
		"old Mac":         {func(d *delimited.Dialect) { d.Terminator = "\r" }, "a\rb\r", [][]string{{"a"}, {"b"}}},
		"lazy":            {func(d *delimited.Dialect) { d.Lazy = true }, "\"a\"b,c\n", [][]string{{"ab", "c"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dialect := standard
			if test.change != nil {
				test.change(&dialect)
			}
			got, err := rows(dialect, test.data)
			if name == "lazy" || name == "standard" || err == nil {
				if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
					t.Errorf("error %v, -want +got\n%s", err, diff)
				}
				return
			}
			t.Error(err)
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	_, err := rows(delimited.Standard(), "a\nb,\"c\nd")
	var broken *framing.Error
	if !errors.As(err, &broken) || broken.Number != 2 || broken.Offset != 2 {
		t.Errorf("got %v, want an error of record 2 at byte 2", err)
	}
	if _, err := rows(delimited.Standard(), "\"a\"b\n"); err == nil {
		t.Error("something behind a closing quote was read")
	}
	for _, dialect := range []delimited.Dialect{{}, {Delimiter: "\n"}, {Delimiter: "\"", Quote: '"'}, {Delimiter: ",", Ragged: "maybe"}} {
		if dialect.Check() == nil {
			t.Errorf("%+v passes", dialect)
		}
	}
}

// What encoding/csv writes is read as it was, in the standard dialect.
func FuzzStandard(f *testing.F) {
	f.Add("a", "b\"c", "d\ne")
	f.Add("", ",", "\r\n")
	f.Add("\ufeffx", " y ", "\x1a")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		want := [][]string{{"first", a}, {b, c}}
		var file bytes.Buffer
		if err := csv.NewWriter(&file).WriteAll(want); err != nil {
			t.Fatal(err)
		}
		got, err := rows(delimited.Standard(), file.String())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: error %v, -want +got\n%s", file.String(), err, diff)
		}
	})
}

// No file makes a reader panic or turn in circles, in any dialect.
func FuzzDialects(f *testing.F) {
	f.Add("a,b\n\"c", ",", "", byte('"'), byte('\\'), "#")
	f.Fuzz(func(t *testing.T, data, delimiter, terminator string, quote, escape byte, comment string) {
		dialect := delimited.Dialect{Delimiter: delimiter, Terminator: terminator, Quote: quote, Escape: escape, Comment: comment, Lazy: true}
		if dialect.Check() != nil {
			return
		}
		if all, err := rows(dialect, data); err == nil && len(all) > len(data) {
			t.Errorf("%d bytes hold %d records", len(data), len(all))
		}
	})
}

// FuzzEncode writes values in a dialect: they are read as they were, and as one record.
func FuzzEncode(f *testing.F) {
	f.Add("a", "b,\"c\"\r\n", ",", `"`, "", "", false)
	f.Add("NULL", "|", "||", "'", `\`, "NULL", true)
	f.Add("#x", "\x1a", ";", "", `\`, "", false)
	f.Fuzz(func(t *testing.T, first, second, delimiter, quote, escape, null string, trim bool) {
		if !utf8.ValidString(first+second+delimiter+null) || len(quote) > 1 || len(escape) > 1 {
			return
		}
		dialect := delimited.Dialect{Delimiter: delimiter, Null: null, HasNull: null != "", Trim: trim, Comment: "#"}
		if quote != "" {
			dialect.Quote = quote[0]
		}
		if escape != "" {
			dialect.Escape = escape[0]
		}
		special := "\r\n #\xef\xbb\xbf\x1a"
		if dialect.Quote >= 0x80 || dialect.Escape >= 0x80 || strings.ContainsAny(delimiter+null, special) || strings.ContainsAny(special, quote+escape) ||
			strings.ContainsAny(delimiter+null, quote+escape) || null != "" && strings.Contains(null, delimiter) {
			return // no dialect that anybody would state
		}
		format, err := delimited.New(dialect, "", []*record.Field{{Name: "a", Type: record.Text}, {Name: "b", Type: record.Text}})
		if err != nil {
			return
		}
		line, err := format.Encode(nil, formats.Members{{Name: "a", Value: first}, {Name: "b", Value: second}})
		if err != nil {
			return
		}
		reader := delimited.NewReader(bytes.NewReader(append(line, "\nz"...)), &dialect)
		read, err := reader.Next()
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		cells, err := dialect.Split(read.Data, nil)
		if err != nil || len(cells) != 2 || string(cells[0].Data) != first || string(cells[1].Data) != second || cells[0].Null || cells[1].Null {
			t.Fatalf("%q and %q became %q, which reads as %v, %v", first, second, line, cells, err)
		}
	})
}
