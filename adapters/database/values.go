package database

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// A field is a column and the field of a message that holds it.
type field struct {
	column     *dialect.Column
	name       protoreflect.Name
	jsonName   string
	descriptor protoreflect.FieldDescriptor
}

// A record makes messages of rows.
type record struct {
	messageType protoreflect.MessageType
	fields      []*field
	// table is where the rows come from; nil means from a query.
	table *dialect.Table
}

// newRecord finds the descriptor of each field in the message that holds them.
func newRecord(descriptor protoreflect.MessageDescriptor, fields []*field) *record {
	for _, f := range fields {
		f.descriptor = descriptor.Fields().ByName(f.name)
	}
	return &record{messageType: dynamicpb.NewMessageType(descriptor), fields: fields}
}

// columns are those of the fields, in order.
func (r *record) columns() []*dialect.Column {
	columns := make([]*dialect.Column, len(r.fields))
	for i, f := range r.fields {
		columns[i] = f.column
	}
	return columns
}

// message makes a message of a row, which may have more values behind those of the fields.
func (r *record) message(row []dialect.Value) (protoreflect.Message, error) {
	message := r.messageType.New()
	for i, f := range r.fields {
		if row[i].Null {
			continue
		}
		value, err := protoValue(f.column, &row[i])
		if err != nil {
			return nil, r.unreadable(f.column, row, err)
		}
		message.Set(f.descriptor, value)
	}
	return message, nil
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
	if value.Null {
		return "NULL"
	}
	told, err := protoValue(column, value)
	if err != nil {
		return "(unreadable)"
	}
	if text, ok := told.Interface().(string); ok {
		return strconv.Quote(text)
	}
	return told.String()
}

// protoValue is the value as the field of the column's kind holds it.
func protoValue(column *dialect.Column, value *dialect.Value) (protoreflect.Value, error) {
	if value.Unreadable != nil {
		return protoreflect.Value{}, value.Unreadable
	}
	switch column.Kind {
	case dialect.Bool:
		return protoreflect.ValueOfBool(value.Int != 0), nil
	case dialect.Int16, dialect.Int32:
		return protoreflect.ValueOfInt32(int32(value.Int)), nil //nolint:gosec // the engine keeps it in range
	case dialect.Int64:
		return protoreflect.ValueOfInt64(value.Int), nil
	case dialect.Float:
		return protoreflect.ValueOfFloat32(float32(value.Float)), nil
	case dialect.Double:
		return protoreflect.ValueOfFloat64(value.Float), nil
	case dialect.Bytes:
		return protoreflect.ValueOfBytes(bytes.Clone(value.Text)), nil
	case dialect.Timestamp, dialect.LocalTimestamp:
		return protoreflect.ValueOfMessage(timestamppb.New(value.Time).ProtoReflect()), nil
	default:
		if !utf8.Valid(value.Text) {
			return protoreflect.Value{}, fmt.Errorf("the column %s holds text that is not UTF-8", column.Name)
		}
		return protoreflect.ValueOfString(string(value.Text)), nil
	}
}

// argument is a field's value as the engine takes it; an absent one is NULL.
func (f *field) argument(message protoreflect.Message) any {
	if !message.Has(f.descriptor) {
		return nil
	}
	return argumentOf(f.column.Kind, message.Get(f.descriptor))
}

func argumentOf(kind dialect.Kind, value protoreflect.Value) any {
	switch kind {
	case dialect.Bool:
		return value.Bool()
	case dialect.Int16, dialect.Int32, dialect.Int64:
		return value.Int()
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
		buffer = appendValue(buffer[:0], columns[i].Kind, &row[i])
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(buffer)))
		hash.Write(length[:])
		hash.Write(buffer)
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// appendValue spells a value so that two differ if and only if the values do.
func appendValue(buffer []byte, kind dialect.Kind, value *dialect.Value) []byte {
	if value.Null {
		return buffer
	}
	buffer = append(buffer, '=')
	switch kind {
	case dialect.Bool, dialect.Int16, dialect.Int32, dialect.Int64:
		return strconv.AppendInt(buffer, value.Int, 10)
	case dialect.Float, dialect.Double:
		return binary.BigEndian.AppendUint64(buffer, math.Float64bits(value.Float))
	case dialect.Timestamp, dialect.LocalTimestamp:
		return value.Time.UTC().AppendFormat(buffer, time.RFC3339Nano)
	default:
		return append(buffer, value.Text...)
	}
}
