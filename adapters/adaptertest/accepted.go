package adaptertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
)

// An Accepted is a method that takes work which is done later, and answers with an operation (AIP-151).
type Accepted struct {
	// Submit is a call that is accepted. Its Reply is not looked at.
	Submit Call
	// Refused is a call of the same method that is not, because of what is in it.
	Refused Call
	// Operation is the method that reads an operation. Its request has one field: the operation's name without "operations/".
	Operation protoreflect.Name
}

// operationPrefix is what names of operations begin with.
const operationPrefix = "operations/"

// checkAccepted tries a method that answers with an operation: what has been accepted is told from all else, and is still known to a process that is started later. The subject names such a method if the
// adapter has any.
func checkAccepted(t *testing.T, subject Subject) {
	config, settings := subject.Config(t), options(t, subject)
	backend := openWith(t, subject, config, settings)
	if subject.Accepted == nil {
		for _, method := range acceptingMethods(backend) {
			t.Errorf("%s answers with an operation: say how to try one such method in the subject's Accepted", method)
		}
		return
	}
	a := subject.Accepted
	_, _, err := call(t.Context(), t, backend, a.Refused)
	wantCode(t, subject, err, codes.InvalidArgument)
	var refused *adapters.Error
	if !errors.As(err, &refused) || len(refused.Violations) == 0 {
		t.Errorf("%s was refused without a violation: %v", a.Refused.Request, err)
	}

	first, second := wantAccepted(t, backend, a.Submit), wantAccepted(t, backend, a.Submit)
	if first.GetName() == second.GetName() {
		t.Errorf("two calls were accepted as one operation, %s", first.GetName())
	}
	wantOperation(t, backend, a, first)
	_, err = operationOf(t, backend, a, "none")
	wantCode(t, subject, err, codes.NotFound)

	if err := backend.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	again := openWith(t, subject, config, settings)
	wantOperation(t, again, a, first)
	wantOperation(t, again, a, second)
	if third := wantAccepted(t, again, a.Submit); third.GetName() == first.GetName() || third.GetName() == second.GetName() {
		t.Errorf("the name %s was given again after the back end was opened again", third.GetName())
	}
}

// wantAccepted makes a call that is accepted.
func wantAccepted(t *testing.T, backend adapters.Backend, submit Call) *longrunningpb.Operation {
	t.Helper()
	reply, _, err := call(t.Context(), t, backend, submit)
	if err != nil {
		t.Fatalf("%s: %v", submit.Method, err)
	}
	operation := asOperation(t, reply)
	if id, ok := strings.CutPrefix(operation.GetName(), operationPrefix); !ok || id == "" || operation.GetMetadata() == nil {
		t.Errorf("the operation has the name %q and the metadata %v", operation.GetName(), operation.GetMetadata())
	}
	return operation
}

// wantOperation reads an operation that was accepted.
func wantOperation(t *testing.T, backend adapters.Backend, a *Accepted, want *longrunningpb.Operation) {
	t.Helper()
	got, err := operationOf(t, backend, a, strings.TrimPrefix(want.GetName(), operationPrefix))
	switch {
	case err != nil:
		t.Errorf("reading %s: %v", want.GetName(), err)
	case got.GetName() != want.GetName() || got.GetMetadata().GetTypeUrl() != want.GetMetadata().GetTypeUrl():
		t.Errorf("the operation is %s with a %s, and was accepted as %s with a %s", got.GetName(), got.GetMetadata().GetTypeUrl(), want.GetName(), want.GetMetadata().GetTypeUrl())
	}
}

func operationOf(t *testing.T, backend adapters.Backend, a *Accepted, id string) (*longrunningpb.Operation, error) {
	t.Helper()
	_, method := find(t, backend, a.Operation)
	request := fmt.Sprintf(`{%q: %q}`, method.Input().Fields().Get(0).JSONName(), id)
	reply, _, err := call(t.Context(), t, backend, Call{Method: a.Operation, Request: request})
	if err != nil {
		return nil, err
	}
	return asOperation(t, reply), nil
}

// asOperation reads a reply, which may be dynamic.
func asOperation(t *testing.T, reply proto.Message) *longrunningpb.Operation {
	t.Helper()
	data, err := proto.Marshal(reply)
	operation := &longrunningpb.Operation{}
	if err == nil {
		err = proto.Unmarshal(data, operation)
	}
	if err != nil {
		t.Fatal(err)
	}
	return operation
}

func acceptingMethods(backend adapters.Backend) []protoreflect.FullName {
	var names []protoreflect.FullName
	operation := (&longrunningpb.Operation{}).ProtoReflect().Descriptor().FullName()
	for _, service := range backend.Services() {
		for i := range service.Descriptor.Methods().Len() {
			if method := service.Descriptor.Methods().Get(i); method.Output().FullName() == operation {
				names = append(names, method.FullName())
			}
		}
	}
	return names
}
