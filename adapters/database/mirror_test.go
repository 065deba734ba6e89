package database_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestDescriptors holds everything that callers are told about the test schema against a golden file for each engine.
func TestDescriptors(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, allWritable)
		printer := protoprint.Printer{SortElements: true}
		text, err := printer.PrintProtoToString(s.backend.Services()[0].Descriptor.ParentFile())
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", e.name+".proto.golden")
		if *update {
			if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), text); diff != "" {
			t.Errorf("the descriptors differ (-want +got); -update rewrites the golden file:\n%s", diff)
		}
	})
}

// TestRules holds that what the schema demands is refused before it reaches the database, each mistake at its field.
func TestRules(t *testing.T) {
	t.Parallel()
	validator, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, allWritable)
		for _, test := range []struct {
			method, request string
			want            []string
		}{
			{"CreateTenancy", `{}`, map[string][]string{
				"postgres": {"address", "bedrooms", "citizen_id", "started", "tenancy_id", "weekly_rent"},
				"mariadb":  {"address", "bedrooms", "citizen_id", "started", "tenancy_id", "weekly_rent"},
				"firebird": {"address", "bedrooms", "citizen_id", "started", "tenancy_id", "weekly_rent"},
				"sqlite":   {"address", "bedrooms", "citizen_id", "started", "weekly_rent"}, // which numbers the key
			}[e.name]},
			{"CreateTenancy", `{"tenancyId": 0, "citizenId": "C00000000", "address": "", "bedrooms": 21, "tenure": "free", "weeklyRent": "1.234", "started": "today"}`,
				[]string{"bedrooms", "citizen_id", "started", "tenure", "weekly_rent"}},
			{"CreateTenancy", `{"tenancyId": 0, "citizenId": "Ł000001", "address": "", "bedrooms": 0, "weeklyRent": "-1.2", "started": "2026-02-03"}`, nil},
			{"CreateRentLine", `{"tenancyId": 1, "lineNo": 40000, "amount": "123456789"}`, []string{"amount", "line_no"}},
			{"CreateRepairOrder", `{"tenancyId": 1, "status": "lost"}`, []string{"status"}},
			{"GetRentLine", `{"tenancyId": 0}`, []string{"line_no"}},
			{"GetRentLine", `{"tenancyId": 0, "lineNo": 0}`, nil},
			{"UpdateTenancy", `{"tenancyId": 1, "tenancy": {"bedrooms": -1}}`, []string{"tenancy.bedrooms"}},
			{"UpdateTenancy", `{"tenancyId": 1, "tenancy": {"note": "only this"}}`, nil},
			{"UpdateTenancy", `{"tenancyId": 1}`, []string{"tenancy"}},
			{"ListTenancies", `{"pageSize": -1}`, []string{"page_size"}},
		} {
			request := newRequest(t, s, protoreflect.Name(test.method))
			if err := protojson.Unmarshal([]byte(test.request), request); err != nil {
				t.Fatal(err)
			}
			var got []string
			var invalid *protovalidate.ValidationError
			if err := validator.Validate(request); errors.As(err, &invalid) {
				for _, violation := range invalid.Violations {
					got = append(got, protovalidate.FieldPathString(violation.Proto.GetField()))
				}
			} else if err != nil {
				t.Fatalf("%s: %v", test.method, err)
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s %s: violations (-want +got):\n%s", test.method, test.request, diff)
			}
		}
	})
}
