package batch_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/listing"
)

// A claimField is what callers may name of a claim, and how its value is read without a snapshot; nil is an absent one.
type claimField struct {
	name  string
	kind  listing.Field
	value func(claim) any
}

var claimFields = []claimField{
	{"rec_type", listing.Field{Kind: listing.Text}, func(claim) any { return "D" }},
	{"claim_ref", listing.Field{Kind: listing.Text}, func(c claim) any { return c.ref }},
	{"citizen_id", listing.Field{Kind: listing.Text}, func(c claim) any { return c.citizen }},
	{"claimant", listing.Field{Kind: listing.Opaque}, func(claim) any { return "" }},
	{"claimant.surname", listing.Field{Kind: listing.Text}, func(c claim) any { return c.surname }},
	{"claimant.born", listing.Field{Kind: listing.Date}, func(c claim) any {
		if !c.hasDate() {
			return nil
		}
		return c.born[:4] + "-" + c.born[4:6] + "-" + c.born[6:]
	}},
	{"claim_status", listing.Field{Kind: listing.Text}, func(c claim) any { return c.status }},
	{"amount", listing.Field{Kind: listing.Decimal}, func(c claim) any { return big.NewRat(c.pence, 100) }},
	{"payments", listing.Integers(32), func(c claim) any { return big.NewRat(int64(c.payments), 1) }},
	{"last_paid", listing.Integers(32), func(c claim) any { return c.paid }},
}

// camel is a name as JSON has it: claimRef.
func camel(name string) string {
	parts := strings.Split(name, "_")
	for i, part := range parts[1:] {
		parts[i+1] = strings.ToUpper(part[:1]) + part[1:]
	}
	return strings.Join(parts, "")
}

// findClaimField finds what callers name. Each one's source is its place in claimFields.
func findClaimField(name string) *listing.Field {
	for i, f := range claimFields {
		if name == f.name || name == camel(f.name) {
			f.kind.Name, f.kind.JSONName, f.kind.Source, f.kind.Repeated = f.name, camel(f.name), i, f.name == "last_paid"
			return &f.kind
		}
	}
	return nil
}

func claimValue(f *listing.Field, c claim) any {
	place, _ := f.Source.(int)
	return claimFields[place].value(c)
}

// A verdict is what a condition is of a claim: it holds, or does not, or says nothing since a value is not there.
type verdict int

const (
	fails verdict = iota
	silent
	fits
)

func verdictOf(holds bool) verdict {
	if holds {
		return fits
	}
	return fails
}

// judge says of a claim what a filter is.
func judge(e listing.Expression, c claim) verdict {
	switch e := e.(type) {
	case nil:
		return fits
	case listing.All:
		all := fits
		for _, part := range e {
			all = min(all, judge(part, c))
		}
		return all
	case listing.Any:
		most := fails
		for _, part := range e {
			most = max(most, judge(part, c))
		}
		return most
	case listing.Not:
		return fits - judge(e.Expression, c)
	case listing.Presence:
		return verdictOf((claimValue(e.Field, c) != nil) == e.Present)
	case listing.Has:
		wanted := rational(e.Value)
		return verdictOf(slices.ContainsFunc(c.paid[:], func(n int) bool { return big.NewRat(int64(n), 1).Cmp(wanted) == 0 }))
	case listing.Contains:
		return verdictOf(strings.Contains(fmt.Sprint(claimValue(e.Field, c)), e.Text))
	case listing.Matches:
		quoted := make([]string, len(e.Parts))
		for i, part := range e.Parts {
			quoted[i] = regexp.QuoteMeta(part)
		}
		return verdictOf(regexp.MustCompile("(?s)^" + strings.Join(quoted, ".*") + "$").MatchString(fmt.Sprint(claimValue(e.Field, c))))
	case listing.Comparison:
		switch value := claimValue(e.Field, c).(type) {
		case nil:
			return silent
		case *big.Rat:
			return verdictOf(e.Operator.Holds(value.Cmp(rational(e.Value))))
		default:
			return verdictOf(e.Operator.Holds(strings.Compare(fmt.Sprint(value), fmt.Sprint(e.Value))))
		}
	}
	return silent
}

func rational(value any) *big.Rat {
	n, _ := new(big.Rat).SetString(fmt.Sprint(value))
	return n
}

// byOrder compares claims by an order, then by their key. Text sorts as in its code page, and what is absent comes first.
func byOrder(order []listing.Sorting, a, b claim) int {
	for _, by := range order {
		x, y := claimValue(by.Field, a), claimValue(by.Field, b)
		var c int
		if n, ok := x.(*big.Rat); ok {
			c = n.Cmp(y.(*big.Rat)) //nolint:forcetypeassert // both are of one field
		} else if by.Field.Kind == listing.Date {
			c = cmp.Compare(a.born, b.born)
		} else {
			c = slices.Compare(ebcdic(fmt.Sprint(x)), ebcdic(fmt.Sprint(y)))
		}
		if by.Descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(a.ref, b.ref)
}

// holdQuery reads what a filter lets through in pages, and wants the claims that judge lets through, in order; or a refusal of the filter or the order.
func holdQuery(t *testing.T, backend adapters.Backend, claims []claim, filter, orderBy string) {
	t.Helper()
	expression, badFilter := listing.ParseFilter(filter, findClaimField)
	order, badOrder := listing.ParseOrder(orderBy, findClaimField)
	got, err := queried(t, backend, filter, orderBy)
	if err != nil {
		var public *adapters.Error
		if !errors.As(err, &public) || len(public.Violations) != 1 {
			t.Fatalf("filter %q, order %q: %v", filter, orderBy, err)
		}
		if field := public.Violations[0].Field; field != "orderBy" && (field != "filter" || badFilter == nil) {
			t.Fatalf("filter %q, order %q: %s is refused: %v", filter, orderBy, field, err)
		}
		return
	}
	if badFilter != nil || badOrder != nil {
		t.Fatalf("filter %q, order %q is taken: %v, %v", filter, orderBy, badFilter, badOrder)
	}
	var want []string
	sorted := slices.Clone(claims)
	slices.SortFunc(sorted, func(a, b claim) int { return byOrder(order, a, b) })
	for _, c := range sorted {
		if judge(expression, c) == fits {
			want = append(want, c.ref)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("filter %q, order %q:\ngot  %v\nwant %v", filter, orderBy, got, want)
	}
}

// queried are the references in pages of seven.
func queried(t *testing.T, backend adapters.Backend, filter, orderBy string) (refs []string, err error) {
	t.Helper()
	service := backend.Services()[0]
	method := service.Descriptor.Methods().ByName("ListClaims")
	at := slices.IndexFunc(service.Methods, func(m adapters.Method) bool { return m.Name == "ListClaims" })
	for token := ""; ; {
		in := dynamicpb.NewMessage(method.Input())
		for name, value := range map[protoreflect.Name]any{"filter": filter, "order_by": orderBy, "page_token": token, "page_size": int32(7)} {
			in.Set(method.Input().Fields().ByName(name), protoreflect.ValueOf(value))
		}
		reply, err := service.Methods[at].Unary(t.Context(), in)
		if err != nil {
			return nil, err
		}
		page, fields := reply.ProtoReflect(), method.Output().Fields()
		list := page.Get(fields.ByName("claims")).List()
		for i := range list.Len() {
			one := list.Get(i).Message()
			refs = append(refs, one.Get(one.Descriptor().Fields().ByName("claim_ref")).String())
		}
		if token = page.Get(fields.ByName("next_page_token")).String(); token == "" {
			return refs, nil
		}
	}
}

// querySeeds are what the fuzzing starts from, beside conditions and orders.
var querySeeds = []struct{ filter, orderBy string }{
	{`NOT (claimant.born = null OR -amount > 0)`, "claimant.born desc"}, {`claimant = null`, ""}, {`claimant:*`, "claimant.surname"}, {`last_paid:1 AND NOT lastPaid:0`, "citizenId, claimRef"},
	{`lastPaid = null`, ""}, {`-lastPaid:*`, ""}, {`lastPaid:3.0`, ""}, {`amount > 1e400`, ""}, {`amount = -0`, ""}, {`amount < 0.000000000000000000000000001`, ""}, {`payments = 2147483648`, ""},
	{`payments != 0 payments < 1`, "citizen_id desc, claimant.born"}, {`claimRef = "*1*2"`, "claim_ref desc"}, {`claimRef = "CL0000*" claimRef >= "CL000010"`, ""}, {`claimRef = " CL000001"`, ""},
	{`claimRef = "CL000001 "`, ""}, {`claimRef > ""`, ""}, {`claimRef <= "CL00003"`, ""}, {`claimant.surname > "de Wit" claimant.surname < "z"`, "claimant.surname"}, {`claimant.surname = "O'NEIL"`, ""},
	{`claimant.surname = "42*" OR claimant.surname:"'"`, "claimant.surname desc, amount"}, {`claimant.surname:"\u0000"`, ""}, {`citizenId = "\u20ac*"`, ""}, {`citizenId < "\u00e9"`, "citizenId"},
	{`recType = "D" AND (claimStatus = "A" OR claimStatus = "C") AND NOT claimStatus = "C"`, "claimRef"}, {`claimant.born > "9999-12-31"`, ""}, {`claimant.born = "1961-02-1*"`, ""},
	{`NOT claimant.born:*`, "claimant.born"}, {`amount`, ""}, {`= 1`, "amount"}, {`claimRef`, ", ,"}, {`claimRef = "` + strings.Repeat("x", 300) + `"`, ""}, {`claimRef != "` + strings.Repeat("x", 300) + `*"`, ""},
}

func fuzzedClaims(t testing.TB) (adapters.Backend, []claim) {
	t.Helper()
	s := newSite(t)
	claims := randomClaims(rand.New(rand.NewPCG(7, 8)), 40)
	s.write(t, "in/CLAIMS.1", extractOf("20261120", claims...))
	backend := s.open(t, settings)
	drain(t, backend)
	return backend, claims
}

func TestQueriesAgainstJudge(t *testing.T) {
	t.Parallel()
	backend, claims := fuzzedClaims(t)
	for _, seed := range querySeeds {
		holdQuery(t, backend, claims, seed.filter, seed.orderBy)
	}
}

// FuzzQuery drives filters and orders into a snapshot: it lets those records through that the filter lets through, in their order.
func FuzzQuery(f *testing.F) {
	for _, seed := range querySeeds {
		f.Add(seed.filter, seed.orderBy)
	}
	for _, condition := range conditions {
		for order := range orders {
			f.Add(condition.filter, order)
		}
	}
	backend, claims := fuzzedClaims(f)
	f.Fuzz(func(t *testing.T, filter, orderBy string) {
		if utf8.ValidString(filter) && utf8.ValidString(orderBy) { // else the gateway refuses it
			holdQuery(t, backend, claims, filter, orderBy)
		}
	})
}
