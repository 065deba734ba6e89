package batch

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/layout"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/transport"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// submissions is one kind of submission.
type submissions struct {
	config    *configv1.BatchSubmission
	file      *fileLayout
	layout    *record.Layout
	writing   fileWriting
	fixed     map[*record.Field]string
	reference *record.Field
	required  [][]record.Step // trails of the fields that must be given
	header    *writtenEdge
	trailer   *writtenEdge
	directory transport.Directory // the outbox
	name      outboxName
	done      doneName
	due       cutRule
	keep      time.Duration // how long an operation is kept after its end
	ack       *acknowledgements
	webhook   *webhook // nil if nobody is told of ends
	store     adapters.Store
	jobs      adapters.Jobs // nil if the back end is only described
	gathering *gathering
	bell      *bell
	logger    *slog.Logger
	recorder  *recorder
	worker    *worker
	now       func() time.Time
	instance  string // tells this gateway's hidden files from another's

	mapping  *mapping
	metadata protoreflect.MessageDescriptor
	result   protoreflect.MessageDescriptor
	listed   listedShape

	delivering chan struct{} // holds one token while this gateway delivers
	witnesses  []string      // of files that are delivered, yet to be removed; of whoever has the token
	resumed    bool          // what was on its way at the start has been delivered; the worker's alone

	mu          sync.Mutex
	lastErr     error // of the last pass
	refused     error // the acknowledgement that could not be used, if one is there
	undelivered error // of the last job that should have delivered a file
}

// A listedShape is the fields of the method that takes a list.
type listedShape struct {
	items      protoreflect.FieldDescriptor
	reply      protoreflect.MessageDescriptor
	operations protoreflect.FieldDescriptor
}

// A writtenEdge is a header or trailer to be written.
type writtenEdge struct {
	layout         *record.Layout
	fixed          map[*record.Field]string
	sequence, date *record.Field
	counts         []*record.Field
	totals         []controlTotal // of: in the records; equals: here
}

// submission compiles one kind of submission.
func (c *compiler) submission(field string, config *configv1.BatchSubmission) *submissions {
	s := &submissions{
		config: config, directory: c.directory(field+".outbox", config.GetOutbox()), name: c.outboxName(field+".outbox.name", config.GetOutbox().GetName()),
		done: c.doneFile(field+".outbox.done_file", config.GetOutbox().GetDoneFile()),
		now:  time.Now, instance: strings.ToLower(rand.Text()), keep: defaultKeep,
		gathering: newGathering(), bell: newBell(), delivering: make(chan struct{}, 1),
	}
	if keep := config.GetKeep(); keep != nil {
		s.keep = keep.AsDuration()
	}
	s.due = c.cut(field+".cut", config.GetCut())
	s.webhook = c.webhook(field+".webhook", config.GetWebhook())
	s.ack = c.acknowledgements(field+".acknowledgement", config.GetAcknowledgement())
	if config.GetLayout().GetFormat() == nil {
		c.writable(field+".layout", config.GetLayout())
		c.written(field+".layout", config.GetLayout())
	}
	if s.file = c.layout(field+".layout", config.GetLayout()); s.file == nil {
		return s
	}
	if s.file.format != nil {
		if s.writing = c.formatWriting(field+".layout", s.file); s.writing == nil {
			return s
		}
	}
	s.layout = s.file.record(field+".layout.record", config.GetLayout().GetRecord())
	s.fixed = c.values(field+".values", s.layout, config.GetValues())
	if s.reference = c.fixed(field+".reference", s.layout, config.GetReference()); s.reference != nil {
		if s.reference.Type != record.Text && (s.reference.Type != record.Integer) {
			c.fail(field+".reference", "%s is neither text nor a whole number of up to 18 digits", config.GetReference())
		}
	}
	s.required = c.required(field+".required", s)
	if s.file.format != nil {
		s.header = c.formatEdge(field+".header", s, config.GetHeader(), false)
		s.trailer = c.formatEdge(field+".trailer", s, config.GetTrailer(), true)
		return s
	}
	s.header = c.writtenEdge(field+".header", s, config.GetHeader())
	s.trailer = c.writtenEdge(field+".trailer", s, config.GetTrailer())
	s.file.finish()
	s.writing = c.writing(field+".layout", s.file)
	return s
}

// written refuses settings that say how several records are read as one, or a field twice.
func (c *compiler) written(field string, config *configv1.BatchLayout) {
	refuse := func(setting string, stated bool) {
		if stated {
			c.fail(field+"."+setting, "this is for files that are read: a submission is one record, with each field once")
		}
	}
	segments := config.GetSegments()
	refuse("segments.only", len(segments.GetOnly()) > 0)
	refuse("segments.levels", len(segments.GetLevels()) > 0)
	refuse("segments.prefix", segments.GetPrefix() != "")
	for i, kind := range segments.GetKinds() {
		refuse(fmt.Sprintf("segments.kinds[%d].parent", i), kind.GetParent() != "")
	}
	refuse("group_texts", len(config.GetGroupTexts()) > 0)
}

// writable complains about settings that say how files are read, and could not be kept to in writing.
func (c *compiler) writable(field string, config *configv1.BatchLayout) {
	if config.GetRecordFormat() == "counted" {
		c.fail(field+".record_format", "records that have no end but their tables are read, and not written")
	}
	known := []string{"record_word", "block_word", "block_length", "records_per_block", "header", "line_end", "open_end"}
	config.GetFraming().ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if !slices.Contains(known, string(fd.Name())) {
			c.fail(field+".framing."+string(fd.Name()), "this says how files are read; of files that are written there are %s", strings.Join(known, ", "))
		}
		return true
	})
}

// longestVariable is what a record descriptor word of z/OS can say of a record.
const longestVariable = 32756

// writing compiles how records are put into files. It returns nil after a complaint.
func (c *compiler) writing(field string, file *fileLayout) *layout.Layout {
	var made *layout.Layout
	var err error
	switch records := file.compiled[strings.ToUpper(file.config.GetRecord())]; {
	case file.copybook == nil:
		made, err = layout.Delimited(file.config)
	case records == nil:
		return nil
	default:
		made, err = layout.Framed(file.config, file.copybook, records, file.length)
	}
	if err == nil {
		_, err = made.Writer(io.Discard)
	}
	var wrong *layout.SettingError
	switch {
	case errors.As(err, &wrong):
		c.fail(field+"."+wrong.Setting, "%s", wrong.Message)
		return nil
	case err != nil:
		c.fail(field, "%v", err)
		return nil
	}
	if strings.HasPrefix(file.config.GetRecordFormat(), "variable") && file.length > longestVariable {
		c.fail(field+".record_format", "a record of %d bytes is too long for its descriptor word", file.length)
	}
	return made
}

// values finds the fields that have a fixed value, and checks that they can.
func (c *compiler) values(field string, records *record.Layout, values map[string]string) map[*record.Field]string {
	found := make(map[*record.Field]string, len(values))
	for name, value := range values {
		at := fmt.Sprintf("%s[%q]", field, name)
		f := c.fixed(at, records, name)
		if f == nil {
			continue
		}
		found[f] = value
		if err := records.CheckValue(f, value); err != nil {
			c.fail(at, "the value %q %v", value, err)
		}
	}
	return found
}

func (c *compiler) writtenEdge(field string, s *submissions, config *configv1.BatchEdge) *writtenEdge {
	if config == nil {
		return nil
	}
	return c.edgeFields(field, s, c.edgeLayout(field, s.file, config), config)
}

// edgeFields finds the fields of a header or trailer that get their values when a file is cut.
func (c *compiler) edgeFields(field string, s *submissions, compiled *record.Layout, config *configv1.BatchEdge) *writtenEdge {
	e := &writtenEdge{
		layout:   compiled,
		fixed:    c.values(field+".values", compiled, config.GetValues()),
		sequence: c.fixed(field+".sequence", compiled, config.GetSequence()),
		date:     c.date(field+".date", &edge{layout: compiled}, config.GetDate()),
	}
	if count := c.fixed(field+".count", compiled, config.GetCount()); count != nil {
		e.counts = append(e.counts, count)
	}
	for i, total := range config.GetTotals() {
		at := fmt.Sprintf("%s.totals[%d]", field, i)
		e.totals = append(e.totals, c.total(at, total, s.layout, compiled))
	}
	return e
}

// edgeLayout is that of a header or trailer: a level 01 of the copybook, or columns of its own. It returns nil after a complaint.
func (c *compiler) edgeLayout(field string, file *fileLayout, config *configv1.BatchEdge) *record.Layout {
	switch {
	case file.copybook == nil && config.GetRecord() != "":
		c.fail(field+".record", "the layout has no copybook: a line of delimited values has columns")
		return nil
	case file.copybook == nil:
		given := config.GetColumns()
		if len(given) == 0 {
			given = file.config.GetDelimited().GetColumns()
		}
		return file.delimited(field, given)
	case len(config.GetColumns()) > 0:
		c.fail(field+".columns", "only a line of delimited values has columns; a copybook describes it by a level 01, which `record` names")
		return nil
	case config.GetRecord() == "":
		c.fail(field+".record", "name the level 01 that describes it")
		return nil
	default:
		return file.record(field+".record", config.GetRecord())
	}
}

// hidden are the fields that callers do not fill in.
func (s *submissions) hidden() map[*record.Field]bool {
	hidden := map[*record.Field]bool{s.reference: true}
	for f := range s.fixed {
		hidden[f] = true
	}
	return hidden
}
