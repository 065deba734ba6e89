package batch

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/copybook"
	"github.com/postern-gateway/postern/adapters/batch/format"
	"github.com/postern-gateway/postern/adapters/batch/framing"
	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/transport"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Defaults of the configuration.
const (
	defaultPoll        = 30 * time.Second
	defaultMaxBadShare = 0.01
	defaultCutCount    = 1000
	defaultCutAge      = time.Minute
	defaultKeep        = 90 * 24 * time.Hour
)

// A compiler turns configuration into what the adapter works with. It collects mistakes, so that the user sees all of them at once.
type compiler struct {
	dir      string
	location *time.Location
	servers  map[string]*transport.Server // by name; nil for one with a mistake
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
	// framed cuts files of all but plain lines and fixed records; nil for those.
	framed *layout.Layout
	// segments are the kinds of records; nil if there is only one.
	segments *layout.Segments
	// format reads files and records itself, by this schema if there is one; nil for copybooks and columns.
	format format.Format
	schema []byte
	// skipFirst is true if the first line names the columns.
	skipFirst bool
}

func (c *compiler) layout(field string, config *configv1.BatchLayout) *fileLayout {
	if config.GetFormat() != nil {
		return c.format(field, config)
	}
	l := &fileLayout{compiler: c, field: field, config: config, compiled: make(map[string]*record.Layout)}
	options, err := layout.RecordOptions(config, c.dir)
	var wrong *layout.SettingError
	if errors.As(err, &wrong) {
		c.fail(field+"."+wrong.Setting, "%s", wrong.Message)
		return nil
	}
	options.Location = c.location
	// Records of several kinds have a group of each, by which the message tells them apart.
	options.KeepRoot = config.GetRecords() == "alternatives" || len(config.GetMoreCopybooks()) > 0
	l.options = options
	l.lines = config.GetRecordFormat() == "line" || config.GetDelimited() != nil
	if config.GetDelimited() != nil {
		l.quotes, l.skipFirst = true, config.GetDelimited().GetHeader()
		return l
	}
	book, err := layout.ReadCopybook(config, c.dir, config.GetCopybook())
	if err != nil {
		c.copybookError(field, err)
		return nil
	}
	l.copybook = book
	return l
}

// setting is the path of an option of records among the settings.
func setting(option string) string {
	var n int
	if _, err := fmt.Sscanf(option, "segments[%d]", &n); err != nil {
		return option
	}
	return fmt.Sprintf("segments.kinds[%d].group", n)
}

// when is a comparison as the settings state it.
func when(condition *configv1.BatchCondition) record.When { return layout.When(condition) }

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
	switch {
	case l.format != nil:
		return l.formatRecord()
	case l.copybook == nil:
		compiled, err = record.CompileDelimited(columns(l.config.GetDelimited().GetColumns()), record.Delimiter{Separator: separator(l.config)}, l.options)
	case field == l.field+".record":
		compiled, l.segments, err = layout.Records(l.config, l.compiler.dir, l.copybook, l.options)
	default:
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
		options.Choices, options.Rules, options.Excess = nil, nil, true // header and trailer are often declared shorter
		compiled, err = record.Compile(item, options)
	}
	if err != nil {
		l.complain(err)
		return nil
	}
	return compiled
}

// delimited compiles a line that has columns of its own; field is where they stand. It returns nil after a complaint.
func (l *fileLayout) delimited(field string, given []*configv1.BatchColumn) *record.Layout {
	compiled, err := record.CompileDelimited(columns(given), record.Delimiter{Separator: separator(l.config)}, l.options)
	if err != nil {
		l.complain(err)
		return nil
	}
	l.compiled[field] = compiled
	return compiled
}

// complain finds the places of what is wrong with records.
func (l *fileLayout) complain(err error) {
	var mistakes record.OptionErrors
	var wrong *layout.SettingError
	switch {
	case errors.As(err, &mistakes):
		for _, mistake := range mistakes {
			l.compiler.fail(l.field+"."+setting(mistake.Option), "%s", mistake.Message)
		}
	case errors.As(err, &wrong):
		l.compiler.fail(l.field+"."+wrong.Setting, "%s", wrong.Message)
	default:
		l.compiler.copybookError(l.field, err)
	}
}

func columns(given []*configv1.BatchColumn) []record.Column {
	var all []record.Column
	for _, column := range given {
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
	l.cut()
	if wanted := int(l.config.GetRecordLength()); wanted > 0 {
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

// cut compiles how files are cut into records.
func (l *fileLayout) cut() {
	records := l.compiled[strings.ToUpper(l.config.GetRecord())]
	if l.copybook == nil || records == nil {
		return
	}
	framed, err := layout.Framed(l.config, l.copybook, records, l.length)
	var wrong *layout.SettingError
	switch {
	case errors.As(err, &wrong):
		l.compiler.fail(l.field+"."+wrong.Setting, "%s", wrong.Message)
	case err != nil:
		l.compiler.fail(l.field, "%v", err)
	case l.config.GetFraming() != nil || !plainRecords(l.config):
		l.framed = framed
	}
}

// plainRecords reports whether records are lines, or all of one length.
func plainRecords(config *configv1.BatchLayout) bool {
	format := config.GetRecordFormat()
	return format == "" || format == "fixed" || format == "line"
}

// reader cuts a file into records.
func (l *fileLayout) reader(r io.Reader) framing.Reader {
	if l.format != nil {
		return l.format.Open(r)
	}
	if l.framed != nil {
		return l.framed.Bodies(r)
	}
	if l.lines {
		return framing.Lines(r, l.quotes)
	}
	return framing.Fixed(r, l.length)
}

// fixedLength is the length of every record, or 0 if they differ.
func (l *fileLayout) fixedLength() int {
	if l.lines || l.framed != nil || l.format != nil {
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
	e := &envelope{file: layout, records: layout.record(field+".layout.record", config.GetLayout().GetRecord())}
	if e.records == nil {
		return nil
	}
	e.assemble(layout.segments)
	if detail := config.GetDetail(); detail != nil {
		e.detail = c.condition(field+".detail.when", e.layout, detail.GetWhen())
	}
	if layout.withoutEdges(field, config) {
		return e
	}
	if header := config.GetHeader(); header != nil {
		e.header = c.edge(field+".header", layout, header.GetRecord(), header.GetWhen(), config)
		e.date = c.date(field+".header.date", e.header, header.GetDate())
		e.number = c.fileNumber(field+".header.sequence", e.header, header.GetSequence())
	}
	if trailer := config.GetTrailer(); trailer != nil {
		e.trailer = c.edge(field+".trailer", layout, trailer.GetRecord(), trailer.GetWhen(), config)
		e.count = c.number(field+".trailer.count", e.trailer.layoutOrNil(), trailer.GetCount())
		for i, total := range trailer.GetTotals() {
			at := fmt.Sprintf("%s.trailer.totals[%d]", field, i)
			e.totals = append(e.totals, c.total(at, total, e.records, e.trailer.layoutOrNil()))
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
