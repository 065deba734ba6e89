package copybook

// Join makes one record of several: one behind the other, or, as alternatives, each a description of the same bytes. The items become part of it.
func Join(items []*Item, alternatives bool) *Item {
	root := &Item{Joined: true, Children: items}
	for i, item := range items {
		item.Parent = root
		if alternatives && i > 0 {
			item.Redefines = items[0]
		}
		at := root.Length
		if item.Redefines != nil {
			at = item.Redefines.Offset
		}
		item.shift(at - item.Offset)
		root.Length = max(root.Length, at+item.Size())
	}
	return root
}

func (i *Item) shift(by int) {
	i.Offset += by
	for _, child := range i.Children {
		child.shift(by)
	}
}
