package batch

import (
	"errors"
	"io/fs"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// The faults of this adapter, as the code knows them.
var (
	errNotLoaded         = errors.New("no extract has been read")
	errNotKept           = errors.New("no snapshot so old is kept")
	errHeld              = errors.New("the last extract is held back")
	errNoSnapshot        = errors.New("no snapshot of this name is kept")
	errRefused           = errors.New("the last extract was refused")
	errNoRecord          = errors.New("there is no record of this key")
	errNoOperation       = errors.New("there is no operation of this id")
	errNotQueued         = errors.New("the submission is in the queue no more")
	errAnswerTooLarge    = errors.New("the page is too large")
	errReferencesUsedUp  = errors.New("the reference field cannot hold another number")
	errDirectory         = errors.New("a directory cannot be used")
	errClosed            = errors.New("the back end is closed")
	errRecordUnreadable  = errors.New("a record of the snapshot cannot be decoded")
	errAcknowledgement   = errors.New("the last acknowledgement could not be used")
	errDelivery          = errors.New("the last file could not be delivered")
	errOutboxNameIsTaken = errors.New("another file has this name in the outbox")
	errDeliveryUnknown   = errors.New("nobody knows whether the file has been delivered")
)

// faults is the fault table: what a caller learns of each fault.
var faults = []struct {
	fault   error
	code    codes.Code
	reason  string
	message string
}{
	{errNotLoaded, codes.Unavailable, "EXTRACT_NOT_LOADED", "The data has not arrived yet. Try again later."},
	{errNotKept, codes.NotFound, "AS_OF_NOT_KEPT", "The data as of that moment is not kept any more."},
	{errHeld, codes.FailedPrecondition, "EXTRACT_HELD", "The newest data waits for what has to come before it; the data before it is being served."},
	{errNoSnapshot, codes.NotFound, "SNAPSHOT_NOT_KEPT", "No snapshot of this name is kept."},
	{errGone, codes.FailedPrecondition, "EXTRACT_GONE", "Newer data has been read elsewhere, and cannot be read here any more."},
	{errLate, codes.FailedPrecondition, "EXTRACT_LATE", "Newer data is due and has not come; the data before it is being served."},
	{errRefused, codes.FailedPrecondition, "EXTRACT_REFUSED", "The newest data did not pass its checks; the data before it is being served."},
	{errNoRecord, codes.NotFound, "RECORD_NOT_FOUND", "There is no record under this key."},
	{errAnswerTooLarge, codes.OutOfRange, "ANSWER_TOO_LARGE", "The answer is too large. Ask for fewer rows or fewer fields."},
	{errNoOperation, codes.NotFound, "OPERATION_NOT_FOUND", "There is no operation under this id."},
	{errNotQueued, codes.FailedPrecondition, adapters.ReasonTooLate, "It can be cancelled no more: it is in a file, or has ended."},
	{errReferencesUsedUp, codes.ResourceExhausted, "REFERENCES_USED_UP", "No more can be taken: the numbers for references are used up."},
	{errDirectory, codes.Unavailable, "DIRECTORY_UNAVAILABLE", "The place where files are exchanged cannot be reached just now."},
	{errClosed, codes.Unavailable, "CLOSED", "The system behind this is being shut down. Try again later."},
	{errRecordUnreadable, codes.DataLoss, "RECORD_UNREADABLE", "The record holds something that cannot be read."},
	{errAcknowledgement, codes.FailedPrecondition, "ACKNOWLEDGEMENT_REFUSED", "The newest acknowledgement could not be used."},
	{errDeliveryUnknown, codes.FailedPrecondition, "DELIVERY_UNKNOWN", "It is not known whether a file was delivered; it is not sent again until somebody says so."},
	{errDelivery, codes.Unavailable, "DELIVERY_FAILED", "The newest file could not be delivered; it will be tried again."},
	{errOutboxNameIsTaken, codes.FailedPrecondition, "OUTBOX_NAME_TAKEN", "A file could not be delivered, since there is another of its name."},
}

// shape turns a fault into what its caller may know. Context errors come first.
func shape(err error) error {
	if err == nil {
		return nil
	}
	var ready *adapters.Error
	if errors.As(err, &ready) {
		return ready
	}
	if ended := adapters.FromContext(err); ended != nil {
		return ended
	}
	for _, row := range faults {
		if errors.Is(err, row.fault) {
			return &adapters.Error{Code: row.code, Reason: row.reason, Message: row.message, Cause: err}
		}
	}
	var field *record.FieldError
	var path *fs.PathError
	switch {
	case errors.As(err, &field):
		return &adapters.Error{Code: codes.DataLoss, Reason: "RECORD_UNREADABLE", Cause: err}
	case errors.As(err, &path):
		return &adapters.Error{Code: codes.Unavailable, Reason: "DIRECTORY_UNAVAILABLE", Cause: err}
	default:
		return &adapters.Error{Code: codes.Internal, Cause: err}
	}
}
