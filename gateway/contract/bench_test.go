package contract_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/contract"
)

// A fixedConn answers every call with one message, at no cost.
type fixedConn struct{ reply proto.Message }

func (c fixedConn) Invoke(_ context.Context, _ string, _, reply any, _ ...grpc.CallOption) error {
	into, ok := reply.(*proto.Message)
	if !ok {
		return errors.New("the reply is not taken as it is")
	}
	*into = c.reply
	return nil
}

func (fixedConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams")
}

// BenchmarkCall answers a method of eight fields from one step: by paths that are copied, by the same paths in a form that CEL
// evaluates, and by expressions as bindings have them.
func BenchmarkCall(b *testing.B) {
	for _, bench := range []struct{ name, response string }{
		{"paths", `
			text: account.citizen_id
			large: account.count
			maybe: account.balance
			left: account.band
			notes: account.notes
			wrapped_number: request.year
			at: account.last_payment
			flag: "true"`},
		{"paths in CEL", `
			text: dyn(account.citizen_id)
			large: dyn(account.count)
			maybe: dyn(account.balance)
			left: dyn(account.band)
			notes: dyn(account.notes)
			wrapped_number: dyn(request.year)
			at: dyn(account.last_payment)
			flag: "true"`},
		{"expressions", `
			text: account.citizen_id + "/" + account.band
			large: account.count + 1
			maybe: '"£" + account.balance'
			left: 'account.band == "D" ? "four" : "other"'
			notes: '{"band": account.band}'
			homes: 'account.instalments.filter(i, i.amount != "0").map(i, Home{tenancy_id: i.due})'
			at: account.last_payment + duration("1s")
			flag: account.count > 3`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			g := mustLoad(b, "methods:\n  GetValues:\n    steps:\n      - {name: account, call: counciltax/GetAccount, request: {citizen_id: request.citizen_id}}\n    response:"+
				strings.ReplaceAll(bench.response, "\t\t\t", "      "), nil)
			answer, request := compileForBench(b, g)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := answer(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// compileForBench compiles GetValues over a connection that costs nothing.
func compileForBench(b *testing.B, g *gateway) (adapters.UnaryHandler, proto.Message) {
	b.Helper()
	called, err := g.catalog.Find("counciltax", "GetAccount")
	if err != nil {
		b.Fatal(err)
	}
	reply := dynamicpb.NewMessage(called.Output())
	if err := protojson.Unmarshal([]byte(`{"citizenId": "C000001", "band": "D", "balance": "12.50", "count": "7", "notes": {"a": "b"},
		"lastPayment": "2026-01-31T00:00:00Z", "instalments": [{"due": "2026-02-01", "amount": "10"}, {"due": "2026-03-01", "amount": "0"}]}`), reply); err != nil {
		b.Fatal(err)
	}
	services, found := contract.Compile(g.api, g.catalog, fixedConn{reply}, slog.New(slog.DiscardHandler))
	if err := found.Err(); err != nil {
		b.Fatal(err)
	}
	method := g.api.Method("GetValues")
	request := dynamicpb.NewMessage(method.Input())
	request.Set(method.Input().Fields().ByName("citizen_id"), protoreflect.ValueOfString("C000001"))
	for _, answered := range services[0].Methods {
		if answered.Name == method.Name() {
			return answered.Unary, request
		}
	}
	b.Fatal(fmt.Errorf("%s has no handler", method.FullName()))
	return nil, nil
}

// BenchmarkCompile compiles the binding of testdata/citizen.
func BenchmarkCompile(b *testing.B) {
	g := mustLoad(b, binding(b), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, found := contract.Compile(g.api, g.catalog, g.conn, slog.New(slog.DiscardHandler)); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
