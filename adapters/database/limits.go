package database

import (
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/listing"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const (
	// maxQueryRows is the most rows of a query's answer, unless max_rows says otherwise.
	maxQueryRows = 10_000
	// maxAnswerBytes is the largest answer, unless max_answer_bytes says otherwise.
	maxAnswerBytes = 16 << 20
)

// limits are those of one answer.
type limits struct {
	page, query int // rows
	bytes       int
}

func limitsOf(settings *configv1.DatabaseBackend) limits {
	out := limits{page: listing.MaxPageSize, query: maxQueryRows, bytes: maxAnswerBytes}
	if settings.MaxRows != nil {
		out.page, out.query = int(settings.GetMaxRows()), int(settings.GetMaxRows())
	}
	if settings.MaxAnswerBytes != nil {
		out.bytes = int(settings.GetMaxAnswerBytes()) //nolint:gosec // at most 1 GiB, as its rules have it
	}
	return out
}

// hold refuses an answer that has grown to so many bytes.
func (l limits) hold(size int) error {
	if size <= l.bytes {
		return nil
	}
	return &adapters.Error{
		Code: codes.OutOfRange, Reason: "ANSWER_TOO_LARGE",
		Message: fmt.Sprintf("The answer has more than %d bytes. Ask for fewer rows or fewer fields.", l.bytes),
	}
}

// tooManyRows is the error of an answer that has no pages.
func tooManyRows(most int) error {
	return &adapters.Error{Code: codes.OutOfRange, Reason: "TOO_MANY_ROWS", Message: fmt.Sprintf("The answer has more than %d rows. Ask for less.", most)}
}
