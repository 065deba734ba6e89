package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch/record"
)

// Every fault has its row, and no cause leaves in the public part.
func TestFaultTable(t *testing.T) {
	t.Parallel()
	type row struct {
		err    error
		code   codes.Code
		reason string
	}
	rows := []row{
		{context.Canceled, codes.Canceled, ""},
		{context.DeadlineExceeded, codes.DeadlineExceeded, ""},
		{&record.FieldError{Path: "SECRET"}, codes.DataLoss, "RECORD_UNREADABLE"},
		{&fs.PathError{Op: "open", Path: "SECRET", Err: fs.ErrPermission}, codes.Unavailable, "DIRECTORY_UNAVAILABLE"},
		{errors.New("SECRET"), codes.Internal, ""},
	}
	for _, fault := range faults {
		rows = append(rows, row{fault.fault, fault.code, fault.reason})
	}
	for _, want := range rows {
		var got *adapters.Error
		if !errors.As(shape(fmt.Errorf("doing SECRET: %w", want.err)), &got) {
			t.Errorf("%v has no shape", want.err)
			continue
		}
		if got.Code != want.code || got.Reason != want.reason || !errors.Is(got, want.err) {
			t.Errorf("%v: got %v %s, want %v %s", want.err, got.Code, got.Reason, want.code, want.reason)
		}
		if text := got.GRPCStatus().Message(); text == "" || len(text) > 200 || strings.Contains(text, "SECRET") {
			t.Errorf("%v: the public message is %q", want.err, text)
		}
	}
	if shape(nil) != nil {
		t.Error("no error has a shape")
	}
}
