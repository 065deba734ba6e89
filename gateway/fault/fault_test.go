package fault_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/fault"
)

const (
	unavailableText = "The system behind this is not available just now. Try again later."
	internalText    = "Something went wrong on our side."
)

func TestPublic(t *testing.T) {
	t.Parallel()
	secret := errors.New("dial tcp 10.1.2.3:1521: connection refused")
	rows := []struct {
		name       string
		err        error
		code       codes.Code
		reason     string
		message    string
		retryAfter time.Duration
		violations []adapters.Violation
	}{
		{name: "an adapter's error", err: adapters.Errorf(codes.NotFound, "ACCOUNT_NOT_FOUND", "there is no account 7: %w", secret),
			code: codes.NotFound, reason: "ACCOUNT_NOT_FOUND", message: "there is no account 7"},
		{name: "an adapter's error, wrapped", err: fmt.Errorf("calling ORA-01017: %w", &adapters.Error{Code: codes.Unavailable, RetryAfter: 3 * time.Second, Cause: secret}),
			code: codes.Unavailable, reason: "UNAVAILABLE", message: unavailableText, retryAfter: 3 * time.Second},
		{name: "an adapter's error over a context's", err: &adapters.Error{Code: codes.Unavailable, Cause: context.DeadlineExceeded},
			code: codes.Unavailable, reason: "UNAVAILABLE", message: unavailableText},
		{name: "violations", err: &adapters.Error{Code: codes.InvalidArgument, Violations: []adapters.Violation{{Field: "a.b", Description: "is missing"}}},
			code: codes.InvalidArgument, reason: "INVALID_ARGUMENT", message: "The request is not valid.",
			violations: []adapters.Violation{{Field: "a.b", Description: "is missing"}}},
		{name: "a deadline", err: fmt.Errorf("reading: %w", context.DeadlineExceeded), code: codes.DeadlineExceeded, reason: "DEADLINE_EXCEEDED", message: "The answer did not come in time."},
		{name: "given up", err: fmt.Errorf("reading: %w", context.Canceled), code: codes.Canceled, reason: "CANCELLED", message: "The caller gave the call up."},
		{name: "a foreign status", err: status.Error(codes.Unavailable, secret.Error()), code: codes.Unavailable, reason: "UNAVAILABLE", message: unavailableText},
		{name: "a foreign status, wrapped", err: fmt.Errorf("calling %w", status.Error(codes.PermissionDenied, secret.Error())), code: codes.PermissionDenied, reason: "PERMISSION_DENIED", message: "This is not allowed."},
		{name: "a foreign unknown status", err: status.Error(codes.Unknown, secret.Error()), code: codes.Internal, reason: "INTERNAL", message: internalText},
		{name: "anything else", err: secret, code: codes.Internal, reason: "INTERNAL", message: internalText},
		{name: "no failure", err: &adapters.Error{Code: codes.OK}, code: codes.Internal, reason: "INTERNAL", message: internalText},
		{name: "no code of gRPC", err: &adapters.Error{Code: 99}, code: codes.Internal, reason: "INTERNAL", message: internalText},
		{name: "text that is no UTF-8", err: &adapters.Error{Code: codes.Internal, Message: "caf\xe9", Violations: []adapters.Violation{{Field: "\xff"}}},
			code: codes.Internal, reason: "INTERNAL", message: "caf\uFFFD", violations: []adapters.Violation{{Field: "\uFFFD"}}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			public := fault.Public(row.err)
			if public.Code() != row.code || public.Message() != row.message {
				t.Errorf("got %s %q, want %s %q", public.Code(), public.Message(), row.code, row.message)
			}
			if reason := fault.Reason(public); reason != row.reason {
				t.Errorf("got reason %s, want %s", reason, row.reason)
			}
			if wait := fault.RetryAfter(public); wait != row.retryAfter {
				t.Errorf("got retry after %s, want %s", wait, row.retryAfter)
			}
			if violations := fault.Violations(public); !slices.Equal(violations, row.violations) {
				t.Errorf("got violations %v, want %v", violations, row.violations)
			}
			if _, err := proto.Marshal(public.Proto()); err != nil {
				t.Errorf("the status cannot be sent: %v", err)
			}
		})
	}
}

func TestPublicOfNil(t *testing.T) {
	t.Parallel()
	if public := fault.Public(nil); public != nil {
		t.Errorf("got %v, want nil", public)
	}
}

func TestRetryable(t *testing.T) {
	t.Parallel()
	rows := []struct {
		err               error
		repeatable, write bool
	}{
		{err: nil},
		{err: &adapters.Error{Code: codes.Unavailable}, repeatable: true},
		{err: &adapters.Error{Code: codes.Unavailable, Unsent: true}, repeatable: true, write: true},
		{err: context.DeadlineExceeded, repeatable: true},
		{err: &adapters.Error{Code: codes.ResourceExhausted}, repeatable: true, write: true},
		{err: &adapters.Error{Code: codes.Aborted}, repeatable: true, write: true},
		{err: &adapters.Error{Code: codes.NotFound}},
		{err: &adapters.Error{Code: codes.InvalidArgument, Unsent: true}},
		{err: errors.New("surprise")},
	}
	for _, row := range rows {
		if got := fault.Retryable(row.err, true); got != row.repeatable {
			t.Errorf("%v: a repeatable call is retryable: %t, want %t", row.err, got, row.repeatable)
		}
		if got := fault.Retryable(row.err, false); got != row.write {
			t.Errorf("%v: a write is retryable: %t, want %t", row.err, got, row.write)
		}
	}
}
