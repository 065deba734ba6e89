package memory

import (
	"context"
	"slices"
	"sync"

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
	items  map[string]proto.Message
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
	item, ok := b.items[id]
	if !ok {
		return nil, errNotFound()
	}
	return item, nil
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
	item := request.ProtoReflect()
	id := item.Get(b.shape.id).String()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed()
	}
	if _, taken := b.items[id]; taken {
		return nil, errExists()
	}
	return b.insert(id, item.Get(b.shape.title).String(), item.Get(b.shape.amount).Int()), nil
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
		batch = append(batch, b.items[id])
	}
	return batch
}

// insert adds an item whose id is free. The caller holds the lock, or is alone.
func (b *backend) insert(id, title string, amount int64) proto.Message {
	item := b.shape.item.New()
	item.Set(b.shape.id, protoreflect.ValueOfString(id))
	item.Set(b.shape.title, protoreflect.ValueOfString(title))
	item.Set(b.shape.amount, protoreflect.ValueOfInt64(amount))
	at, _ := slices.BinarySearch(b.ids, id)
	b.ids = slices.Insert(b.ids, at, id)
	b.items[id] = item.Interface()
	return item.Interface()
}
