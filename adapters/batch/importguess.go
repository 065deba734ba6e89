package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// fewestDates is how many dates a field must hold, and nothing else beside, for it to be proposed as one.
const fewestDates = 3

// A proposal is what a user is likely to add to a configuration, spelled as it is written there; empty where the data proposes nothing.
type proposal struct{ formats, header, trailer string }

// A guesser looks through the data for what it proposes. The records in between are details; those at the ends may be a header and a trailer.
type guesser struct {
	layout      *record.Layout
	first, last []byte
	details     int64
	dates       []*dateGuess
	sums        []*sumGuess
	value       record.Value
}

// A dateGuess is a field that may be a date in this format.
type dateGuess struct {
	field  *record.Field
	name   string
	format record.DateFormat
	seen   int
}

// A sumGuess is a field that a control total may be of.
type sumGuess struct {
	field *record.Field
	sum   sum
}

// propose reads the data as far as it was tried.
func propose(ctx context.Context, book *copybook.Copybook, item *copybook.Item, layout *record.Layout, options ImportOptions, found *ImportResult) (_ proposal, err error) {
	file, err := os.Open(options.Data)
	if err != nil {
		return proposal{}, fmt.Errorf("opening the data: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	reader, err := importReader(file, options, found)
	if err != nil {
		return proposal{}, err
	}
	g := &guesser{layout: layout}
	g.candidates(layout.Fields)
	for n := range importSample {
		next, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return proposal{}, fmt.Errorf("reading the data: %w", err)
		}
		if n%ctxInterval == 0 && ctx.Err() != nil {
			return proposal{}, context.Cause(ctx)
		}
		switch {
		case n == 0 && found.HeaderLikely:
			g.first = bytes.Clone(next.Data)
			continue
		case g.last != nil:
			g.detail(g.last)
		}
		g.last = append(g.last[:0], next.Data...)
	}
	if g.last != nil && !found.TrailerLikely {
		g.detail(g.last)
	}
	return g.propose(book, item, found)
}

// candidates finds fields that may be dates, and those that may be summed.
func (g *guesser) candidates(fields []*record.Field) {
	for _, f := range fields {
		switch {
		case f.IsHidden(), f.Repeated:
		case f.Type == record.Group:
			g.candidates(f.Children)
		default:
			g.dates = append(g.dates, datesOf(f)...)
			if f.Type == record.Integer || f.Type == record.Decimal {
				g.sums = append(g.sums, &sumGuess{field: f})
			}
		}
	}
}

// datesOf are the formats of dates that a field has room for.
func datesOf(f *record.Field) []*dateGuess {
	var names []string
	switch {
	case f.Type == record.Integer && !f.Signed && f.Digits == 8, f.Type == record.Text && f.Length == 8:
		names = []string{"yyyymmdd", "ddmmyyyy"}
	case f.Type == record.Text && f.Length == 10:
		names = []string{"yyyy-mm-dd", "dd/mm/yyyy", "dd.mm.yyyy"}
	}
	var out []*dateGuess
	for _, name := range names {
		if format, err := record.ParseDateFormat(name); err == nil {
			out = append(out, &dateGuess{field: f, name: name, format: format})
		}
	}
	return out
}

// detail looks at a record.
func (g *guesser) detail(data []byte) {
	g.details++
	for _, one := range g.sums {
		one.sum.add(g.layout, data, one.field, &g.value)
	}
	g.dates = slices.DeleteFunc(g.dates, func(d *dateGuess) bool {
		text, ok := textOf(g.layout, data, d.field, &g.value)
		if !ok || strings.Trim(text, "0 ") == "" {
			return !ok
		}
		d.seen++
		return !d.is(text)
	})
}

// is reports whether a text is a date of a time that records are about.
func (d *dateGuess) is(text string) bool {
	at := strings.Index(d.name, "yyyy")
	return len(text) == len(d.name) && d.format.Is(text) && text[at:at+4] >= "1850" && text[at:at+4] <= "2150"
}

// textOf is a field's value as text; a whole number has all of its digits.
func textOf(layout *record.Layout, data []byte, f *record.Field, value *record.Value) (string, bool) {
	switch err := layout.Extract(data, f, value); {
	case err != nil:
		return "", false
	case value.Null:
		return "", true
	case f.Type == record.Integer:
		return fmt.Sprintf("%0*d", f.Digits, value.Integer), true
	default:
		return strings.TrimRight(string(value.Text), " "), true
	}
}

// propose puts together what was found.
func (g *guesser) propose(book *copybook.Copybook, item *copybook.Item, found *ImportResult) (proposal, error) {
	var out proposal
	var formats []string
	format := func(dates []*dateGuess, least int) (named string) {
		var before *record.Field
		for _, d := range dates {
			if d.seen >= least && d.field != before {
				formats, before, named = append(formats, d.field.Name+": "+d.name), d.field, d.field.Name
			}
		}
		return named
	}
	format(g.dates, fewestDates)
	if found.HeaderLikely {
		header, when, err := g.edge(book, item, g.first, "HEAD", "HDR")
		if err != nil {
			return proposal{}, err
		}
		if header != nil {
			var in guesser
			in.layout = header.layout
			in.candidates(header.layout.Fields)
			in.detail(g.first)
			if date := format(in.dates, 1); date != "" {
				when += ", date: " + date
			}
			out.header = "{" + when + "}"
		}
	}
	if found.TrailerLikely {
		trailer, when, err := g.edge(book, item, g.last, "TRAIL", "TRL", "FOOT")
		if err != nil {
			return proposal{}, err
		}
		if trailer != nil {
			out.trailer = "{" + when + g.promises(trailer) + "}"
		}
	}
	if len(formats) > 0 {
		out.formats = "{" + strings.Join(formats, ", ") + "}"
	}
	return out, nil
}

// edge finds the level 01 that describes a record at an end: one whose name says so, and whose first field has a text that tells it from details.
func (g *guesser) edge(book *copybook.Copybook, item *copybook.Item, data []byte, words ...string) (*edge, string, error) {
	for _, other := range book.Records {
		if other == item || !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(strings.ToUpper(other.Name), word) }) {
			continue
		}
		layout, err := record.Compile(other, g.layout.Options())
		if err != nil {
			return nil, "", fmt.Errorf("compiling the layout of %s: %w", other.Name, err)
		}
		f := layout.Fields[0]
		if f.Type != record.Text || f.Repeated {
			continue
		}
		if text, ok := textOf(layout, data, f, &g.value); ok && text != "" && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == "" {
			return &edge{layout: layout}, fmt.Sprintf("record: %s, when: {field: %s, equals: %q}", other.Name, f.Name, text), nil
		}
	}
	return nil, "", nil
}

// promises are count and totals of a trailer, as far as its numbers are those of the details.
func (g *guesser) promises(trailer *edge) string {
	var count string
	var totals []string
	var in guesser
	in.layout = trailer.layout
	in.candidates(trailer.layout.Fields)
	for _, stated := range in.sums {
		stated.sum.add(trailer.layout, g.last, stated.field, &g.value)
		if stated.sum.broken > 0 || stated.sum.text() == "0" {
			continue
		}
		if count == "" && stated.sum.text() == fmt.Sprint(g.details) {
			count = ", count: " + stated.field.Name
			continue
		}
		for _, of := range g.sums {
			if of.sum.broken == 0 && stated.sum.equals(&of.sum, 0) {
				totals = append(totals, fmt.Sprintf("{of: %s, equals: %s}", of.field.Name, stated.field.Name))
				break
			}
		}
	}
	if len(totals) > 0 {
		return count + ", totals: [" + strings.Join(totals, ", ") + "]"
	}
	return count
}
