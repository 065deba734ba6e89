package record

import (
	"fmt"
	"math/big"
	"slices"
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
	switch {
	case options.KeepRoot && !record.IsFiller() || !record.IsGroup():
		c.layout.Fields = []*Field{c.item(record, "", true)}
	default:
		c.layout.Fields = c.children(record, "", true)
	}
	if record.Joined && !options.KeepRoot {
		for _, item := range record.Children {
			c.fields[item].inline = item.IsGroup()
		}
	}
	c.counters()
	c.renames(record)
	return c.finish()
}

type compiler struct {
	layout  *Layout
	formats map[string]string    // by folded name
	pages   map[string]*CodePage // by folded name
	used    map[string]bool
	fields  map[*copybook.Item]*Field
	items   []*copybook.Item          // tables that depend on a counter
	names   map[*copybook.Item]string // of fillers that are fields
	groups  int                       // without a name, so far
	fillers int                       // fields without a name
	errors  OptionErrors
}

func newCompiler(options Options) *compiler {
	if options.Location == nil {
		options.Location = time.UTC
	}
	c := &compiler{
		layout:  &Layout{options: options},
		formats: make(map[string]string),
		pages:   make(map[string]*CodePage),
		used:    make(map[string]bool),
		fields:  make(map[*copybook.Item]*Field),
		names:   make(map[*copybook.Item]string),
	}
	for name, format := range options.Formats {
		c.formats[fold(name)] = format
	}
	for name, page := range options.CodePages {
		c.pages[fold(name)] = page
	}
	return c
}

// finish resolves what options say about fields by name.
func (c *compiler) finish() (*Layout, error) {
	c.layout.formatted = c.used
	for i, name := range c.layout.options.Segments {
		c.segment(fmt.Sprintf("segments[%d]", i), name)
	}
	for i, rule := range c.layout.options.Rules {
		c.rule(fmt.Sprintf("rules[%d]", i), rule)
	}
	for i, choice := range c.layout.options.Choices {
		c.choice(fmt.Sprintf("choices[%d]", i), choice)
	}
	if len(c.errors) > 0 {
		return nil, c.errors
	}
	c.layout.program = compileProgram(c.layout)
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
		fields = c.groupText(fields)
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
	if c.layout.options.WrittenNames && !item.IsFiller() {
		f.json = string(append(AppendJSONString(nil, item.Written), ':'))
	}
	f.skipped = c.skips(item)
	if item.IsFiller() && !f.skipped {
		f.Name = c.fillerName(item)
		c.names[item] = f.Name
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
	if c.layout.options.FillersAfter {
		return "FILLER_AFTER_" + c.before(item)
	}
	if item.IsGroup() {
		c.groups++
		return "FILLER_" + strconv.Itoa(c.groups)
	}
	c.fillers++
	return "FILLER_P" + strconv.Itoa(c.fillers)
}

// before is the name of the item in front of this one in its group, or that of the group.
func (c *compiler) before(item *copybook.Item) string {
	in := item.Parent
	if in == nil {
		return "RECORD"
	}
	for at := slices.Index(in.Children, item) - 1; ; at-- {
		front := in
		if at >= 0 {
			front = in.Children[at]
		}
		switch {
		case !front.IsFiller():
			return front.Name
		case c.names[front] != "":
			return c.names[front]
		case at < 0:
			return "RECORD"
		}
	}
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
		f.codec = &floatCodec{ieee: options.IEEE || item.IEEE, little: options.LittleEndian}
	case options.DisplayText && item.Usage == copybook.Display && (item.Picture.Category == copybook.Numeric || item.Picture.Category == copybook.NumericEdited):
		f.Type, f.codec = Text, c.text(f, item)
	case item.Picture.Category == copybook.Numeric || item.Picture.Category == copybook.NumericEdited:
		c.number(f, item, item.Picture)
	case item.Usage == copybook.PackedBare: // X(4) COMP-3U: the picture counts bytes
		digits := 2 * item.Length
		c.number(f, item, &copybook.Picture{Digits: digits, Size: digits})
	case item.Picture.Category == copybook.NationalText || item.Usage == copybook.National:
		f.Type, f.Length, f.codec = Text, item.Picture.Size, &nationalCodec{trim: options.Trim, little: options.NationalLittle}
	case item.Picture.Category == copybook.DoubleByte || item.Usage != copybook.Display && item.Picture.Category == copybook.Alphanumeric:
		f.Type, f.codec = Bytes, bytesCodec{}
	default:
		text := c.text(f, item)
		f.Type, f.codec, f.justified = Text, text, item.Justified
		if text.page.raw {
			f.Type, f.codec = Bytes, bytesCodec{}
		}
	}
	f.initial = initial(f, item)
	c.format(f)
}

// initial is the bytes of the VALUE clause; nil if there is none, or one that the field cannot hold.
func initial(f *Field, item *copybook.Item) []byte {
	if !item.HasValue {
		return nil
	}
	to := make([]byte, item.Length)
	switch item.Value {
	case copybook.HighValues:
		fill(to, 0xFF)
	case copybook.LowValues:
		fill(to, 0)
	default:
		if f.codec.encode(to, item.Value) != nil {
			return nil
		}
	}
	return to
}

func (c *compiler) text(f *Field, item *copybook.Item) *textCodec {
	options := c.layout.options
	codec := &textCodec{page: options.CodePage, trim: options.Trim, justified: item.Justified, lowValues: options.LowValues, drop: options.DropControls}
	if item.Picture != nil && (item.Picture.Edit != nil || item.Picture.Category == copybook.ExternalFloat) {
		codec.trim = TrimBoth
	}
	if item.UTF8 {
		codec.page = utf8Page()
	}
	for _, name := range []string{f.Path, f.Name} {
		if page, ok := c.pages[fold(name)]; ok {
			codec.page = page
			break
		}
	}
	return codec
}

func (c *compiler) number(f *Field, item *copybook.Item, p *copybook.Picture) {
	page := c.layout.options.CodePage
	f.Signed, f.Roomy = p.Signed, c.layout.options.Storage
	small := p.Digits+max(-p.Scale, 0) <= 9
	p = c.stored(item, p)
	number := &numberCodec{digits: p.Digits, scale: p.Scale, signed: p.Signed}
	switch item.Usage {
	case copybook.National:
		number.storage = &nationalNumber{c.display(item, p, latin1()), c.layout.options.NationalLittle}
	case copybook.Packed, copybook.PackedBare:
		number.storage = &packed{count: p.Digits, signed: p.Signed, bare: item.Usage == copybook.PackedBare, spaces: page.Blank()}
	case copybook.Binary, copybook.NativeBinary, copybook.LittleBinary:
		little := item.Usage == copybook.LittleBinary || item.Usage == copybook.NativeBinary && c.layout.options.LittleEndian
		number.storage = &twosComplement{signed: p.Signed, little: little}
	default:
		number.storage = c.display(item, p, page)
	}
	if item.BlankWhenZero {
		number.blankZero = true
		number.blank = make([]byte, item.Length)
		c.text(f, item).absent(number.blank)
		if item.Usage == copybook.National {
			(&nationalCodec{little: c.layout.options.NationalLittle}).absent(number.blank)
		}
	}
	f.blankZero = item.BlankWhenZero || p.Edit != nil && (&edited{positions: p.Edit}).vanishes()
	f.Type, f.Digits, f.Scale = Decimal, p.Digits+max(-p.Scale, 0), max(p.Scale, 0)
	if p.Scale <= 0 && f.Digits <= smallDigits {
		f.Type, number.integer, number.narrow = Integer, true, small
	}
	f.codec = number
}

// display is how the characters of a number are read and written.
func (c *compiler) display(item *copybook.Item, p *copybook.Picture, page *CodePage) digitStorage {
	var edit *edited
	if p.Edit != nil {
		edit = &edited{positions: p.Edit, currency: p.Currency, page: page}
	}
	if p.Category == copybook.NumericEdited {
		return edit
	}
	count := p.Digits
	if c.layout.options.Storage && item.Sign.Separate && p.Scale == 0 && p.Point == 0 && p.Digits <= smallDigits {
		count++ // programs that leave the sign out have a digit in its place
	}
	return &zoned{
		ebcdic: page.IsEBCDIC(), spaces: page.Blank(), count: count, signed: p.Signed, scale: p.Scale, suppressed: p.Suppressed,
		sign: signPlaceOf(item), point: storedPoint(p, page), signs: c.layout.options.Signs, edit: edit,
	}
}

// stored is the picture with as many digits as the storage of a whole number has room for, where that is asked for.
func (c *compiler) stored(item *copybook.Item, p *copybook.Picture) *copybook.Picture {
	if !c.layout.options.Storage || p.Scale != 0 {
		return p
	}
	roomy := *p
	switch item.Usage {
	case copybook.Packed:
		roomy.Digits = 2*item.Length - 1
	case copybook.PackedBare:
		roomy.Digits = 2 * item.Length
	case copybook.Binary, copybook.NativeBinary, copybook.LittleBinary:
		if p.Digits > 9 { // up to there, 32 bits bound it
			roomy.Digits = max(p.Digits, len(new(big.Int).Lsh(big.NewInt(1), uint(8*item.Length)).String()))
		}
	}
	return &roomy
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
