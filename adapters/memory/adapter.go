package memory

import (
	"context"
	"fmt"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/mirror"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// Adapter opens back ends of kind memory.
type Adapter struct{}

var _ adapters.Adapter = Adapter{}

// Kind returns "memory".
func (Adapter) Kind() string { return "memory" }

// Config returns a [configv1.MemoryBackend].
func (Adapter) Config() adapters.Config { return &configv1.MemoryBackend{} }

// Open makes the table and fills it with the items of the configuration.
func (Adapter) Open(ctx context.Context, config adapters.Config, options adapters.Options) (adapters.Backend, error) {
	if err := ctx.Err(); err != nil {
		return nil, adapters.FromContext(err)
	}
	settings, ok := config.(*configv1.MemoryBackend)
	if !ok {
		return nil, fmt.Errorf("configuration is a %T, not a MemoryBackend", config)
	}
	file, err := describe(options.Name)
	if err != nil {
		return nil, err
	}
	b := &backend{descriptor: file.Services().Get(0), items: make(map[string]item)}
	b.shape = shapeOf(b.descriptor)
	for i, item := range settings.GetItems() {
		if _, taken := b.items[item.GetId()]; taken {
			return nil, adapters.ConfigErrorf(fmt.Sprintf("items[%d].id", i), "there is an item %q already; ids are unique", item.GetId())
		}
		b.insert(item.GetId(), item.GetTitle(), item.GetAmount())
	}
	return b, nil
}

// describe builds the descriptor of ItemsService.
func describe(name string) (protoreflect.FileDescriptor, error) {
	file := mirror.NewFile(name)

	item := file.Message("Item", "Item is one row of the table.")
	item.Field(mirror.Field{Original: "id", Comment: "The key.", Type: mirror.MaxLength(64), Rules: required()})
	item.Field(mirror.Field{Original: "title", Comment: "What it holds.", Type: mirror.MaxLength(200)})
	item.Field(mirror.Field{Original: "amount", Comment: "An amount in the currency's smallest unit.", Type: mirror.Int64})

	get := file.Message("GetItemRequest", "GetItemRequest names one item.")
	get.Field(mirror.Field{Original: "id", Comment: "The key.", Type: mirror.MaxLength(64), Rules: required()})

	list := file.Message("ListItemsRequest", "ListItemsRequest asks for a page of items, in order of id.")
	list.Field(mirror.Field{Original: "page_size", Comment: "The most items to answer; 0 means 50, and more than 1000 means 1000.", Type: mirror.Int32.With(notNegative())})
	list.Field(mirror.Field{Original: "page_token", Comment: "next_page_token of the page before.", Type: mirror.String})

	page := file.Message("ListItemsResponse", "ListItemsResponse is a page of items.")
	page.Field(mirror.Field{Original: "items", Comment: "The items, in order of id.", Type: mirror.Of(item), Repeated: true})
	page.Field(mirror.Field{Original: "next_page_token", Comment: "page_token of the next page; empty on the last.", Type: mirror.String})

	update := file.Message("UpdateItemRequest", "UpdateItemRequest changes one item.")
	update.Field(mirror.Field{Original: "item", Comment: "The item's id, and the fields to be changed.", Type: mirror.Of(item), Rules: required()})
	update.Field(mirror.Field{Original: "update_mask", Comment: "The fields to be changed: title, amount. Default: both.", Type: mirror.FieldMask})

	stream := file.Message("StreamItemsRequest", "StreamItemsRequest asks for all items.")

	service := file.Service("ItemsService", "ItemsService holds a table in memory.")
	service.Method(mirror.Method{
		Original: "GetItem", Comment: "Reads one item.", Input: mirror.Of(get), Output: mirror.Of(item),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute("/items/{id}"),
	})
	service.Method(mirror.Method{
		Original: "ListItems", Comment: "Reads a page of items.", Input: mirror.Of(list), Output: mirror.Of(page),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute("/items"),
	})
	service.Method(mirror.Method{
		Original: "CreateItem", Comment: "Adds an item.", Input: mirror.Of(item), Output: mirror.Of(item),
		Route: &annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: "/items"}, Body: "*"},
	})
	service.Method(mirror.Method{
		Original: "UpdateItem", Comment: "Changes fields of an item, under the conditions of the call.", Input: mirror.Of(update), Output: mirror.Of(item), Conditional: true,
		Route: &annotations.HttpRule{Pattern: &annotations.HttpRule_Patch{Patch: "/items/{item.id}"}, Body: "item"},
	})
	service.Method(mirror.Method{
		Original: "StreamItems", Comment: "Reads all items, one reply each, in order of id.", Input: mirror.Of(stream), Output: mirror.Of(item),
		Idempotency: descriptorpb.MethodOptions_NO_SIDE_EFFECTS, Route: getRoute("/items:stream"), Stream: true,
	})
	return file.Build()
}

func getRoute(path string) *annotations.HttpRule {
	return &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: path}}
}

func required() *validate.FieldRules {
	return &validate.FieldRules{Required: proto.Bool(true)}
}

func notNegative() *validate.FieldRules {
	return &validate.FieldRules{Type: &validate.FieldRules_Int32{Int32: &validate.Int32Rules{GreaterThan: &validate.Int32Rules_Gte{Gte: 0}}}}
}

// shape is the descriptors that the handlers need, looked up once.
type shape struct {
	item                protoreflect.MessageType
	id, title, amount   protoreflect.FieldDescriptor
	getID               protoreflect.FieldDescriptor
	updated, mask       protoreflect.FieldDescriptor
	pageSize, pageToken protoreflect.FieldDescriptor
	page                protoreflect.MessageType
	items, nextToken    protoreflect.FieldDescriptor
}

func shapeOf(service protoreflect.ServiceDescriptor) shape {
	methods := service.Methods()
	get, list, update := methods.ByName("GetItem"), methods.ByName("ListItems"), methods.ByName("UpdateItem").Input().Fields()
	item := get.Output().Fields()
	return shape{
		item:      dynamicpb.NewMessageType(get.Output()),
		id:        item.ByName("id"),
		title:     item.ByName("title"),
		amount:    item.ByName("amount"),
		getID:     get.Input().Fields().ByName("id"),
		updated:   update.ByName("item"),
		mask:      update.ByName("update_mask"),
		pageSize:  list.Input().Fields().ByName("page_size"),
		pageToken: list.Input().Fields().ByName("page_token"),
		page:      dynamicpb.NewMessageType(list.Output()),
		items:     list.Output().Fields().ByName("items"),
		nextToken: list.Output().Fields().ByName("next_page_token"),
	}
}
