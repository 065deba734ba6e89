package schema

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// fixed reads lines of fixed-width fields. A line's type is what it begins with, unless there is but one.
type fixed struct {
	records []Record
	several bool // there are several types of details: each is a group of its own
	page    *record.CodePage
	layout  *record.Layout
	lenient bool
	crlf    bool // ends lines that are written
}

func newFixed(s *Schema, lenient bool) (*fixed, error) {
	name := s.CodePage
	if name == "" {
		name = "utf-8"
	}
	page, err := record.LookUpCodePage(name)
	if err != nil {
		return nil, err
	}
	records := s.Records
	if len(records) == 0 {
		records = []Record{{Name: "record", Fields: s.Fields}}
	}
	f := fixedOf(records, page, lenient)
	f.crlf = s.LineEnd == "crlf"
	return f, nil
}

func fixedOf(records []Record, page *record.CodePage, lenient bool) *fixed {
	f := &fixed{records: records, page: page, lenient: lenient}
	var details []*record.Field
	for i := range f.records {
		if r := &f.records[i]; r.isDetail() {
			details = append(details, &record.Field{Name: r.Name, Type: record.Group, Children: described(r.Fields)})
		}
	}
	f.several = len(details) > 1
	if len(details) == 1 {
		details = details[0].Children
	}
	f.layout = record.Describe(details)
	return f
}

func (r *Record) isDetail() bool { return r.Role == "" || r.Role == "detail" }

// Layout implements [format.Format].
func (f *fixed) Layout() *record.Layout { return f.layout }

// Open implements [format.Format].
func (f *fixed) Open(r io.Reader) framing.Reader {
	reader := &fixedReader{fixed: f, lines: framing.Lines(r, false), sums: make(map[string]*big.Int)}
	for i := range f.records {
		kind := &f.records[i]
		reader.headed = reader.headed || kind.Role == "header"
		reader.trailed = reader.trailed || kind.Role == "trailer"
		for _, field := range kind.Fields {
			if field.Of != "" {
				reader.sums[field.Of] = new(big.Int)
			}
		}
	}
	return reader
}

// Decode implements [format.Format].
func (f *fixed) Decode(raw []byte, to record.Sink) error {
	text := f.page.Text(raw)
	kind := f.kind(text)
	if kind == nil {
		return &record.FieldError{Offset: 0, Reason: "the record is of no type that the schema has"}
	}
	object, err := kind.cut(text)
	if err != nil {
		return err
	}
	if f.several {
		object = format.Object{kind.Name: object}
	}
	return format.Emit(f.layout.Fields, object, to)
}

// kind finds the type of a record.
func (f *fixed) kind(text string) *Record {
	for i := range f.records {
		if strings.HasPrefix(text, f.records[i].Type) {
			return &f.records[i]
		}
	}
	return nil
}

func (r *Record) width() int {
	width := 0
	for _, f := range r.Fields {
		width += f.Length
	}
	return width
}

// cut takes the values off a line. Blank ones are absent.
func (r *Record) cut(text string) (format.Object, error) {
	if length := utf8.RuneCountInString(text); length != r.width() {
		return nil, &record.FieldError{Offset: -1, Reason: fmt.Sprintf("the record has %d characters, and %s has %d", length, r.Name, r.width())}
	}
	object := make(format.Object, len(r.Fields))
	characters := []rune(text)
	for _, f := range r.Fields {
		value := strings.TrimRight(string(characters[:f.Length]), " ")
		characters = characters[f.Length:]
		switch f.Type {
		case "", "text":
			object[f.Name] = value
		case "decimal":
			if value != "" {
				object[f.Name] = point(strings.TrimSpace(value), f.Scale)
			}
		default:
			if value != "" {
				object[f.Name] = strings.TrimSpace(value)
			}
		}
	}
	return object, nil
}

// point puts a decimal point in front of the last digits, and takes zeros in front off. A sign stands in front or behind.
func point(digits string, scale int) string {
	sign := ""
	if trailing, ok := strings.CutSuffix(digits, "-"); ok {
		digits = "-" + trailing
	}
	digits = strings.TrimSuffix(digits, "+")
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "-", rest
	}
	digits = strings.TrimPrefix(digits, "+")
	if scale == 0 || strings.Contains(digits, ".") {
		return sign + digits
	}
	digits = strings.TrimLeft(digits, "0")
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	return sign + digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// A fixedReader reads details, and holds the file against header and trailer.
type fixedReader struct {
	*fixed
	lines           framing.Reader
	headed, trailed bool // the schema has a header, and a trailer
	begun, ended    bool
	count           int64
	sums            map[string]*big.Int
	last            framing.Record
}

func (r *fixedReader) errorf(format string, values ...any) error {
	return &framing.Error{Number: r.last.Number, Offset: r.last.Offset, Reason: fmt.Sprintf(format, values...)}
}

// Next implements [framing.Reader].
func (r *fixedReader) Next() (framing.Record, error) {
	for {
		next, err := r.lines.Next()
		if errors.Is(err, io.EOF) && r.trailed && !r.ended {
			return next, r.errorf("the trailer is missing: the file is not complete")
		}
		if err != nil {
			return next, err
		}
		r.last = next
		text := r.page.Text(next.Data)
		kind := r.kind(text)
		switch {
		case kind == nil:
			return next, r.errorf("the record begins with %.8q, and no type of records does", text)
		case r.ended:
			return next, r.errorf("something stands behind the trailer")
		case r.headed && !r.begun && kind.Role != "header":
			return next, r.errorf("the header is missing")
		case kind.Role == "header" && r.begun:
			return next, r.errorf("there are two headers")
		}
		r.begun = true
		if err := r.take(kind, text); err != nil || kind.isDetail() {
			return next, err
		}
	}
}

// take counts a detail, or checks a header or trailer.
func (r *fixedReader) take(kind *Record, text string) error {
	r.ended = kind.Role == "trailer"
	if kind.isDetail() {
		r.count++
		if len(r.sums) == 0 {
			return nil // whether it is right is found when it is decoded
		}
	}
	object, err := kind.cut(text)
	if err != nil {
		return r.errorf("%v", err)
	}
	if kind.isDetail() {
		return r.add(kind, object)
	}
	if r.lenient {
		return nil
	}
	for _, f := range kind.Fields {
		if err := r.check(&f, object); err != nil {
			return err
		}
	}
	return nil
}

func (r *fixedReader) add(kind *Record, object format.Object) error {
	for _, f := range kind.Fields {
		sum := r.sums[f.Name]
		if sum == nil || object[f.Name] == nil {
			continue
		}
		number, ok := whole(object[f.Name])
		if !ok {
			return r.errorf("%s is no number", f.Name)
		}
		sum.Add(sum, number)
	}
	return nil
}

// whole is a value without its point: totals have the scale of what they are of.
func whole(value any) (*big.Int, bool) {
	text, ok := value.(string)
	if !ok {
		return nil, false
	}
	return new(big.Int).SetString(strings.Replace(text, ".", "", 1), 10)
}

// check holds one field of a trailer against what was counted.
func (r *fixedReader) check(f *Field, object format.Object) error {
	var wanted *big.Int
	switch f.Equals {
	case "count":
		wanted = big.NewInt(r.count)
	case "sum":
		wanted = r.sums[f.Of]
	case "hash":
		wanted = new(big.Int).Mod(r.sums[f.Of], new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(f.Length)), nil))
	default:
		return nil
	}
	stated, ok := whole(object[f.Name])
	if !ok || stated.Cmp(wanted) != 0 {
		shown := point(wanted.String(), f.Scale)
		return r.errorf("%s is %v, and the records come to %s", f.Name, object[f.Name], shown)
	}
	return nil
}
