package estate

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// withDefaults returns a gateway configuration in which nothing is left out.
func withDefaults(given *configv1.Gateway) *configv1.Gateway {
	complete := &configv1.Gateway{
		Listeners: &configv1.Listeners{Rest: "127.0.0.1:8080", Grpc: "127.0.0.1:9090", Admin: "127.0.0.1:9091"},
		DataDir:   ".data",
		Title:     "APIs",
		Defaults: &configv1.Resilience{
			Timeout:       durationpb.New(10 * time.Second),
			MaxConcurrent: proto.Uint32(64),
			Breaker: &configv1.Breaker{
				Window:       durationpb.New(30 * time.Second),
				MinimumCalls: proto.Uint32(5),
				FailureRate:  proto.Float64(0.5),
				SlowAfter:    durationpb.New(5 * time.Second),
				SlowRate:     proto.Float64(0.8),
				OpenFor:      durationpb.New(10 * time.Second),
			},
		},
		Limits: &configv1.Limits{
			MaxRequestBytes: proto.Uint64(4 << 20),
			MaxTimeout:      durationpb.New(time.Minute),
			ShutdownGrace:   durationpb.New(30 * time.Second),
		},
		Idempotency: &configv1.Idempotency{KeepFor: durationpb.New(24 * time.Hour), MaxReplyBytes: proto.Uint64(1 << 20)},
	}
	overlay(complete, given)
	return complete
}

// Resilience returns what holds for a back end: its own settings over those of gateway.yaml, which have their defaults.
func (e *Estate) Resilience(backend *Backend) *configv1.Resilience {
	complete := proto.CloneOf(e.Gateway.GetDefaults())
	overlay(complete, backend.Config.GetResilience())
	return complete
}

// overlay sets in base what over sets, and keeps the rest. Unlike proto.Merge it replaces a duration as a whole.
func overlay(base, over proto.Message) {
	if over == nil || !over.ProtoReflect().IsValid() {
		return
	}
	target := base.ProtoReflect()
	over.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Message() == nil || field.IsList() || field.IsMap() || isScalarMessage(field.Message()) || !target.Has(field) {
			target.Set(field, value)
		} else {
			overlay(target.Mutable(field).Message().Interface(), value.Message().Interface())
		}
		return true
	})
}
