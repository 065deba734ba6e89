package wirejson

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// What times and durations may be (google/protobuf/timestamp.proto and duration.proto), in seconds and nanoseconds.
const (
	minTimestamp = -62135596800 // 0001-01-01T00:00:00Z
	maxTimestamp = 253402300799 // 9999-12-31T23:59:59Z
	maxDuration  = 315576000000 // 10,000 years
	maxNanos     = 999999999
)

// special returns what writes a message of google.protobuf that has a JSON of its own, or nil. Of Empty it is an object like any other.
func special(name protoreflect.FullName) func(e *encoder, t *table, data []byte) error {
	switch name {
	case "google.protobuf.Any":
		return (*encoder).any
	case "google.protobuf.Timestamp":
		return (*encoder).timestamp
	case "google.protobuf.Duration":
		return (*encoder).duration
	case "google.protobuf.Value":
		return (*encoder).value
	case "google.protobuf.Struct", "google.protobuf.ListValue",
		"google.protobuf.DoubleValue", "google.protobuf.FloatValue", "google.protobuf.BoolValue", "google.protobuf.StringValue", "google.protobuf.BytesValue",
		"google.protobuf.Int64Value", "google.protobuf.UInt64Value", "google.protobuf.Int32Value", "google.protobuf.UInt32Value":
		return (*encoder).wrapped
	default:
		return nil
	}
}

// wrapped writes the one field of the message.
func (e *encoder) wrapped(t *table, data []byte) error {
	base, err := e.scan(t, data)
	if err != nil {
		return err
	}
	err = e.field(t, &t.fields[0], e.spans[base], data)
	e.spans = e.spans[:base]
	return err
}

// value writes the field of a google.protobuf.Value that is set.
func (e *encoder) value(t *table, data []byte) error {
	base, err := e.scan(t, data)
	if err != nil {
		return err
	}
	for i := range t.fields {
		f, s := &t.fields[i], e.spans[base+i]
		if s.count == 0 {
			continue
		}
		if f.kind == protoreflect.DoubleKind {
			if bits, _ := protowire.ConsumeFixed64(data[s.value:s.end]); bits>>52&0x7FF == 0x7FF {
				return fmt.Errorf("a google.protobuf.Value holds %v, which JSON has no number for", math.Float64frombits(bits))
			}
		}
		err := e.field(t, f, s, data)
		e.spans = e.spans[:base]
		return err
	}
	return errors.New("a google.protobuf.Value holds nothing, not even null")
}

// pair reads the seconds and nanoseconds of a time or a duration.
func (e *encoder) pair(t *table, data []byte) (seconds, nanos int64, err error) {
	base, err := e.scan(t, data)
	if err != nil {
		return 0, 0, err
	}
	number := func(i int) int64 {
		if s := e.spans[base+i]; s.count > 0 {
			return t.fields[i].signed(data[s.value:s.end])
		}
		return 0
	}
	seconds, nanos = number(0), number(1)
	e.spans = e.spans[:base]
	return seconds, nanos, nil
}

// timestamp writes a time as RFC 3339 does, in UTC, with 0, 3, 6 or 9 digits behind the second.
func (e *encoder) timestamp(t *table, data []byte) error {
	seconds, nanos, err := e.pair(t, data)
	switch {
	case err != nil:
		return err
	case seconds < minTimestamp || seconds > maxTimestamp || nanos < 0 || nanos > maxNanos:
		return fmt.Errorf("a google.protobuf.Timestamp of %d seconds and %d nanoseconds is out of range", seconds, nanos)
	}
	e.out = time.Unix(seconds, 0).UTC().AppendFormat(append(e.out, '"'), "2006-01-02T15:04:05")
	e.fraction(nanos)
	e.out = append(e.out, 'Z', '"')
	return nil
}

// duration writes a duration in seconds, with 0, 3, 6 or 9 digits behind the point.
func (e *encoder) duration(t *table, data []byte) error {
	seconds, nanos, err := e.pair(t, data)
	switch {
	case err != nil:
		return err
	case seconds < -maxDuration || seconds > maxDuration || nanos < -maxNanos || nanos > maxNanos || seconds > 0 && nanos < 0 || seconds < 0 && nanos > 0:
		return fmt.Errorf("a google.protobuf.Duration of %d seconds and %d nanoseconds is out of range", seconds, nanos)
	}
	e.out = append(e.out, '"')
	if seconds < 0 || nanos < 0 {
		e.out = append(e.out, '-')
		seconds, nanos = -seconds, -nanos
	}
	e.out = strconv.AppendInt(e.out, seconds, 10)
	e.fraction(nanos)
	e.out = append(e.out, 's', '"')
	return nil
}

// fraction writes nanoseconds as decimals.
func (e *encoder) fraction(nanos int64) {
	if nanos == 0 {
		return
	}
	const billion = maxNanos + 1
	start := len(e.out)
	e.out = strconv.AppendInt(e.out, billion+nanos, 10) // a 1 and nine digits
	e.out[start] = '.'
	for range 2 {
		e.out = bytes.TrimSuffix(e.out, []byte("000"))
	}
}

// any writes what a google.protobuf.Any holds, with its type.
func (e *encoder) any(t *table, data []byte) error {
	base, err := e.scan(t, data)
	if err != nil {
		return err
	}
	part := func(i int) []byte {
		if s := e.spans[base+i]; s.count > 0 {
			return content(data[s.value:s.end])
		}
		return nil
	}
	url, value := part(0), part(1)
	e.spans = e.spans[:base]
	switch {
	case len(url) == 0 && len(value) == 0:
		e.out = append(e.out, "{}"...)
		return nil
	case len(url) == 0:
		return errors.New("a google.protobuf.Any holds a value of no type")
	}
	held, err := e.codec.resolver.FindMessageByURL(string(url))
	if err != nil {
		return fmt.Errorf("a google.protobuf.Any holds a %q: %w", url, err)
	}
	inner := e.codec.table(held.Descriptor())
	if inner.foreign {
		return e.foreign(t.descriptor, data)
	}
	e.out = append(e.out, `{"@type":`...)
	if err := e.text(&t.fields[0], url); err != nil {
		return err
	}
	if inner.special == nil {
		return e.members(inner, value)
	}
	e.out = append(e.out, `,"value":`...)
	if err := e.message(inner, value); err != nil {
		return err
	}
	e.out = append(e.out, '}')
	return nil
}
