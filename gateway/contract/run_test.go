package contract_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
)

func reply(text string) answer {
	return func(context.Context, proto.Message) (string, error) { return text, nil }
}

func refusal(err error) answer {
	return func(context.Context, proto.Message) (string, error) { return "", err }
}

var errDown = &adapters.Error{Code: codes.Unavailable, Cause: errors.New("dial tcp: refused")}

// all answers everything that GetCitizen asks for.
func all() answers {
	return answers{
		"counciltax.v1.CouncilTax.GetAccount":      reply(`{"citizenId": "C000001", "band": "D", "balance": "12.50"}`),
		"housing.v1.Tenancies.GetTenancy":          reply(`{"tenancyId": "T1"}`),
		"housing.v1.Tenancies.ListRepairs":         reply(`{"repairs": [{"repairId": "R1", "status": "OPEN"}, {"repairId": "R2", "status": "DONE"}]}`),
		"benefits.v1.Benefits.SubmitAddressChange": reply(`{"name": "operations/7"}`),
	}
}

func TestCallComposesReplies(t *testing.T) {
	t.Parallel()
	backends := all()
	backends["counciltax.v1.CouncilTax.GetAccount"] = func(ctx context.Context, request proto.Message) (string, error) {
		adapters.ReplyFrom(ctx).AsOf = time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
		if got := canonical(t, request); got != `{"citizenId":"C000001"}` {
			t.Errorf("the account was asked for with %s", got)
		}
		return `{"citizenId": "C000001", "band": "D", "balance": "12.50"}`, nil
	}
	repairs := backends["housing.v1.Tenancies.ListRepairs"]
	backends["housing.v1.Tenancies.ListRepairs"] = func(ctx context.Context, request proto.Message) (string, error) {
		if got := canonical(t, request); got != `{"tenancyId":"T1","pageSize":20}` {
			t.Errorf("repairs were asked for with %s", got)
		}
		return repairs(ctx, request)
	}
	g := mustLoad(t, binding(t), backends)
	said := &adapters.Reply{}
	got, err := g.call(adapters.WithReply(t.Context(), said), t, "GetCitizen", `{"citizenId": "C000001"}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"citizenId":"C000001","councilTax":{"band":"D","balance":"12.50","asOf":"2026-03-01T06:00:00Z"},` +
		`"home":{"tenancyId":"T1","openRepairs":["R1"]},"channel":"CHANNEL_WEB"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if *said != (adapters.Reply{}) {
		t.Errorf("a composed answer says %+v", *said)
	}
}

func TestOptionalStepsAreMissedWithoutHarm(t *testing.T) {
	t.Parallel()
	home := `"home":{"tenancyId":"T1","openRepairs":["R1"]}`
	for _, test := range []struct {
		name    string
		account error
		want    string
		logged  bool
	}{
		{"unavailable", errDown, `{"citizenId":"C1",` + home + `,"unavailable":["account"],"channel":"CHANNEL_WEB"}`, true},
		{"timed out", &adapters.Error{Code: codes.DeadlineExceeded}, `{"citizenId":"C1",` + home + `,"unavailable":["account"],"channel":"CHANNEL_WEB"}`, true},
		{"overloaded", &adapters.Error{Code: codes.ResourceExhausted}, `{"citizenId":"C1",` + home + `,"unavailable":["account"],"channel":"CHANNEL_WEB"}`, true},
		{"an error page", &adapters.Error{Code: codes.DataLoss, Ill: true}, `{"citizenId":"C1",` + home + `,"unavailable":["account"],"channel":"CHANNEL_WEB"}`, true},
		{"not known there", &adapters.Error{Code: codes.NotFound}, `{"citizenId":"C1",` + home + `,"channel":"CHANNEL_WEB"}`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			backends := all()
			backends["counciltax.v1.CouncilTax.GetAccount"] = refusal(test.account)
			g := mustLoad(t, binding(t), backends)
			got, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C1"}`)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if logged := strings.Contains(g.log.String(), "step=account"); logged != test.logged {
				t.Errorf("the log says %q", g.log.String())
			}
		})
	}
}

func TestSkippedStepIsNotCalled(t *testing.T) {
	t.Parallel()
	backends := all()
	backends["housing.v1.Tenancies.GetTenancy"] = refusal(&adapters.Error{Code: codes.NotFound})
	delete(backends, "housing.v1.Tenancies.ListRepairs") // a call of it fails the test
	g := mustLoad(t, binding(t), backends)
	got, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C1"}`)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, "home") || strings.Contains(got, "unavailable") {
		t.Errorf("got %s", got)
	}
}

func TestErrorRules(t *testing.T) {
	t.Parallel()
	notFound := refusal(&adapters.Error{Code: codes.NotFound})
	t.Run("holds", func(t *testing.T) {
		t.Parallel()
		g := mustLoad(t, binding(t), answers{"counciltax.v1.CouncilTax.GetAccount": notFound, "housing.v1.Tenancies.GetTenancy": notFound})
		_, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C1"}`)
		wantError(t, err, codes.NotFound, "CITIZEN_NOT_FOUND", "No citizen is known under this id.")
	})
	t.Run("does not hold when a system is down", func(t *testing.T) {
		t.Parallel()
		g := mustLoad(t, binding(t), answers{"counciltax.v1.CouncilTax.GetAccount": refusal(errDown), "housing.v1.Tenancies.GetTenancy": notFound})
		if _, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C1"}`); err != nil {
			t.Error(err)
		}
	})
	t.Run("comes before writing", func(t *testing.T) {
		t.Parallel()
		// SubmitAddressChange has no answer: a call of it fails the test.
		g := mustLoad(t, binding(t), answers{"counciltax.v1.CouncilTax.GetAccount": reply(`{"status": "STATUS_CLOSED"}`)})
		_, err := g.call(t.Context(), t, "ChangeAddress", `{"citizenId": "C1", "address": {"lines": ["1 High St"]}}`)
		wantError(t, err, codes.FailedPrecondition, "ACCOUNT_CLOSED", "The account is closed.")
	})
	t.Run("of the request comes before every step", func(t *testing.T) {
		t.Parallel()
		g := mustLoad(t, `methods:
  GetCitizen:
    steps:
      - {name: account, call: counciltax/GetAccount, request: {citizen_id: request.citizen_id}}
    errors:
      - {when: "!request.citizen_id.startsWith('C')", code: INVALID_ARGUMENT, message: An id starts with C.}
      - {when: account.citizen_id == "", code: INTERNAL, message: Never.}
    response: {citizen_id: account.citizen_id}
`, nil)
		_, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "X1"}`)
		wantError(t, err, codes.InvalidArgument, "", "An id starts with C.")
	})
}

func TestReadsComeBeforeWrites(t *testing.T) {
	t.Parallel()
	// The write does not read the account, yet it must not be sent when the account cannot be read.
	g := mustLoad(t, `methods:
  ChangeAddress:
    steps:
      - {name: submission, call: benefits/SubmitAddressChange, request: {citizen_id: request.citizen_id}}
      - {name: account, call: counciltax/GetAccount, request: {citizen_id: request.citizen_id}}
    errors:
      - {when: account.band == "X", code: FAILED_PRECONDITION, message: Not in band X.}
    return: submission
`, answers{"counciltax.v1.CouncilTax.GetAccount": refusal(errDown)})
	_, err := g.call(t.Context(), t, "ChangeAddress", `{"citizenId": "C1"}`)
	wantError(t, err, codes.Unavailable, "", "")
}

func TestWholeReplyIsHandedOn(t *testing.T) {
	t.Parallel()
	backends := all()
	backends["benefits.v1.Benefits.SubmitAddressChange"] = func(ctx context.Context, request proto.Message) (string, error) {
		adapters.ReplyFrom(ctx).ETag = "v7"
		if got, want := canonical(t, request), `{"citizenId":"C1","line1":"1 High St","postcode":"RV1 1AA"}`; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		return `{"name": "operations/7"}`, nil
	}
	g := mustLoad(t, binding(t), backends)
	said := &adapters.Reply{}
	got, err := g.call(adapters.WithReply(t.Context(), said), t, "ChangeAddress", `{"citizenId": "C1", "address": {"lines": ["1 High St"], "postcode": "RV1 1AA"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"name":"operations/7"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if said.ETag != "v7" {
		t.Errorf("the reply has the ETag %q", said.ETag)
	}
}

func TestIndependentStepsRunInParallel(t *testing.T) {
	t.Parallel()
	account, tenancy := make(chan struct{}), make(chan struct{})
	meet := func(mine, other chan struct{}, text string) answer {
		return func(ctx context.Context, _ proto.Message) (string, error) {
			close(mine)
			select {
			case <-other:
				return text, nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
	}
	backends := all()
	backends["counciltax.v1.CouncilTax.GetAccount"] = meet(account, tenancy, `{}`)
	backends["housing.v1.Tenancies.GetTenancy"] = meet(tenancy, account, `{}`)
	g := mustLoad(t, binding(t), backends)
	if _, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C1"}`); err != nil {
		t.Error(err)
	}
}

func TestFirstFailureCancelsTheRest(t *testing.T) {
	t.Parallel()
	started := make(chan struct{})
	backends := all()
	backends["counciltax.v1.CouncilTax.GetAccount"] = func(ctx context.Context, _ proto.Message) (string, error) {
		close(started)
		<-ctx.Done()
		return "", ctx.Err()
	}
	backends["housing.v1.Tenancies.GetTenancy"] = func(context.Context, proto.Message) (string, error) {
		<-started
		return "", &adapters.Error{Code: codes.PermissionDenied, Reason: "NOT_YOURS"}
	}
	g := mustLoad(t, binding(t), backends)
	_, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C1"}`)
	wantError(t, err, codes.PermissionDenied, "NOT_YOURS", "")
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	t.Run("an optional step leaves time to answer", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		backends := all()
		backends["counciltax.v1.CouncilTax.GetAccount"] = func(ctx context.Context, _ proto.Message) (string, error) {
			deadline, ok := ctx.Deadline()
			if left := time.Until(deadline); !ok || left > 48*time.Minute || left < 47*time.Minute {
				t.Errorf("of an hour, the step has %v", left)
			}
			return `{}`, nil
		}
		g := mustLoad(t, binding(t), backends)
		if _, err := g.call(ctx, t, "GetCitizen", `{"citizenId": "C1"}`); err != nil {
			t.Error(err)
		}
	})
	t.Run("a caller that gives up", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		backends := all()
		backends["counciltax.v1.CouncilTax.GetAccount"] = func(ctx context.Context, _ proto.Message) (string, error) {
			cancel()
			<-ctx.Done()
			return "", errDown // whatever the driver makes of it
		}
		g := mustLoad(t, binding(t), backends)
		_, err := g.call(ctx, t, "GetCitizen", `{"citizenId": "C1"}`)
		wantError(t, err, codes.Canceled, "", "")
	})
}

func TestErrorsOfSteps(t *testing.T) {
	t.Parallel()
	violations := func(fields ...string) *adapters.Error {
		refused := &adapters.Error{Code: codes.InvalidArgument, Reason: "BAD", Message: "citizenId of the mirror is bad"}
		for _, field := range fields {
			refused.Violations = append(refused.Violations, adapters.Violation{Field: field, Description: "is bad"})
		}
		return refused
	}
	for _, test := range []struct {
		name            string
		err             error
		code            codes.Code
		reason, message string
		violations      []adapters.Violation
	}{
		{"public part", &adapters.Error{Code: codes.AlreadyExists, Reason: "DUPLICATE", Message: "It is there.", Cause: errors.New("ORA-00001")}, codes.AlreadyExists, "DUPLICATE", "It is there.", nil},
		{"ill back end", errDown, codes.Unavailable, "", "", nil},
		{"not found", &adapters.Error{Code: codes.NotFound}, codes.NotFound, "", "", nil},
		{"foreign", errors.New("secret"), codes.Internal, "", "", nil},
		{"timed out by itself", context.DeadlineExceeded, codes.DeadlineExceeded, "", "", nil},
		{"invalid without fields", violations(), codes.InvalidArgument, "BAD", "citizenId of the mirror is bad", nil},
		{"a field of the caller's", violations("citizenId"), codes.InvalidArgument, "BAD", "", []adapters.Violation{{Field: "citizenId", Description: "is bad"}}},
		{"a nested field of the caller's", violations("postcode", "other"), codes.InvalidArgument, "BAD", "", []adapters.Violation{{Field: "address.postcode", Description: "is bad"}}},
		{"only fields that are not the caller's", violations("other"), codes.Internal, "", "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			backends := all()
			backends["benefits.v1.Benefits.SubmitAddressChange"] = refusal(test.err)
			g := mustLoad(t, binding(t), backends)
			_, err := g.call(t.Context(), t, "ChangeAddress", `{"citizenId": "C1", "address": {"lines": ["1 High St"]}}`)
			wantError(t, err, test.code, test.reason, test.message)
			got := errorOf(t, err)
			if !slices.Equal(got.Violations, test.violations) {
				t.Errorf("violations are %v, want %v", got.Violations, test.violations)
			}
			if !strings.Contains(got.Error(), "step submission") {
				t.Errorf("the cause does not name the step: %v", got)
			}
		})
	}
}

// TestViolationsNameWhatTheCallerSent refuses a field of a step's request, and holds which field of the caller's is named: "" for a mistake in
// the binding.
func TestViolationsNameWhatTheCallerSent(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"request.citizen_id":                                                   "citizenId",
		"request.address.lines[0]":                                             "address.lines",
		"request.citizen_id.trim()":                                            "citizenId",
		"'C' + .request.?citizen_id.orValue('')":                               "citizenId",
		"has(request.address.postcode) ? request.address.postcode : 'none'":    "address.postcode",
		"request.address.lines.filter(l, l != '').map(l, l.trim()).join(', ')": "address.lines",
		"request.address.lines.map(request, request + '!').join(', ')":         "",
		"request.citizen_id + request.address.postcode":                        "",
		"request.address.postcode + string(request.address.lines.size())":      "",
		"request.address.postcode + string(request == ChangeAddressRequest{})": "",
		"request.citizen_id + account.band":                                    "",
		"account.band":                                                         "",
		"'fixed'":                                                              "",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			backends := all()
			backends["benefits.v1.Benefits.SubmitAddressChange"] = refusal(&adapters.Error{
				Code: codes.InvalidArgument, Violations: []adapters.Violation{{Field: "line1", Description: "is bad"}},
			})
			g := mustLoad(t, strings.Replace(binding(t), `line_1: "request.address.lines[0]"`, fmt.Sprintf("line_1: %q", expression), 1), backends)
			_, err := g.call(t.Context(), t, "ChangeAddress", `{"citizenId": "C1", "address": {"lines": ["1 High St"], "postcode": "RV1 1AA"}}`)
			if want == "" {
				wantError(t, err, codes.Internal, "", "")
				return
			}
			wantError(t, err, codes.InvalidArgument, "", "")
			if got := errorOf(t, err).Violations; len(got) != 1 || got[0].Field != want {
				t.Errorf("violations are %v, want one of %s", got, want)
			}
		})
	}
}

// TestConditionsAreBool holds that a condition whose type only its value shows is refused unless it is a bool, instead of leaving the step out.
func TestConditionsAreBool(t *testing.T) {
	t.Parallel()
	g := mustLoad(t, `methods:
  GetCitizen:
    steps:
      - {name: account, call: counciltax/GetAccount, when: dyn(request).citizen_id, request: {citizen_id: request.citizen_id}}
    response: {citizen_id: account.citizen_id}
`, nil)
	_, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "true"}`)
	wantError(t, err, codes.Internal, "", "")
}

func TestEvaluationThatGoesWrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, field, expression, want string }{
		{"float", "rounded", "double(request.citizen_id) * 1e300", "is too large for a float"},
		{"index", "unavailable", "[request.citizen_id.split('')[7]]", "index out of bounds"},
		{"range", "channel", "int(request.citizen_id) * 1000000000", "is not between"},
		{"kind", "home", "dyn(request.citizen_id)", "is no citizen.v1.Home"},
		{"growth", "citizen_id", "cel.bind(a, 'aaaaaaaa', cel.bind(b, a.replace('', a), cel.bind(c, b.replace('', b), cel.bind(d, c.replace('', c), d.replace('', d)))))", "cost"},
		{"cost", "unavailable", "lists.range(2000).map(x, lists.range(2000).map(y, string(x + y)).join())", "cost"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			method := protoreflect.Name("GetCitizen")
			if test.field == "rounded" {
				method = "GetValues"
			}
			g := mustLoad(t, fmt.Sprintf("methods:\n  %s:\n    response:\n      %s: %q\n", method, test.field, test.expression), nil)
			_, err := g.call(t.Context(), t, method, `{"citizenId": "7000"}`)
			wantError(t, err, codes.Internal, "", "")
			got := errorOf(t, err)
			if cause := got.Error(); !strings.Contains(cause, test.want) || !strings.Contains(cause, fmt.Sprintf("methods[%q].response[%q]", method, test.field)) {
				t.Errorf("the cause is %s", cause)
			}
		})
	}
}

func TestMockedStepsMakeTheAnswerAMock(t *testing.T) {
	t.Parallel()
	backends := all()
	backends["housing.v1.Tenancies.GetTenancy"] = func(ctx context.Context, _ proto.Message) (string, error) {
		adapters.ReplyFrom(ctx).Mock = true
		return `{}`, nil
	}
	g := mustLoad(t, binding(t), backends)
	said := &adapters.Reply{}
	if _, err := g.call(adapters.WithReply(t.Context(), said), t, "GetCitizen", `{"citizenId": "C1"}`); err != nil || !said.Mock {
		t.Errorf("the reply says %+v (%v)", *said, err)
	}
}

func TestStepsHaveSpans(t *testing.T) {
	t.Parallel()
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	ctx, parent := provider.Tracer("test").Start(t.Context(), "call")
	backends := all()
	backends["counciltax.v1.CouncilTax.GetAccount"] = refusal(errDown)
	g := mustLoad(t, binding(t), backends)
	if _, err := g.call(ctx, t, "GetCitizen", `{"citizenId": "C1"}`); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, span := range recorder.Ended() {
		if span.Parent().SpanID() != parent.SpanContext().SpanID() {
			t.Errorf("%s is no child of the call", span.Name())
		}
		for _, attribute := range span.Attributes() {
			got[span.Name()+" "+string(attribute.Key)] = attribute.Value.String()
		}
	}
	for key, want := range map[string]string{
		"step account rpc.service": "counciltax.v1.CouncilTax",
		"step account rpc.method":  "GetAccount",
		"step account error.type":  "UNAVAILABLE",
		"step tenancy rpc.method":  "GetTenancy",
		"step repairs rpc.method":  "ListRepairs",
		"step tenancy error.type":  "",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
}

// wantError checks what the caller may know of an error. An empty message means the code's own.
func wantError(t *testing.T, err error, code codes.Code, reason, message string) {
	t.Helper()
	got := errorOf(t, err)
	if got.Code != code || got.Reason != reason || got.Message != message {
		t.Errorf("got %v %q %q, want %v %q %q", got.Code, got.Reason, got.Message, code, reason, message)
	}
}

// errorOf returns an error as the adapters' own, which all errors of a call are.
func errorOf(t *testing.T, err error) *adapters.Error {
	t.Helper()
	var got *adapters.Error
	if !errors.As(err, &got) {
		t.Fatalf("got the error %v (%T)", err, err)
	}
	return got
}
