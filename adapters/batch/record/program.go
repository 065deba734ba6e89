package record

import "strconv"

// maxProgram bounds the steps of a program: a layout with large tables is walked instead.
const maxProgram = 4096

// An opcode is what a step of a program does.
type opcode uint8

const (
	opValue   opcode = iota // any value, by its codec
	opText                  // text of a single-byte code page
	opInteger               // a number of up to 18 digits, as an int64
	opDecimal               // and as a decimal
	opOpen                  // a group or table begins
	opClose                 // it ends
)

// A step is one field of a record, or an end of a group, with its place.
type step struct {
	op         opcode
	bracket    byte // of opOpen and opClose
	inList     bool // an element: it has no name, and is null where it is absent
	start, end int
	name       string // with the colon
	field      *Field
	text       *textCodec
	number     *numberCodec
}

// A program writes the JSON of a record whose fields all stand at a fixed place, without walking the tree: each step knows its bytes and its name. What it cannot
// decode it leaves to the walk, which knows the policies.
type program struct {
	steps []step
	// checks are the steps that can fail: those of text cannot.
	checks []*step
}

// compileProgram returns nil for a layout that must be walked.
func compileProgram(l *Layout) *program {
	if l.delimited != nil {
		return nil
	}
	p := &program{}
	if !p.group(l.Fields, 0) {
		return nil
	}
	for i := range p.steps {
		s := &p.steps[i]
		if s.field != nil && s.text == nil {
			p.checks = append(p.checks, s)
		}
	}
	return p
}

// group adds the fields of a group. shift is how far the group is from its first occurrence.
func (p *program) group(fields []*Field, shift int) bool {
	for _, f := range fields {
		if f.skipped {
			continue
		}
		if f.Type == Union || f.segment || f.whole != nil || f.counter != nil || f.inline || len(p.steps) > maxProgram {
			return false
		}
		if !f.Repeated {
			if !p.element(f, shift, false) {
				return false
			}
			continue
		}
		p.steps = append(p.steps, step{op: opOpen, bracket: '[', name: f.json})
		for i := range f.Max {
			if len(p.steps) > maxProgram || !p.element(f, shift+i*f.size, true) {
				return false
			}
		}
		p.steps = append(p.steps, step{op: opClose, bracket: ']'})
	}
	return true
}

func (p *program) element(f *Field, shift int, inList bool) bool {
	if f.codec == nil {
		open := step{op: opOpen, bracket: '{', name: f.json, inList: inList}
		p.steps = append(p.steps, open)
		if !p.group(f.Children, shift) {
			return false
		}
		p.steps = append(p.steps, step{op: opClose, bracket: '}'})
		return true
	}
	s := step{op: opValue, field: f, name: f.json, inList: inList, start: f.offset + shift, end: f.offset + shift + f.size}
	switch codec := f.codec.(type) {
	case *textCodec:
		if s.text = codec; f.Type == Text && !codec.page.utf8 && !codec.drop {
			s.op = opText
		}
	case *numberCodec:
		s.number = codec
		switch {
		case codec.digits > smallDigits || codec.scale < 0:
		case codec.integer:
			s.op = opInteger
		default:
			s.op = opDecimal
		}
	}
	p.steps = append(p.steps, s)
	return true
}

// run appends the members of the record's object, each with a comma behind it. It returns false if the record must be walked.
func (p *program) run(to, record []byte, value *Value) ([]byte, bool) {
	for i := range p.steps {
		s := &p.steps[i]
		switch s.op {
		case opOpen:
			if !s.inList {
				to = append(to, s.name...)
			}
			to = append(to, s.bracket)
			continue
		case opClose:
			to = append(closed(to), s.bracket, ',')
			continue
		}
		start := len(to)
		if !s.inList {
			to = append(to, s.name...)
		}
		raw := record[s.start:s.end]
		var there, ok bool
		if to, there, ok = s.append(to, raw, value); !ok {
			return to, false
		}
		switch {
		case there:
			to = append(to, ',')
		case s.inList:
			to = append(to, "null,"...)
		default:
			to = to[:start]
		}
	}
	return closed(to), true
}

// closed takes off the comma behind the last member.
func closed(to []byte) []byte {
	if to[len(to)-1] == ',' {
		return to[:len(to)-1]
	}
	return to
}

// append writes the value. there is false for an absent one, and ok is false where a policy must decide.
func (s *step) append(to, raw []byte, value *Value) (_ []byte, there, ok bool) {
	switch s.op {
	case opText:
		return s.appendText(to, raw, value)
	case opInteger, opDecimal:
		n, ok := s.small(raw)
		if !ok {
			return to, false, false
		}
		if s.op == opDecimal {
			return appendDecimal(to, n, s.number.scale), true, true
		}
		return strconv.AppendInt(to, n, 10), true, true
	default:
		return s.appendValue(to, raw, value)
	}
}

// small reads an opInteger or opDecimal. ok is false where a policy must decide.
func (s *step) small(raw []byte) (n int64, ok bool) {
	n, err := s.number.storage.small(raw)
	if err != nil || n < 0 && !s.number.signed {
		return 0, false
	}
	return n, s.op == opDecimal || !s.number.narrow || int64(int32(n)) == n //nolint:gosec // that is what is asked
}

// check reports whether all values can be decoded, so that no policy has a say.
func (p *program) check(record []byte, value *Value) bool {
	for _, s := range p.checks {
		raw := record[s.start:s.end]
		if s.op == opInteger || s.op == opDecimal {
			if _, ok := s.small(raw); !ok {
				return false
			}
			continue
		}
		*value = Value{Text: value.Text[:0]}
		if s.field.codec.decode(raw, value) != nil {
			return false
		}
	}
	return true
}

func (s *step) appendValue(to, raw []byte, value *Value) (_ []byte, there, ok bool) {
	*value = Value{Text: value.Text[:0]}
	if s.field.codec.decode(raw, value) != nil {
		return to, false, false
	}
	if value.Null {
		return to, false, true
	}
	w := JSONWriter{Buffer: to}
	w.scalar(s.field, value)
	return w.Buffer, true, true
}

func (s *step) appendText(to, raw []byte, value *Value) (_ []byte, there, ok bool) {
	c := s.text
	if len(raw) > 0 && raw[0] == 0 {
		return s.appendValue(to, raw, value)
	}
	start := len(to)
	to = append(to, '"')
	for _, b := range c.trimmed(raw) {
		plain := c.page.quoted[b]
		if plain == 0 {
			return s.appendValue(to[:start], raw, value)
		}
		to = append(to, plain)
	}
	return append(to, '"'), true, true
}

// runs reports whether the layout has a program, and the record the length that it is for.
func (l *Layout) runs(record []byte) bool {
	return l.program != nil && (len(record) == l.Length || len(record) > l.Length && l.options.Excess)
}

// Check returns the error that [Decoder.Decode] would return, and hands the values to nobody.
func (d *Decoder) Check(record []byte) error {
	if d.layout.runs(record) && d.layout.program.check(record, &d.value) {
		return nil
	}
	return d.Decode(record, nothing{})
}

// DecodeJSON is Decode into a writer of JSON that has nothing to add to the fields: it writes all members of the present object.
func (d *Decoder) DecodeJSON(record []byte, w *JSONWriter) error {
	l := d.layout
	if w.Debug != NoDebug || w.KeepCorrupt || w.HexBytes || len(w.open) != 1 || !l.runs(record) {
		return d.Decode(record, w)
	}
	start := len(w.Buffer)
	if w.open[0].count > 0 {
		w.Buffer = append(w.Buffer, ',')
	}
	written, ok := l.program.run(w.Buffer, record, &d.value)
	if !ok {
		w.Buffer = w.Buffer[:start]
		return d.Decode(record, w)
	}
	w.Buffer = written
	return nil
}
