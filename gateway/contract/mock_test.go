package contract_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/contract"
)

func TestExamples(t *testing.T) {
	t.Parallel()
	g := mustLoad(t, `methods:
  GetCitizen:
    examples:
      - response: {citizenId: anybody}
      - request: {citizenId: C1, year: 2026}
        response: {citizenId: C1, channel: CHANNEL_WEB}
      - request: {citizenId: C1, year: 0}
        response: {citizenId: C1, unavailable: [long ago]}
      - request: {citizenId: C1}
        response: {citizenId: C1, home: {openRepairs: [R1]}}
  ChangeAddress:
    examples:
      - request: {address: {lines: [1 High St]}}
        response: {name: operations/1}
`, nil)
	for _, test := range []struct {
		method        protoreflect.Name
		request, want string
	}{
		{"GetCitizen", `{"citizenId": "C1", "year": 2026}`, `{"citizenId":"C1","channel":"CHANNEL_WEB"}`},
		{"GetCitizen", `{"citizenId": "C1", "year": 2025}`, `{"citizenId":"C1","home":{"openRepairs":["R1"]}}`},
		{"GetCitizen", `{"citizenId": "C1", "year": 0}`, `{"citizenId":"C1","unavailable":["long ago"]}`},
		{"GetCitizen", `{"citizenId": "C1"}`, `{"citizenId":"C1","home":{"openRepairs":["R1"]}}`},
		{"GetCitizen", `{"citizenId": "C2"}`, `{"citizenId":"anybody"}`},
		{"ChangeAddress", `{"citizenId": "C2", "address": {"lines": ["1 High St"], "postcode": "RV1 1AA"}}`, `{"name":"operations/1"}`},
	} {
		said := &adapters.Reply{}
		got, err := g.call(adapters.WithReply(t.Context(), said), t, test.method, test.request)
		if err != nil || got != test.want || !said.Mock {
			t.Errorf("%s %s: got %s (%v, mock %v), want %s", test.method, test.request, got, err, said.Mock, test.want)
		}
	}
}

func TestMocksWithoutExamples(t *testing.T) {
	t.Parallel()
	g := mustLoad(t, "owner: us\n", nil)
	for _, test := range []struct {
		method        protoreflect.Name
		request, want string
	}{
		{"GetCitizen", `{"citizenId": "C7"}`, `"citizenId":"C7"`},
		{"ChangeAddress", `{"citizenId": "C7"}`, `"name":"operations/`},
	} {
		said := &adapters.Reply{}
		first, err := g.call(adapters.WithReply(t.Context(), said), t, test.method, test.request)
		if err != nil || !said.Mock || !strings.Contains(first, test.want) {
			t.Errorf("%s: got %s (%v, mock %v), want %s in it", test.method, first, err, said.Mock, test.want)
		}
		again, err := g.call(t.Context(), t, test.method, test.request)
		if err != nil || again != first {
			t.Errorf("%s: the second reply is\n%s (%v), the first was\n%s", test.method, again, err, first)
		}
	}
}

func TestMockOfAnyService(t *testing.T) {
	t.Parallel()
	service := compileFile(t, "testdata/backends", "counciltax.proto").Services().Get(0)
	mocks := contract.Mock(service)
	if len(mocks) != 1 || mocks[0].Descriptor != service || len(mocks[0].Methods) != 2 {
		t.Fatalf("got %v", mocks)
	}
	said := &adapters.Reply{}
	sent := 0
	ctx := adapters.WithReply(t.Context(), said)
	request := dynamicpb.NewMessage(service.Methods().ByName("WatchAccount").Input())
	err := mocks[0].Methods[1].Stream(ctx, request, func(reply proto.Message) error {
		sent++
		if got := reply.ProtoReflect().Descriptor().Name(); got != "GetAccountResponse" {
			t.Errorf("a %s was sent", got)
		}
		return nil
	})
	if err != nil || sent != 1 || !said.Mock {
		t.Errorf("%d replies were sent (%v, mock %v)", sent, err, said.Mock)
	}
}
