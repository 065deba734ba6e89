package contract

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/registry"
	adapterv1 "github.com/postern-gateway/postern/proto/postern/adapter/v1"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// What the error rules of a step see of its failure, beside the request and other steps.
const (
	errorVariable       = "error"
	errorCodeVariable   = "error.code"
	errorReasonVariable = "error.reason"
	errorDetailVariable = "error.detail"
)

// stepRules compiles the error rules of a step. The step waits for the steps that they read, so that these have ended when it fails.
func (m *methodCompiler) stepRules(s *step, bindings []*configv1.ErrorRule) {
	if len(bindings) == 0 || s.method == nil {
		return
	}
	failed := maps.Clone(m.variables)
	failed[errorCodeVariable], failed[errorReasonVariable] = cel.StringType, cel.StringType
	if s.detail = m.detailOf(s.method); s.detail != nil {
		failed[errorDetailVariable] = cel.OptionalType(cel.ObjectType(string(s.detail.FullName())))
	}
	scope, err := m.scope(failed, slices.Sorted(maps.Keys(failed)))
	if err != nil {
		m.found.Add(m.api.BindingSource.AtKey(s.place, "%v", err))
		return
	}
	for i, binding := range bindings {
		compiled := m.compileRule(scope, fmt.Sprintf("%s.errors[%d]", s.place, i), binding)
		if compiled != nil {
			s.rules = append(s.rules, compiled)
			s.read(compiled.when.reads)
		}
	}
}

// detailOf returns the message in which the method's failures are described (postern.adapter.v1.error_detail), or nil.
func (m *methodCompiler) detailOf(method protoreflect.MethodDescriptor) protoreflect.MessageDescriptor {
	name, _ := proto.GetExtension(registry.MethodOptions(method), adapterv1.E_ErrorDetail).(string)
	if name == "" {
		return nil
	}
	found, err := m.catalog.FindDescriptorByName(protoreflect.FullName(name))
	if err != nil {
		return nil
	}
	detail, _ := found.(protoreflect.MessageDescriptor)
	return detail
}

// A failing run is one whose step has failed, as the step's error rules see it.
type failing struct {
	*run
	step  *step
	cause *adapters.Error
}

var _ cel.Activation = failing{}

// ResolveName implements cel.Activation.
func (f failing) ResolveName(name string) (any, bool) {
	switch name {
	case errorCodeVariable:
		return adapters.CodeName(f.cause.Code), true
	case errorReasonVariable:
		if f.cause.Reason == "" {
			return adapters.CodeName(f.cause.Code), true
		}
		return f.cause.Reason, true
	case errorDetailVariable:
		return f.detail(), true
	default:
		return f.run.ResolveName(name)
	}
}

// detail is what the legacy system said, if it is of the type that the method declares.
func (f failing) detail() ref.Val {
	said := f.cause.Detail
	if said == nil || f.step.detail == nil || said.ProtoReflect().Descriptor().FullName() != f.step.detail.FullName() {
		return types.OptionalNone
	}
	return types.OptionalOf(f.method.adapter.NativeToValue(said))
}

// judge returns what the caller sees of a step's failure: what the first rule that holds says, else what is public of it.
func (r *run) judge(ctx context.Context, s *step, o outcome) error {
	if o.failure == nil {
		return o.err
	}
	for _, rule := range s.rules {
		holds, err := rule.when.holds(ctx, failing{run: r, step: s, cause: o.failure})
		if err != nil {
			return r.failure(ctx, err)
		}
		if holds {
			return &adapters.Error{Code: rule.code, Reason: rule.reason, Message: rule.message, RetryAfter: retryAfter(rule.code, o.failure),
				Cause: fmt.Errorf("step %s, as the error rule at %s has it: %w", s.name, rule.when.place, o.failure)}
		}
	}
	return o.err
}

// retryAfter is how long the legacy system asked to wait, where the caller is still told that it may come again.
func retryAfter(code codes.Code, failure *adapters.Error) time.Duration {
	if isIll(code) {
		return failure.RetryAfter
	}
	return 0
}
