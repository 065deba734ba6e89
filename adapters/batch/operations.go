package batch

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"encoding/json"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/listing"
)

// maxLooked is how many operations one page looks at, so that a filter that fits few of them does not hold its caller up. Such a page is short, and has a token.
const maxLooked = 20_000

// A listRequest is the fields of the method that lists operations, and of its reply.
type listRequest struct {
	filter, size, token protoreflect.FieldDescriptor
	reply               protoreflect.MessageDescriptor
	operations, next    protoreflect.FieldDescriptor
}

// What operations can be filtered by.
const (
	kindField    = "kind"
	stateField   = "state"
	doneField    = "done"
	fileField    = "file"
	createdField = "create_time"
	updatedField = "update_time"
)

func operationFields(name string) *listing.Field {
	kinds := map[string]listing.Kind{
		kindField: listing.Text, stateField: listing.Text, doneField: listing.Bool, fileField: listing.Text, createdField: listing.Timestamp, updatedField: listing.Timestamp,
	}
	for field, kind := range kinds {
		if json := strings.ReplaceAll(field, "_time", "Time"); name == field || name == json {
			return &listing.Field{Name: field, JSONName: json, Kind: kind}
		}
	}
	return nil
}

// listAll answers a page of operations: those of each kind of submission behind those of the kind before, in the order in which they were taken.
func (o *operations) listAll(ctx context.Context, request proto.Message) (proto.Message, error) {
	asked := request.ProtoReflect()
	text := asked.Get(o.list.filter).String()
	filter, err := listing.ParseFilter(text, operationFields)
	if err != nil {
		return nil, listing.Invalid(o.list.filter.JSONName(), err.Error())
	}
	limit, err := listing.PageSize(asked.Get(o.list.size).Int(), listing.MaxPageSize)
	if err != nil {
		return nil, err
	}
	p := &page{operations: o, filter: filter, limit: limit, reply: newMessage(o.list.reply)}
	if token := asked.Get(o.list.token).String(); token != "" {
		if err := p.resume(token, text); err != nil {
			return nil, listing.InvalidToken(err)
		}
	}
	if err := o.store.View(ctx, func(tx adapters.Tx) error { return p.fill(ctx, tx) }); err != nil {
		return nil, shape(fmt.Errorf("listing operations: %w", err))
	}
	if !p.more {
		return p.reply, nil
	}
	next, err := listing.Position{After: [][]byte{[]byte(o.kinds[p.kind].config.GetName()), strconv.AppendInt(nil, p.last, 10)}}.Encode(text)
	if err != nil {
		return nil, shape(err)
	}
	p.reply.ProtoReflect().Set(o.list.next, protoreflect.ValueOfString(next))
	return p.reply, nil
}

// A page is one page of operations in the making.
type page struct {
	*operations
	filter listing.Expression
	limit  int
	reply  proto.Message

	kind   int   // where it is: among the kinds,
	last   int64 // and the last number that was looked at
	looked int
	more   bool // it ends before everything has been looked at
}

// resume begins the page where the one before has ended.
func (p *page) resume(token, query string) error {
	position, err := listing.ParseToken(token, query)
	if err != nil || len(position.After) != 2 {
		return listing.ErrToken
	}
	for i, kind := range p.kinds {
		if kind.config.GetName() == string(position.After[0]) {
			p.kind = i
			p.last, err = strconv.ParseInt(string(position.After[1]), 10, 64)
			return err
		}
	}
	return listing.ErrToken
}

// fill looks at one operation after the other until the page is full.
func (p *page) fill(ctx context.Context, tx adapters.Tx) error {
	items := p.reply.ProtoReflect().Mutable(p.list.operations).List()
	for ; ; p.kind, p.last = p.kind+1, 0 {
		kind := p.kinds[p.kind]
		for one, err := range kind.all(tx, p.last) {
			if err != nil {
				return err
			}
			if items.Len() == p.limit || p.looked == maxLooked {
				p.more = true
				return nil
			}
			if p.looked++; p.looked%ctxInterval == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			p.last = one.Number
			if err := p.add(tx, kind, one, items); err != nil {
				return err
			}
		}
		if p.kind == len(p.kinds)-1 {
			return nil
		}
	}
}

// add puts an operation on the page if the filter fits it.
func (p *page) add(tx adapters.Tx, kind *submissions, one *submission, items protoreflect.List) error {
	if err := kind.look(tx, one); err != nil {
		return err
	}
	if !fits(p.filter, func(f *listing.Field) any { return kind.valueOf(one, f) }) {
		return nil
	}
	operation, err := kind.operation(one)
	if err != nil {
		return err
	}
	made, err := into(items.NewElement().Message(), operation)
	if err != nil {
		return err
	}
	items.Append(protoreflect.ValueOfMessage(made))
	return nil
}

func (s *submissions) valueOf(one *submission, f *listing.Field) any {
	switch f.Name {
	case kindField:
		return s.config.GetName()
	case stateField:
		return one.State
	case doneField:
		return one.isDone()
	case fileField:
		if one.File == "" {
			return nil
		}
		return one.File
	case createdField:
		return one.Created
	default:
		return one.Updated
	}
}

// all yields the submissions of this kind whose numbers come after one, wherever they stand: a submission that leaves the queue keeps its number, so pages neither
// miss it nor show it twice.
func (s *submissions) all(tx adapters.Tx, after int64) iter.Seq2[*submission, error] {
	return func(yield func(*submission, error) bool) {
		next, stop := iter.Pull2(s.section(tx, "queue", after))
		defer stop()
		queued, err, ok := next()
		for one, failed := range s.section(tx, "operation", after) {
			for ok && err == nil && failed == nil && queued.Number < one.Number {
				if !yield(queued, nil) {
					return
				}
				queued, err, ok = next()
			}
			if err == nil {
				err = failed
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
		for ; ok; queued, err, ok = next() {
			if !yield(queued, err) || err != nil {
				return
			}
		}
	}
}

// section yields the submissions in the queue, or those that have left it.
func (s *submissions) section(tx adapters.Tx, part string, after int64) iter.Seq2[*submission, error] {
	return func(yield func(*submission, error) bool) {
		for stored, err := range tx.Scan(s.key(part, ""), s.numbered(part, after)) {
			one := &submission{}
			if err == nil {
				err = json.Unmarshal(stored.Value, one)
			}
			if err != nil {
				err = fmt.Errorf("reading a submission: %w", err)
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

// fits reports whether what has these values fits a filter; a nil one fits everything.
func fits(filter listing.Expression, value func(*listing.Field) any) bool {
	switch e := filter.(type) {
	case nil:
		return true
	case listing.All:
		for _, part := range e {
			if !fits(part, value) {
				return false
			}
		}
		return true
	case listing.Any:
		for _, part := range e {
			if fits(part, value) {
				return true
			}
		}
		return false
	case listing.Not:
		return !fits(e.Expression, value)
	case listing.Presence:
		return (value(e.Field) != nil) == e.Present
	case listing.Contains:
		text, _ := value(e.Field).(string)
		return strings.Contains(text, e.Text)
	case listing.Matches:
		text, ok := value(e.Field).(string)
		return ok && e.Holds(text)
	case listing.Comparison:
		return compares(value(e.Field), e)
	default:
		return false
	}
}

// compares reports whether a value compares with that of a filter as it says. No value compares with anything.
func compares(value any, e listing.Comparison) bool {
	var order int
	switch v := value.(type) {
	case string:
		wanted, _ := e.Value.(string)
		order = strings.Compare(v, wanted)
	case time.Time:
		wanted, _ := e.Value.(time.Time)
		order = v.Compare(wanted)
	case bool:
		order = 1
		if v == e.Value {
			order = 0
		}
	default:
		return false
	}
	return e.Operator.Holds(order)
}
