package copybook

// current is the item that the last entry described; nil if there is none.
func (p *parser) current() *Item {
	if len(p.stack) == 0 {
		return nil
	}
	return p.stack[len(p.stack)-1]
}

// renames reads a level 66: name RENAMES item [THRU item]. It belongs to the record in front of it.
func (p *parser) renames() {
	named := p.next()
	if named.kind != word || !validName(named.text) {
		p.fail(named, "the name of a level 66 belongs here")
		p.skipEntry()
		return
	}
	rename := &Rename{Name: named.upper(), Written: named.text, File: named.file, Line: named.line, Column: named.column}
	if !p.accept("RENAMES") {
		p.fail(p.peek(), "RENAMES belongs here")
		p.skipEntry()
		return
	}
	rename.fromToken = p.peek()
	rename.from = p.qualified()
	rename.throughToken, rename.through = rename.fromToken, rename.from
	if p.accept("THRU", "THROUGH") {
		rename.throughToken = p.peek()
		rename.through = p.qualified()
	}
	if t := p.next(); t.kind != period {
		p.fail(t, "a period belongs at the end of level 66")
		p.skipRest(t)
		return
	}
	if len(p.stack) == 0 {
		p.fail(named, "level 66 %s has no record in front of it", rename.Name)
		return
	}
	record := p.stack[0]
	record.Renames = append(record.Renames, rename)
}

// qualified reads a data name and the groups that it is in.
func (p *parser) qualified() name {
	var n name
	for {
		t := p.next()
		if t.kind != word {
			p.fail(t, "the name of an item belongs here")
			return append(n, "")
		}
		n = append(n, t.upper())
		if !p.accept("OF", "IN") {
			return n
		}
	}
}

// resolveRenames finds the items of level 66 among those of the record.
func (s *storage) resolveRenames(record *Item, items []*Item) {
	find := func(n name, at token) *Item {
		for _, item := range items {
			if item != record && item.matches(n) {
				return item
			}
		}
		s.fail(at, "RENAMES %s: there is no %s in this record", n[0], n[0])
		return nil
	}
	for _, rename := range record.Renames {
		rename.From, rename.Through = find(rename.from, rename.fromToken), find(rename.through, rename.throughToken)
		if rename.From == nil || rename.Through == nil {
			continue
		}
		if rename.Through.Offset+rename.Through.Length <= rename.From.Offset || rename.Through.Offset < rename.From.Offset {
			s.fail(rename.throughToken, "RENAMES ends with %s, which stands in front of %s", rename.Through.label(), rename.From.label())
		}
		for _, item := range []*Item{rename.From, rename.Through} {
			for at := item; at != nil; at = at.Parent {
				if at.Occurs != nil {
					s.fail(rename.fromToken, "RENAMES cannot name %s, which is in a table", item.label())
					break
				}
			}
		}
	}
}
