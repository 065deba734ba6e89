package memory

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
)

const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// backend is one table.
type backend struct {
	descriptor protoreflect.ServiceDescriptor
	shape      shape

	mu     sync.RWMutex
	closed bool
	ids    []string // sorted
	items  map[string]item
	writes int64 // since the table was made; see item.tag
}

// An item is one row, in one of its states.
type item struct {
	message proto.Message
	tag     string // names the state
	changed time.Time
}

var (
	_ adapters.Backend = (*backend)(nil)
	_ adapters.Checker = (*backend)(nil)
)

// Services implements [adapters.Backend].
func (b *backend) Services() []adapters.Service {
	return []adapters.Service{{
		Descriptor: b.descriptor,
		Methods: []adapters.Method{
			{Name: "GetItem", Unary: b.get},
			{Name: "ListItems", Unary: b.list},
			{Name: "CreateItem", Unary: b.create},
			{Name: "UpdateItem", Unary: b.update},
			{Name: "StreamItems", Stream: b.stream},
		},
	}}
}

// Check implements [adapters.Checker]: a table in memory is well as long as it is open.
func (b *backend) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return adapters.FromContext(err)
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return errClosed()
	}
	return nil
}

// Close implements [adapters.Backend].
func (b *backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.ids, b.items = true, nil, nil
	return nil
}

func (b *backend) get(ctx context.Context, request proto.Message) (proto.Message, error) {
	id := request.ProtoReflect().Get(b.shape.getID).String()
	if err := b.Check(ctx); err != nil {
		return nil, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	found, ok := b.items[id]
	if !ok {
		return nil, errNotFound()
	}
	return found.answer(ctx), nil
}

// answer returns the item, and says which state it is in.
func (i item) answer(ctx context.Context) proto.Message {
	adapters.ReplyFrom(ctx).ETag = i.tag
	return i.message
}

func (b *backend) list(ctx context.Context, request proto.Message) (proto.Message, error) {
	if err := b.Check(ctx); err != nil {
		return nil, err
	}
	size := int(request.ProtoReflect().Get(b.shape.pageSize).Int())
	if size == 0 {
		size = defaultPageSize
	}
	size = min(size, maxPageSize)
	after := request.ProtoReflect().Get(b.shape.pageToken).String()

	page := b.shape.page.New()
	items := page.Mutable(b.shape.items).List()
	batch := b.after(after, size+1)
	more := len(batch) > size
	if more {
		batch = batch[:size]
		last := batch[size-1].ProtoReflect().Get(b.shape.id)
		page.Set(b.shape.nextToken, last)
	}
	for _, item := range batch {
		items.Append(protoreflect.ValueOfMessage(item.ProtoReflect()))
	}
	return page.Interface(), nil
}

func (b *backend) create(ctx context.Context, request proto.Message) (proto.Message, error) {
	if err := b.Check(ctx); err != nil {
		return nil, err
	}
	wanted := request.ProtoReflect()
	id := wanted.Get(b.shape.id).String()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed()
	}
	if _, taken := b.items[id]; taken {
		return nil, errExists()
	}
	b.insert(id, wanted.Get(b.shape.title).String(), wanted.Get(b.shape.amount).Int())
	return b.items[id].answer(ctx), nil
}

// update looks at the conditions and writes under one lock, so that nothing comes in between.
func (b *backend) update(ctx context.Context, request proto.Message) (proto.Message, error) {
	if err := b.Check(ctx); err != nil {
		return nil, err
	}
	wanted := request.ProtoReflect().Get(b.shape.updated).Message()
	id := wanted.Get(b.shape.id).String()
	fields, err := b.changed(request.ProtoReflect())
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed()
	}
	present, ok := b.items[id]
	switch {
	case !ok:
		return nil, errNotFound()
	case !present.meets(adapters.ConditionsFrom(ctx)):
		return nil, errChanged()
	}
	next := proto.Clone(present.message)
	for _, field := range fields {
		next.ProtoReflect().Set(field, wanted.Get(field))
	}
	b.put(id, next)
	return b.items[id].answer(ctx), nil
}

// changed returns the fields that a request changes.
func (b *backend) changed(request protoreflect.Message) ([]protoreflect.FieldDescriptor, error) {
	both := []protoreflect.FieldDescriptor{b.shape.title, b.shape.amount}
	if !request.Has(b.shape.mask) {
		return both, nil
	}
	mask := request.Get(b.shape.mask).Message()
	paths := mask.Get(mask.Descriptor().Fields().ByName("paths")).List()
	var fields []protoreflect.FieldDescriptor
	for i := range paths.Len() {
		at := slices.IndexFunc(both, func(field protoreflect.FieldDescriptor) bool { return string(field.Name()) == paths.Get(i).String() })
		if at < 0 {
			return nil, errNotWritable()
		}
		fields = append(fields, both[at])
	}
	return fields, nil
}

// meets reports whether the conditions of a write hold for the item (RFC 9110 section 13.1). Dates of HTTP know no parts of a second.
func (i item) meets(conditions adapters.Conditions) bool {
	if tags := conditions.IfMatch; len(tags) > 0 && !slices.Contains(tags, "*") && !slices.Contains(tags, i.tag) {
		return false
	}
	since := conditions.IfUnmodifiedSince
	return since.IsZero() || !i.changed.Truncate(time.Second).After(since)
}

// stream sends in pages, so that a slow reader does not hold up writers.
func (b *backend) stream(ctx context.Context, _ proto.Message, send func(proto.Message) error) error {
	after := ""
	for {
		if err := b.Check(ctx); err != nil {
			return err
		}
		batch := b.after(after, defaultPageSize)
		if len(batch) == 0 {
			return nil
		}
		for _, item := range batch {
			if err := send(item); err != nil {
				return err
			}
		}
		after = batch[len(batch)-1].ProtoReflect().Get(b.shape.id).String()
	}
}

// after returns up to n items that come after the id.
func (b *backend) after(id string, n int) []proto.Message {
	b.mu.RLock()
	defer b.mu.RUnlock()
	start, found := slices.BinarySearch(b.ids, id)
	if found {
		start++
	}
	var batch []proto.Message
	for _, id := range b.ids[start:min(start+n, len(b.ids))] {
		batch = append(batch, b.items[id].message)
	}
	return batch
}

// insert adds an item whose id is free. The caller holds the lock, or is alone.
func (b *backend) insert(id, title string, amount int64) {
	message := b.shape.item.New()
	message.Set(b.shape.id, protoreflect.ValueOfString(id))
	message.Set(b.shape.title, protoreflect.ValueOfString(title))
	message.Set(b.shape.amount, protoreflect.ValueOfInt64(amount))
	at, _ := slices.BinarySearch(b.ids, id)
	b.ids = slices.Insert(b.ids, at, id)
	b.put(id, message.Interface())
}

// put makes a message the item's state. The caller holds the lock, or is alone.
func (b *backend) put(id string, message proto.Message) {
	b.writes++
	b.items[id] = item{message: message, tag: strconv.FormatInt(b.writes, 10), changed: time.Now()}
}
