package database_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func TestGet(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, nil)
		s.want(t, "GetTenancy", `{"tenancyId": 2}`, `{"tenancyId": 2, "citizenId": "C000002", "address": "2 Wharf Lane", "bedrooms": 3,
			"tenure": "introductory", "weeklyRent": "110.00", "started": "2025-06-01", "furnished": true, "viewed": "2025-05-02T10:30:00.25Z", "note": ""}`)
		s.want(t, "GetTenancy", `{"tenancyId": 3}`, `{"tenancyId": 3, "citizenId": "C000003", "address": "Flat 3, Łódź House", "postCode": "RV2 2BB", "bedrooms": 1,
			"tenure": "licence", "weeklyRent": "75.05", "started": "2020-02-29", "signed": "2020-02-20T00:00:00.123Z", "note": "quoted 'text' and 100%"}`)
		s.want(t, "GetRentLine", `{"tenancyId": 1, "lineNo": 2}`, `{"tenancyId": 1, "lineNo": 2, "amount": "-0.05"}`)
	})
}

// TestChangedTable holds that a statement which was prepared before its table changed is prepared anew, and run, without the caller's knowing.
func TestChangedTable(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, "CREATE TABLE parts (id int PRIMARY KEY, name varchar(10)); INSERT INTO parts VALUES (1, 'a')", func(settings *configv1.DatabaseBackend) {
			allWritable(settings)
			settings.PoolSize = proto.Uint32(1)
		})
		change := "ALTER TABLE parts ADD more varchar(10)"
		if e.name == "postgres" {
			change = "ALTER TABLE parts ALTER name TYPE varchar(20)" // which it tells of
		}
		const update, want = `{"id": 1, "part": {"name": "b"}}`, `{"id": 1, "name": "b"}`
		s.want(t, "UpdatePart", update, want)
		s.want(t, "GetPart", `{"id": 1}`, want)
		s.want(t, "ListParts", `{}`, `{"parts": [`+want+`]}`)
		s.exec(t, change)
		s.want(t, "ListParts", `{}`, `{"parts": [`+want+`]}`)
		s.want(t, "GetPart", `{"id": 1}`, want)
		s.want(t, "UpdatePart", update, want)
	})
}

// TestRetypedColumn holds that a column which has become one of another type is read as long as its values are of the type that it was, and never as something else.
func TestRetypedColumn(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, "CREATE TABLE parts (id int PRIMARY KEY, size int, made timestamptz); INSERT INTO parts VALUES (1, 7, '2020-01-01Z'), (2, 8, NULL)", nil)
	s.want(t, "GetPart", `{"id": 1}`, `{"id": 1, "size": 7, "made": "2020-01-01T00:00:00Z"}`)
	s.exec(t, "ALTER TABLE parts ALTER size TYPE bigint; UPDATE parts SET size = 3000000000 WHERE id = 2")
	s.want(t, "GetPart", `{"id": 1}`, `{"id": 1, "size": 7, "made": "2020-01-01T00:00:00Z"}`)
	if got := s.refused(t, "GetPart", `{"id": 2}`); got.Code != codes.DataLoss || got.Reason != dialect.ValueUnreadable {
		t.Errorf("a number that is too large: %+v", got)
	}
	for _, change := range []string{"ALTER size TYPE text", "ALTER size TYPE int USING 1, ALTER made TYPE text"} {
		s.exec(t, "ALTER TABLE parts "+change)
		if got := s.refused(t, "GetPart", `{"id": 1}`); got.Code != codes.Internal || got.Reason != dialect.SchemaChanged {
			t.Errorf("%s: %+v", change, got)
		}
	}
}

// TestDroppedUnderneath holds that a table or column which is gone shows no ill back end: other tables answer as before.
func TestDroppedUnderneath(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, `CREATE TABLE parts (id int PRIMARY KEY, name varchar(10)); CREATE TABLE bolts (id int PRIMARY KEY, size int); CREATE TABLE nuts (id int PRIMARY KEY);
			INSERT INTO parts VALUES (1, 'a'); INSERT INTO bolts VALUES (1, 8); INSERT INTO nuts VALUES (1)`, allWritable)
		s.exec(t, "DROP TABLE parts")
		s.exec(t, "ALTER TABLE bolts DROP size")
		want := refusal{Code: codes.Internal, Reason: dialect.SchemaChanged}
		for _, call := range []struct {
			method         protoreflect.Name
			request, named string
		}{
			{"ListParts", `{}`, "behind parts has"},
			{"GetPart", `{"id": 1}`, "behind parts has"},
			{"CreatePart", `{"id": 2}`, "behind parts has"},
			{"DeletePart", `{"id": 1}`, "behind parts has"},
			{"GetBolt", `{"id": 1}`, "The field size of bolts is"},
			{"CreateBolt", `{"id": 2, "size": 6}`, "The field size of bolts is"},
			{"UpdateBolt", `{"id": 1, "bolt": {"size": 6}}`, "The field size of bolts is"},
		} {
			_, err := s.call(t, call.method, call.request)
			if diff := cmp.Diff(want, refusalOf(t, err)); diff != "" {
				t.Errorf("%s: refusal differs (-want +got):\n%s", call.method, diff)
			}
			if public := status.Convert(err).Message(); !strings.Contains(public, call.named) {
				t.Errorf("%s: %q does not name what has changed, %s", call.method, public, call.named)
			}
		}
		s.want(t, "GetNut", `{"id": 1}`, `{"id": 1}`)
	})
}
