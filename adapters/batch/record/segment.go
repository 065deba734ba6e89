package record

import (
	"slices"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
)

// segment marks the alternative of this name as one that a record has only if it is selected.
func (c *compiler) segment(option, name string) {
	f, err := c.layout.Lookup(name)
	switch {
	case err != nil:
		c.fail(option, "%v", err)
	case len(f.Children) == 0:
		c.fail(option, "%s is no group, so it cannot be a segment", name)
	default:
		f.segment = true
	}
}

// kinds tell which segment a record has.
type kinds struct {
	field    *Field
	segments map[string]*Field // by the field's canonical value
}

func (k *kinds) of(l *Layout, record []byte, value *Value) *Field {
	if l.Extract(record, k.field, value) != nil {
		return nil
	}
	return k.segments[k.field.Canonical(value)]
}

// SelectedBy returns a layout whose records have the segment that a field at a fixed place says, by its canonical value ([Field.Canonical]), and no other. The fields are those of l.
func (l *Layout) SelectedBy(f *Field, segments map[string]*Field) *Layout {
	out := *l
	out.kinds = &kinds{field: f, segments: segments}
	return &out
}

// groupText appends the text of the last field, if it is a group that is wanted as one text besides.
func (c *compiler) groupText(fields []*Field) []*Field {
	group := fields[len(fields)-1]
	if len(group.Children) == 0 || group.Type == Union || group.Repeated || group.skipped {
		return fields
	}
	for _, name := range c.layout.options.GroupTexts {
		if fold(name) != fold(group.Name) && fold(name) != fold(group.Path) {
			continue
		}
		options := c.layout.options
		text := c.add(&Field{
			Name: group.Name + "_NT", Path: group.Path + "_NT", Type: Text, Length: group.size, whole: group,
			codec: &textCodec{page: options.CodePage, trim: options.Trim, lowValues: options.LowValues, drop: options.DropControls},
		})
		c.remember(group)
		return append(fields, text)
	}
	return fields
}

// renames appends the 66 levels of the record that are wanted as fields besides. One that renames a single field has that field's type, and any other is text.
func (c *compiler) renames(record *copybook.Item) {
	fields := &c.layout.Fields
	if options := c.layout.options; options.KeepRoot && len(*fields) == 1 && len((*fields)[0].Children) > 0 {
		fields = &(*fields)[0].Children
	}
	for _, rename := range record.Renames {
		wanted := func(name string) bool { return fold(name) == fold(rename.Name) }
		from, through := c.fields[rename.From], c.fields[rename.Through]
		if !slices.ContainsFunc(c.layout.options.GroupTexts, wanted) || from == nil || through == nil {
			continue
		}
		options := c.layout.options
		field := *from
		field.Name, field.Path, field.whole, field.through, field.skipped, field.Conditions, field.counter = rename.Name, rename.Name, from, through, false, nil, nil
		if from != through || from.codec == nil {
			field.Type, field.Children, field.size = Text, nil, rename.Through.Offset+rename.Through.Length-rename.From.Offset
			field.Length, field.fixed, field.inline = field.size, from.fixed && through.fixed, false
			field.codec = &textCodec{page: options.CodePage, trim: options.Trim, lowValues: options.LowValues, drop: options.DropControls}
		}
		c.remember(from)
		c.remember(through)
		*fields = append(*fields, c.add(&field))
	}
}
