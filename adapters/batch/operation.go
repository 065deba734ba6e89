package batch

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/postern-gateway/postern/adapters"
)

// operationPrefix begins the names of operations (AIP-151).
const operationPrefix = "operations/"

// operation is what callers see of a submission.
func (s *submissions) operation(one *submission) (*longrunningpb.Operation, error) {
	metadata := newMessage(s.metadata)
	fields := s.metadata.Fields()
	metadata.Set(fields.ByName("kind"), protoreflect.ValueOfString(s.config.GetName()))
	metadata.Set(fields.ByName("state"), protoreflect.ValueOfString(one.State))
	metadata.Set(fields.ByName("file"), protoreflect.ValueOfString(one.File))
	metadata.Set(fields.ByName("position"), protoreflect.ValueOfInt32(int32(one.Position))) //nolint:gosec // bounded by the cut
	metadata.Set(fields.ByName("late_code"), protoreflect.ValueOfString(one.Late))
	setTimestamp(metadata.Mutable(fields.ByName("create_time")).Message(), one.Created)
	setTimestamp(metadata.Mutable(fields.ByName("update_time")).Message(), one.Updated)

	packed, err := anypb.New(metadata)
	if err != nil {
		return nil, fmt.Errorf("packing the metadata: %w", err)
	}
	operation := &longrunningpb.Operation{Name: operationPrefix + one.ID, Metadata: packed, Done: one.isDone()}
	switch one.State {
	case stateAcknowledged:
		result, err := anypb.New(s.resultOf(one))
		if err != nil {
			return nil, fmt.Errorf("packing the result: %w", err)
		}
		operation.Result = &longrunningpb.Operation_Response{Response: result}
	case stateRejected:
		operation.Result = failed(codes.FailedPrecondition, "SUBMISSION_REJECTED", one.Message, map[string]string{"code": one.Code})
	case stateExpired:
		operation.Result = failed(codes.DeadlineExceeded, "SUBMISSION_EXPIRED", "The other side has not answered in time.", nil)
	case stateCancelled:
		operation.Result = failed(codes.Canceled, "SUBMISSION_CANCELLED", "The submission was cancelled before it left.", nil)
	}
	return operation, nil
}

func (s *submissions) resultOf(one *submission) proto.Message {
	result := newMessage(s.result)
	fields := s.result.Fields()
	result.Set(fields.ByName("reference"), protoreflect.ValueOfString(one.Reference))
	result.Set(fields.ByName("code"), protoreflect.ValueOfString(one.Code))
	result.Set(fields.ByName("file"), protoreflect.ValueOfString(one.File))
	result.Set(fields.ByName("position"), protoreflect.ValueOfInt32(int32(one.Position))) //nolint:gosec // bounded by the cut
	return result
}

// failed is the error of an operation; of a rejection it has the text that the configuration has for it.
func failed(code codes.Code, reason, message string, more map[string]string) *longrunningpb.Operation_Error {
	out := &status.Status{Code: int32(code), Message: message} //nolint:gosec // codes are small
	info, err := anypb.New(&errdetails.ErrorInfo{Reason: reason, Domain: adapters.ErrorDomain, Metadata: more})
	if err == nil {
		out.Details = []*anypb.Any{info}
	}
	return &longrunningpb.Operation_Error{Error: out}
}

// operations answers for the operations of all kinds of submission.
type operations struct {
	store adapters.Store
	kinds []*submissions
	// getID, cancelID and watchID are the field of each request that names the operation.
	getID, cancelID, watchID protoreflect.FieldDescriptor
	list                     listRequest
}

// number reads the number of a submission, which is the last part of its id.
func number(id string) (int64, bool) {
	_, digits, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0
}

// named returns the id in a request.
func named(request proto.Message, field protoreflect.FieldDescriptor) string {
	return strings.TrimPrefix(request.ProtoReflect().Get(field).String(), operationPrefix)
}

// find looks an operation up. The submission is nil if there is none.
func (o *operations) find(tx adapters.Tx, id string) (*submissions, *submission, error) {
	n, ok := number(id)
	if !ok {
		return nil, nil, nil
	}
	for _, kind := range o.kinds {
		one, err := kind.find(tx, n)
		if err != nil {
			return nil, nil, err
		}
		if one != nil && one.ID == id {
			return kind, one, nil
		}
	}
	return nil, nil, nil
}

// read returns the operation of an id, and its submission.
func (o *operations) read(ctx context.Context, id string) (kind *submissions, one *submission, err error) {
	err = o.store.View(ctx, func(tx adapters.Tx) (err error) {
		kind, one, err = o.find(tx, id)
		return err
	})
	switch {
	case err != nil:
		return nil, nil, shape(fmt.Errorf("looking up an operation: %w", err))
	case one == nil:
		return nil, nil, shape(errNoOperation)
	default:
		return kind, one, nil
	}
}

func (o *operations) get(ctx context.Context, request proto.Message) (proto.Message, error) {
	kind, one, err := o.read(ctx, named(request, o.getID))
	if err != nil {
		return nil, err
	}
	return kind.operation(one)
}

// cancel takes a submission off the queue. One that has been cancelled before stays so; any other that is in the queue no more is refused.
func (o *operations) cancel(ctx context.Context, request proto.Message) (proto.Message, error) {
	id := named(request, o.cancelID)
	var kind *submissions
	var one *submission
	err := o.store.Update(ctx, func(tx adapters.Tx) (err error) {
		if kind, one, err = o.find(tx, id); err != nil || one == nil || one.State == stateCancelled {
			return err
		}
		if one.State != stateQueued {
			return errNotQueued
		}
		return kind.withdraw(tx, one)
	})
	switch {
	case err != nil:
		return nil, shape(fmt.Errorf("cancelling an operation: %w", err))
	case one == nil:
		return nil, shape(errNoOperation)
	}
	kind.bell.ring()
	return kind.operation(one)
}

// withdraw ends a submission that is still in the queue.
func (s *submissions) withdraw(tx adapters.Tx, one *submission) error {
	var counted counters
	if _, err := get(tx, s.countersKey(), &counted); err != nil {
		return err
	}
	counted.Waiting, counted.Bytes = counted.Waiting-1, counted.Bytes-int64(len(one.Record))
	one.State, one.Record = stateCancelled, nil
	if err := put(tx, s.countersKey(), &counted); err != nil {
		return err
	}
	if err := tx.Delete(s.queueKey(one.Number)); err != nil {
		return fmt.Errorf("taking a submission off the queue: %w", err)
	}
	if err := s.end(tx, one); err != nil {
		return err
	}
	return s.addJob(tx, forgetJob, "operation/"+strconv.FormatInt(one.Number, 10), s.keep)
}
