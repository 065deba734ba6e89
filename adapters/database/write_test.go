package database_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, allWritable)
		s.want(t, "CreateTenancy", `{"tenancyId": 10, "citizenId": "C000010", "address": "O'Brien's \"Yard\"; --", "bedrooms": 0, "weeklyRent": "1234.5", "started": "2026-02-28",
				"furnished": false, "signed": "2026-02-27T23:59:59.123456Z", "viewed": "2026-02-01T08:00:00Z"}`,
			`{"tenancyId": 10, "citizenId": "C000010", "address": "O'Brien's \"Yard\"; --", "bedrooms": 0, "tenure": "secure", "weeklyRent": "1234.50", "started": "2026-02-28",
				"furnished": false, "signed": "2026-02-27T23:59:59.123456Z", "viewed": "2026-02-01T08:00:00Z"}`)
		wantRows(t, "the new row", []string{"a", "b", "c"}, []map[string]any{{"a": "O'Brien's \"Yard\"; --", "b": "1234.5", "c": "2026-02-28"}},
			s.truth(t, "SELECT address, weekly_rent, started FROM tenancies WHERE tenancy_id = 10"))

		s.want(t, "CreateRepairOrder", `{"tenancyId": 10, "select": "gate", "cost": "0.1234567890123", "hours": 0.1, "photo": "AAEC/w==", "details": "{\"b\": [1, null]}", "reference": "123e4567-e89b-12d3-a456-426614174000", "took": "P1DT2H"}`,
			`{"orderNo": "3", "tenancyId": 10, "select": "gate", "status": "reported", "cost": "0.1234567890123", "hours": 0.1, "photo": "AAEC/w==", "details": "{\"b\": [1, null]}", "reference": "123e4567-e89b-12d3-a456-426614174000", "took": "P1DT2H", "label": "repair of 10"}`)
		s.want(t, "CreateLog", `{}`, `{}`)
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, allWritable)
		before := tag(t, s, `{"tenancyId": 1}`)
		for _, request := range []string{
			`{"tenancyId": 1, "tenancy": {"bedrooms": 0, "furnished": true}}`,
			`{"tenancyId": 1, "tenancy": {"tenancyId": 1, "note": "kept"}}`,
			`{"tenancyId": 1, "tenancy": {"note": "n", "address": "not told"}, "updateMask": "note,furnished,viewed"}`,
		} {
			if _, err := s.call(t, "UpdateTenancy", request); err != nil {
				t.Fatalf("%s: %v", request, err)
			}
		}
		s.want(t, "GetTenancy", `{"tenancyId": 1}`, `{"tenancyId": 1, "citizenId": "C000001", "address": "1 Wharf Lane", "postCode": "RV1 1AA", "bedrooms": 0, "tenure": "secure",
			"weeklyRent": "92.50", "started": "2011-04-01", "signed": "2011-03-28T09:15:00Z", "note": "n"}`)
		if after := tag(t, s, `{"tenancyId": 1}`); after == before || after == "" {
			t.Errorf("the entity tag is %q before and %q after", before, after)
		}
		if first, second := tag(t, s, `{"tenancyId": 2}`), tag(t, s, `{"tenancyId": 2}`); first != second {
			t.Errorf("the entity tag of a row that stays is %q, and then %q", first, second)
		}
		s.want(t, "UpdateRentLine", `{"tenancyId": 2, "lineNo": 2, "rentLine": {"amount": "-1.10"}}`, `{"tenancyId": 2, "lineNo": 2, "amount": "-1.10"}`)
		s.want(t, "GetRentLine", `{"tenancyId": 2, "lineNo": 1}`, `{"tenancyId": 2, "lineNo": 1, "amount": "110.00"}`)
	})
}

// TestUpdateOfEmptyBody holds that the mask which the gateway makes of an empty body, one empty path, is told for what it is.
func TestUpdateOfEmptyBody(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, allWritable)
		request := newRequest(t, s, "UpdateTenancy").ProtoReflect()
		fields := request.Descriptor().Fields()
		request.Mutable(fields.ByName("tenancy"))
		mask := request.Mutable(fields.ByName("update_mask")).Message()
		mask.Mutable(mask.Descriptor().Fields().ByName("paths")).List().Append(protoreflect.ValueOfString(""))
		for _, method := range s.backend.Services()[0].Methods {
			if method.Name != "UpdateTenancy" {
				continue
			}
			_, err := method.Unary(t.Context(), request.Interface())
			want := refusal{Code: codes.InvalidArgument}
			if diff := cmp.Diff(want, refusalOf(t, err)); diff != "" {
				t.Errorf("refusal differs (-want +got):\n%s", diff)
			}
		}
	})
}

func tag(t *testing.T, s *subject, request string) string {
	t.Helper()
	_, said, err := s.callWithReply(t, "GetTenancy", request)
	if err != nil {
		t.Fatal(err)
	}
	return said.ETag
}

func TestDelete(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, allWritable)
		s.want(t, "DeleteRentLine", `{"tenancyId": 1, "lineNo": 2}`, `{}`)
		wantRows(t, "what is left", []string{"n"}, []map[string]any{{"n": 4}}, s.truth(t, "SELECT count(*) FROM rent_lines"))
		got := s.refused(t, "DeleteRentLine", `{"tenancyId": 1, "lineNo": 2}`)
		if diff := cmp.Diff(refusal{Code: codes.NotFound, Reason: "RENT_LINE_NOT_FOUND"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWriteRefusals(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, allWritable)
		violation := func(field, description string) []adapters.Violation {
			return []adapters.Violation{{Field: field, Description: description}}
		}
		complete := func(change string) string {
			return `{"tenancyId": 20, "address": "a", "weeklyRent": "1", "started": "2020-01-01"` + change + `}`
		}
		inUse := refusal{Code: codes.FailedPrecondition, Reason: adapters.ReasonInUse}
		named := refusal{Code: codes.InvalidArgument, Reason: dialect.ForeignKeyViolation, Violations: violation("tenancyId", "there is no record that it refers to")}
		for _, test := range []struct {
			name, method, request string
			want                  refusal
		}{
			{name: "the key is taken", method: "CreateTenancy", request: `{"tenancyId": 1, "citizenId": "C9", "address": "a", "bedrooms": 1, "weeklyRent": "1", "started": "2020-01-01"}`,
				want: refusal{codes.AlreadyExists, dialect.UniqueViolation, violation("tenancyId", "there is a record with this value already")}},
			{name: "a unique value is taken", method: "CreateTenancy", request: complete(`, "citizenId": "C000001", "bedrooms": 1`),
				want: refusal{codes.AlreadyExists, dialect.UniqueViolation, violation("citizenId", "there is a record with this value already")}},
			{name: "nothing is referred to", method: "CreateRepairOrder", request: `{"tenancyId": 999}`, want: named},
			{name: "it is referred to", method: "DeleteTenancy", request: `{"tenancyId": 1}`, want: inUse},
			{name: "a value is missing", method: "CreateTenancy", request: complete(`, "bedrooms": 1`),
				want: refusal{codes.InvalidArgument, dialect.NotNullViolation, violation("citizenId", "a value is required")}},
			{name: "a check fails", method: "CreateTenancy", request: complete(`, "citizenId": "C8", "bedrooms": 21`),
				want: refusal{codes.InvalidArgument, dialect.CheckViolation, violation("bedrooms", "the value breaks a rule of the data")}},
			{name: "nothing is there", method: "UpdateTenancy", request: `{"tenancyId": 77, "tenancy": {"note": "x"}}`, want: refusal{Code: codes.NotFound, Reason: "TENANCY_NOT_FOUND"}},
			{name: "nothing is changed", method: "UpdateTenancy", request: `{"tenancyId": 1, "tenancy": {}}`,
				want: refusal{Code: codes.InvalidArgument}},
			{name: "the key is changed", method: "UpdateTenancy", request: `{"tenancyId": 1, "tenancy": {"tenancyId": 2, "note": "x"}}`,
				want: refusal{codes.InvalidArgument, "", violation("tenancy.tenancyId", "the key of a record cannot be changed; leave it out, or give the one in the path")}},
			{name: "a required value is cleared", method: "UpdateTenancy", request: `{"tenancyId": 1, "tenancy": {"note": "x"}, "updateMask": "note,address"}`,
				want: refusal{codes.InvalidArgument, "", violation("tenancy.address", "a value is required")}},
			{name: "the database's own field", method: "UpdateRepairOrder", request: `{"orderNo": 1, "repairOrder": {"label": "x"}}`,
				want: refusal{codes.InvalidArgument, "", violation("repairOrder.label", "only the database writes this field; leave it out")}},
			{name: "an unknown field in the mask", method: "UpdateTenancy", request: `{"tenancyId": 1, "tenancy": {"note": "x"}, "updateMask": "note,nothing"}`,
				want: refusal{codes.InvalidArgument, "", violation("updateMask", `there is no field "nothing"`)}},
			{name: "a unique value is taken by another", method: "UpdateTenancy", request: `{"tenancyId": 1, "tenancy": {"citizenId": "C000002"}}`,
				want: refusal{codes.AlreadyExists, dialect.UniqueViolation, violation("tenancy.citizenId", "there is a record with this value already")}},
		} {
			t.Run(test.name, func(t *testing.T) {
				if diff := cmp.Diff(test.want, s.refused(t, protoreflect.Name(test.method), test.request)); diff != "" {
					t.Errorf("refusal differs (-want +got):\n%s", diff)
				}
			})
		}
		wantRows(t, "nothing was written", []string{"n"}, []map[string]any{{"n": 4}}, s.truth(t, "SELECT count(*) FROM tenancies"))
	})
}

// TestReadOnlyByDefault holds that nothing can be written unless the configuration says so.
func TestReadOnlyByDefault(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, nil)
		methods := s.backend.Services()[0].Methods
		if len(methods) != 15 { // five lists and streams, three that have a key, and two lists of what belongs to a tenancy
			t.Errorf("%d methods, want 15", len(methods))
		}
		for _, method := range methods {
			name := string(method.Name)
			if !strings.HasPrefix(name, "Get") && !strings.HasPrefix(name, "List") && !strings.HasPrefix(name, "Stream") {
				t.Errorf("%s can be called", name)
			}
		}
	})
}

// TestRefusedValueIsNamed holds that a value of a type that only the server can judge is told by its field, whatever stands beside it.
func TestRefusedValueIsNamed(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, `CREATE TABLE papers (id int PRIMARY KEY, head jsonb, tail jsonb, body xml, flags bit(3), held interval, span int4range, key uuid);
		INSERT INTO papers (id) VALUES (1)`, allWritable)
	good := map[string]string{"head": `"{}"`, "tail": `"{}"`, "body": `"<a/>"`, "flags": `"101"`, "held": `"P1D"`, "span": `"[1,2)"`, "key": `"123e4567-e89b-12d3-a456-426614174000"`}
	for name, bad := range map[string]string{"head": `"{"`, "tail": `"{"`, "body": `"<a"`, "flags": `"102"`, "held": `"P1Z"`, "span": `"[2,1)"`, "key": `"x"`} {
		var given []string
		for field, value := range good {
			if field == name {
				value = bad
			}
			given = append(given, `"`+field+`": `+value)
		}
		row := strings.Join(given, ", ")
		for method, test := range map[protoreflect.Name]struct{ request, field string }{
			"CreatePaper": {`{"id": 2, ` + row + `}`, name},
			"UpdatePaper": {`{"id": 1, "paper": {` + row + `}}`, "paper." + name},
		} {
			got := s.refused(t, method, test.request)
			if got.Code != codes.InvalidArgument || len(got.Violations) != 1 || got.Violations[0].Field != test.field {
				t.Errorf("%s with %s: %+v, want a violation of %s", method, bad, got, test.field)
			}
		}
	}
}
