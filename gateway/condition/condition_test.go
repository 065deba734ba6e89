package condition_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/condition"
)

func TestRead(t *testing.T) {
	t.Parallel()
	at := time.Date(1994, time.November, 6, 8, 49, 37, 0, time.UTC)
	tests := []struct {
		name   string
		header http.Header
		want   adapters.Conditions
	}{
		{"one tag", http.Header{"If-Match": {`"5"`}}, adapters.Conditions{IfMatch: []string{"5"}}},
		{"a list, with empty elements and a comma in a tag", http.Header{"If-Match": {`"5" , ,"6,7",`}}, adapters.Conditions{IfMatch: []string{"5", "6,7"}}},
		{"two lines are one list", http.Header{"If-Match": {`"5"`, `"6"`}}, adapters.Conditions{IfMatch: []string{"5", "6"}}},
		{"any state", http.Header{"If-Match": {" * "}}, adapters.Conditions{IfMatch: []string{"*"}}},
		{"a star in quotes is a tag like others, and stays apart", http.Header{"If-Match": {`"*", "5"`}}, adapters.Conditions{IfMatch: []string{`"*"`, "5"}}},
		{"weak tags are kept, so that the list is not empty, and match nothing", http.Header{"If-Match": {`W/"5"`}}, adapters.Conditions{IfMatch: []string{`W/"5"`}}},
		{"the empty tag", http.Header{"If-Match": {`""`}}, adapters.Conditions{IfMatch: []string{""}}},
		{"a date", http.Header{"If-Unmodified-Since": {"Sun, 06 Nov 1994 08:49:37 GMT"}}, adapters.Conditions{IfUnmodifiedSince: at}},
		{"a date of RFC 850", http.Header{"If-Unmodified-Since": {"Sunday, 06-Nov-94 08:49:37 GMT"}}, adapters.Conditions{IfUnmodifiedSince: at}},
		{"If-Match wins", http.Header{"If-Match": {`"5"`}, "If-Unmodified-Since": {"once"}}, adapters.Conditions{IfMatch: []string{"5"}}},
	}
	for _, test := range tests {
		got, there, err := condition.Read(test.header.Values, true)
		if err != nil || !there {
			t.Errorf("%s: %v, %v", test.name, there, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestReadNone(t *testing.T) {
	t.Parallel()
	for _, conditional := range []bool{true, false} {
		if got, there, err := condition.Read(http.Header{}.Values, conditional); there || err != nil || !cmp.Equal(got, adapters.Conditions{}) {
			t.Errorf("no header: %v, %v, %v", got, there, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	const malformed, notSupported = condition.ReasonMalformed, condition.ReasonNotSupported
	tests := []struct {
		name, value string
		conditional bool
		reason      string
	}{
		{"If-Match", "", true, malformed},
		{"If-Match", " , ", true, malformed},
		{"If-Match", "5", true, malformed},
		{"If-Match", `"5`, true, malformed},
		{"If-Match", `"5" "6"`, true, malformed},
		{"If-Match", `"5 6"`, true, malformed},
		{"If-Match", `*, "5"`, true, malformed},
		{"If-Match", `w/"5"`, true, malformed},
		{"If-Match", "\"5\x7f\"", true, malformed},
		{"If-Unmodified-Since", "yesterday", true, malformed},
		{"If-Unmodified-Since", "", true, malformed},
		{"If-Match", `"5"`, false, notSupported},
		{"If-Match", "5", false, notSupported},
		{"If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", false, notSupported},
	}
	for _, test := range tests {
		_, there, err := condition.Read(http.Header{test.name: {test.value}}.Values, test.conditional)
		var refused *adapters.Error
		if !errors.As(err, &refused) || there {
			t.Errorf("%s: %q was read", test.name, test.value)
			continue
		}
		if refused.Reason != test.reason {
			t.Errorf("%s: %q: %s, want %s", test.name, test.value, refused.Reason, test.reason)
		}
		if test.reason == malformed && (refused.Code != codes.InvalidArgument || len(refused.Violations) != 1 || refused.Violations[0].Field != test.name) {
			t.Errorf("%s: %q: %+v, want INVALID_ARGUMENT that names the header", test.name, test.value, refused)
		}
	}
}
