package contract_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/contract"
)

// FuzzExpressions compiles any text as an expression and, if it is one, evaluates it. Nothing panics, and every evaluation ends.
func FuzzExpressions(f *testing.F) {
	for _, expression := range []string{
		"request.citizen_id", "account.?balance.orValue('')", "account.optMap(a, a.band).orValue('')", "unavailable.join(',')",
		"string(as_of['account'])", "[1, 2].map(x, x * 2)[5]", "decimal.add(request.citizen_id, '1')", "Home{tenancy_id: 'x'}",
		"counciltax.v1.GetAccountResponse{band: 'D'}.band", "'%s'.format([1])", "'a'.matches('(a+)+$')", "lists.range(5).map(i, string(i)).join()",
		"cel.bind(x, 'a', x + x)", "optional.none().orValue('')", "{'a': 'b'}.transformMap(k, v, v)['a']", "((((", "a.b.c{", "'\\", "\x00", "request.citizen_id ? 1 : 2",
		"-9223372036854775808 / -1", "duration('1s') + timestamp(0)", "dyn({}).a.b", "request['citizen_id']", ".request.citizen_id",
	} {
		f.Add(expression)
	}
	g := mustLoad(f, `methods:
  GetValues:
    steps:
      - {name: account, call: counciltax/GetAccount, request: {citizen_id: request.citizen_id}, optional: true}
    response:
      maybe: account.?band
      text: request.citizen_id
`, answers{"counciltax.v1.CouncilTax.GetAccount": reply(`{"band": "D"}`)})
	request := dynamicpb.NewMessage(g.api.Method("GetValues").Input())
	f.Fuzz(func(t *testing.T, expression string) {
		api := *g.api
		api.Binding = proto.CloneOf(g.api.Binding)
		api.Binding.Methods["GetValues"].Response["text"] = expression
		services, found := contract.Compile(&api, g.catalog, g.conn, slog.New(slog.DiscardHandler))
		for _, mistake := range found {
			if mistake.Line < 1 || mistake.Column < 1 {
				t.Errorf("a mistake has no place: %v", mistake)
			}
		}
		if len(found) > 0 {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for _, method := range services[0].Methods {
			if method.Name != "GetValues" {
				continue
			}
			_, err := method.Unary(ctx, request)
			var known *adapters.Error
			if err != nil && !errors.As(err, &known) {
				t.Errorf("the error is a %T: %v", err, err)
			}
			if ctx.Err() != nil {
				t.Error("the evaluation does not end")
			}
		}
	})
}
