package memory

import (
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
)

func errNotFound() error {
	return &adapters.Error{Code: codes.NotFound, Reason: "ITEM_NOT_FOUND", Message: "There is no item of this id."}
}

func errExists() error {
	return &adapters.Error{Code: codes.AlreadyExists, Reason: "ITEM_EXISTS", Message: "There is an item of this id already."}
}

// errChanged is the fault of a write whose conditions do not hold; nothing was written.
func errChanged() error {
	return &adapters.Error{Code: codes.FailedPrecondition, Reason: adapters.ReasonChanged, Message: "The item has changed since you read it."}
}

func errNotWritable() error {
	return &adapters.Error{Code: codes.InvalidArgument, Violations: []adapters.Violation{{Field: "updateMask", Description: "only title and amount can be changed"}}}
}

// errClosed is the fault of a table that is gone; nothing was written.
func errClosed() error {
	return &adapters.Error{Code: codes.Unavailable, Reason: "BACKEND_CLOSED", Unsent: true}
}
