package batch

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// States of a submission.
const (
	stateQueued       = "QUEUED"
	stateInFile       = "IN_FILE"
	stateDelivered    = "DELIVERED"
	stateAcknowledged = "ACKNOWLEDGED"
	stateRejected     = "REJECTED"
)

var states = []string{stateQueued, stateInFile, stateDelivered, stateAcknowledged, stateRejected}

// operationPrefix begins the names of operations (AIP-151).
const operationPrefix = "operations/"

// A submission is what the store keeps of one record that a caller sent.
type submission struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	State     string    `json:"state"`
	Reference string    `json:"reference"`
	Record    []byte    `json:"record"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	File      string    `json:"file,omitempty"`
	Position  int       `json:"position,omitempty"`
	Code      string    `json:"code,omitempty"`
	Message   string    `json:"message,omitempty"`
}

func (s *submission) isDone() bool { return s.State == stateAcknowledged || s.State == stateRejected }

// submissions is one kind of submission.
type submissions struct {
	config    *configv1.BatchSubmission
	file      *fileLayout
	layout    *record.Layout
	fixed     map[*record.Field]string
	reference *record.Field
	required  [][]record.Step // trails of the fields that must be given
	header    *writtenEdge
	trailer   *writtenEdge
	directory string
	name      outboxName
	cutCount  int
	cutAge    time.Duration
	ack       *acknowledgements
	store     adapters.Store
	logger    *slog.Logger
	recorder  *recorder
	worker    *worker
	now       func() time.Time
	instance  string // tells this gateway's hidden files from another's

	mapping  *mapping
	metadata protoreflect.MessageDescriptor
	result   protoreflect.MessageDescriptor

	mu      sync.Mutex
	lastErr error // of the last pass
	refused error // the acknowledgement that could not be used, if one is there
}

// A writtenEdge is a header or trailer to be written.
type writtenEdge struct {
	layout                *record.Layout
	fixed                 map[*record.Field]string
	sequence, count, date *record.Field
	totals                []controlTotal // of: in the records; equals: here
}

// submission compiles one kind of submission.
func (c *compiler) submission(field string, config *configv1.BatchSubmission) *submissions {
	s := &submissions{
		config: config, directory: c.path(config.GetOutbox().GetDirectory()), name: parseOutboxName(config.GetOutbox().GetName()),
		cutCount: defaultCutCount, cutAge: defaultCutAge, now: time.Now, instance: strings.ToLower(rand.Text()),
	}
	if n := config.GetCut().GetCount(); n > 0 {
		s.cutCount = int(n)
	}
	if age := config.GetCut().GetAge(); age != nil {
		s.cutAge = age.AsDuration()
	}
	s.ack = c.acknowledgements(field+".acknowledgement", config.GetAcknowledgement())
	if config.GetLayout().GetDelimited() != nil {
		c.fail(field+".layout.delimited", "submissions are written by a copybook")
		return s
	}
	if s.file = c.layout(field+".layout", config.GetLayout()); s.file == nil {
		return s
	}
	s.layout = s.file.record(field+".layout.record", config.GetLayout().GetRecord())
	s.fixed = c.values(field+".values", s.layout, config.GetValues())
	if s.reference = c.fixed(field+".reference", s.layout, config.GetReference()); s.reference != nil {
		if s.reference.Type != record.Text && (s.reference.Type != record.Integer) {
			c.fail(field+".reference", "%s is neither text nor a whole number of up to 18 digits", config.GetReference())
		}
	}
	s.required = c.required(field+".required", s)
	s.header = c.writtenEdge(field+".header", s, config.GetHeader())
	s.trailer = c.writtenEdge(field+".trailer", s, config.GetTrailer())
	s.file.finish()
	return s
}

// values finds the fields that have a fixed value, and checks that they can.
func (c *compiler) values(field string, layout *record.Layout, values map[string]string) map[*record.Field]string {
	found := make(map[*record.Field]string, len(values))
	for name, value := range values {
		at := fmt.Sprintf("%s[%q]", field, name)
		f := c.fixed(at, layout, name)
		if f == nil {
			continue
		}
		found[f] = value
		if err := layout.CheckValue(f, value); err != nil {
			c.fail(at, "the value %q %v", value, err)
		}
	}
	return found
}

func (c *compiler) writtenEdge(field string, s *submissions, config *configv1.BatchEdge) *writtenEdge {
	if config == nil {
		return nil
	}
	layout := s.file.record(field+".record", config.GetRecord())
	e := &writtenEdge{
		layout:   layout,
		fixed:    c.values(field+".values", layout, config.GetValues()),
		sequence: c.fixed(field+".sequence", layout, config.GetSequence()),
		count:    c.fixed(field+".count", layout, config.GetCount()),
		date:     c.date(field+".date", &edge{layout: layout}, config.GetDate()),
	}
	for i, total := range config.GetTotals() {
		at := fmt.Sprintf("%s.totals[%d]", field, i)
		e.totals = append(e.totals, controlTotal{of: c.number(at+".of", s.layout, total.GetOf()), equals: c.number(at+".equals", layout, total.GetEquals())})
	}
	return e
}

// hidden are the fields that callers do not fill in.
func (s *submissions) hidden() map[*record.Field]bool {
	hidden := map[*record.Field]bool{s.reference: true}
	for f := range s.fixed {
		hidden[f] = true
	}
	return hidden
}

// Keys in the store. Numbers in keys have leading zeros, so that they sort.
func operationKey(id string) string { return "operation/" + id }

func (s *submissions) key(parts ...string) string {
	return "submission/" + s.config.GetName() + "/" + strings.Join(parts, "/")
}

func (s *submissions) queueKey(number int64) string {
	return s.key("queue", fmt.Sprintf("%019d", number))
}
func (s *submissions) referenceKey(reference string) string {
	return s.key("reference", reference)
}

// submit takes a record: it is in the store before its caller has an answer.
func (s *submissions) submit(ctx context.Context, request proto.Message) (_ proto.Message, err error) {
	ctx, span := s.recorder.start(ctx, "accept "+s.config.GetName())
	defer func() { end(span, err) }()
	source := &messageSource{mapping: s.mapping, message: request.ProtoReflect(), fixed: maps.Clone(s.fixed)}
	if err := s.complete(request.ProtoReflect(), source); err != nil {
		return nil, s.notValid(err)
	}
	source.fixed[s.reference] = "0"
	if _, err := s.layout.Encode(nil, source); err != nil {
		return nil, s.notValid(err)
	}
	one := &submission{ID: strings.ToLower(rand.Text()), Kind: s.config.GetName(), State: stateQueued, Created: s.now().UTC()}
	one.Updated = one.Created
	span.SetAttributes(operationAttribute.String(one.ID))
	if err := s.store.Update(ctx, func(tx adapters.Tx) error { return s.enqueue(tx, one, source) }); err != nil {
		return nil, shape(fmt.Errorf("storing a submission: %w", err))
	}
	s.worker.notify()
	return s.operation(one)
}

// enqueue gives the submission its reference and stores it.
func (s *submissions) enqueue(tx adapters.Tx, one *submission, source *messageSource) error {
	number, err := increment(tx, s.key("references"))
	if err != nil {
		return err
	}
	one.Reference = s.spellReference(number)
	source.fixed[s.reference] = one.Reference
	if one.Record, err = s.layout.Encode(nil, source); err != nil {
		return fmt.Errorf("%w: %w", errReferencesUsedUp, err)
	}
	return errors.Join(
		put(tx, operationKey(one.ID), one),
		tx.Put(s.queueKey(number), []byte(one.ID)),
		tx.Put(s.referenceKey(one.Reference), []byte(one.ID)),
	)
}

// spellReference writes a number the way that acknowledgements will spell it.
func (s *submissions) spellReference(number int64) string {
	if s.reference.Type == record.Integer {
		return strconv.FormatInt(number, 10)
	}
	return fmt.Sprintf("%0*d", s.reference.Length, number)
}

func (s *submissions) notValid(err error) error {
	var mistakes record.EncodeErrors
	if !errors.As(err, &mistakes) {
		return shape(err)
	}
	return &adapters.Error{
		Code: codes.InvalidArgument, Message: "The record cannot be written as its layout demands.",
		Violations: s.mapping.violations(mistakes), Cause: err,
	}
}

// increment counts one up under a key.
func increment(tx adapters.Tx, key string) (int64, error) {
	value, ok, err := tx.Get(key)
	if err != nil {
		return 0, fmt.Errorf("counting: %w", err)
	}
	var n int64
	if ok {
		if n, err = strconv.ParseInt(string(value), 10, 64); err != nil {
			return 0, fmt.Errorf("counting: %w", err)
		}
	}
	n++
	if err := tx.Put(key, strconv.AppendInt(nil, n, 10)); err != nil {
		return 0, fmt.Errorf("counting: %w", err)
	}
	return n, nil
}

// put stores a value as JSON.
func put(tx adapters.Tx, key string, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		err = tx.Put(key, text)
	}
	if err != nil {
		return fmt.Errorf("storing %T: %w", value, err)
	}
	return nil
}

// get reads a value stored by put. It returns false if there is none.
func get(tx adapters.Tx, key string, value any) (bool, error) {
	text, ok, err := tx.Get(key)
	if err == nil && ok {
		err = json.Unmarshal(text, value)
	}
	if err != nil {
		return false, fmt.Errorf("reading %T: %w", value, err)
	}
	return ok, nil
}

// operation is what callers see of a submission.
func (s *submissions) operation(one *submission) (*longrunningpb.Operation, error) {
	metadata := newMessage(s.metadata)
	fields := s.metadata.Fields()
	metadata.Set(fields.ByName("state"), protoreflect.ValueOfString(one.State))
	metadata.Set(fields.ByName("file"), protoreflect.ValueOfString(one.File))
	metadata.Set(fields.ByName("position"), protoreflect.ValueOfInt32(int32(one.Position))) //nolint:gosec // bounded by the cut
	setTimestamp(metadata.Mutable(fields.ByName("create_time")).Message(), one.Created)
	setTimestamp(metadata.Mutable(fields.ByName("update_time")).Message(), one.Updated)

	packed, err := anypb.New(metadata)
	if err != nil {
		return nil, fmt.Errorf("packing the metadata: %w", err)
	}
	operation := &longrunningpb.Operation{Name: operationPrefix + one.ID, Metadata: packed, Done: one.isDone()}
	switch one.State {
	case stateAcknowledged:
		result, err := anypb.New(s.resultOf(one))
		if err != nil {
			return nil, fmt.Errorf("packing the result: %w", err)
		}
		operation.Result = &longrunningpb.Operation_Response{Response: result}
	case stateRejected:
		operation.Result = &longrunningpb.Operation_Error{Error: rejection(one)}
	}
	return operation, nil
}

func (s *submissions) resultOf(one *submission) proto.Message {
	result := newMessage(s.result)
	fields := s.result.Fields()
	result.Set(fields.ByName("reference"), protoreflect.ValueOfString(one.Reference))
	result.Set(fields.ByName("code"), protoreflect.ValueOfString(one.Code))
	result.Set(fields.ByName("file"), protoreflect.ValueOfString(one.File))
	result.Set(fields.ByName("position"), protoreflect.ValueOfInt32(int32(one.Position))) //nolint:gosec // bounded by the cut
	return result
}

// rejection is the error of an operation, with the text that the configuration has for it.
func rejection(one *submission) *status.Status {
	out := &status.Status{Code: int32(codes.FailedPrecondition), Message: one.Message}
	info, err := anypb.New(&errdetails.ErrorInfo{Reason: "SUBMISSION_REJECTED", Domain: adapters.ErrorDomain, Metadata: map[string]string{"code": one.Code}})
	if err == nil {
		out.Details = []*anypb.Any{info}
	}
	return out
}

// operations answers for the operations of all kinds of submission.
type operations struct {
	store adapters.Store
	kinds map[string]*submissions
	id    protoreflect.FieldDescriptor
}

func (o *operations) get(ctx context.Context, request proto.Message) (proto.Message, error) {
	id := strings.TrimPrefix(request.ProtoReflect().Get(o.id).String(), operationPrefix)
	var one submission
	var found bool
	err := o.store.View(ctx, func(tx adapters.Tx) (err error) {
		one = submission{}
		found, err = get(tx, operationKey(id), &one)
		return err
	})
	if err != nil {
		return nil, shape(fmt.Errorf("looking up an operation: %w", err))
	}
	kind := o.kinds[one.Kind]
	if !found || kind == nil {
		return nil, shape(errNoOperation)
	}
	return kind.operation(&one)
}
