package database_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// stream makes a call of a method with many replies.
func (s *subject) stream(ctx context.Context, t testing.TB, name protoreflect.Name, request string, send func(proto.Message) error) error {
	t.Helper()
	in := newRequest(t, s, name)
	if err := protojson.Unmarshal([]byte(request), in); err != nil {
		t.Fatal(err)
	}
	for _, method := range s.backend.Services()[0].Methods {
		if method.Name == name {
			return method.Stream(ctx, in, send)
		}
	}
	t.Fatalf("%s has no handler", name)
	return nil
}

func TestStream(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, read(t, e.name+".sql")+fill(4, 1200), nil)
		var ids []string
		err := s.stream(t.Context(), t, "StreamTenancies", `{"filter": "bedrooms > 1", "orderBy": "weeklyRent desc, tenancyId", "fields": "tenancyId"}`, func(row proto.Message) error {
			text, err := protojson.Marshal(row)
			ids = append(ids, strings.NewReplacer(" ", "", `:"`, ":", `"}`, "}").Replace(string(text)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := s.truth(t, "SELECT tenancy_id FROM tenancies WHERE bedrooms > 1 ORDER BY weekly_rent DESC, tenancy_id")
		if len(ids) != len(want) || len(ids) < 300 {
			t.Fatalf("%d rows, want %d", len(ids), len(want))
		}
		for i := range want {
			if exact := fmt.Sprintf(`{"tenancyId":%v}`, want[i][0]); ids[i] != exact {
				t.Fatalf("row %d is %s, want %s", i, ids[i], exact)
			}
		}
		for request, field := range map[string]string{`{"filter": "x = 1"}`: "filter", `{"orderBy": "x"}`: "orderBy", `{"fields": "x"}`: "fields"} {
			err := s.stream(t.Context(), t, "StreamTenancies", request, func(proto.Message) error { return nil })
			if got := refusalOf(t, err); got.Code != codes.InvalidArgument || len(got.Violations) != 1 || got.Violations[0].Field != field {
				t.Errorf("%s: %+v", request, got)
			}
		}
	})
}

// numbers is a table of very many rows.
var numbers = map[string]string{
	"postgres": `CREATE TABLE numbers (n integer PRIMARY KEY, text varchar(100)); INSERT INTO numbers SELECT i, 'the number ' || i FROM generate_series(1, %d) AS i`,
	"mariadb":  `CREATE TABLE numbers (n integer PRIMARY KEY, text varchar(100)); INSERT INTO numbers SELECT seq, concat('the number ', seq) FROM seq_1_to_%d`,
	"firebird": `CREATE TABLE numbers (n integer PRIMARY KEY, text varchar(100));
		INSERT INTO numbers SELECT n, 'the number ' || n FROM (SELECT ROW_NUMBER() OVER () AS n FROM (SELECT FIRST %d 1 AS a FROM RDB$TYPES x, RDB$TYPES y, RDB$TYPES z))`,
	"sqlite": `CREATE TABLE numbers (n integer PRIMARY KEY NOT NULL, text varchar(100)); WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) INSERT INTO numbers SELECT i, 'the number ' || i FROM s`,
}

// TestStreamEnds holds that a stream stops when its caller goes, by what send says and by its context, and that the connection is good for another.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, fmt.Sprintf(numbers[e.name], 50_000), func(settings *configv1.DatabaseBackend) { settings.PoolSize = proto.Uint32(1) })
		gone := errors.New("the caller has gone")
		for range 3 {
			rows := 0
			err := s.stream(t.Context(), t, "StreamNumbers", `{}`, func(proto.Message) error {
				if rows++; rows == 5 {
					return gone
				}
				return nil
			})
			if !errors.Is(err, gone) || rows != 5 {
				t.Fatalf("%v after %d rows", err, rows)
			}
			ctx, cancel := context.WithCancel(t.Context())
			rows = 0
			err = s.stream(ctx, t, "StreamNumbers", `{}`, func(proto.Message) error {
				if rows++; rows == 5 {
					cancel()
				}
				return nil
			})
			cancel()
			if got := refusalOf(t, err); got.Code != codes.Canceled || rows != 5 {
				t.Fatalf("%+v after %d rows", got, rows)
			}
			s.want(t, "GetNumber", `{"n": 7}`, `{"n": 7, "text": "the number 7"}`)
		}
	})
}

// TestStreamMemory holds that a stream keeps nothing of the rows that it has sent.
func TestStreamMemory(t *testing.T) {
	forEachEngineAlone(t, func(t *testing.T, e engine) {
		s := e.open(t, fmt.Sprintf(numbers[e.name], 300_000), nil)
		var before, now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		rows, most := 0, uint64(0)
		err := s.stream(t.Context(), t, "StreamNumbers", `{}`, func(proto.Message) error {
			if rows++; rows%60_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
			return nil
		})
		if err != nil || rows != 300_000 {
			t.Fatalf("%d rows, %v", rows, err)
		}
		if grown := int64(most) - int64(before.HeapAlloc); grown > 4<<20 {
			t.Errorf("the heap grew by %d bytes", grown)
		}
	})
}

// forEachEngineAlone runs a test on each engine with nothing beside it.
func forEachEngineAlone(t *testing.T, test func(t *testing.T, e engine)) {
	t.Helper()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) { test(t, e) })
	}
}

// TestLimits holds that an answer has so many rows and bytes, and no more.
func TestLimits(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, fmt.Sprintf(numbers[e.name], 500), func(settings *configv1.DatabaseBackend) {
			settings.MaxRows, settings.MaxAnswerBytes = proto.Uint32(60), proto.Uint64(1024)
		})
		got := s.list(t, "ListNumbers", "numbers", map[string]any{"pageSize": 500, "fields": "n"})
		if len(got) != 500 {
			t.Errorf("%d rows", len(got))
		}
		reply, err := s.call(t, "ListNumbers", `{"pageSize": 500, "fields": "n"}`)
		if err != nil {
			t.Fatal(err)
		}
		if rows := reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("numbers")).List().Len(); rows != 60 {
			t.Errorf("%d rows on a page of at most 60", rows)
		}
		if got := s.refused(t, "ListNumbers", `{"pageSize": 60}`); got.Code != codes.OutOfRange || got.Reason != "ANSWER_TOO_LARGE" {
			t.Errorf("%+v", got)
		}
		if err := s.stream(t.Context(), t, "StreamNumbers", `{}`, func(proto.Message) error { return nil }); err != nil {
			t.Errorf("a stream: %v", err)
		}
	})
}

func TestPartialResponses(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, nil)
		s.want(t, "GetTenancy", `{"tenancyId": 2, "fields": "address, citizen_id"}`, `{"citizenId": "C000002", "address": "2 Wharf Lane"}`)
		s.want(t, "ListRentLines", `{"fields": "amount", "orderBy": "lineNo desc", "filter": "tenancyId = 1", "includeTotalSize": true, "pageSize": 3}`,
			`{"rentLines": [{"amount": "0.00"}, {"amount": "-0.05"}, {"amount": "92.50"}], "totalSize": "3"}`)
		s.want(t, "ListRentLines", `{"filter": "tenancyId = 99", "includeTotalSize": true}`, `{"totalSize": "0"}`)
		_, said, err := s.callWithReply(t, "GetTenancy", `{"tenancyId": 2, "fields": "address"}`)
		if err != nil || said.ETag != "" {
			t.Errorf("part of a row has the entity tag %q of the whole; %v", said.ETag, err)
		}
		for _, method := range []protoreflect.Name{"GetTenancy", "ListTenancies"} {
			request := `{"fields": "nothing"}`
			if method == "GetTenancy" {
				request = `{"tenancyId": 1, "fields": "nothing"}`
			}
			if got := s.refused(t, method, request); got.Code != codes.InvalidArgument || got.Violations[0] != (adapters.Violation{Field: "fields", Description: `there is no field "nothing"`}) {
				t.Errorf("%s: %+v", method, got)
			}
		}
	})
}
