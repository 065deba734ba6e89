package database_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// conditionTables have a version that somebody keeps, one that is a date, and none.
const conditionTables = `CREATE TABLE parts (id int PRIMARY KEY, name varchar(10), version int NOT NULL);
	CREATE TABLE bolts (id int PRIMARY KEY, name varchar(10), changed timestamp);
	CREATE TABLE nuts (id int PRIMARY KEY, name varchar(10), count int);
	INSERT INTO parts (id, name, version) VALUES (1, 'a', 1);
	INSERT INTO bolts (id, name, changed) VALUES (1, 'a', '2026-03-01 12:00:00');
	INSERT INTO nuts (id, name, count) VALUES (1, 'a', 0)`

func withVersions(settings *configv1.DatabaseBackend) {
	settings.Tables = []*configv1.DatabaseTable{
		{Name: "parts", Write: true, VersionColumn: "version"}, {Name: "bolts", Write: true, VersionColumn: "changed"}, {Name: "nuts", Write: true},
	}
}

// under makes a call under conditions.
func (s *subject) under(t testing.TB, conditions adapters.Conditions, method protoreflect.Name, request string) (*adapters.Reply, error) {
	t.Helper()
	_, said, err := s.callIn(adapters.WithConditions(t.Context(), conditions), t, method, request)
	return said, err
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, conditionTables, withVersions)
		changed := refusal{Code: codes.FailedPrecondition, Reason: adapters.ReasonChanged}
		for _, test := range []struct{ singular, change string }{{"Part", `"name": "b", "version": 2`}, {"Bolt", `"name": "b", "changed": "2026-03-01T12:00:01Z"`}, {"Nut", `"name": "b"`}} {
			update, remove := protoreflect.Name("Update"+test.singular), protoreflect.Name("Delete"+test.singular)
			field := map[string]string{"Part": "part", "Bolt": "bolt", "Nut": "nut"}[test.singular]
			request := func(id int) string { return fmt.Sprintf(`{"id": %d, %q: {%s}}`, id, field, test.change) }
			_, said, err := s.callWithReply(t, protoreflect.Name("Get"+test.singular), `{"id": 1}`)
			if err != nil {
				t.Fatal(err)
			}
			before := said.ETag
			for name, conditions := range map[string]adapters.Conditions{
				"another state": {IfMatch: []string{"00"}}, "a version that is none": {IfMatch: []string{"v3d3939"}}, "a weak tag": {IfMatch: []string{`W/"` + before + `"`}},
			} {
				for _, method := range []protoreflect.Name{update, remove} {
					in := request(1)
					if method == remove {
						in = `{"id": 1}`
					}
					_, err := s.under(t, conditions, method, in)
					if diff := cmp.Diff(changed, refusalOf(t, err)); diff != "" {
						t.Errorf("%s, %s (-want +got):\n%s", method, name, diff)
					}
				}
			}
			for _, missing := range [][]string{{"*"}, {before}} {
				_, err := s.under(t, adapters.Conditions{IfMatch: missing}, update, request(9))
				if diff := cmp.Diff(changed, refusalOf(t, err)); diff != "" {
					t.Errorf("%s of a row that is not there (-want +got):\n%s", update, diff)
				}
			}
			said, err = s.under(t, adapters.Conditions{IfMatch: []string{"00", before}}, update, request(1))
			if err != nil {
				t.Fatalf("%s under its tag: %v", update, err)
			}
			_, read, err := s.callWithReply(t, protoreflect.Name("Get"+test.singular), `{"id": 1}`)
			if err != nil || read.ETag != said.ETag || said.ETag == before || said.ETag == "" {
				t.Errorf("%s: the tag was %q, the write said %q, and then it is %q (%v)", update, before, said.ETag, read.ETag, err)
			}
			if _, err := s.under(t, adapters.Conditions{IfMatch: []string{before}}, remove, `{"id": 1}`); refusalOf(t, err).Reason != adapters.ReasonChanged {
				t.Errorf("%s under the tag before: %v", remove, err)
			}
			if _, err := s.under(t, adapters.Conditions{IfMatch: []string{"*"}}, update, request(1)); err != nil {
				t.Errorf("%s of any state: %v", update, err)
			}
			if _, err := s.under(t, adapters.Conditions{IfMatch: []string{said.ETag}}, remove, `{"id": 1}`); err != nil {
				t.Errorf("%s under its tag: %v", remove, err)
			}
		}
		for _, table := range []string{"parts", "bolts", "nuts"} {
			wantRows(t, table, []string{"n"}, []map[string]any{{"n": 0}}, s.truth(t, "SELECT count(*) FROM "+table))
		}
	})
}

func TestIfUnmodifiedSince(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, conditionTables, withVersions)
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		const request = `{"id": 1, "bolt": {"name": "b"}}`
		_, err := s.under(t, adapters.Conditions{IfUnmodifiedSince: at.Add(-time.Second)}, "UpdateBolt", request)
		if diff := cmp.Diff(refusal{Code: codes.FailedPrecondition, Reason: adapters.ReasonChanged}, refusalOf(t, err)); diff != "" {
			t.Errorf("changed since (-want +got):\n%s", diff)
		}
		s.want(t, "GetBolt", `{"id": 1, "fields": "name"}`, `{"name": "a"}`)
		if _, err := s.under(t, adapters.Conditions{IfUnmodifiedSince: at}, "UpdateBolt", request); err != nil {
			t.Errorf("not changed since: %v", err)
		}
		for method, request := range map[protoreflect.Name]string{"UpdatePart": `{"id": 1, "part": {"name": "b"}}`, "DeleteNut": `{"id": 1}`} {
			_, err := s.under(t, adapters.Conditions{IfUnmodifiedSince: at}, method, request)
			if diff := cmp.Diff(refusal{Code: codes.Unimplemented, Reason: "CONDITION_NOT_SUPPORTED"}, refusalOf(t, err)); diff != "" {
				t.Errorf("%s, of which nobody knows when it changed (-want +got):\n%s", method, diff)
			}
		}
		s.want(t, "GetPart", `{"id": 1, "fields": "name"}`, `{"name": "a"}`)
	})
}

// TestIfMatchMeets holds that of many who change the same state one does, with and without a version.
func TestIfMatchMeets(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, conditionTables, withVersions)
		for singular, change := range map[string]string{"Part": `"name": "b%d", "version": 2`, "Nut": `"name": "b%d"`} {
			_, said, err := s.callWithReply(t, protoreflect.Name("Get"+singular), `{"id": 1}`)
			if err != nil {
				t.Fatal(err)
			}
			field := map[string]string{"Part": "part", "Nut": "nut"}[singular]
			var callers sync.WaitGroup
			var done atomic.Int32
			for i := range 10 {
				callers.Go(func() {
					request := fmt.Sprintf(`{"id": 1, %q: {`+change+`}}`, field, i)
					_, err := s.under(t, adapters.Conditions{IfMatch: []string{said.ETag}}, protoreflect.Name("Update"+singular), request)
					if err == nil {
						done.Add(1)
					} else if got := refusalOf(t, err); got.Reason != adapters.ReasonChanged && got.Code != codes.Aborted {
						t.Errorf("%+v", got)
					}
				})
			}
			callers.Wait()
			if done.Load() != 1 {
				t.Errorf("%s: %d changed the same state", singular, done.Load())
			}
		}
	})
}
