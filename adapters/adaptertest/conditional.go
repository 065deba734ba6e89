package adaptertest

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	adapterv1 "github.com/postern-gateway/postern/proto/postern/adapter/v1"
)

// A Conditional is a method that writes under conditions (option postern.adapter.v1.conditional), and the read of the resource that it writes. The read's Reply is
// what is there before any write, and that of a write is both what it answers and what the read answers from then on.
type Conditional struct {
	Read, Write, Again Call
}

// checkConditional tries a method that writes under conditions. The subject names one if the adapter has any.
func checkConditional(t *testing.T, subject Subject) {
	backend := open(t, subject, subject.Config(t))
	if subject.Conditional == nil {
		for _, method := range conditionalMethods(backend) {
			t.Errorf("%s writes under conditions: say how to try one such method in the subject's Conditional", method)
		}
		return
	}
	c := subject.Conditional
	if _, method := find(t, backend, c.Write.Method); !isConditional(method) {
		t.Fatalf("%s has no option postern.adapter.v1.conditional", c.Write.Method)
	}
	first := wantState(t, backend, c.Read, c.Read.Reply)

	for _, stale := range []adapters.Conditions{
		{IfMatch: []string{first + "-other"}},
		{IfMatch: []string{`W/"` + first + `"`}}, // a weak tag matches nothing
		{IfUnmodifiedSince: time.Unix(1, 0)},
	} {
		_, _, err := underConditions(t, backend, c.Write, stale)
		wantChanged(t, subject, err)
		if now := wantState(t, backend, c.Read, c.Read.Reply); now != first {
			t.Errorf("after a write that was refused the state has the tag %q, and had %q", now, first)
		}
	}

	second := wantWrite(t, backend, c.Write, adapters.Conditions{IfMatch: []string{first + "-other", first}})
	if second == first || second != wantState(t, backend, c.Read, c.Write.Reply) {
		t.Errorf("the write says that its state has the tag %q; the one before had %q", second, first)
	}
	_, _, err := underConditions(t, backend, c.Again, adapters.Conditions{IfMatch: []string{first}})
	wantChanged(t, subject, err)
	wantWrite(t, backend, c.Again, adapters.Conditions{IfMatch: []string{"*"}})
}

// wantState reads the resource, and returns the tag of its state.
func wantState(t *testing.T, backend adapters.Backend, read Call, want string) string {
	t.Helper()
	reply, tag, err := underConditions(t, backend, read, adapters.Conditions{})
	if err != nil {
		t.Fatal(err)
	}
	if tag == "" {
		t.Fatalf("%s says no entity tag, so nobody can write under conditions", read.Method)
	}
	_, method := find(t, backend, read.Method)
	wantReply(t, reply, method.Output(), want)
	return tag
}

// wantWrite writes, and returns the tag of the state that it says to have written.
func wantWrite(t *testing.T, backend adapters.Backend, write Call, conditions adapters.Conditions) string {
	t.Helper()
	reply, tag, err := underConditions(t, backend, write, conditions)
	if err != nil {
		t.Fatalf("writing under %+v: %v", conditions, err)
	}
	_, method := find(t, backend, write.Method)
	wantReply(t, reply, method.Output(), write.Reply)
	return tag
}

func wantChanged(t *testing.T, subject Subject, err error) {
	t.Helper()
	wantCode(t, subject, err, codes.FailedPrecondition)
	var known *adapters.Error
	if !errors.As(err, &known) || known.Reason != adapters.ReasonChanged {
		t.Errorf("the reason is not %s: %v", adapters.ReasonChanged, err)
	}
}

// underConditions makes a call, and returns the tag that its reply says.
func underConditions(t *testing.T, backend adapters.Backend, c Call, conditions adapters.Conditions) (proto.Message, string, error) {
	t.Helper()
	ctx := t.Context()
	if !conditions.IsZero() {
		ctx = adapters.WithConditions(ctx, conditions)
	}
	said := &adapters.Reply{}
	reply, err := answer(ctx, t, backend, c, said)
	return reply, said.ETag, err
}

func conditionalMethods(backend adapters.Backend) []protoreflect.FullName {
	var names []protoreflect.FullName
	for _, service := range backend.Services() {
		for i := range service.Descriptor.Methods().Len() {
			if method := service.Descriptor.Methods().Get(i); isConditional(method) {
				names = append(names, method.FullName())
			}
		}
	}
	return names
}

func isConditional(method protoreflect.MethodDescriptor) bool {
	conditional, _ := proto.GetExtension(method.Options(), adapterv1.E_Conditional).(bool)
	return conditional
}
