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

	"github.com/postern-gateway/postern/adapters"
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
			return r.unreadable(f, row, err)
		}
	}
	return nil
}

// unreadable is the error of a value that cannot be told. The caller reads which field it is of; the cause, which is for logs, says where the value is to be found.
func (r *record) unreadable(of *field, row []dialect.Value, why error) error {
	fault := &dialect.Fault{Code: codes.DataLoss, Reason: dialect.ValueUnreadable, Columns: []string{of.column.Name}, Cause: why}
	told := &adapters.Error{
		Code: codes.DataLoss, Reason: dialect.ValueUnreadable, Message: fmt.Sprintf("The field %s of a record holds a value that cannot be told faithfully.", of.jsonName), Cause: fault,
	}
	if r.table == nil {
		return told
	}
	fault.Table = r.table.Name
	place := "table " + r.table.Name
	for i, f := range r.fields {
		if slices.Contains(r.table.Key, f.column.Name) {
			place += fmt.Sprintf(", %s = %s", f.column.Name, spelled(f.column, &row[i]))
		}
	}
	fault.Cause = fmt.Errorf("%s: %w", place, why)
	return told
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
		return writeList(w, number, column.Element, value.List)
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
		return listOf(column.Element, value)
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

// argumentFor is a field's value as a parameter of a statement. Of a list there is no absence, so that none is an empty one.
func argumentFor(f *field, message protoreflect.Message) dialect.Argument {
	if f.column.Kind != dialect.Array {
		return dialect.Argument{Kind: f.column.Kind, Value: f.argument(message)}
	}
	return dialect.Argument{Kind: dialect.Array, Value: argumentOf(f.column, message.Get(f.descriptor))}
}

// timeOf reads a google.protobuf.Timestamp, which may be dynamic.
func timeOf(message protoreflect.Message) time.Time {
	fields := message.Descriptor().Fields()
	return time.Unix(message.Get(fields.ByNumber(1)).Int(), message.Get(fields.ByNumber(2)).Int()).UTC()
}

// entityTag is a hash of a row: it changes when a value does.
func entityTag(row []dialect.Value, columns []*dialect.Column) string {
	const lengthSize = 8
	buffer := make([]byte, 0, 512) // so that most rows are spelled without an allocation
	for i := range columns {
		start := len(buffer) + lengthSize
		buffer = appendValue(append(buffer, make([]byte, lengthSize)...), columns[i], &row[i])
		binary.BigEndian.PutUint64(buffer[start-lengthSize:], uint64(len(buffer)-start)) //nolint:gosec // not negative
	}
	hash := sha256.Sum256(buffer)
	return hex.EncodeToString(hash[:16])
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
		return appendList(buffer, column.Element, value.List)
	case dialect.Float, dialect.Double:
		return binary.BigEndian.AppendUint64(buffer, math.Float64bits(value.Float))
	case dialect.Timestamp, dialect.LocalTimestamp:
		return value.Time.UTC().AppendFormat(buffer, time.RFC3339Nano)
	default:
		return append(buffer, value.Text...)
	}
}

// appendList spells the items of an array, and of those within.
func appendList(buffer []byte, element *dialect.Column, items []dialect.Value) []byte {
	buffer = binary.AppendUvarint(buffer, uint64(len(items)))
	for i := range items {
		var item []byte
		if items[i].List != nil {
			item = appendList([]byte{'['}, element, items[i].List)
		} else {
			item = appendValue(nil, element, &items[i])
		}
		buffer = append(binary.AppendUvarint(buffer, uint64(len(item))), item...)
	}
	return buffer
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
