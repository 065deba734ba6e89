package layout

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// A Cut is how a file is cut into records.
type cut struct {
	config  *configv1.BatchFraming
	format  string
	length  int // of a fixed record, with what is around the layout
	longest int // bytes that measuring a record may need
	start   int
	end     int
	ending  framing.Ending
	lineEnd []byte // nil for LF and CRLF
	crlf    bool   // CRLF is written
	layout  *record.Layout
	measure func() func([]byte) (int, error)
}

// newCut compiles the settings about records in a file, the longest of which has this length.
func newCut(config *configv1.BatchLayout, layout *record.Layout, length int) (*cut, error) {
	f := config.GetFraming()
	c := &cut{config: f, format: config.GetRecordFormat(), start: int(f.GetRecordStart()), end: int(f.GetRecordEnd()), layout: layout}
	c.length = length + c.start + c.end
	c.longest = c.length
	if given := int(config.GetRecordLength()); given > 0 {
		if given < c.length && config.GetShortRecords() != "partial" && config.GetShortRecords() != "pad" {
			return nil, wrong("record_length", "the records are %d bytes long by their copybook; this is less", c.length)
		}
		c.length = given
	}
	c.ending = map[string]framing.Ending{"keep": framing.KeepRest, "drop": framing.DropRest}[f.GetIncomplete()]
	if err := c.compileLineEnd(f.GetLineEnd()); err != nil {
		return nil, err
	}
	if header := f.GetHeader(); header != nil && int(header.GetOffset())+headerBytes(header) > int(header.GetSize()) {
		return nil, wrong("framing.header", "the length does not lie within the header")
	}
	if f.GetBlockLength() > 0 && f.GetRecordsPerBlock() > 0 {
		return nil, wrong("framing.records_per_block", "block_length says it already")
	}
	switch {
	case f.GetLength() != "":
		return c, c.compileLength()
	case c.format == "counted":
		c.measure = func() func([]byte) (int, error) {
			decoder := layout.NewDecoder()
			return func(front []byte) (int, error) {
				n, err := decoder.Measure(front[min(c.start, len(front)):])
				return n + c.start + c.end, err
			}
		}
	}
	return c, nil
}

func (c *cut) compileLineEnd(text string) error {
	switch text {
	case "", "lf":
		return nil
	case "crlf":
		c.crlf = true
		return nil
	case "nel":
		c.lineEnd = []byte{0x15}
		return nil
	}
	end, err := hex.DecodeString(text)
	if err != nil {
		return wrong("framing.line_end", "%q is neither lf nor crlf nor nel nor bytes in hexadecimal digits", text)
	}
	c.lineEnd = end
	return nil
}

// compileLength compiles the field or expression that says how long a record is.
func (c *cut) compileLength() error {
	text, adjustment := c.config.GetLength(), int(c.config.GetLengthAdjustment())+c.start+c.end
	field, err := c.layout.Lookup(text)
	if err == nil && field.IsFixed() {
		c.measure = func() func([]byte) (int, error) {
			var value record.Value
			return func(front []byte) (int, error) {
				n, err := c.lengthOf(front[min(c.start, len(front)):], field, &value)
				return n + adjustment, err
			}
		}
		return nil
	}
	if len(c.config.GetLengths()) > 0 {
		return wrong("framing.length", "%s is no field that stands at the same place in every record", text)
	}
	expression, err := c.layout.Expression(text)
	if err != nil {
		return wrong("framing.length", "%v", err)
	}
	c.measure = func() func([]byte) (int, error) {
		return func(front []byte) (int, error) {
			n, err := expression.Evaluate(front[min(c.start, len(front)):])
			if n > framing.MaxRecord || n < 0 {
				return 0, fmt.Errorf("a record cannot be %d bytes long", n)
			}
			return int(n) + adjustment, err
		}
	}
	return nil
}

// anyOther stands in `lengths` for what has no entry.
const anyOther = "_"

func (c *cut) lengthOf(front []byte, field *record.Field, value *record.Value) (int, error) {
	if err := c.layout.Extract(front, field, value); err != nil {
		return 0, err
	}
	text := field.Canonical(value)
	if len(c.config.GetLengths()) > 0 {
		for _, key := range []string{text, anyOther} {
			if n, ok := c.config.GetLengths()[key]; ok {
				return int(n), nil
			}
		}
		return 0, fmt.Errorf("there is no length for records with %q in %s", text, field.Name)
	}
	n := 0
	if _, err := fmt.Sscanf(text, "%d", &n); err != nil || fmt.Sprint(n) != text || n > framing.MaxRecord {
		return 0, errors.New(field.Name + " holds no length")
	}
	return n, nil
}

// header is in front of each record.
func (c *cut) header() framing.Header {
	h := c.config.GetHeader()
	return framing.Header{
		Size: int(h.GetSize()), Offset: int(h.GetOffset()), Bytes: headerBytes(h), Little: h.GetOrder() == "little", Adjustment: int(c.config.GetLengthAdjustment()),
	}
}

func headerBytes(header *configv1.BatchRecordHeader) int {
	if header.GetBytes() == 0 {
		return 2
	}
	return int(header.GetBytes())
}

// Word is a descriptor word as the settings have it.
func Word(config *configv1.BatchWord) framing.Word {
	return framing.Word{
		Order:      map[string]framing.Order{"little": framing.LittleEndian, "little_first": framing.LittleFirst}[config.GetOrder()],
		Counted:    config == nil || config.Counted == nil || config.GetCounted(),
		Adjustment: int(config.GetAdjustment()),
	}
}

// reader cuts a file into records. skipped is how many bytes of the file are in front of r.
func (c *cut) reader(r io.Reader, skipped int64) framing.Reader {
	records := c.records(r)
	if skipped > 0 {
		records = &moved{records, skipped}
	}
	if c.config.GetMinimumLength() > 0 || c.config.GetMaximumLength() > 0 {
		records = framing.Bounded(records, int(c.config.GetMinimumLength()), int(c.config.GetMaximumLength()))
	}
	return records
}

func (c *cut) records(r io.Reader) framing.Reader {
	f := c.config
	switch {
	case c.measure != nil:
		return framing.Sized(r, c.longest, c.ending, c.measure())
	case f.GetHeader() != nil:
		return framing.Headed(r, c.header())
	case len(f.GetTurns()) > 0:
		turns := make([]int, len(f.GetTurns()))
		for i, turn := range f.GetTurns() {
			turns[i] = int(turn)
		}
		return framing.Turns(r, turns, c.ending)
	case c.format == "line":
		return c.lines(r)
	case c.format == "variable":
		return framing.Variable(r, Word(f.GetRecordWord()))
	case c.format == "variable_blocked", c.format == "spanned":
		return framing.VariableBlocked(r, Word(f.GetBlockWord()), Word(f.GetRecordWord()), c.format == "spanned")
	case c.format == "fixed_blocked":
		return framing.Blocked(r, c.length, max(int(f.GetBlockLength()), int(f.GetRecordsPerBlock())*c.length), Word(f.GetBlockWord()))
	default:
		return framing.Turns(r, []int{c.length}, c.ending)
	}
}

func (c *cut) lines(r io.Reader) framing.Reader {
	lines := framing.Lines(r, false)
	if c.lineEnd != nil {
		lines = framing.Delimited(r, c.lineEnd)
	}
	if c.config.GetSplitLines() {
		lines = framing.Split(lines, c.length)
	}
	return lines
}

// moved places records in the whole file.
type moved struct {
	framing.Reader
	by int64
}

func (m *moved) Next() (framing.Record, error) {
	next, err := m.Reader.Next()
	next.Offset += m.by
	var place *framing.Error
	if errors.As(err, &place) {
		return next, &framing.Error{Number: place.Number, Offset: place.Offset + m.by, Reason: place.Reason}
	}
	return next, err
}

// Writer puts records into a file, as Reader finds them. Record formats whose records say their own length are written one behind the other.
func (l *Layout) Writer(w io.Writer) (framing.Writer, error) {
	c, f := l.cut, l.cut.config
	block := framing.Blocking{Word: Word(f.GetBlockWord()), Longest: int(f.GetBlockLength()), Records: int(f.GetRecordsPerBlock())}
	switch {
	case f.GetHeader() != nil:
		return framing.WriteHeaded(w, c.header()), nil
	case c.format == "variable":
		return framing.WriteVariable(w, Word(f.GetRecordWord())), nil
	case c.format == "variable_blocked":
		return framing.WriteVariableBlocked(w, Word(f.GetRecordWord()), block), nil
	case c.format == "spanned" && (Word(f.GetRecordWord()).Order != framing.BigEndian || block.Longest > 0 && block.Longest <= leastSpanned):
		return nil, wrong("framing", "spanned records are written with a big-endian record word, and in blocks of more than %d bytes", leastSpanned)
	case c.format == "spanned":
		return framing.WriteSpanned(w, Word(f.GetRecordWord()), block), nil
	case c.format == "fixed_blocked" && f.GetBlockLength() == 0 && f.GetRecordsPerBlock() == 0:
		return framing.WriteBlocked(w, block), nil
	case c.format != "line":
		return framing.WriteEnded(w, nil), nil
	case f.GetOpenEnd():
		return framing.WriteSeparated(w, c.writtenEnd()), nil
	default:
		return framing.WriteEnded(w, c.writtenEnd()), nil
	}
}

// writtenEnd is what ends a line that is written.
func (c *cut) writtenEnd() []byte {
	switch {
	case c.crlf:
		return []byte("\r\n")
	case c.lineEnd == nil:
		return []byte("\n")
	default:
		return c.lineEnd
	}
}

// leastSpanned is the length of the words of a block and of a piece of a record in it.
const leastSpanned = 8

// Around is how many bytes stand in front of the first record and behind the last.
func (l *Layout) Around() (front, back int) { return int(l.skipped), l.dropped }

// Full reports whether records that end with their tables are filled up to one length.
func (l *Layout) Full() bool { return l.config.GetOccursDepending() == "pad" }
