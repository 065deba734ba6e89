package batch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Defaults of the configuration.
const (
	defaultPoll        = 30 * time.Second
	defaultMaxBadShare = 0.01
	defaultCutCount    = 1000
	defaultCutAge      = time.Minute
	defaultCodePage    = "cp037"
)

// A compiler turns configuration into what the adapter works with. It collects mistakes, so that the user sees all of them at once.
type compiler struct {
	dir      string
	location *time.Location
	findings []adapters.Finding
}

func (c *compiler) fail(field, format string, arguments ...any) {
	c.findings = append(c.findings, adapters.Finding{Field: field, Message: fmt.Sprintf(format, arguments...)})
}

func (c *compiler) err() error {
	if len(c.findings) == 0 {
		return nil
	}
	return &adapters.ConfigError{Findings: c.findings}
}

// path is where a path of the configuration points.
func (c *compiler) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

// A fileLayout is what a file's records look like. A nil one has been complained about.
type fileLayout struct {
	compiler *compiler
	field    string
	config   *configv1.BatchLayout
	copybook *copybook.Copybook
	options  record.Options
	compiled map[string]*record.Layout
	lines    bool
	quotes   bool
	length   int // of a fixed record
	// skipFirst is true if the first line names the columns.
	skipFirst bool
}

func (c *compiler) layout(field string, config *configv1.BatchLayout) *fileLayout {
	l := &fileLayout{compiler: c, field: field, config: config, compiled: make(map[string]*record.Layout)}
	options, err := recordOptions(config)
	if err != nil {
		c.fail(field+".code_page", "%v", err)
		return nil
	}
	options.Location = c.location
	l.options = options
	l.lines = config.GetRecordFormat() == "line" || config.GetDelimited() != nil
	l.options.Pad = l.lines
	l.options.Shift = config.GetOccursDepending() == "shift" || config.GetOccursDepending() == "" && l.lines
	if config.GetDelimited() != nil {
		l.quotes, l.skipFirst = true, config.GetDelimited().GetHeader()
		return l
	}
	book, err := readCopybook(c.path(config.GetCopybook()), config.GetCopybookFormat())
	if err != nil {
		c.copybookError(field, err)
		return nil
	}
	l.copybook = book
	return l
}

// recordOptions are the options that the configuration alone decides.
func recordOptions(config *configv1.BatchLayout) (record.Options, error) {
	name := config.GetCodePage()
	if name == "" {
		name = defaultCodePage
		if config.GetDelimited() != nil {
			name = "utf-8"
		}
	}
	page, err := record.LookUpCodePage(name)
	if err != nil {
		return record.Options{}, err
	}
	options := record.Options{
		CodePage:     page,
		LittleEndian: config.GetByteOrder() == "little",
		IEEE:         config.GetFloats() == "ieee754",
		Blank:        policy(config.GetBlankNumbers(), record.Absent),
		Invalid:      policy(config.GetInvalidNumbers(), record.Reject),
		Formats:      config.GetFormats(),
		Excess:       config.GetRecordLength() > 0,
	}
	for _, choice := range config.GetChoices() {
		options.Choices = append(options.Choices, record.Choice{Field: choice.GetField(), When: when(choice.GetWhen())})
	}
	return options, nil
}

func policy(name string, otherwise record.Policy) record.Policy {
	switch name {
	case "absent":
		return record.Absent
	case "zero":
		return record.Zero
	case "reject":
		return record.Reject
	default:
		return otherwise
	}
}

func when(condition *configv1.BatchCondition) record.When {
	values := slices.Clone(condition.GetIn())
	if condition.Equals != nil {
		values = append(values, condition.GetEquals())
	}
	return record.When{Field: condition.GetField(), Values: values}
}

func readCopybook(file, format string) (*copybook.Copybook, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the copybook: %w", err)
	}
	return copybook.Parse(file, source, copybook.Options{Format: copybook.Format(format)})
}

func (c *compiler) copybookError(field string, err error) {
	var mistakes copybook.Errors
	if !errors.As(err, &mistakes) {
		c.fail(field+".copybook", "%v", err)
		return
	}
	for _, mistake := range mistakes {
		c.findings = append(c.findings, adapters.Finding{File: mistake.File, Line: mistake.Line, Column: mistake.Column, Message: mistake.Message})
	}
}

// record compiles one 01 level; field is where its name stands. It returns nil after a complaint.
func (l *fileLayout) record(field, name string) *record.Layout {
	if compiled, ok := l.compiled[strings.ToUpper(name)]; ok {
		return compiled
	}
	compiled := l.compile(field, name)
	l.compiled[strings.ToUpper(name)] = compiled
	if compiled != nil {
		l.length = max(l.length, compiled.Length)
	}
	return compiled
}

func (l *fileLayout) compile(field, name string) *record.Layout {
	var compiled *record.Layout
	var err error
	if l.copybook == nil {
		compiled, err = record.CompileDelimited(columns(l.config), record.Delimiter{Separator: separator(l.config)}, l.options)
	} else {
		item := l.copybook.Record(name)
		if item == nil {
			var known []string
			for _, r := range l.copybook.Records {
				known = append(known, r.Name)
			}
			l.compiler.fail(field, "the copybook has no level 01 %s; it has %s", name, strings.Join(known, ", "))
			return nil
		}
		options := l.options
		if field != l.field+".record" {
			options.Choices, options.Excess = nil, true // header and trailer are often declared shorter
		}
		compiled, err = record.Compile(item, options)
	}
	var mistakes record.OptionErrors
	if errors.As(err, &mistakes) {
		for _, mistake := range mistakes {
			l.compiler.fail(l.field+"."+mistake.Option, "%s", mistake.Message)
		}
		return nil
	}
	return compiled
}

func columns(config *configv1.BatchLayout) []record.Column {
	var all []record.Column
	for _, column := range config.GetDelimited().GetColumns() {
		kind := map[string]record.Type{"integer": record.Integer, "decimal": record.Decimal}[column.GetType()]
		if kind == record.Group {
			kind = record.Text
		}
		all = append(all, record.Column{Name: column.GetName(), Type: kind, MaxLength: int(column.GetMaxLength())})
	}
	return all
}

func separator(config *configv1.BatchLayout) byte {
	if text := config.GetDelimited().GetDelimiter(); text != "" {
		return text[0]
	}
	return ','
}

// finish checks what can be said only once all records of the layout are compiled.
func (l *fileLayout) finish() {
	if wanted := int(l.config.GetRecordLength()); wanted > 0 {
		if wanted < l.length {
			l.compiler.fail(l.field+".record_length", "the records are %d bytes long by their copybook; this is less", l.length)
		}
		l.length = wanted
	}
	for name := range l.config.GetFormats() {
		taken := false
		for _, compiled := range l.compiled {
			taken = taken || compiled == nil || compiled.TakesFormat(name)
		}
		if !taken {
			l.compiler.fail(fmt.Sprintf("%s.formats[%q]", l.field, name), "there is no field %s in the records in use", name)
		}
	}
}

// reader cuts a file into records.
func (l *fileLayout) reader(r io.Reader) framing.Reader {
	if l.lines {
		return framing.Lines(r, l.quotes)
	}
	return framing.Fixed(r, l.length)
}

// fixedLength is the length of every record, or 0 if they differ.
func (l *fileLayout) fixedLength() int {
	if l.lines {
		return 0
	}
	return l.length
}

// lookup finds a field and complains if there is none.
func (c *compiler) lookup(field string, layout *record.Layout, name string) *record.Field {
	if layout == nil || name == "" {
		return nil
	}
	f, err := layout.Lookup(name)
	if err != nil {
		c.fail(field, "%v", err)
		return nil
	}
	return f
}

// fixed is lookup for a field that is read alone.
func (c *compiler) fixed(field string, layout *record.Layout, name string) *record.Field {
	f := c.lookup(field, layout, name)
	if f != nil && !f.IsFixed() {
		c.fail(field, "%s is a group, or does not stand at the same place in every record", name)
		return nil
	}
	return f
}

// number is fixed for a number.
func (c *compiler) number(field string, layout *record.Layout, name string) *record.Field {
	f := c.fixed(field, layout, name)
	if f != nil && !f.IsNumber() {
		c.fail(field, "%s is no number", name)
		return nil
	}
	return f
}

func (c *compiler) condition(field string, layout *record.Layout, condition *configv1.BatchCondition) *record.Condition {
	if layout == nil || condition == nil {
		return nil
	}
	if condition.Equals == nil && len(condition.GetIn()) == 0 {
		c.fail(field, "a condition has `equals` or `in`")
		return nil
	}
	compiled, err := layout.Condition(when(condition))
	if err != nil {
		c.fail(field+".field", "%v", err)
	}
	return compiled
}

// An envelopeConfig is what extracts and acknowledgements have in common.
type envelopeConfig interface {
	GetLayout() *configv1.BatchLayout
	GetDetail() *configv1.BatchDetail
	GetHeader() *configv1.BatchHeader
	GetTrailer() *configv1.BatchTrailer
}

// envelope compiles layout, header, detail and trailer. It returns nil after a complaint about the layout.
func (c *compiler) envelope(field string, config envelopeConfig) *envelope {
	layout := c.layout(field+".layout", config.GetLayout())
	if layout == nil {
		return nil
	}
	e := &envelope{file: layout, layout: layout.record(field+".layout.record", config.GetLayout().GetRecord())}
	if e.layout == nil {
		return nil
	}
	if detail := config.GetDetail(); detail != nil {
		e.detail = c.condition(field+".detail.when", e.layout, detail.GetWhen())
	}
	if header := config.GetHeader(); header != nil {
		e.header = c.edge(field+".header", layout, header.GetRecord(), header.GetWhen(), config)
		e.date = c.date(field+".header.date", e.header, header.GetDate())
	}
	if trailer := config.GetTrailer(); trailer != nil {
		e.trailer = c.edge(field+".trailer", layout, trailer.GetRecord(), trailer.GetWhen(), config)
		e.count = c.number(field+".trailer.count", e.trailer.layoutOrNil(), trailer.GetCount())
		for i, total := range trailer.GetTotals() {
			at := fmt.Sprintf("%s.trailer.totals[%d]", field, i)
			e.totals = append(e.totals, controlTotal{
				of:     c.number(at+".of", e.layout, total.GetOf()),
				equals: c.number(at+".equals", e.trailer.layoutOrNil(), total.GetEquals()),
			})
		}
	}
	layout.finish()
	return e
}

func (c *compiler) edge(field string, layout *fileLayout, name string, condition *configv1.BatchCondition, config envelopeConfig) *edge {
	at := field + ".record"
	if name == "" {
		name, at = config.GetLayout().GetRecord(), layout.field+".record"
	}
	compiled := layout.record(at, name)
	return &edge{layout: compiled, when: c.condition(field+".when", compiled, condition)}
}

// date finds the field that says when a file's data was true.
func (c *compiler) date(field string, e *edge, name string) *record.Field {
	f := c.fixed(field, e.layoutOrNil(), name)
	if f != nil && f.Type != record.Date && f.Type != record.Time {
		c.fail(field, "%s is no date: give it a format in layout.formats, such as yyyymmdd", name)
		return nil
	}
	return f
}

func (c *compiler) inbox(field string, config *configv1.BatchInbox) inbox {
	if _, err := path.Match(config.GetPattern(), ""); err != nil || strings.ContainsAny(config.GetPattern(), `/\`) {
		c.fail(field+".pattern", "the pattern %q is none: it is a file name with * and ?", config.GetPattern())
	}
	return inbox{
		directory: c.path(config.GetDirectory()), pattern: config.GetPattern(), archive: config.GetAfter() == "archive", seen: make(map[string]sighting),
	}
}

// An outboxName makes the names of files from their numbers.
type outboxName struct {
	prefix, suffix string
	digits         int
}

func parseOutboxName(name string) outboxName {
	prefix, rest, _ := strings.Cut(name, "{sequence")
	digits, suffix, _ := strings.Cut(rest, "}")
	n, _ := strconv.Atoi(strings.TrimPrefix(digits, ":")) // the configuration's own rule holds its form
	return outboxName{prefix: prefix, suffix: suffix, digits: n}
}

func (n outboxName) of(sequence int64) string {
	return fmt.Sprintf("%s%0*d%s", n.prefix, n.digits, sequence, n.suffix)
}
