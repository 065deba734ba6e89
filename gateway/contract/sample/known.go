package sample

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// known makes the messages that mean more than their fields say, or returns nil for any other.
func (m *maker) known(descriptor protoreflect.MessageDescriptor, rules *validate.FieldRules) protoreflect.Message {
	switch descriptor.FullName() {
	case "google.protobuf.Timestamp":
		return m.timestamp(rules.GetTimestamp()).ProtoReflect()
	case "google.protobuf.Duration":
		return m.duration(rules.GetDuration()).ProtoReflect()
	case "google.protobuf.Any":
		return anyOf(rules.GetAny()).ProtoReflect()
	case "google.protobuf.FieldMask":
		return mask(rules.GetFieldMask()).ProtoReflect()
	case "google.protobuf.Struct":
		return (&structpb.Struct{Fields: map[string]*structpb.Value{"example": structpb.NewStringValue(m.letters(6))}}).ProtoReflect()
	case "google.protobuf.Value":
		return structpb.NewStringValue(m.letters(6)).ProtoReflect()
	case "google.protobuf.ListValue":
		return (&structpb.ListValue{Values: []*structpb.Value{structpb.NewStringValue(m.letters(6))}}).ProtoReflect()
	case "google.longrunning.Operation":
		return m.operation().ProtoReflect()
	case "google.protobuf.BoolValue", "google.protobuf.BytesValue", "google.protobuf.StringValue",
		"google.protobuf.DoubleValue", "google.protobuf.FloatValue",
		"google.protobuf.Int32Value", "google.protobuf.Int64Value", "google.protobuf.UInt32Value", "google.protobuf.UInt64Value":
		return m.wrapper(descriptor, rules)
	default:
		return nil
	}
}

// wrapper makes a scalar in its message. The rules of the field are those of the scalar.
func (m *maker) wrapper(descriptor protoreflect.MessageDescriptor, rules *validate.FieldRules) protoreflect.Message {
	message := dynamicpb.NewMessage(descriptor)
	field := descriptor.Fields().ByNumber(1)
	message.Set(field, m.scalar(field, rules))
	return message
}

// operation makes a long-running operation.
func (m *maker) operation() *longrunningpb.Operation {
	operation := &longrunningpb.Operation{Name: fmt.Sprintf("operations/%016x", m.random.Uint64())}
	if name := m.request.Descriptor().Fields().ByName("name"); name != nil && name.Kind() == protoreflect.StringKind && !name.IsList() && m.request.Has(name) {
		operation.Name = m.request.Get(name).String()
	}
	if m.reads {
		operation.Done = true
		operation.Result = &longrunningpb.Operation_Response{Response: &anypb.Any{TypeUrl: "type.googleapis.com/google.protobuf.Empty"}}
	}
	return operation
}

// timestamp makes a time of the year 2026, or one within the rules.
func (m *maker) timestamp(rules *validate.TimestampRules) *timestamppb.Timestamp {
	if rules.GetConst() != nil {
		return rules.GetConst()
	}
	candidates := []time.Time{time.Date(2026, time.Month(1+m.random.IntN(12)), 1+m.random.IntN(28), 9, m.random.IntN(60), 0, 0, time.UTC)}
	for _, example := range rules.GetExample() {
		candidates = append([]time.Time{example.AsTime()}, candidates...)
	}
	for _, bound := range []*timestamppb.Timestamp{rules.GetGt(), rules.GetGte(), rules.GetLt(), rules.GetLte()} {
		if bound != nil {
			at := bound.AsTime()
			candidates = append(candidates, at, at.Add(time.Hour), at.Add(-time.Hour), at.Add(1), at.Add(-1))
		}
	}
	now := time.Now()
	candidates = append(candidates, now, now.Add(-time.Hour), now.Add(time.Hour), time.Unix(0, 0).UTC(), now.AddDate(100, 0, 0))
	for _, candidate := range candidates {
		if fitsTime(rules, candidate, now) {
			return timestamppb.New(candidate)
		}
	}
	return timestamppb.New(candidates[0])
}

func fitsTime(rules *validate.TimestampRules, at, now time.Time) bool {
	return inside(at, rules.GetLt(), rules.GetLte(), rules.GetGt(), rules.GetGte(), (*timestamppb.Timestamp).AsTime, time.Time.Compare) &&
		(!rules.GetLtNow() || at.Before(now)) &&
		(!rules.GetGtNow() || at.After(now)) &&
		(rules.GetWithin() == nil || at.Sub(now).Abs() <= rules.GetWithin().AsDuration())
}

// duration makes some minutes, or a duration within the rules.
func (m *maker) duration(rules *validate.DurationRules) *durationpb.Duration {
	if rules.GetConst() != nil {
		return rules.GetConst()
	}
	given := slices.Concat(rules.GetIn(), rules.GetExample())
	candidates := make([]time.Duration, 0, len(given)+1)
	for _, one := range given {
		candidates = append(candidates, one.AsDuration())
	}
	candidates = append(candidates, time.Duration(1+m.random.IntN(60))*time.Minute)
	for _, bound := range []*durationpb.Duration{rules.GetGt(), rules.GetGte(), rules.GetLt(), rules.GetLte()} {
		if bound != nil {
			candidates = append(candidates, bound.AsDuration(), bound.AsDuration()+time.Second, bound.AsDuration()-time.Second,
				bound.AsDuration()+1, bound.AsDuration()-1)
		}
	}
	for _, candidate := range candidates {
		if fitsDuration(rules, candidate) {
			return durationpb.New(candidate)
		}
	}
	return durationpb.New(candidates[0])
}

func fitsDuration(rules *validate.DurationRules, d time.Duration) bool {
	same := func(other *durationpb.Duration) bool { return other.AsDuration() == d }
	return (len(rules.GetIn()) == 0 || slices.ContainsFunc(rules.GetIn(), same)) &&
		!slices.ContainsFunc(rules.GetNotIn(), same) &&
		inside(d, rules.GetLt(), rules.GetLte(), rules.GetGt(), rules.GetGte(), (*durationpb.Duration).AsDuration, cmp.Compare[time.Duration])
}

// inside checks the four bounds, of which any may be nil. Where the lower one is above the upper one, what lies between them is refused.
func inside[T any, B comparable](value T, lt, lte, gt, gte B, native func(B) T, compare func(a, b T) int) bool {
	var none B
	below, above, low, high := true, true, gt, lt
	switch {
	case lt != none:
		below = compare(value, native(lt)) < 0
	case lte != none:
		below, high = compare(value, native(lte)) <= 0, lte
	}
	switch {
	case gt != none:
		above = compare(value, native(gt)) > 0
	case gte != none:
		above, low = compare(value, native(gte)) >= 0, gte
	}
	if low != none && high != none && compare(native(low), native(high)) > 0 {
		return below || above
	}
	return below && above
}

// anyOf is empty, but of an allowed type.
func anyOf(rules *validate.AnyRules) *anypb.Any {
	if len(rules.GetIn()) > 0 {
		return &anypb.Any{TypeUrl: rules.GetIn()[0]}
	}
	return &anypb.Any{TypeUrl: "type.googleapis.com/google.protobuf.Empty"}
}

func mask(rules *validate.FieldMaskRules) *fieldmaskpb.FieldMask {
	switch {
	case rules.GetConst() != nil:
		return rules.GetConst()
	case len(rules.GetIn()) > 0:
		return &fieldmaskpb.FieldMask{Paths: rules.GetIn()[:1]}
	default:
		return &fieldmaskpb.FieldMask{}
	}
}
