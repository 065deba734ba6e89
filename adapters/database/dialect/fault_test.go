package dialect_test

import (
	"errors"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestFaultOnOneLine holds that what logs and messages say of a fault is one line, in which nothing stands twice.
func TestFaultOnOneLine(t *testing.T) {
	t.Parallel()
	for cause, want := range map[string]string{
		"no such table": "SCHEMA_CHANGED: no such table",
		"Dynamic SQL Error\nSQL error code = -104\nToken unknown\n":                                                 "SCHEMA_CHANGED: Dynamic SQL Error; SQL error code = -104; Token unknown",
		"failed to connect to `database=none`:\n\t127.0.0.1: dial error: refused\n\t127.0.0.1: dial error: refused": "SCHEMA_CHANGED: failed to connect to `database=none`: 127.0.0.1: dial error: refused",
	} {
		fault := &dialect.Fault{Reason: dialect.SchemaChanged, Cause: errors.New(cause)}
		if got := fault.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		called := &adapters.Error{Code: codes.Internal, Reason: dialect.SchemaChanged, Message: "The tables have changed.", Cause: fault}
		if got := called.Error(); got != "SCHEMA_CHANGED: The tables have changed"+want[len("SCHEMA_CHANGED"):] {
			t.Errorf("the call's error is %q", got)
		}
	}
}
