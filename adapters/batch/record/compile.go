package record

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters/batch/copybook"
)

// An OptionError is an option that does not fit the layout.
type OptionError struct {
	// Option is the path of the option: formats["OPEN-DATE"], choices[0].field.
	Option  string
	Message string
}

// Error returns the option and the message.
func (e *OptionError) Error() string { return e.Option + ": " + e.Message }

// OptionErrors is all the options that do not fit.
type OptionErrors []*OptionError

// Error returns the mistakes, one to a line.
func (e OptionErrors) Error() string {
	lines := make([]string, len(e))
	for i, mistake := range e {
		lines[i] = mistake.Error()
	}
	return strings.Join(lines, "\n")
}

// Compile makes a layout of a level 01 item. The error is of type [OptionErrors].
func Compile(record *copybook.Item, options Options) (*Layout, error) {
	c := newCompiler(options)
	c.layout.Length = record.Size()
	if record.IsGroup() {
		c.layout.Fields = c.children(record, "", true)
	} else {
		c.layout.Fields = []*Field{c.item(record, "", true)}
	}
	c.counters()
	return c.finish()
}

type compiler struct {
	layout  *Layout
	formats map[string]string // by folded name
	used    map[string]bool
	fields  map[*copybook.Item]*Field
	items   []*copybook.Item // tables that depend on a counter
	groups  int              // without a name, so far
	fillers int              // fields without a name
	errors  OptionErrors
}

func newCompiler(options Options) *compiler {
	if options.Location == nil {
		options.Location = time.UTC
	}
	c := &compiler{
		layout:  &Layout{options: options},
		formats: make(map[string]string),
		used:    make(map[string]bool),
		fields:  make(map[*copybook.Item]*Field),
	}
	for name, format := range options.Formats {
		c.formats[fold(name)] = format
	}
	return c
}

// finish resolves what options say about fields by name.
func (c *compiler) finish() (*Layout, error) {
	c.layout.formatted = c.used
	for i, choice := range c.layout.options.Choices {
		c.choice(fmt.Sprintf("choices[%d]", i), choice)
	}
	if len(c.errors) > 0 {
		return nil, c.errors
	}
	return c.layout, nil
}

func (c *compiler) fail(option, format string, arguments ...any) {
	c.errors = append(c.errors, &OptionError{Option: option, Message: fmt.Sprintf(format, arguments...)})
}

func (c *compiler) add(f *Field) *Field {
	f.Index, f.slot, f.json = len(c.layout.all), -1, jsonName(f.Name)
	c.layout.all = append(c.layout.all, f)
	return f
}

// children compiles the fields of a group. An item and those that redefine it become one union. fixed is whether the group stands at the same place in
// every record.
func (c *compiler) children(group *copybook.Item, path string, fixed bool) []*Field {
	alternatives := make(map[*copybook.Item][]*copybook.Item)
	for _, item := range group.Children {
		if item.Redefines != nil {
			alternatives[item.Redefines] = append(alternatives[item.Redefines], item)
		}
	}
	var fields []*Field
	for _, item := range group.Children {
		switch {
		case item.Redefines != nil:
		case len(alternatives[item]) > 0:
			fields = append(fields, c.union(append([]*copybook.Item{item}, alternatives[item]...), path, fixed))
		default:
			fields = append(fields, c.item(item, path, fixed))
		}
		fixed = fixed && !(c.layout.options.Shift && shifts(item))
	}
	return fields
}

// shifts reports whether the item's length is not the same in every record.
func shifts(item *copybook.Item) bool {
	if item.Occurs != nil && item.Occurs.DependingOn != nil {
		return true
	}
	for _, child := range item.Children {
		if shifts(child) {
			return true
		}
	}
	return false
}

func (c *compiler) union(items []*copybook.Item, path string, fixed bool) *Field {
	union := c.add(&Field{Name: items[0].Name, Path: join(path, items[0].Name), Type: Union, offset: items[0].Offset, slack: items[0].Slack, fixed: fixed})
	for _, item := range items {
		alternative := c.item(item, path, fixed)
		alternative.slack = 0
		alternative.lenient = c.layout.options.AllAlternatives
		union.size = max(union.size, item.Size())
		union.Children = append(union.Children, alternative)
	}
	return union
}

// item compiles a field or group, and all below it.
func (c *compiler) item(item *copybook.Item, path string, fixed bool) *Field {
	f := c.add(&Field{Name: item.Name, offset: item.Offset, size: item.Length, slack: item.Slack, fixed: fixed, Conditions: item.Conditions})
	c.fields[item] = f
	f.skipped = c.skips(item)
	if item.IsFiller() && !f.skipped {
		f.Name = c.fillerName(item)
		f.json = jsonName(f.Name)
	}
	f.Path = join(path, f.Name)
	if item.Occurs != nil {
		f.Repeated, f.Min, f.Max, f.fixed = true, item.Occurs.Min, item.Occurs.Max, false
		if item.Occurs.DependingOn != nil {
			c.items = append(c.items, item)
		}
	}
	if item.IsGroup() {
		f.Children = c.children(item, f.Path, f.fixed)
		return f
	}
	c.field(f, item)
	return f
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (c *compiler) fillerName(item *copybook.Item) string {
	if item.IsGroup() {
		c.groups++
		return "FILLER_" + strconv.Itoa(c.groups)
	}
	c.fillers++
	return "FILLER_P" + strconv.Itoa(c.fillers)
}

// skips reports whether the item takes room, but has no value.
func (c *compiler) skips(item *copybook.Item) bool {
	switch c.layout.options.Fillers {
	case AllFillers:
		return false
	case NoFillers:
		return item.IsFiller() || item.IsGroup() && !hasNamedChild(item)
	default:
		return (item.IsFiller() || item.IsGroup()) && !hasName(item)
	}
}

// hasNamedChild is hasName where groups without a name do not count either.
func hasNamedChild(item *copybook.Item) bool {
	for _, child := range item.Children {
		if !child.IsFiller() && (!child.IsGroup() || hasNamedChild(child)) {
			return true
		}
	}
	return false
}

func hasName(item *copybook.Item) bool {
	for _, child := range item.Children {
		if !child.IsFiller() || hasName(child) {
			return true
		}
	}
	return false
}

// field chooses the codec of an elementary item.
func (c *compiler) field(f *Field, item *copybook.Item) {
	f.Length = item.Length
	options := c.layout.options
	switch {
	case item.Usage == copybook.Single || item.Usage == copybook.Double:
		f.Type = Float64
		if item.Usage == copybook.Single {
			f.Type = Float32
		}
		f.codec = &floatCodec{ieee: options.IEEE, little: options.LittleEndian}
	case item.Picture.Category == copybook.Numeric:
		c.number(f, item, item.Picture)
	case item.Usage == copybook.PackedBare: // X(4) COMP-3U: the picture counts bytes
		digits := 2 * item.Length
		c.number(f, item, &copybook.Picture{Digits: digits, Size: digits})
	case item.Picture.Category == copybook.NationalText || item.Usage == copybook.National:
		f.Type, f.Length, f.codec = Text, item.Picture.Size, &nationalCodec{trim: options.Trim}
	case item.Picture.Category == copybook.DoubleByte || item.Usage != copybook.Display && item.Picture.Category == copybook.Alphanumeric:
		f.Type, f.codec = Bytes, bytesCodec{}
	default:
		trim := options.Trim
		if item.Picture.Category == copybook.NumericEdited || item.Picture.Category == copybook.ExternalFloat {
			trim = TrimBoth
		}
		f.Type, f.codec, f.justified = Text, &textCodec{page: options.CodePage, trim: trim, justified: item.Justified}, item.Justified
	}
	c.format(f)
}

func (c *compiler) number(f *Field, item *copybook.Item, p *copybook.Picture) {
	page := c.layout.options.CodePage
	f.Signed = p.Signed
	number := &numberCodec{digits: p.Digits, scale: p.Scale, signed: p.Signed}
	switch item.Usage {
	case copybook.Packed, copybook.PackedBare:
		number.storage = &packed{count: p.Digits, signed: p.Signed, bare: item.Usage == copybook.PackedBare, spaces: page.Blank()}
	case copybook.Binary, copybook.NativeBinary, copybook.LittleBinary:
		little := item.Usage == copybook.LittleBinary || item.Usage == copybook.NativeBinary && c.layout.options.LittleEndian
		number.storage = &twosComplement{signed: p.Signed, little: little}
	default:
		number.storage = &zoned{
			ebcdic: page.IsEBCDIC(), spaces: page.Blank(), count: p.Digits, signed: p.Signed, scale: p.Scale, suppressed: p.Suppressed,
			sign: signPlaceOf(item), point: storedPoint(p, page),
		}
	}
	f.Type, f.Digits, f.Scale = Decimal, p.Digits+max(-p.Scale, 0), max(p.Scale, 0)
	if p.Scale <= 0 && f.Digits <= smallDigits {
		f.Type, number.integer, number.narrow = Integer, true, f.Digits <= 9
	}
	f.codec = number
}

func signPlaceOf(item *copybook.Item) signPlace {
	switch sign := item.Sign; {
	case sign.Separate && sign.Leading:
		return separateLeading
	case sign.Separate:
		return separateTrailing
	case sign.Leading:
		return overpunchLeading
	default:
		return overpunchTrailing
	}
}

func storedPoint(p *copybook.Picture, page *CodePage) byte {
	if p.Point == 0 {
		return 0
	}
	return page.bytes[rune(p.Point)]
}

// format gives the field the meaning that the options state.
func (c *compiler) format(f *Field) {
	if f.skipped {
		return
	}
	for _, name := range []string{fold(f.Path), fold(f.Name)} {
		format, ok := c.formats[name]
		if !ok {
			continue
		}
		c.used[name] = true
		option := fmt.Sprintf("formats[%q]", f.Name)
		parsed, err := parseFormat(format)
		if err != nil {
			c.fail(option, "%v", err)
			return
		}
		if f.Type != Text && (f.Type != Integer || f.Signed) {
			c.fail(option, "%s is neither text nor an unsigned whole number of up to %d digits, so it cannot have a format", f.Name, smallDigits)
			return
		}
		f.codec = &formatCodec{inner: f.codec, number: f.Type == Integer, digits: f.Digits, meaning: parsed, location: c.layout.options.Location}
		f.Type = parsed.kind()
		return
	}
}

// counters tells each table the field that counts it.
func (c *compiler) counters() {
	for _, item := range c.items {
		counter := c.fields[item.Occurs.DependingOn]
		c.fields[item].counter = counter
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
