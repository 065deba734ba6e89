package batch_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestExtractIsServed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	backend := s.open(t, settings)
	drain(t, backend)

	message, reply, err := call(t, backend, "GetClaim", `{"claimRef": "CL000001"}`)
	if err != nil {
		t.Fatal(err)
	}
	wantJSON(t, message, `{"recType":"D","claimRef":"CL000001","citizenId":"C000001","claimant":{"surname":"Doyle","born":"1961-02-14"},
		"claimStatus":"A","amount":"87.40","payments":12,"lastPaid":[87,87,85]}`)
	if want := londonMidnight(t, "20261120"); !reply.AsOf.Equal(want) || reply.ETag == "" {
		t.Errorf("as of %v with tag %q, want %v with a tag", reply.AsOf, reply.ETag, want)
	}
	_, _, err = call(t, backend, "GetClaim", `{"claimRef": "CL999999"}`)
	if got := status.Code(err); got != codes.NotFound {
		t.Errorf("a key that is not there: %v, want NOT_FOUND", err)
	}
}
