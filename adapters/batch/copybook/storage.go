package copybook

import "slices"

// maxRecordLength bounds a record in bytes. z/OS stops at 32 760, or 2 GB for a large block.
const maxRecordLength = 1 << 26

// A name is a data name and the groups that qualify it, innermost first.
type name []string

// place works out lengths and offsets in a record, and finds the counters of its tables.
func (p *parser) place(record *Item) {
	s := &storage{parser: p}
	s.inherit(record, Display, Sign{})
	s.measure(record)
	if len(p.errors) == 0 {
		s.offsets(record, 0)
		s.resolveCounters(record)
	}
}

type storage struct {
	*parser
	seen []*Item // items in front of the present one, in order of the text
}

// inherit hands USAGE and SIGN of groups down to the fields that have none of their own.
func (s *storage) inherit(item *Item, usage Usage, sign Sign) {
	if item.Usage == Display && (item.IsGroup() || item.Picture == nil || item.Picture.Category == Numeric) {
		item.Usage = usage
	}
	if item.Sign == (Sign{}) {
		item.Sign = sign
	}
	for _, child := range item.Children {
		s.inherit(child, item.Usage, item.Sign)
	}
}

// measure sets Length and Slack of the item and all below it.
func (s *storage) measure(item *Item) {
	if !item.IsGroup() {
		s.measureField(item)
		return
	}
	at, alignment := 0, 1
	for _, child := range item.Children {
		s.measure(child)
		if child.Redefines != nil {
			s.checkWider(child)
			continue
		}
		a := alignmentOf(child)
		alignment = max(alignment, a)
		child.Slack = (a - at%a) % a
		at += child.Slack + child.Size()
		if at > maxRecordLength || at < 0 {
			s.failAt(child.Line, child.Column, "%s ends more than %d bytes behind the start of its group", child.label(), maxRecordLength)
			return
		}
	}
	item.Length = at
	if item.Occurs != nil {
		item.Length += (alignment - at%alignment) % alignment // so that each element is aligned like the first
	}
	if item.Length < 0 || item.Occurs != nil && item.Length > maxRecordLength/item.Occurs.Max {
		s.failAt(item.Line, item.Column, "%s takes more than %d bytes", item.label(), maxRecordLength)
	}
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
				s.failAt(redefining.Line, redefining.Column, "%s is longer than %s, which it redefines, and other fields stand in between",
					redefining.label(), base.label())
				return
			}
		}
	}
}

// alignmentOf is the boundary that SYNCHRONIZED puts a field on (Enterprise COBOL Language Reference, SYNCHRONIZED clause).
func alignmentOf(item *Item) int {
	alignment := 1
	for _, child := range item.Children {
		alignment = max(alignment, alignmentOf(child))
	}
	if !item.Synchronized || item.IsGroup() {
		return alignment
	}
	switch item.Usage {
	case Binary, NativeBinary, LittleBinary:
		return min(item.Length, 4)
	case Single:
		return 4
	case Double:
		return 8
	default:
		return 1
	}
}

func (s *storage) measureField(item *Item) {
	switch item.Usage {
	case Single:
		item.Length = 4
	case Double:
		item.Length = 8
	default:
		if item.Picture == nil {
			s.failAt(item.Line, item.Column, "%s has neither a PICTURE nor fields below it", item.label())
			return
		}
		item.Length = s.storedLength(item)
	}
	if item.Occurs != nil && item.Length > maxRecordLength/item.Occurs.Max {
		s.failAt(item.Line, item.Column, "%s takes more than %d bytes", item.label(), maxRecordLength)
	}
}

func (s *storage) storedLength(item *Item) int {
	p := item.Picture
	switch {
	case p.Category == NationalText || p.Category == DoubleByte || item.Usage == National:
		return 2 * p.Size
	case p.Category == Alphanumeric && (item.Usage == Packed || item.Usage == PackedBare || item.Usage == Binary):
		return p.Size // X(4) COMP-X and its kin: the picture counts bytes
	case p.Category != Numeric:
		if item.Usage != Display {
			s.failAt(item.Line, item.Column, "%s has the picture %s, which only DISPLAY can store", item.label(), p.Text)
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
	case item.Picture.bytes > 0:
		return item.Picture.bytes
	case digits <= 4:
		return 2
	case digits <= 9:
		return 4
	case digits <= 18:
		return 8
	case digits <= 38: // beyond IBM's limit: as many bytes as the digits and a sign need
		return (digits*3322/1000 + 1 + 1 + 7) / 8
	default:
		s.failAt(item.Line, item.Column, "%s has %d digits, and a binary number has at most 38", item.label(), digits)
		return 0
	}
}

// offsets sets Offset of the item and all below it, and makes a redefined item's room as long as its longest alternative.
func (s *storage) offsets(item *Item, at int) {
	item.Offset = at
	next := at
	for _, child := range item.Children {
		if child.Redefines != nil {
			s.offsets(child, child.Redefines.Offset)
			next = max(next, child.Offset+child.Size())
			continue
		}
		s.offsets(child, next+child.Slack)
		next = child.Offset + child.Size()
	}
	if item.IsGroup() {
		item.Length = max(item.Length, next-at)
	}
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
	s.failAt(occurs.counterLine, occurs.counterColumn, "DEPENDING ON %s: there is no field %s in front of the table in this record",
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
