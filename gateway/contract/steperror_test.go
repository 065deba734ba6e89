package contract_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
)

const stepErrors = `methods:
  GetCitizen:
    steps:
      - {name: tenancy, call: housing/GetTenancy, request: {citizen_id: request.citizen_id}}
      - name: account
        call: counciltax/GetAccount
        request: {citizen_id: request.citizen_id}
        errors:
          - {when: error.detail.hasValue() && error.detail.value().sealed.by == "court" && error.detail.value().sealed.number > 3, code: PERMISSION_DENIED, reason: SEALED, message: It is sealed.}
          - {when: error.code == "UNAVAILABLE" && tenancy.tenancy_id == "T1", code: RESOURCE_EXHAUSTED, message: Come again.}
          - {when: error.reason == "NOT_FOUND", code: NOT_FOUND, reason: NO_ACCOUNT, message: There is no account.}
    response: {citizen_id: account.citizen_id + tenancy.tenancy_id}
`

// sealed is what the back end says of a failure.
func sealed(t *testing.T, request proto.Message, text string) proto.Message {
	t.Helper()
	descriptor := request.ProtoReflect().Descriptor().ParentFile().Messages().ByName("GetAccountFaults")
	detail := dynamicpb.NewMessage(descriptor)
	if err := protojson.Unmarshal([]byte(text), detail); err != nil {
		t.Error(err)
	}
	return detail
}

func TestStepErrorRules(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, tenancy string
		failure       adapters.Error
		detail        string
		code          codes.Code
		reason        string
		message       string
	}{
		{name: "by its detail", tenancy: "T1", failure: adapters.Error{Code: codes.Internal}, detail: `{"sealed": {"by": "court", "number": 4}}`,
			code: codes.PermissionDenied, reason: "SEALED", message: "It is sealed."},
		{name: "another detail", tenancy: "T1", failure: adapters.Error{Code: codes.Internal, Reason: "ODD"}, detail: `{"sealed": {"by": "court", "number": 3}}`, code: codes.Internal, reason: "ODD"},
		{name: "no detail", tenancy: "T1", failure: adapters.Error{Code: codes.Internal, Reason: "ODD"}, code: codes.Internal, reason: "ODD"},
		{name: "by another step", tenancy: "T1", failure: adapters.Error{Code: codes.Unavailable}, code: codes.ResourceExhausted, message: "Come again."},
		{name: "not by another step", tenancy: "T2", failure: adapters.Error{Code: codes.Unavailable}, code: codes.Unavailable},
		{name: "a reason that is not given is the code", tenancy: "T1", failure: adapters.Error{Code: codes.NotFound}, code: codes.NotFound, reason: "NO_ACCOUNT", message: "There is no account."},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			g := mustLoad(t, stepErrors, answers{
				"housing.v1.Tenancies.GetTenancy": func(context.Context, proto.Message) (string, error) {
					return `{"tenancyId": "` + row.tenancy + `"}`, nil
				},
				"counciltax.v1.CouncilTax.GetAccount": func(_ context.Context, request proto.Message) (string, error) {
					failed := row.failure
					if row.detail != "" {
						failed.Detail = sealed(t, request, row.detail)
					}
					return "", &failed
				},
			})
			_, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C1"}`)
			wantError(t, err, row.code, row.reason, row.message)
		})
	}
}
