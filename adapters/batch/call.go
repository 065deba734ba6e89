package batch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
)

// Sizes of a page.
const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// etagSize is how many bytes of a digest an entity tag shows.
const etagSize = 12

// A reader answers the methods of one extract.
type reader struct {
	*extract
	mapping *mapping
	keys    []protoreflect.FieldDescriptor // of the get request, one for each key field
	filters []protoreflect.FieldDescriptor // of the list request, one for each index
	size    protoreflect.FieldDescriptor
	token   protoreflect.FieldDescriptor
	page    protoreflect.MessageDescriptor
}

func newReader(x *extract, shape *extractShape, file protoreflect.FileDescriptor) *reader {
	get, list := file.Messages().ByName(shape.get.Name()).Fields(), file.Messages().ByName(shape.list.Name()).Fields()
	r := &reader{
		extract: x,
		mapping: shape.item.mapping(file),
		size:    list.ByName(pageSizeField),
		token:   list.ByName(pageTokenField),
		page:    file.Messages().ByName(shape.page.Name()),
	}
	for _, field := range shape.getKeys {
		r.keys = append(r.keys, get.ByName(field.Name))
	}
	for _, field := range shape.listIndexes {
		r.filters = append(r.filters, list.ByName(field.Name))
	}
	return r
}

// get answers one record by its key.
func (r *reader) get(ctx context.Context, request proto.Message) (_ proto.Message, err error) {
	ctx, span := r.recorder.start(ctx, "snapshot get "+r.config.GetPlural())
	defer func() { end(span, err) }()
	if err := ctx.Err(); err != nil {
		return nil, shape(err)
	}
	var key []byte
	for i, fd := range r.keys {
		var err error
		if key, err = r.keyOf(key, r.key[i], fd, request.ProtoReflect()); err != nil {
			return nil, err
		}
	}
	current, err := r.acquire()
	if err != nil {
		return nil, shape(err)
	}
	defer r.release(current)
	span.SetAttributes(asOf(current.Info().AsOf))
	data := current.Get(key)
	if data == nil {
		return nil, shape(errNoRecord)
	}
	message, err := r.mapping.decode(r.mapping.layout.NewDecoder(), data)
	if err != nil {
		return nil, shape(err)
	}
	span.SetAttributes(semconv.DBResponseReturnedRows(1))
	digest := sha256.Sum256(data)
	reply := adapters.ReplyFrom(ctx)
	reply.AsOf, reply.ETag = current.Info().AsOf, hex.EncodeToString(digest[:etagSize])
	return message, nil
}

// keyOf appends the key bytes of a request's field.
func (r *reader) keyOf(to []byte, f *record.Field, fd protoreflect.FieldDescriptor, request protoreflect.Message) ([]byte, error) {
	text := spell(f, request.Get(fd))
	if f.Type == record.Time {
		text = strconv.FormatInt(request.Get(fd).Message().Get(fd.Message().Fields().ByName("seconds")).Int(), 10)
	}
	key, err := r.mapping.layout.AppendKeyText(to, f, text)
	if err != nil {
		return nil, &adapters.Error{Code: codes.InvalidArgument, Violations: []adapters.Violation{{Field: fd.JSONName(), Description: err.Error()}}}
	}
	return key, nil
}

// A query is a list request, compiled: a run of entries in one index, and what else a record must have.
type query struct {
	index  int
	prefix []byte // of the entries' keys
	others []match
	digest []byte // identifies the query in page tokens
	limit  int
}

// A match is an indexed field and the key bytes that it must have.
type match struct {
	field *record.Field
	key   []byte
}

// query picks the first index that the request has a value for; other values are compared record by record.
func (r *reader) query(request protoreflect.Message) (*query, error) {
	q := &query{limit: int(request.Get(r.size).Int())}
	switch {
	case q.limit <= 0:
		q.limit = defaultPageSize
	case q.limit > maxPageSize:
		q.limit = maxPageSize
	}
	for i, fd := range r.filters {
		if !request.Has(fd) {
			continue
		}
		key, err := r.keyOf(nil, r.indexes[i], fd, request)
		if err != nil {
			return nil, err
		}
		q.digest = append(append(q.digest, byte(i)), key...)
		if q.index == 0 {
			q.index, q.prefix = i+1, key
			continue
		}
		q.others = append(q.others, match{r.indexes[i], key})
	}
	return q, nil
}

// list answers a page of records.
func (r *reader) list(ctx context.Context, request proto.Message) (_ proto.Message, err error) {
	ctx, span := r.recorder.start(ctx, "snapshot list "+r.config.GetPlural())
	defer func() { end(span, err) }()
	if err := ctx.Err(); err != nil {
		return nil, shape(err)
	}
	q, err := r.query(request.ProtoReflect())
	if err != nil {
		return nil, err
	}
	current, err := r.acquire()
	if err != nil {
		return nil, shape(err)
	}
	defer r.release(current)
	page, err := r.fill(ctx, current.Snapshot, q, request.ProtoReflect().Get(r.token).String())
	if err != nil {
		return nil, shape(err)
	}
	info := current.Info()
	span.SetAttributes(asOf(info.AsOf), semconv.DBResponseReturnedRows(r.rows(page)))
	reply := adapters.ReplyFrom(ctx)
	reply.AsOf, reply.ETag = info.AsOf, info.Hash[:min(2*etagSize, len(info.Hash))]
	return page, nil
}

// fill walks the index from where the page begins.
func (r *reader) fill(ctx context.Context, s *snapshot.Snapshot, q *query, token string) (proto.Message, error) {
	index := s.Index(q.index)
	at := index.Seek(q.prefix)
	if token != "" {
		key, err := parsePageToken(token, q.digest, index.Width)
		if err != nil {
			return nil, notOurPageToken(r.token.JSONName(), err)
		}
		if at = index.Seek(key); at < index.Len() {
			if found, _ := index.Entry(at); bytes.Equal(found, key) {
				at++
			}
		}
	}
	page := newMessage(r.page)
	fields := r.page.Fields()
	items := page.Mutable(fields.ByName(itemsField)).List()
	decoder := r.mapping.layout.NewDecoder()
	var last []byte
	for looked := 1; at < index.Len(); at, looked = at+1, looked+1 {
		if looked%ctxInterval == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		key, ordinal := index.Entry(at)
		if !bytes.HasPrefix(key, q.prefix) {
			break
		}
		data := s.Record(ordinal)
		if !r.matches(data, q.others) {
			continue
		}
		if items.Len() == q.limit {
			page.Set(fields.ByName(nextTokenField), protoreflect.ValueOfString(pageToken(q.digest, last)))
			break
		}
		message, err := r.mapping.decode(decoder, data)
		if err != nil {
			return nil, err
		}
		items.Append(protoreflect.ValueOfMessage(message.ProtoReflect()))
		last = key
	}
	setTimestamp(page.Mutable(fields.ByName(asOfField)).Message(), s.Info().AsOf)
	return page, nil
}

// rows counts the records on a page.
func (r *reader) rows(page proto.Message) int {
	return page.ProtoReflect().Get(r.page.Fields().ByName(itemsField)).List().Len()
}

func (r *reader) matches(data []byte, others []match) bool {
	var value record.Value
	for _, other := range others {
		key, _, err := r.mapping.layout.AppendKey(nil, data, other.field, &value)
		if err != nil || !bytes.Equal(key, other.key) {
			return false
		}
	}
	return true
}
