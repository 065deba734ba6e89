package contract_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/gateway/contract"
	"github.com/postern-gateway/postern/gateway/registry"
)

func TestCyclesBetweenContracts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		calls map[string]string // who calls whom; "" calls nobody
		want  []string
	}{
		{"none", map[string]string{"a": "b", "b": "c", "c": ""}, nil},
		{"itself", map[string]string{"a": "a"}, []string{"apis/a/v1/binding.yaml:5:15: contract methods call one another in a circle: a/v1/Do calls a/v1/Do"}},
		{"three", map[string]string{"a": "b", "b": "c", "c": "b"}, []string{"apis/c/v1/binding.yaml:5:15: contract methods call one another in a circle: b/v1/Do calls c/v1/Do calls b/v1/Do"}},
		{"two circles", map[string]string{"a": "a", "b": "b"}, []string{
			"apis/a/v1/binding.yaml:5:15: contract methods call one another in a circle: a/v1/Do calls a/v1/Do",
			"apis/b/v1/binding.yaml:5:15: contract methods call one another in a circle: b/v1/Do calls b/v1/Do",
		}},
		{"unknown", map[string]string{"a": "z"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := make(map[string]string)
			for caller, called := range test.calls {
				files["apis/"+caller+"/v1/api.proto"] = fmt.Sprintf(`syntax = "proto3"; package %s.v1;
					service S { rpc Do(M) returns (M) {} } message M { string id = 1; }`, caller)
				files["apis/"+caller+"/v1/binding.yaml"] = "owner: us\n"
				if called != "" {
					files["apis/"+caller+"/v1/binding.yaml"] = fmt.Sprintf("methods:\n  Do:\n    steps:\n      - name: other\n        call: %s/v1/Do\n    return: other\n", called)
				}
			}
			apis := readAPIs(t, files)
			var declarations []registry.Declaration
			for _, api := range apis {
				declarations = append(declarations, registry.Declaration{Owner: api.Name + "/" + api.Version, Service: api.Services[0]})
			}
			catalog, err := registry.NewCatalog(declarations)
			if err != nil {
				t.Fatal(err)
			}
			found := contract.Cycles(apis, catalog)
			if len(found) != len(test.want) {
				t.Fatalf("found %v, want %v", found, test.want)
			}
			for i, want := range test.want {
				if got, _, _ := strings.Cut(found[i].String(), "\n"); got != want {
					t.Errorf("found %s\nwant  %s", got, want)
				}
			}
		})
	}
}

// TestContractsCallContracts answers one contract from another.
func TestContractsCallContracts(t *testing.T) {
	t.Parallel()
	g := mustLoad(t, `methods:
  GetCitizen:
    steps:
      - {name: values, call: citizen/v1/GetValues, request: {citizen_id: request.citizen_id}}
    response: {citizen_id: values.text}
  GetValues:
    steps:
      - {name: account, call: counciltax/GetAccount, request: {citizen_id: request.citizen_id}}
    response: {text: account.band}
`, answers{"counciltax.v1.CouncilTax.GetAccount": reply(`{"band": "D"}`)})
	got, err := g.call(t.Context(), t, "GetCitizen", `{"citizenId": "C1"}`)
	if want := `{"citizenId":"D"}`; err != nil || got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}
