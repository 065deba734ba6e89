package batch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Adapter opens back ends of kind batch.
type Adapter struct{}

var _ adapters.Adapter = Adapter{}

// Kind returns "batch".
func (Adapter) Kind() string { return "batch" }

// Config returns a [configv1.BatchBackend].
func (Adapter) Config() adapters.Config { return &configv1.BatchBackend{} }

// Open compiles the layouts, opens the snapshots of earlier runs, and begins to watch the directories. It does not wait for files: until the first
// extract has been read, reads are answered with Unavailable and the reason EXTRACT_NOT_LOADED.
func (Adapter) Open(ctx context.Context, config adapters.Config, options adapters.Options) (adapters.Backend, error) {
	if err := ctx.Err(); err != nil {
		return nil, adapters.FromContext(err)
	}
	settings, ok := config.(*configv1.BatchBackend)
	if !ok {
		return nil, fmt.Errorf("configuration is a %T, not a BatchBackend", config)
	}
	b := &backend{logger: options.Logger}
	if err := b.compile(settings, options); err != nil {
		return nil, err
	}
	if err := b.describe(options); err != nil {
		return nil, err
	}
	if options.DescribeOnly {
		return b, nil
	}
	for _, s := range b.submissions {
		if err := s.webhook.open(options.Dir, b.file); err != nil {
			return nil, err
		}
	}
	for _, x := range b.extracts {
		if err := x.restore(ctx); err != nil {
			return nil, fmt.Errorf("opening the snapshots of %s: %w", x.config.GetPlural(), err)
		}
	}
	if err := b.observe(options); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	b.prepare(settings)
	if err := b.handle(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	b.start()
	return b, nil
}

// compile turns the configuration into extracts and submissions. The error has all mistakes.
func (b *backend) compile(settings *configv1.BatchBackend, options adapters.Options) error {
	c := &compiler{dir: options.Dir, location: time.UTC}
	if zone := settings.GetTimeZone(); zone != "" {
		location, err := time.LoadLocation(zone)
		if err != nil {
			return adapters.ConfigErrorf("time_zone", "the time zone %q is not known; names are like Europe/London", zone)
		}
		c.location = location
	}
	c.transports(settings.GetTransports())
	names := make(map[string]bool)
	unique := func(field, name string) {
		if names[name] || name == "operations" {
			c.fail(field, "the name %q is taken: every extract and submission has a route of its own, and operations too", name)
		}
		names[name] = true
	}
	for i, config := range settings.GetExtracts() {
		field := fmt.Sprintf("extracts[%d]", i)
		unique(field+".plural", config.GetPlural())
		b.extracts = append(b.extracts, c.extract(field, config))
	}
	outboxes := make(map[string]string)
	for i, config := range settings.GetSubmissions() {
		field := fmt.Sprintf("submissions[%d]", i)
		unique(field+".name", config.GetName())
		s := c.submission(field, config)
		files := c.place(config.GetOutbox()) + "\x00" + s.name.prefix + "*" + s.name.suffix
		if other, taken := outboxes[files]; taken {
			c.fail(field+".outbox.name", "the files of %s have these names already, in the same directory", other)
		}
		outboxes[files] = config.GetName()
		b.submissions = append(b.submissions, s)
	}
	if err := c.err(); err != nil {
		return err
	}
	b.equip(options)
	return b.recorders(options)
}

// equip hands out what the gateway lends.
func (b *backend) equip(options adapters.Options) {
	for _, x := range b.extracts {
		name := x.config.GetPlural() // which its rule keeps to letters, digits, - and _
		x.logger = options.Logger.With("extract", x.config.GetPlural())
		x.directory = filepath.Join(options.DataDir, "snapshots", name)
		x.rejects = filepath.Join(options.DataDir, "quarantine", name)
		x.inbox.packed.Temp = options.DataDir
		x.inbox.store, x.inbox.prefix, x.inbox.layout = options.Store, "extract/"+name+"/", x.fingerprint()
		x.inbox.isReadByAll = x.isReadByAll
	}
	for _, s := range b.submissions {
		s.store, s.jobs, s.logger = options.Store, options.Jobs, options.Logger.With("submission", s.config.GetName())
		s.ack.logger = s.logger
		s.ack.inbox.packed.Temp = options.DataDir
		s.ack.inbox.store, s.ack.inbox.prefix = options.Store, s.key("acknowledgement", "")
	}
}

// describe builds the mirrored service and ties the handlers to it.
func (b *backend) describe(options adapters.Options) error {
	d := newDescriber(options.Name)
	var extractShapes []*extractShape
	for _, x := range b.extracts {
		extractShapes = append(extractShapes, d.extract(x))
	}
	var submissionShapes []*submissionShape
	for _, s := range b.submissions {
		submissionShapes = append(submissionShapes, d.submission(s))
	}
	var operationShapes *operationsShape
	if len(b.submissions) > 0 {
		operationShapes = d.operations()
	}
	file, err := d.file.Build()
	if err != nil {
		return fmt.Errorf("describing the files: %w", err)
	}
	service := adapters.Service{Descriptor: file.Services().Get(0)}
	for i, x := range b.extracts {
		r := newReader(x, extractShapes[i], file)
		service.Methods = append(service.Methods,
			adapters.Method{Name: extractShapes[i].getMethod.Name, Unary: r.get},
			adapters.Method{Name: extractShapes[i].listMethod.Name, Unary: r.list},
			adapters.Method{Name: extractShapes[i].streamMethod.Name, Stream: r.stream})
	}
	for i, s := range b.submissions {
		service.Methods = append(service.Methods, s.tie(submissionShapes[i], file)...)
	}
	if operationShapes != nil {
		o := &operations{store: options.Store, kinds: b.submissions}
		service.Methods = append(service.Methods, o.tie(operationShapes, service.Descriptor)...)
	}
	b.file = file
	b.services = []adapters.Service{service}
	return nil
}

// prepare makes the workers: one for each extract, then one for each kind of submission.
func (b *backend) prepare(settings *configv1.BatchBackend) {
	poll := defaultPoll
	if settings.GetPoll() != nil {
		poll = settings.GetPoll().AsDuration()
	}
	for _, x := range b.extracts {
		x.worker = newWorker(x.pass, poll, x.logger)
		b.workers = append(b.workers, x.worker)
	}
	for _, s := range b.submissions {
		s.worker = newWorker(s.pass, poll, s.logger)
		b.workers = append(b.workers, s.worker)
	}
}
