package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
	"github.com/postern-gateway/postern/adapters/batch/snapshot"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/wire"
)

const (
	// etagSize is how many bytes of a digest an entity tag shows.
	etagSize = 12
	// pickBatch is how many records of a stream are picked at once where its order is that of no index, which bounds its memory.
	pickBatch = 50_000
	// maxAnswerBytes is the largest page.
	maxAnswerBytes = 16 << 20
	// recordRoom is what the message of a record is expected to take, in bytes.
	recordRoom = 512
)

// A reader answers the methods of one extract.
type reader struct {
	*extract
	mapping  *mapping
	template *template
	fields   *listed
	// columns are those of each index, in the order of snapshots: the key's own, and for each other the indexed field and the key.
	columns  [][]*column
	decoders sync.Pool

	keys                    []protoreflect.FieldDescriptor // of the get request, one for each key field
	getting                 questionnaire
	listing                 questionnaire
	streaming               questionnaire
	item                    protoreflect.MessageDescriptor
	page                    protoreflect.MessageDescriptor
	rows                    protowire.Number
	next, total, asOfNumber protowire.Number
}

func newReader(x *extract, shape *extractShape, file protoreflect.FileDescriptor) *reader {
	r := &reader{extract: x, mapping: shape.item.mapping(file)}
	r.template, r.fields = r.mapping.template(), r.mapping.list()
	r.decoders.New = func() any { return r.newDecoder() }
	r.index()
	input := func(name protoreflect.Name) protoreflect.FieldDescriptors {
		return file.Messages().ByName(name).Fields()
	}
	in := input(shape.get.Name())
	for _, field := range shape.getKeys {
		r.keys = append(r.keys, in.ByName(field.Name))
	}
	r.getting = shape.getFields.find(in)
	r.listing, r.streaming = shape.listFields.find(input(shape.list.Name())), shape.streamFields.find(input(shape.stream.Name()))
	r.item, r.page = file.Messages().ByName(shape.item.message.Name()), file.Messages().ByName(shape.page.Name())
	r.rows, r.next, r.total, r.asOfNumber = shape.rows.Number, shape.next.Number, shape.total.Number, shape.asOf.Number
	return r
}

// index finds the columns of the indexes.
func (r *reader) index() {
	var key []*column
	for _, f := range r.key {
		key = append(key, newColumn(f))
	}
	r.columns = [][]*column{key}
	for _, f := range r.indexes {
		c := newColumn(f)
		if i := slices.IndexFunc(key, func(k *column) bool { return k.field == f }); i >= 0 {
			c = key[i]
		}
		r.columns = append(r.columns, append([]*column{c}, key...))
	}
}

func newColumn(f *record.Field) *column {
	width, _ := f.KeyWidth() // which the configuration has been held against
	return &column{field: f, width: width}
}

// newDecoder returns a decoder of the extract's records.
func (r *reader) newDecoder() decoder { return r.mapping.layout.NewDecoder() }

// borrow lends a decoder. It is given back with r.decoders.Put.
func (r *reader) borrow() decoder { return r.decoders.Get().(decoder) }

// get answers one record by its key.
func (r *reader) get(ctx context.Context, request proto.Message) (_ proto.Message, err error) {
	ctx, span := r.recorder.start(ctx, "snapshot get "+r.config.GetPlural())
	defer func() { end(span, err) }()
	if err := ctx.Err(); err != nil {
		return nil, shape(err)
	}
	message := request.ProtoReflect()
	var key []byte
	for i, fd := range r.keys {
		if key, err = r.keyOf(key, r.key[i], fd, message); err != nil {
			return nil, err
		}
	}
	mask, err := r.mapping.mask(message.Get(r.getting.fields).String(), r.fields)
	if err != nil {
		return nil, err
	}
	current, err := r.lease(timeOf(message, r.getting.asOf))
	if err != nil {
		return nil, asked(r.getting.asOf, err)
	}
	defer r.release(current)
	current.tell(span)
	data := current.Get(key)
	if data == nil {
		return nil, shape(errNoRecord)
	}
	writer := messageWriter{template: r.template, w: wire.NewWriter(make([]byte, 0, recordRoom)), mask: mask}
	decoder := r.borrow()
	defer r.decoders.Put(decoder)
	if err := writer.write(decoder, data); err != nil {
		return nil, shape(err)
	}
	span.SetAttributes(semconv.DBResponseReturnedRows(1))
	reply := adapters.ReplyFrom(ctx)
	reply.AsOf = current.Info().AsOf
	if mask == nil { // a tag is the whole record's
		digest := sha256.Sum256(data)
		reply.ETag = hex.EncodeToString(digest[:etagSize])
	}
	return writer.message(r.item), nil
}

// keyOf appends the key bytes of a request's field.
func (r *reader) keyOf(to []byte, f *record.Field, fd protoreflect.FieldDescriptor, request protoreflect.Message) ([]byte, error) {
	text := spell(f, request.Get(fd))
	if f.Type == record.Time {
		text = strconv.FormatInt(timeOf(request, fd).Unix(), 10)
	}
	key, err := r.mapping.layout.AppendKeyText(to, f, text)
	if err != nil {
		return nil, listing.Invalid(fd.JSONName(), err.Error())
	}
	return key, nil
}

// list answers a page of records.
func (r *reader) list(ctx context.Context, request proto.Message) (_ proto.Message, err error) {
	ctx, span := r.recorder.start(ctx, "snapshot list "+r.config.GetPlural())
	defer func() { end(span, err) }()
	if err := ctx.Err(); err != nil {
		return nil, shape(err)
	}
	message := request.ProtoReflect()
	size, err := listing.PageSize(message.Get(r.listing.size).Int(), listing.MaxPageSize)
	if err != nil {
		return nil, err
	}
	q, err := r.query(&r.listing, message)
	if err != nil {
		return nil, err
	}
	current, err := r.lease(q.asOf)
	if err != nil {
		return nil, asked(r.listing.asOf, err)
	}
	defer r.release(current)
	page, rows, err := r.fill(ctx, current.Snapshot, q, size, message.Get(r.listing.count).Bool())
	if err != nil {
		return nil, shape(err)
	}
	info := current.Info()
	current.tell(span)
	span.SetAttributes(semconv.DBResponseReturnedRows(rows))
	reply := adapters.ReplyFrom(ctx)
	reply.AsOf, reply.ETag = info.AsOf, info.Hash[:min(2*etagSize, len(info.Hash))]
	if info.Revision > 0 { // corrected since, from the same file
		reply.ETag += "-" + strconv.Itoa(info.Revision)
	}
	return page, nil
}

// fill writes a page.
func (r *reader) fill(ctx context.Context, s *snapshot.Snapshot, q *query, size int, count bool) (_ *wire.Message, rows int, err error) {
	writer := messageWriter{template: r.template, mask: q.mask}
	decoder := r.borrow()
	defer r.decoders.Put(decoder)
	var last []byte
	more := false
	walk, plan, behind := r.walk(s, q, size+1, func(data []byte) (bool, error) {
		if rows == size {
			more = true
			return false, nil
		}
		mark := writer.w.Open(r.rows)
		if err := writer.write(decoder, data); err != nil {
			return false, err
		}
		writer.w.Close(mark)
		rows, last = rows+1, data
		if writer.w.Len() > maxAnswerBytes {
			return false, errAnswerTooLarge
		}
		return true, nil
	})
	if _, err := walk.run(ctx, 0, plan.lo, plan.hi, behind); err != nil {
		return nil, 0, err
	}
	if more {
		token, err := r.position(q, last)
		if err != nil {
			return nil, 0, err
		}
		writer.w.String(r.next, token)
	}
	if count {
		total, err := walk.count(ctx, plan.lo, plan.hi)
		if err != nil {
			return nil, 0, err
		}
		writer.w.Varint(r.total, uint64(total)) //nolint:gosec // not negative
	}
	writer.timestamp(r.asOfNumber, s.Info().AsOf)
	return writer.message(r.page), rows, nil
}

// stream answers records as they are found, however many there are.
func (r *reader) stream(ctx context.Context, request proto.Message, send func(proto.Message) error) (err error) {
	ctx, span := r.recorder.start(ctx, "snapshot stream "+r.config.GetPlural())
	defer func() { end(span, err) }()
	q, err := r.query(&r.streaming, request.ProtoReflect())
	if err != nil {
		return err
	}
	current, err := r.lease(q.asOf)
	if err != nil {
		return asked(r.streaming.asOf, err)
	}
	defer r.release(current)
	adapters.ReplyFrom(ctx).AsOf = current.Info().AsOf
	decoder := r.borrow()
	defer r.decoders.Put(decoder)
	room, rows := recordRoom, 0
	var refused error // by the caller, which has gone
	walk, plan, _ := r.walk(current.Snapshot, q, pickBatch, func(data []byte) (bool, error) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		writer := messageWriter{template: r.template, w: wire.NewWriter(make([]byte, 0, room)), mask: q.mask}
		if err := writer.write(decoder, data); err != nil {
			return false, err
		}
		room = max(room/2, writer.w.Len())
		rows++
		refused = send(writer.message(r.item))
		return true, refused
	})
	_, err = walk.run(ctx, 0, plan.lo, plan.hi, nil)
	current.tell(span)
	span.SetAttributes(semconv.DBResponseReturnedRows(rows))
	if refused != nil {
		return refused
	}
	return shape(err)
}

// lease lends the snapshot of a time, or the one in force if the time is zero.
func (r *reader) lease(at time.Time) (*lease, error) {
	if at.IsZero() {
		return r.acquire()
	}
	return r.acquireAsOf(at)
}

// asked is the error of a snapshot that there is none of. A time for which none is kept is the caller's, with its field.
func asked(fd protoreflect.FieldDescriptor, err error) error {
	shaped := shape(err)
	var public *adapters.Error
	if errors.Is(err, errNotKept) && errors.As(shaped, &public) {
		public.Violations = []adapters.Violation{{Field: fd.JSONName(), Description: "nothing that old is kept"}}
	}
	return shaped
}
