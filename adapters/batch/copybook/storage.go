package copybook

import (
	"math/big"
	"slices"
)

// maxRecordLength bounds a record in bytes. z/OS stops at 32 760, or 2 GB for a large block.
const maxRecordLength = 1 << 26

// A name is a data name and the groups that qualify it, innermost first.
type name []string

// place works out lengths and offsets in a record, and finds the counters of its tables, which may also be among the earlier items of the text. It returns those and the
// record's.
func (p *parser) place(record *Item, earlier []*Item) []*Item {
	s := &storage{parser: p, seen: earlier}
	s.inherit(record, record)
	s.layOut(record, 0)
	if len(p.errors) > 0 {
		return nil
	}
	s.resolveCounters(record)
	s.resolveRenames(record, s.seen[len(earlier):])
	return s.seen
}

type storage struct {
	*parser
	seen []*Item // items in front of the present one, in order of the text
}

// inherit hands the clauses of groups that are about fields down to those that have none of their own: USAGE, SIGN and SYNCHRONIZED.
func (s *storage) inherit(item, group *Item) {
	numeric := item.Picture == nil || item.Picture.Category == Numeric || item.Picture.Category == NumericEdited && group.Usage == National
	if item.Usage != Display && group.Usage != Display && item.Usage != group.Usage {
		s.failAt(item, "%s has another USAGE than its group %s", item.label(), group.label())
	}
	if item.Usage == Display && (item.IsGroup() || numeric) {
		item.Usage, item.fewest = group.Usage, group.fewest
	}
	if item.Picture == nil && item.implied == nil {
		item.implied = group.implied
	}
	if item.Picture == nil && item.implied != nil && !item.IsGroup() {
		item.Picture = item.implied
	}
	if item.Sign == (Sign{}) {
		item.Sign = group.Sign
	}
	item.Synchronized = item.Synchronized || group.Synchronized
	for _, child := range item.Children {
		s.inherit(child, item)
	}
}

// layOut sets Offset, Length and Slack of the item, which may begin at this place, and of all below it. It returns the boundary that the item is on at least, which the
// elements of a table it is in must keep. Boundaries count from the record's beginning, and slack bytes stand in front of a field or of the groups that it is first in; behind
// each element of a table stand as many that the next one is like the first (Enterprise COBOL Language Reference, "Slack bytes").
func (s *storage) layOut(item *Item, at int) int {
	item.Offset = at
	if !item.IsGroup() {
		s.measureField(item)
		return s.boundaryOf(item)
	}
	next, alignment := at, 1
	for _, child := range item.Children {
		if child.Redefines != nil {
			alignment = max(alignment, s.layOut(child, child.Redefines.Offset))
			s.checkWider(child)
			next = max(next, child.Offset+child.Size())
			continue
		}
		if a := s.firstBoundary(child); next%a != 0 {
			child.Slack = a - next%a
		}
		alignment = max(alignment, s.layOut(child, next+child.Slack))
		next = child.Offset + child.Size()
		if next-at > maxRecordLength || next < 0 {
			s.failAt(child, "%s ends more than %d bytes behind the start of its group", child.label(), maxRecordLength)
			return alignment
		}
	}
	item.Length = next - at
	if item.Occurs != nil {
		item.Length += (alignment - item.Length%alignment) % alignment
		if item.Length > maxRecordLength/item.Occurs.Max {
			s.failAt(item, "%s takes more than %d bytes", item.label(), maxRecordLength)
			item.Length = 0
		}
	}
	return alignment
}

// firstBoundary is the boundary of the first field in the item.
func (s *storage) firstBoundary(item *Item) int {
	for item.IsGroup() {
		item = item.Children[0]
	}
	if !item.Synchronized {
		return 1
	}
	before := len(s.errors)
	s.measureField(item)
	s.errors = s.errors[:before] // they come again when the field is laid out
	return s.boundaryOf(item)
}

// checkWider refuses a redefinition that would run into fields between it and what it redefines. Behind its base it may be longer, as
// compilers allow with a warning.
func (s *storage) checkWider(redefining *Item) {
	base := redefining.Redefines
	if redefining.Size() > base.Size() && base.Occurs == nil && base.Parent != nil {
		siblings := base.Parent.Children
		after := siblings[slices.Index(siblings, base)+1:]
		for _, sibling := range after {
			if sibling == redefining {
				return
			}
			if sibling.Redefines != base {
				s.failAt(redefining, "%s is longer than %s, which it redefines, and other fields stand in between",
					redefining.label(), base.label())
				return
			}
		}
	}
}

// boundaryOf is the boundary that SYNCHRONIZED puts a field on (Enterprise COBOL Language Reference, SYNCHRONIZED clause).
func (s *storage) boundaryOf(item *Item) int {
	if !item.Synchronized || s.options.NoSync {
		return 1
	}
	switch item.Usage {
	case Binary, NativeBinary, LittleBinary:
		return boundary(item.Length, s.syncMax())
	case Single:
		return 4
	case Double:
		return 8
	default:
		return 1
	}
}

func (s *storage) syncMax() int {
	if s.options.SyncMax > 0 {
		return s.options.SyncMax
	}
	return 4
}

// boundary is the largest power of two up to the length and the limit.
func boundary(length, limit int) int {
	b := 1
	for 2*b <= min(length, limit) {
		b *= 2
	}
	return b
}

func (s *storage) measureField(item *Item) {
	switch item.Usage {
	case Single:
		item.Length = 4
	case Double:
		item.Length = 8
	default:
		if item.Picture == nil {
			s.failAt(item, "%s has neither a PICTURE nor fields below it", item.label())
			return
		}
		item.Length = s.storedLength(item)
	}
	if item.Occurs != nil && item.Length > maxRecordLength/item.Occurs.Max {
		s.failAt(item, "%s takes more than %d bytes", item.label(), maxRecordLength)
	}
}

func (s *storage) storedLength(item *Item) int {
	p := item.Picture
	switch {
	case p.Category == NationalText || p.Category == DoubleByte || item.Usage == National && p.Category != Numeric:
		return 2 * p.Size
	case item.Usage == National && item.Sign.Separate && p.Signed:
		return 2 * (p.Size + 1)
	case item.Usage == National:
		return 2 * p.Size
	case p.Category == Alphanumeric && (item.Usage == PackedBare || item.Usage == Binary || item.Usage == NativeBinary):
		return p.Size // X(4) COMP-X and its kin: the picture counts bytes
	case p.Category != Numeric:
		if item.Usage != Display {
			s.failAt(item, "%s has the picture %s, which only DISPLAY can store", item.label(), p.Text)
		}
		return p.Size
	case item.Usage == Packed:
		return p.Digits/2 + 1
	case item.Usage == PackedBare:
		return (p.Digits + 1) / 2
	case item.Usage != Display:
		return s.binaryLength(item)
	case item.Sign.Separate && p.Signed:
		return p.Size + 1
	default:
		return p.Size
	}
}

func (s *storage) binaryLength(item *Item) int {
	switch digits := item.Picture.Digits; {
	case item.Picture.pointer && s.options.PointerBytes > 0:
		return s.options.PointerBytes
	case item.Picture.bytes > 0:
		return item.Picture.bytes
	case item.fewest:
		return fewestBytes(digits, false) // what COMP-X has a sign in is not said
	case s.options.BinarySizes == BytesFewest && digits <= 38:
		return fewestBytes(digits, item.Picture.Signed)
	case digits <= 2 && (s.options.BinarySizes == Bytes1248 || item.Usage == LittleBinary):
		return 1
	case digits <= 4:
		return 2
	case digits <= 9:
		return 4
	case digits <= 18:
		return 8
	case digits <= 38: // beyond IBM's limit: as many bytes as the digits and a sign need
		return fewestBytes(digits, true)
	default:
		s.failAt(item, "%s has %d digits, and a binary number has at most 38", item.label(), digits)
		return 0
	}
}

// fewestBytes is how many bytes a number of so many digits needs.
func fewestBytes(digits int, signed bool) int {
	largest := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	bits := largest.Sub(largest, big.NewInt(1)).BitLen()
	if signed {
		bits++
	}
	return (bits + 7) / 8
}

// resolveCounters finds the field that each DEPENDING ON names: the nearest of that name in front of the table.
func (s *storage) resolveCounters(item *Item) {
	if item.Occurs != nil && item.Occurs.counterRequired {
		s.resolveCounter(item)
	}
	s.seen = append(s.seen, item)
	for _, child := range item.Children {
		s.resolveCounters(child)
	}
}

func (s *storage) resolveCounter(item *Item) {
	occurs := item.Occurs
	for i := len(s.seen) - 1; i >= 0; i-- {
		if candidate := s.seen[i]; !candidate.IsGroup() && candidate.matches(occurs.counter) {
			occurs.DependingOn = candidate
			return
		}
	}
	s.fail(occurs.counterToken, "DEPENDING ON %s: there is no field %s in front of the table in this record",
		occurs.counter[0], occurs.counter[0])
}

// matches reports whether the item has the name, inside the groups that qualify it.
func (i *Item) matches(qualified name) bool {
	if i.Name != qualified[0] {
		return false
	}
	at := i.Parent
	for _, group := range qualified[1:] {
		for at != nil && at.Name != group {
			at = at.Parent
		}
		if at == nil {
			return false
		}
		at = at.Parent
	}
	return true
}
