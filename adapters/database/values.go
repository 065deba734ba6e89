package database

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/listing"
	"github.com/postern-gateway/postern/adapters/wire"
)

// A field is a column and the field of a message that holds it.
type field struct {
	column     *dialect.Column
	name       protoreflect.Name
	jsonName   string
	descriptor protoreflect.FieldDescriptor
	listed     *listing.Field // as filters and orders see it; only of a resource
}

// A record writes rows as messages.
type record struct {
	fields []*field
	// table is where the rows come from; nil means from a query.
	table *dialect.Table
}

// newRecord finds the descriptor of each field in the message that holds them.
func newRecord(descriptor protoreflect.MessageDescriptor, fields []*field) *record {
	for _, f := range fields {
		f.descriptor = descriptor.Fields().ByName(f.name)
	}
	return &record{fields: fields}
}

// columns are those of the fields, in order.
func (r *record) columns() []*dialect.Column {
	columns := make([]*dialect.Column, len(r.fields))
	for i, f := range r.fields {
		columns[i] = f.column
	}
	return columns
}

// write writes the fields of a row, which may have more values behind those.
func (r *record) write(w *wire.Writer, row []dialect.Value) error {
	for i, f := range r.fields {
		if row[i].Null {
			continue
		}
		if err := writeValue(w, f.descriptor.Number(), f.column, &row[i]); err != nil {
			return r.unreadable(f.column, row, err)
		}
	}
	return nil
}

// unreadable is the fault of a value that cannot be told. Its text, which is for logs, says where the value is to be found.
func (r *record) unreadable(column *dialect.Column, row []dialect.Value, why error) error {
	fault := &dialect.Fault{Code: codes.DataLoss, Reason: dialect.ValueUnreadable, Columns: []string{column.Name}, Cause: why}
	if r.table == nil {
		return fault
	}
	fault.Table = r.table.Name
	place := "table " + r.table.Name
	for i, f := range r.fields {
		if slices.Contains(r.table.Key, f.column.Name) {
			place += fmt.Sprintf(", %s = %s", f.column.Name, spelled(f.column, &row[i]))
		}
	}
	fault.Cause = fmt.Errorf("%s: %w", place, why)
	return fault
}

// spelled is a value for a person to read.
func spelled(column *dialect.Column, value *dialect.Value) string {
	switch {
	case value.Null:
		return "NULL"
	case value.Unreadable != nil:
		return "(unreadable)"
	}
	switch column.Kind {
	case dialect.Bool, dialect.Int16, dialect.Int32, dialect.Int64, dialect.Uint32:
		return strconv.FormatInt(value.Int, 10)
	case dialect.Uint64:
		return strconv.FormatUint(uint64(value.Int), 10) //nolint:gosec // the bits are what is meant
	case dialect.Float, dialect.Double:
		return strconv.FormatFloat(value.Float, 'g', -1, 64)
	case dialect.Timestamp, dialect.LocalTimestamp:
		return value.Time.UTC().Format(time.RFC3339Nano)
	default:
		return strconv.Quote(string(value.Text))
	}
}

// writeValue writes a value as the field of the column's kind holds it.
func writeValue(w *wire.Writer, number protoreflect.FieldNumber, column *dialect.Column, value *dialect.Value) error {
	if value.Unreadable != nil {
		return value.Unreadable
	}
	if boolean := column.Reading.Boolean; boolean != nil {
		truth, ok := boolean.Truth(column.Kind, value)
		if !ok {
			return fmt.Errorf("the column %s holds neither what is true nor what is false", column.Name)
		}
		w.Bool(number, truth)
		return nil
	}
	switch column.Kind {
	case dialect.Bool, dialect.Int16, dialect.Int32, dialect.Int64, dialect.Uint32, dialect.Uint64:
		w.Varint(number, uint64(value.Int)) //nolint:gosec // protobuf writes negative numbers so
	case dialect.Float:
		w.Fixed32(number, math.Float32bits(float32(value.Float)))
	case dialect.Double:
		w.Fixed64(number, math.Float64bits(value.Float))
	case dialect.Bytes:
		w.BytesField(number, value.Text)
	case dialect.Timestamp, dialect.LocalTimestamp:
		writeTime(w, number, value.Time)
	case dialect.Array:
		return writeList(w, number, column, value.List)
	default:
		text := value.Text
		if column.Reading.Trim || column.Reading.Encoding != nil {
			told, err := column.Reading.Text(text)
			if err != nil {
				return fmt.Errorf("the column %s holds text that is not in its encoding: %w", column.Name, err)
			}
			text = told
		}
		if !utf8.Valid(text) {
			return fmt.Errorf("the column %s holds text that is not UTF-8", column.Name)
		}
		w.BytesField(number, text)
	}
	return nil
}

// writeTime writes a google.protobuf.Timestamp.
func writeTime(w *wire.Writer, number protoreflect.FieldNumber, t time.Time) {
	mark := w.Open(number)
	if seconds := t.Unix(); seconds != 0 {
		w.Varint(1, uint64(seconds)) //nolint:gosec // protobuf writes negative numbers so
	}
	if nanos := t.Nanosecond(); nanos != 0 {
		w.Varint(2, uint64(nanos)) //nolint:gosec // not negative
	}
	w.Close(mark)
}

// writeList writes the items of an array. A list cannot hold a NULL.
func writeList(w *wire.Writer, number protoreflect.FieldNumber, column *dialect.Column, items []dialect.Value) error {
	for i := range items {
		if items[i].Null {
			return fmt.Errorf("the column %s holds an array with a NULL in it", column.Name)
		}
		if err := writeValue(w, number, column.Element, &items[i]); err != nil {
			return err
		}
	}
	return nil
}

// argument is a field's value as the engine takes it; an absent one is NULL.
func (f *field) argument(message protoreflect.Message) any {
	if !message.Has(f.descriptor) {
		return nil
	}
	return f.column.Reading.Stored(f.column.Kind, argumentOf(f.column, message.Get(f.descriptor)))
}

func argumentOf(column *dialect.Column, value protoreflect.Value) any {
	if column.Reading.Boolean != nil {
		return value.Bool()
	}
	switch column.Kind {
	case dialect.Array:
		list := value.List()
		items := make([]any, list.Len())
		for i := range items {
			items[i] = argumentOf(column.Element, list.Get(i))
		}
		return items
	case dialect.Bool:
		return value.Bool()
	case dialect.Int16, dialect.Int32, dialect.Int64:
		return value.Int()
	case dialect.Uint32, dialect.Uint64:
		return value.Uint()
	case dialect.Float, dialect.Double:
		return value.Float()
	case dialect.Bytes:
		return append([]byte{}, value.Bytes()...) // empty, and not nil, which is NULL to drivers
	case dialect.Timestamp, dialect.LocalTimestamp:
		return timeOf(value.Message())
	default:
		return value.String()
	}
}

// timeOf reads a google.protobuf.Timestamp, which may be dynamic.
func timeOf(message protoreflect.Message) time.Time {
	fields := message.Descriptor().Fields()
	return time.Unix(message.Get(fields.ByNumber(1)).Int(), message.Get(fields.ByNumber(2)).Int()).UTC()
}

// entityTag is a hash of a row: it changes when a value does.
func entityTag(row []dialect.Value, columns []*dialect.Column) string {
	hash := sha256.New()
	var buffer []byte
	for i := range columns {
		buffer = appendValue(buffer[:0], columns[i], &row[i])
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(buffer)))
		hash.Write(length[:])
		hash.Write(buffer)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// appendValue spells a value so that two differ if and only if the values do.
func appendValue(buffer []byte, column *dialect.Column, value *dialect.Value) []byte {
	if value.Null {
		return buffer
	}
	buffer = append(buffer, '=')
	switch column.Kind {
	case dialect.Bool, dialect.Int16, dialect.Int32, dialect.Int64, dialect.Uint32, dialect.Uint64:
		return strconv.AppendInt(buffer, value.Int, 10)
	case dialect.Array:
		for i := range value.List {
			item := appendValue(nil, column.Element, &value.List[i])
			buffer = append(binary.AppendUvarint(buffer, uint64(len(item))), item...)
		}
		return buffer
	case dialect.Float, dialect.Double:
		return binary.BigEndian.AppendUint64(buffer, math.Float64bits(value.Float))
	case dialect.Timestamp, dialect.LocalTimestamp:
		return value.Time.UTC().AppendFormat(buffer, time.RFC3339Nano)
	default:
		return append(buffer, value.Text...)
	}
}

// A size is how much room an answer takes, by the largest of those before it, so that most are written without being moved.
type size struct{ largest atomic.Int64 }

// expected is room for an answer like those before it, and at most for 64 KiB.
func (s *size) expected() int64 { return min(s.largest.Load(), 64<<10) }

// learn takes note of an answer's size.
func (s *size) learn(n int) {
	if n := int64(n); n > s.largest.Load() {
		s.largest.Store(n)
	}
}
