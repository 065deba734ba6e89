package database

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// wantDays refuses values of date columns that are no day of the calendar, which not all engines do, and which most do not say the column of. fields are those that are
// written, of a message at prefix.
func wantDays(fields []*field, message protoreflect.Message, prefix string) error {
	var violations []adapters.Violation
	for _, f := range fields {
		if f.column.Kind != dialect.Date || f.column.Reading.Boolean != nil || !message.Has(f.descriptor) || isDay(message.Get(f.descriptor).String()) {
			continue
		}
		violations = append(violations, adapters.Violation{Field: prefix + f.jsonName, Description: "there is no such day"})
	}
	if len(violations) == 0 {
		return nil
	}
	return &adapters.Error{Code: codes.InvalidArgument, Reason: dialect.ValueRejected, Message: messages[dialect.ValueRejected], Violations: violations}
}

// isDay reports whether a date of any year names a day. What is no YYYY-MM-DD at its end, such as PostgreSQL's infinity or a date BC, is for the engine to judge.
func isDay(text string) bool {
	const monthAndDay = len("-01-31")
	at := len(text) - monthAndDay
	if at < 4 {
		return true
	}
	year, err := strconv.ParseUint(strings.TrimPrefix(text[:at], "-"), 10, 31)
	if err != nil {
		return true
	}
	_, err = time.Parse(time.DateOnly, strconv.FormatUint(2000+year%400, 10)+text[at:]) // a calendar comes again after 400 years
	return err == nil
}
