package database_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
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

// TestChangedTable holds that a statement which was prepared before its table changed is refused as one to be sent again, and then works.
func TestChangedTable(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, "CREATE TABLE parts (id int PRIMARY KEY, name varchar(10)); INSERT INTO parts VALUES (1, 'a')", func(settings *configv1.DatabaseBackend) {
			allWritable(settings)
			size := uint32(1)
			settings.PoolSize = &size
		})
		const update, want = `{"id": 1, "part": {"name": "b"}}`, `{"id": 1, "name": "b"}`
		s.want(t, "UpdatePart", update, want)
		if e.name != "postgres" { // which prepare it anew by themselves
			s.exec(t, "ALTER TABLE parts ADD COLUMN more TEXT")
			s.want(t, "UpdatePart", update, want)
			return
		}
		s.exec(t, "ALTER TABLE parts ALTER name TYPE varchar(20)")
		_, err := s.call(t, "UpdatePart", update)
		var known *adapters.Error
		if !errors.As(err, &known) || known.Code != codes.Aborted || known.Reason != dialect.SchemaChanged {
			t.Errorf("got %v, want ABORTED, %s", err, dialect.SchemaChanged)
		}
		s.want(t, "UpdatePart", update, want)
	})
}

// TestDroppedUnderneath holds that a table or column which is gone shows no ill back end: other tables answer as before.
func TestDroppedUnderneath(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, `CREATE TABLE parts (id int PRIMARY KEY, name varchar(10)); CREATE TABLE bolts (id int PRIMARY KEY, size int); CREATE TABLE nuts (id int PRIMARY KEY);
			INSERT INTO parts VALUES (1, 'a'); INSERT INTO bolts VALUES (1, 8); INSERT INTO nuts VALUES (1)`, allWritable)
		s.exec(t, "DROP TABLE parts")
		s.exec(t, "ALTER TABLE bolts DROP COLUMN size")
		want := refusal{Code: codes.Internal, Reason: dialect.SchemaChanged}
		for _, call := range []struct {
			method  protoreflect.Name
			request string
		}{
			{"ListParts", `{}`},
			{"GetPart", `{"id": 1}`},
			{"CreatePart", `{"id": 2}`},
			{"DeletePart", `{"id": 1}`},
			{"GetBolt", `{"id": 1}`},
			{"CreateBolt", `{"id": 2, "size": 6}`},
			{"UpdateBolt", `{"id": 1, "bolt": {"size": 6}}`},
		} {
			if diff := cmp.Diff(want, s.refused(t, call.method, call.request)); diff != "" {
				t.Errorf("%s: refusal differs (-want +got):\n%s", call.method, diff)
			}
		}
		s.want(t, "GetNut", `{"id": 1}`, `{"id": 1}`)
	})
}
