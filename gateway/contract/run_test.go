package contract_test

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/postern-gateway/postern/adapters"
)

func reply(text string) answer {
	return func(context.Context, proto.Message) (string, error) { return text, nil }
}

func TestCallComposesReplies(t *testing.T) {
	t.Parallel()
	asOf := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	g := mustLoad(t, binding(t), answers{
		"counciltax.v1.CouncilTax.GetAccount": func(ctx context.Context, request proto.Message) (string, error) {
			adapters.ReplyFrom(ctx).AsOf = asOf
			if got := canonical(t, request); got != `{"citizenId":"C000001"}` {
				t.Errorf("the account was asked for with %s", got)
			}
			return `{"citizenId": "C000001", "band": "D", "balance": "12.50"}`, nil
		},
		"housing.v1.Tenancies.GetTenancy": reply(`{"tenancyId": "T1"}`),
		"housing.v1.Tenancies.ListRepairs": func(_ context.Context, request proto.Message) (string, error) {
			if got := canonical(t, request); got != `{"tenancyId":"T1","pageSize":20}` {
				t.Errorf("repairs were asked for with %s", got)
			}
			return `{"repairs": [{"repairId": "R1", "status": "OPEN"}, {"repairId": "R2", "status": "DONE"}]}`, nil
		},
	})
	got, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C000001"}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"citizenId":"C000001","councilTax":{"band":"D","balance":"12.50","asOf":"2026-03-01T06:00:00Z"},` +
		`"home":{"tenancyId":"T1","openRepairs":["R1"]},"channel":"CHANNEL_WEB"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
