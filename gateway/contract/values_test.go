package contract_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
)

// TestValues evaluates an expression for a field of each kind.
func TestValues(t *testing.T) {
	t.Parallel()
	const account = `{"citizenId": "C1", "count": "12", "notes": {"a": "b"}, "status": "STATUS_CLOSED",
		"instalments": [{"due": "2026-01-01", "amount": "10.10"}, {"due": "2026-02-01", "amount": "0.9"}]}`
	for _, test := range []struct{ field, expression, want string }{
		{"small", "7", `{"small":7}`},
		{"small", "request.year", `{"small":2026}`},
		{"small", "account.count", `{"small":12}`},
		{"unsigned", "uint(account.count)", `{"unsigned":12}`},
		{"large", "account.count", `{"large":"12"}`},
		{"large", "account.count + 1", `{"large":"13"}`},
		{"large", "account.status", `{"large":"2"}`},
		{"ratio", "0.5", `{"ratio":0.5}`},
		{"rounded", "0.1", `{"rounded":0.1}`},
		{"raw", "b'ab'", `{"raw":"YWI="}`},
		{"flag", "account.count > 3", `{"flag":true}`},
		{"text", "'a' + request.citizen_id", `{"text":"aC1"}`},
		{"text", "account.balance", `{}`},
		{"text", "account.?balance", `{}`},
		{"text", "account.?balance.orValue('none')", `{"text":"none"}`},
		{"wrapped", "request.citizen_id", `{"wrapped":"C1"}`},
		{"wrapped", "null", `{}`},
		{"wrapped", "''", `{"wrapped":""}`},
		{"wrapped_number", "account.count", `{"wrappedNumber":12}`},
		{"free", "{'a': 1, 'b': [true]}", `{"free":{"a":1,"b":[true]}}`},
		{"any_value", "'text'", `{"anyValue":"text"}`},
		{"any_value", "null", `{"anyValue":null}`},
		{"notes", "account.notes", `{"notes":{"a":"b"}}`},
		{"notes", "{'x': account.citizen_id}", `{"notes":{"x":"C1"}}`},
		{"numbers", "[1, account.count]", `{"numbers":[1,12]}`},
		{"numbers", "[]", `{}`},
		{"homes", "account.instalments.map(i, Home{tenancy_id: i.due})", `{"homes":[{"tenancyId":"2026-01-01"},{"tenancyId":"2026-02-01"}]}`},
		{"homes", "[Home{?tenancy_id: account.?balance}]", `{"homes":[{}]}`},
		{"at", "timestamp('2026-01-31T10:00:00Z')", `{"at":"2026-01-31T10:00:00Z"}`},
		{"at", "account.last_payment", `{}`},
		{"at", "null", `{}`},
		{"choice_message", "Values.counted{count: 3}", `{"choiceMessage":{"count":"3"}}`},
		{"channel", "Channel.CHANNEL_WEB", `{"channel":"CHANNEL_WEB"}`},
		{"channels", "[1, Channel.CHANNEL_WEB]", `{"channels":["CHANNEL_WEB","CHANNEL_WEB"]}`},
		{"left", "account.?balance", `{}`},
		{"maybe", "''", `{"maybe":""}`},
		{"maybe", "account.balance", `{}`},
		{"maybe", "optional.none()", `{}`},
		{"maybe", "dyn(account).citizen_id", `{"maybe":"C1"}`},
		{"text", "decimal.sum(account.instalments.map(i, i.amount))", `{"text":"11.00"}`},
		{"flag", "decimal.compare(account.instalments[0].amount, '10.1') == 0", `{"flag":true}`},
		{"text", "decimal.subtract('1', decimal.add('0.50', '0.505'))", `{"text":"-0.005"}`},
		{"text", "account.instalments.map(i, i.due).sort().join('/')", `{"text":"2026-01-01/2026-02-01"}`},
		{"text", "cel.bind(n, account.count, string(n * n))", `{"text":"144"}`},
		{"text", "['account'].map(account, account)[0]", `{"text":"account"}`},
	} {
		t.Run(test.field+" "+test.expression, func(t *testing.T) {
			t.Parallel()
			binding := fmt.Sprintf("methods:\n  GetValues:\n    response:\n      %s: %q\n", test.field, test.expression)
			if strings.Contains(test.expression, "account.") || strings.Contains(test.expression, "(account)") {
				binding += "    steps:\n      - {name: account, call: counciltax/GetAccount, request: {citizen_id: request.citizen_id}}\n"
			}
			g := mustLoad(t, binding, answers{"counciltax.v1.CouncilTax.GetAccount": reply(account)})
			got, err := g.call(t.Context(), t, "GetValues", `{"citizenId": "C1", "year": 2026}`)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestPlainPathsKeepAbsentAbsent compares what a path copies with what is there.
func TestPlainPathsKeepAbsentAbsent(t *testing.T) {
	t.Parallel()
	g := mustLoad(t, `methods:
  GetCitizen:
    steps:
      - {name: account, call: counciltax/GetAccount, request: {citizen_id: request.citizen_id, year: request.year}, optional: true}
    response:
      citizen_id: account.balance
      unavailable: account.?instalments[?0].?due.optMap(d, [d])
`, answers{"counciltax.v1.CouncilTax.GetAccount": func(_ context.Context, request proto.Message) (string, error) {
		if got := canonical(t, request); strings.Contains(got, "year") != strings.Contains(got, "with") {
			t.Errorf("the account was asked for with %s", got)
		}
		if strings.Contains(canonical(t, request), "down") {
			return "", errDown
		}
		return `{"balance": "5.00"}`, nil
	}})
	for _, test := range []struct{ request, want string }{
		{`{"citizenId": "none"}`, `{"citizenId":"5.00"}`},
		{`{"citizenId": "with", "year": 0}`, `{"citizenId":"5.00"}`},
		{`{"citizenId": "down with", "year": 2026}`, `{}`},
	} {
		got, err := g.call(t.Context(), t, "GetCitizen", test.request)
		if err != nil || got != test.want {
			t.Errorf("%s: got %s (%v), want %s", test.request, got, err, test.want)
		}
	}
}
