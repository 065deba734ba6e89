package record

// counters tells each table the field that counts it.
func (c *compiler) counters() {
	for _, item := range c.items {
		counter := c.fields[item.Occurs.DependingOn]
		table := c.fields[item]
		if counter == nil {
			c.fail("record", "the table %s depends on %s, which is in another record of the copybook: they are one only as a sequence", table.Path, item.Occurs.DependingOn.Path())
			continue
		}
		table.counter = counter
		for name, counts := range c.layout.options.Counts {
			if fold(name) == fold(table.Name) || fold(name) == fold(table.Path) {
				table.counts = counts
			}
		}
		c.remember(counter)
	}
}

// remember gives the field a slot, in which the decoder notes where it was.
func (c *compiler) remember(f *Field) {
	if f.slot < 0 {
		f.slot = c.layout.slots
		c.layout.slots++
	}
}

// choice resolves one option of Choices.
func (c *compiler) choice(option string, choice Choice) {
	f, err := c.layout.Lookup(choice.Field)
	if err != nil {
		c.fail(option+".field", "%v", err)
		return
	}
	if !c.isAlternative(f) {
		c.fail(option+".field", "%s neither redefines a field nor is redefined", choice.Field)
		return
	}
	condition, err := c.layout.condition(choice.When)
	if err != nil {
		c.fail(option+".when.field", "%v", err)
		return
	}
	if condition.field.Index > f.Index {
		c.fail(option+".when.field", "%s stands behind %s: only a field in front of it can be compared", choice.When.Field, choice.Field)
		return
	}
	c.remember(condition.field)
	f.choice = condition
}

func (c *compiler) isAlternative(wanted *Field) bool {
	for _, f := range c.layout.all {
		if f.Type != Union {
			continue
		}
		for _, alternative := range f.Children {
			if alternative == wanted {
				return true
			}
		}
	}
	return false
}
