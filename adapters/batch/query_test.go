package batch_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
)

// randomClaims are claims with few different values, so that filters find several and orders have ties. Every seventh has no date.
func randomClaims(random *rand.Rand, n int) []claim {
	claims := make([]claim, n)
	for i, k := range random.Perm(n) {
		claims[i] = claim{
			ref: fmt.Sprintf("CL%06d", k), citizen: fmt.Sprintf("C%06d", random.IntN(7)), surname: []string{"Doyle", "Okafor", "O'NEIL", "de Wit", "42nd"}[random.IntN(5)],
			born: fmt.Sprintf("1961021%d", random.IntN(5)), status: []string{"A", "C", "S"}[random.IntN(3)], pence: int64(random.IntN(40) - 20), payments: random.IntN(5) - 2,
			paid: [3]int{random.IntN(3), random.IntN(3), random.IntN(3)},
		}
		if random.IntN(7) == 0 {
			claims[i].born = "00000000"
		}
	}
	return claims
}

func (c claim) hasDate() bool { return c.born != "00000000" }

// conditions are filters, with what they mean in Go. A record without a date is neither before nor behind one.
var conditions = []struct {
	filter string
	holds  func(claim) bool
}{
	{"", func(claim) bool { return true }},
	{`claimRef = "CL000007"`, func(c claim) bool { return c.ref == "CL000007" }},
	{`claim_ref > "CL000100" claimRef <= "CL000200"`, func(c claim) bool { return c.ref > "CL000100" && c.ref <= "CL000200" }},
	{`citizenId = "C000003"`, func(c claim) bool { return c.citizen == "C000003" }},
	{`citizenId = "C000003" AND claimant.surname = "Doyle"`, func(c claim) bool { return c.citizen == "C000003" && c.surname == "Doyle" }},
	{`claimant.surname:"e"`, func(c claim) bool { return strings.Contains(c.surname, "e") }},
	{`claimant.surname = "D*e" OR claimant.surname = "*ez"`, func(c claim) bool {
		return strings.HasPrefix(c.surname, "D") && strings.HasSuffix(c.surname, "e") || strings.HasSuffix(c.surname, "ez")
	}},
	{`claimRef = "CL00001*"`, func(c claim) bool { return strings.HasPrefix(c.ref, "CL00001") }},
	{`claimant.surname != "D*"`, func(c claim) bool { return !strings.HasPrefix(c.surname, "D") }},
	{`claimant.surname < "E"`, func(c claim) bool { return c.surname < "E" }},
	{`NOT claimant.surname = "Doyle"`, func(c claim) bool { return c.surname != "Doyle" }},
	{`claimant.surname = "doyle"`, func(claim) bool { return false }},
	{`claimant.born = "1961-02-12"`, func(c claim) bool { return c.born == "19610212" }},
	{`claimant.born > "1961-02-11" claimant.born < "1961-02-14"`, func(c claim) bool { return c.born > "19610211" && c.born < "19610214" }},
	{`claimant.born != "1961-02-12"`, func(c claim) bool { return c.hasDate() && c.born != "19610212" }},
	{`NOT claimant.born > "1961-02-12"`, func(c claim) bool { return c.hasDate() && c.born <= "19610212" }},
	{`NOT (claimant.born = "1961-02-12" OR amount > 0)`, func(c claim) bool { return c.hasDate() && c.born != "19610212" && c.pence <= 0 }},
	{`claimant.born = null`, func(c claim) bool { return !c.hasDate() }},
	{`claimant.born:* citizenId = "C000001"`, func(c claim) bool { return c.hasDate() && c.citizen == "C000001" }},
	{`-claimant.born:*`, func(c claim) bool { return !c.hasDate() }},
	{`amount >= -0.05`, func(c claim) bool { return c.pence >= -5 }},
	{`amount = 0.050`, func(c claim) bool { return c.pence == 5 }},
	{`amount < 0.0501`, func(c claim) bool { return c.pence <= 5 }},
	{`payments = -1 OR payments > 1`, func(c claim) bool { return c.payments == -1 || c.payments > 1 }},
	{`lastPaid:2`, func(c claim) bool { return slices.Contains(c.paid[:], 2) }},
	{`NOT lastPaid:2 claimStatus = "A"`, func(c claim) bool { return !slices.Contains(c.paid[:], 2) && c.status == "A" }},
	{`lastPaid:*`, func(claim) bool { return true }},
	{`citizenId = "C000001" citizenId = "C000002"`, func(claim) bool { return false }},
	{`citizenId = "€"`, func(claim) bool { return false }},
}

// orders are those that the settings allow, with what they mean in Go. Code page 037 has small letters before capitals, and digits last.
var orders = map[string]func(a, b claim) int{
	"":                                     func(claim, claim) int { return 0 },
	"claimRef desc":                        func(a, b claim) int { return -cmp.Compare(a.ref, b.ref) },
	"citizenId":                            func(a, b claim) int { return cmp.Compare(a.citizen, b.citizen) },
	"citizenId desc":                       func(a, b claim) int { return -cmp.Compare(a.citizen, b.citizen) },
	"citizenId desc, claimRef desc":        func(a, b claim) int { return cmp.Or(-cmp.Compare(a.citizen, b.citizen), -cmp.Compare(a.ref, b.ref)) },
	"claimant.born, citizen_id desc":       func(a, b claim) int { return cmp.Or(cmp.Compare(a.born, b.born), -cmp.Compare(a.citizen, b.citizen)) },
	"claimant.surname desc, claimant.born": func(a, b claim) int { return cmp.Or(-bySurname(a, b), cmp.Compare(a.born, b.born)) },
}

func bySurname(a, b claim) int { return slices.Compare(ebcdic(a.surname), ebcdic(b.surname)) }

// Every filter in every order, page by page and as a stream, is what sorting and filtering in memory gives.
func TestQueries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claims := randomClaims(rand.New(rand.NewPCG(3, 4)), 700)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", claims...))
	backend := s.open(t, settings)
	drain(t, backend)
	for _, condition := range conditions {
		for order, compare := range orders {
			var want []string
			sorted := slices.Clone(claims)
			slices.SortFunc(sorted, func(a, b claim) int { return cmp.Or(compare(a, b), cmp.Compare(a.ref, b.ref)) })
			for _, c := range sorted {
				if condition.holds(c) {
					want = append(want, c.ref)
				}
			}
			if got := pages(t, backend, condition.filter, order, 1+len(want)/3); !slices.Equal(got, want) {
				t.Errorf("filter %s, order %s: %d records, want %d\n%v\n%v", condition.filter, order, len(got), len(want), got, want)
			}
			if got := streamed(t, backend, fmt.Sprintf(`{"filter": %q, "orderBy": %q}`, condition.filter, order)); !slices.Equal(got, want) {
				t.Errorf("filter %s, order %s: the stream has %d records, want %d", condition.filter, order, len(got), len(want))
			}
		}
	}
}

// pages reads all pages, and holds the total against them.
func pages(t *testing.T, backend adapters.Backend, filter, order string, size int) []string {
	t.Helper()
	var all []string
	var token, total string
	for {
		message, _, err := call(t, backend, "ListClaims",
			fmt.Sprintf(`{"filter": %q, "orderBy": %q, "pageSize": %d, "pageToken": %q, "includeTotalSize": true, "fields": "claimRef"}`, filter, order, size, token))
		if err != nil {
			t.Fatalf("filter %s, order %s: %v", filter, order, err)
		}
		var page struct {
			Claims        []map[string]string
			NextPageToken string
			TotalSize     string
		}
		text, err := protojson.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Claims {
			if len(c) != 1 {
				t.Errorf("with one field asked for, there is %v", c)
			}
			all = append(all, c["claimRef"])
		}
		if token, total = page.NextPageToken, page.TotalSize; token == "" {
			break
		}
	}
	if total != fmt.Sprint(len(all)) {
		t.Errorf("filter %s: the total is %s, and there are %d", filter, total, len(all))
	}
	return all
}

// streamed returns the references that a stream answers.
func streamed(t testing.TB, backend adapters.Backend, request string) []string {
	t.Helper()
	service := backend.Services()[0]
	method := service.Descriptor.Methods().ByName("StreamClaims")
	asked := dynamicpb.NewMessage(method.Input())
	if err := protojson.Unmarshal([]byte(request), asked); err != nil {
		t.Fatal(err)
	}
	var refs []string
	at := slices.IndexFunc(service.Methods, func(m adapters.Method) bool { return m.Name == "StreamClaims" })
	err := service.Methods[at].Stream(t.Context(), asked, func(message proto.Message) error {
		refs = append(refs, message.ProtoReflect().Get(method.Output().Fields().ByName(protoreflect.Name("claim_ref"))).String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

func TestRefusedQueries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	backend := s.open(t, settings)
	drain(t, backend)
	for request, want := range map[string]string{
		`{"filter": "nothing = 1"}`:              `filter: there is no field "nothing"`,
		`{"filter": "lastPaid = 1"}`:             "lastPaid:value",
		`{"filter": "payments = 1.5"}`:           "whole number",
		`{"orderBy": "amount"}`:                  "there is claimRef, citizenId, claimant.surname, claimant.born",
		`{"orderBy": "lastPaid"}`:                "no order",
		`{"fields": "claimant.nothing"}`:         "there is no field",
		`{"asOf": "2020-01-01T00:00:00Z"}`:       "asOf: nothing that old is kept",
		`{"pageToken": "AAAA"}`:                  "pageToken",
		`{"filter": "claimant = \"Doyle\""}`:     "only with null",
		`{"filter": "claimant.born = \"1961\""}`: "is a date",
	} {
		_, _, err := call(t, backend, "ListClaims", request)
		var public *adapters.Error
		if !errors.As(err, &public) || len(public.Violations) != 1 {
			t.Errorf("%s: %v, want %q", request, err, want)
			continue
		}
		if v := public.Violations[0]; !strings.Contains(v.Field+": "+v.Description, want) {
			t.Errorf("%s: %s: %s, want %q", request, v.Field, v.Description, want)
		}
	}
}

// A record of an older snapshot is read as it was, and tags tell the states apart.
func TestAsOf(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	backend := s.open(t, strings.Replace(settings, "max_bad_share: 0.4", "max_bad_share: 0.4\n    keep: 2", 1))
	changed := slices.Clone(twoClaims)
	changed[0].status = "S"
	s.write(t, "in/CLAIMS.1", extractOf("20261120", twoClaims...))
	drain(t, backend)
	s.write(t, "in/CLAIMS.2", extractOf("20261121", changed...))
	drain(t, backend)
	tags := make(map[string]bool)
	for asOf, want := range map[string]struct {
		status string
		asOf   time.Time
	}{
		`, "asOf": "2026-11-20T12:00:00Z"`: {"A", londonMidnight(t, "20261120")},
		`, "asOf": "2026-11-22T12:00:00Z"`: {"S", londonMidnight(t, "20261121")},
		``:                                 {"S", londonMidnight(t, "20261121")},
	} {
		message, reply, err := call(t, backend, "GetClaim", `{"claimRef": "CL000001", "fields": "claimStatus"`+asOf+`}`)
		if err != nil {
			t.Fatal(err)
		}
		wantJSON(t, message, fmt.Sprintf(`{"claimStatus": %q}`, want.status))
		if !reply.AsOf.Equal(want.asOf) || reply.ETag != "" {
			t.Errorf("%s: as of %v with the tag %s, want %v and none", asOf, reply.AsOf, reply.ETag, want.asOf)
		}
		_, whole, err := call(t, backend, "GetClaim", `{"claimRef": "CL000001"`+asOf+`}`)
		if err != nil || whole.ETag == "" {
			t.Fatalf("%s: the tag is %q, %v", asOf, whole.ETag, err)
		}
		tags[whole.ETag] = true
	}
	if len(tags) != 2 {
		t.Errorf("%d states, want 2", len(tags))
	}
}

// Past some thousand records several goroutines look for those that match; they come in order all the same.
func TestManyRecords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claims := randomClaims(rand.New(rand.NewPCG(5, 6)), 40_000)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", claims...))
	backend := s.open(t, settings)
	drain(t, backend)
	var want []string
	for _, c := range claims {
		if c.pence == 5 && slices.Contains(c.paid[:], 2) {
			want = append(want, c.ref)
		}
	}
	slices.Sort(want)
	for _, order := range []string{"claimRef", "claimRef desc"} {
		if got := streamed(t, backend, fmt.Sprintf(`{"filter": "amount = 0.05 lastPaid:2", "orderBy": %q}`, order)); !slices.Equal(got, want) {
			t.Errorf("%s: %d records, want %d", order, len(got), len(want))
		}
		slices.Reverse(want)
	}
}
