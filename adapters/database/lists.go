package database

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/wire"
)

// The fields of google.protobuf.ListValue and Value.
const (
	listValues  protowire.Number = 1
	nullValue   protowire.Number = 1
	numberValue protowire.Number = 2
	stringValue protowire.Number = 3
	boolValue   protowire.Number = 4
	listValue   protowire.Number = 6
)

// writeList writes an array as a google.protobuf.ListValue, whose items are those that a field of their kind has in JSON.
func writeList(w *wire.Writer, number protoreflect.FieldNumber, element *dialect.Column, items []dialect.Value) error {
	list := w.Open(number)
	for i := range items {
		value := w.Open(listValues)
		if err := writeItem(w, element, &items[i]); err != nil {
			return err
		}
		w.Close(value)
	}
	w.Close(list)
	return nil
}

// writeItem writes the field of a google.protobuf.Value.
func writeItem(w *wire.Writer, element *dialect.Column, item *dialect.Value) error {
	switch {
	case item.Null:
		w.Varint(nullValue, 0)
		return nil
	case item.List != nil:
		return writeList(w, listValue, element, item.List)
	}
	switch element.Kind {
	case dialect.Bool:
		w.Bool(boolValue, item.Int != 0)
	case dialect.Int16, dialect.Int32, dialect.Uint32:
		w.Fixed64(numberValue, math.Float64bits(float64(item.Int)))
	case dialect.Int64:
		w.String(stringValue, strconv.FormatInt(item.Int, 10))
	case dialect.Uint64:
		w.String(stringValue, strconv.FormatUint(uint64(item.Int), 10)) //nolint:gosec // the bits are what is meant
	case dialect.Float, dialect.Double:
		writeFloat(w, item.Float)
	case dialect.Bytes:
		w.String(stringValue, base64.StdEncoding.EncodeToString(item.Text))
	case dialect.Timestamp, dialect.LocalTimestamp:
		w.String(stringValue, item.Time.UTC().Format(time.RFC3339Nano))
	default:
		if !utf8.Valid(item.Text) {
			return fmt.Errorf("the column %s holds text that is not UTF-8", element.Name)
		}
		w.BytesField(stringValue, item.Text)
	}
	return nil
}

// writeFloat writes a number, and as proto3 JSON spells them those that are none.
func writeFloat(w *wire.Writer, n float64) {
	switch {
	case math.IsNaN(n):
		w.String(stringValue, "NaN")
	case math.IsInf(n, 1):
		w.String(stringValue, "Infinity")
	case math.IsInf(n, -1):
		w.String(stringValue, "-Infinity")
	default:
		w.Fixed64(numberValue, math.Float64bits(n))
	}
}

// listOf is an array as the engine takes it, from a repeated field or a google.protobuf.ListValue.
func listOf(element *dialect.Column, value protoreflect.Value) dialect.List {
	list, repeated := value.Interface().(protoreflect.List)
	if !repeated {
		return dialect.List{Element: element.Kind, Items: itemsOf(value.Message())}
	}
	items := make([]any, list.Len())
	for i := range items {
		items[i] = argumentOf(element, list.Get(i))
	}
	return dialect.List{Element: element.Kind, Items: items}
}

// itemsOf reads a google.protobuf.ListValue, which may be dynamic, as [dialect.List] has it.
func itemsOf(message protoreflect.Message) []any {
	list := message.Get(message.Descriptor().Fields().ByNumber(listValues)).List()
	items := make([]any, list.Len())
	for i := range items {
		items[i] = itemOf(list.Get(i).Message())
	}
	return items
}

// itemOf reads a google.protobuf.Value. Fields within are of no kind that an array has, and are left as they are, for the engine to refuse.
func itemOf(message protoreflect.Message) any {
	field := message.WhichOneof(message.Descriptor().Oneofs().Get(0))
	if field == nil || field.Number() == nullValue {
		return nil
	}
	value := message.Get(field)
	if field.Number() == listValue {
		return itemsOf(value.Message())
	}
	return value.Interface()
}
