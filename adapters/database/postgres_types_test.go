package database_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// manyTypes is a table of the types that PostgreSQL has beyond those of other engines.
const manyTypes = `
	CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
	CREATE TYPE place AS (street text, no int);
	CREATE TYPE floats AS RANGE (subtype = float8);
	CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
	CREATE DOMAIN small_percent AS percent CHECK (VALUE <= 10);
	CREATE DOMAIN grade AS text CHECK (VALUE IN ('A', 'B'));
	CREATE DOMAIN marks AS int[];
	CREATE TABLE kinds (
		id int PRIMARY KEY,
		names text[], counts int[], bigs bigint[], amounts numeric(10,2)[], flags boolean[], ratios float8[], blobs bytea[], times timestamptz[], locals timestamp[],
		days date[], moods mood[], shares percent[], marks marks, codes varchar(3)[], keys uuid[], docs jsonb[], spots place[],
		share percent, little small_percent, grade grade, mood mood, spot place,
		during int4range, spans int4multirange, hours tstzrange, floating floats, cost money, mask bit(4), flexible varbit, doc xml, lasting interval, clock timetz,
		net inet, block cidr, mac macaddr, object oid, json json, key uuid, day date, free numeric);`

// pgText reads columns of a row by another way: as the server spells them, in JSON.
func (s *subject) pgText(t *testing.T, id int, columns ...string) string {
	t.Helper()
	var items []string
	for _, column := range columns {
		items = append(items, fmt.Sprintf("'%s', %s", column, column))
	}
	text, ok := s.truth(t, fmt.Sprintf("SELECT json_build_object(%s)::text FROM kinds WHERE id = %d", strings.Join(items, ", "), id))[0][0].(string)
	if !ok {
		t.Fatal("no text")
	}
	return text
}

// kindsFound joins the ids of a list, or says why there is none.
func (s *subject) kindsFound(t *testing.T, request string) string {
	t.Helper()
	reply, err := s.call(t, "ListKinds", request)
	if err != nil {
		return refusalOf(t, err).Code.String()
	}
	var ids []string
	fields := reply.ProtoReflect().Descriptor().Fields()
	rows := reply.ProtoReflect().Get(fields.ByName("kinds")).List()
	for i := range rows.Len() {
		row := rows.Get(i).Message()
		ids = append(ids, row.Get(row.Descriptor().Fields().ByName("id")).String())
	}
	return strings.Join(ids, ",")
}

// TestPostgresArrays holds that arrays come back as they were sent, nothing, empty, holes and depth included, and that the server sees the same.
func TestPostgresArrays(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, manyTypes, func(settings *configv1.DatabaseBackend) {
		allWritable(settings)
		withQueries(t, "-- name: Some :many\nSELECT id, counts FROM kinds WHERE id = ANY (:ids) AND names && :names AND times && :moments::timestamptz[]")(settings)
	})
	const row = `{"id": 1, "names": ["a b", "", null, "c,\"d\\", "NULL", "{x}", "Łódź"], "counts": [1, -2, null], "bigs": ["9223372036854775807", null], "amounts": ["12.30", "-0.05"],
		"flags": [true, false, null], "ratios": [1.5, "NaN", "-Infinity"], "blobs": ["AP8=", ""], "times": ["2026-01-31T10:00:00.5Z"], "locals": ["2026-01-31T10:00:00Z"], "days": ["2026-01-31"],
		"moods": ["it's ok", null], "shares": [1, 100], "marks": [[1, 2], [3, 4]], "codes": ["abc"], "keys": ["123e4567-e89b-12d3-a456-426614174000"], "docs": ["{\"a\": [1]}"], "spots": ["(\"Mill Street\",7)"]}`
	s.want(t, "CreateKind", row, row)
	s.want(t, "GetKind", `{"id": 1}`, row)
	const seen = `{"names": ["a b", "", null, "c,\"d\\", "NULL", "{x}", "Łódź"], "counts": [1, -2, null], "bigs": [9223372036854775807, null], "amounts": [12.30, -0.05],
		"flags": [true, false, null], "blobs": ["\\x00ff", "\\x"], "locals": ["2026-01-31T10:00:00"], "days": ["2026-01-31"],
		"moods": ["it's ok", null], "shares": [1, 100], "marks": [[1, 2], [3, 4]], "codes": ["abc"], "docs": [{"a": [1]}], "spots": [{"street": "Mill Street", "no": 7}]}`
	wantSameJSON(t, seen, s.pgText(t, 1, "names", "counts", "bigs", "amounts", "flags", "blobs", "locals", "days", "moods", "shares", "marks", "codes", "docs", "spots"))

	// Those that a query takes are of its types, for addresses to give.
	s.want(t, "Some", `{"ids": [7, 1], "names": ["c,\"d\\"], "moments": ["2026-01-31T10:00:00.5Z"]}`, `{"rows": [{"id": 1, "counts": [1, -2, null]}]}`)
	s.want(t, "Some", `{"ids": [7], "names": ["a b"], "moments": ["2026-01-31T10:00:00.5Z"]}`, `{}`)

	s.want(t, "CreateKind", `{"id": 2, "names": [], "counts": null}`, `{"id": 2, "names": []}`) // empty, and none
	s.want(t, "UpdateKind", `{"id": 2, "kind": {"counts": [], "flags": [null]}}`, `{"id": 2, "names": [], "counts": [], "flags": [null]}`)
	s.want(t, "UpdateKind", `{"id": 2, "updateMask": "names,flags", "kind": {"flags": [true]}}`, `{"id": 2, "counts": [], "flags": [true]}`)
	s.exec(t, "UPDATE kinds SET counts = '[0:2]={1,2,3}' WHERE id = 2") // where indexes begin is not told
	s.want(t, "ListKinds", `{"filter": "counts:* AND id > 1"}`, `{"kinds": [{"id": 2, "counts": [1, 2, 3], "flags": [true]}]}`)

	for filter, want := range map[string]string{
		`names:"a b"`: "1", `names:"b"`: "", `names:""`: "1", `counts:-2`: "1", `counts:3`: "2", `bigs:9223372036854775807`: "1", `amounts:12.3`: "1", `amounts:12.301`: "",
		`flags:true`: "1,2", `flags:false`: "1", `ratios:1.5`: "1", `times:"2026-01-31T10:00:00.5Z"`: "1", `locals:"2026-01-31T10:00:00Z"`: "1",
		`times:"2026-01-31T10:00:00.5000001Z"`: "", `days:"2026-01-31"`: "1", `moods:"it's ok"`: "1", `moods:"glad"`: "InvalidArgument", `marks:4`: "1",
		`keys:"123e4567-e89b-12d3-a456-426614174000"`: "1", `NOT counts:3 AND counts:*`: "1", `codes:"abc" counts:1`: "1", `docs:"a"`: "InvalidArgument", `counts = 1`: "InvalidArgument",
	} {
		request, err := json.Marshal(map[string]string{"filter": filter})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.kindsFound(t, string(request)); got != want {
			t.Errorf("%s finds %q, want %q", filter, got, want)
		}
	}
	for _, values := range []string{`"counts": ["x"]`, `"counts": [1.5]`, `"counts": [3000000000]`, `"counts": [true]`, `"counts": [{"a": 1}]`, `"counts": [[1], 2]`, `"flags": ["t"]`, `"blobs": ["\\x00"]`,
		`"times": ["yesterday"]`, `"moods": ["glad"]`, `"shares": [101]`, `"codes": ["abcd"]`, `"bigs": [1e300]`, `"amounts": [0.1]`, `"days": ["2026-02-30"]`, `"docs": ["{"]`} {
		if got := s.refused(t, "CreateKind", `{"id": 3, `+values+`}`); got.Code != codes.InvalidArgument {
			t.Errorf("%s: %+v, want INVALID_ARGUMENT", values, got)
		}
	}
}

// wantSameJSON compares documents, numbers by their text.
func wantSameJSON(t *testing.T, want, got string) {
	t.Helper()
	var values [2]any
	for i, text := range []string{want, got} {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&values[i]); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if diff := cmp.Diff(values[0], values[1]); diff != "" {
		t.Errorf("the server sees something else (-want +got):\n%s", diff)
	}
}

// TestPostgresTypes holds that values of the other types come back as they were sent, and that rows are found by them as the server finds them.
func TestPostgresTypes(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, manyTypes, allWritable)
	const row = `{"id": 1, "share": 100, "little": 10, "grade": "A", "mood": "it's ok", "spot": "(\"Mill Street\",7)", "during": "[1,5)", "spans": "{[1,3),[7,9)}",
		"hours": "[\"2026-01-01 00:00:00+00\",)", "floating": "[1.5,2.5)", "cost": "-1234567.89", "mask": "1010", "flexible": "101", "doc": "<a>é</a>", "lasting": "P1Y2M3DT4H5M6.7S",
		"clock": "12:00:00+05:30", "net": "10.0.0.1/8", "block": "10.0.0.0/8", "mac": "08:00:2b:01:02:03", "object": "4294967295", "json": "{\"a\":  1}",
		"key": "123e4567-e89b-12d3-a456-426614174000", "day": "2026-01-31", "free": "1.10"}`
	s.want(t, "CreateKind", row, row)
	s.want(t, "GetKind", `{"id": 1}`, row)
	want := []any{true}
	got := s.truth(t, `SELECT share = 100 AND grade = 'A' AND (spot).no = 7 AND during = int4range(1, 5) AND spans @> 7 AND hours = tstzrange('2026-01-01Z', NULL) AND cost = '-1234567.89'::numeric::money
		AND mask = B'1010' AND lasting = '1 year 2 mons 3 days 04:05:06.7' AND clock = '12:00+05:30' AND net = inet '10.0.0.1/8' AND object = 4294967295 AND free::text = '1.10' FROM kinds WHERE id = 1`)[0]
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the server sees something else (-want +got):\n%s", diff)
	}
	s.want(t, "CreateKind", `{"id": 2, "net": "9.0.0.1", "mask": "0001", "during": "[0,1)", "cost": "5", "lasting": "PT25H", "object": 1, "share": 0}`,
		`{"id": 2, "net": "9.0.0.1", "mask": "0001", "during": "[0,1)", "cost": "5.00", "lasting": "PT25H", "object": "1", "share": 0}`)
	for filter, wanted := range map[string][]int{
		`net = "10.0.0.1/8"`: {1}, `net < "10.0.0.0"`: {1, 2}, `net < "10.0.0.0/8"`: {2}, `mask = "1010"`: {1}, `during >= "[1,2)"`: {1}, `spans = "{[1,3), [7,9)}"`: {1}, `cost < 0`: {1}, `cost = 5.00`: {2},
		`lasting = "P1DT1H"`: {2}, `object > 4294967294`: {1}, `mac = "08-00-2b-01-02-03"`: {1}, `share <= 50`: {2}, `mood = "it's ok"`: {1}, `key:*`: {1}, `hours:* AND spot:*`: {1},
		`floating < "[2,3)"`: {1}, `free = 1.1`: {1}, `day >= "2026-01-01"`: {1},
	} {
		reply, err := s.call(t, "ListKinds", `{"fields": "id", "filter": `+quoted(t, filter)+`}`)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		text, err := protojson.Marshal(reply)
		if err != nil {
			t.Fatal(err)
		}
		var page struct{ Kinds []struct{ ID int } }
		if err := json.Unmarshal(text, &page); err != nil {
			t.Fatal(err)
		}
		var ids []int
		for _, kind := range page.Kinds {
			ids = append(ids, kind.ID)
		}
		if !slices.Equal(ids, wanted) {
			t.Errorf("%s finds %v, want %v", filter, ids, wanted)
		}
	}
	s.want(t, "ListKinds", `{"fields": "id", "orderBy": "cost desc, net", "pageSize": 5}`, `{"kinds": [{"id": 2}, {"id": 1}]}`)
	s.want(t, "UpdateKind", `{"id": 2, "kind": {"cost": "0.01", "net": "::1", "during": "empty"}}`,
		`{"id": 2, "net": "::1", "mask": "0001", "during": "empty", "cost": "0.01", "lasting": "PT25H", "object": "1", "share": 0}`)
	for _, values := range []string{`"net": "10.0.0.0.0"`, `"mask": "10"`, `"during": "[5,1)"`, `"cost": "92233720368547758.08"`, `"doc": "<a>"`, `"block": "10.0.0.1/8"`, `"lasting": "soon"`, `"spot": "(1)"`} {
		if got := s.refused(t, "CreateKind", `{"id": 3, `+values+`}`); got.Code != codes.InvalidArgument {
			t.Errorf("%s: %+v, want INVALID_ARGUMENT", values, got)
		}
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestPostgresUntold holds that what no field can hold is refused with its place, while the text of what has one is told.
func TestPostgresUntold(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, manyTypes+`CREATE TABLE edges (id int PRIMARY KEY, at timestamptz, whole numeric(5,0), times timestamptz[]);
		INSERT INTO edges VALUES (1, 'infinity', 1, NULL), (2, '0044-03-15 BC', 1, NULL), (3, NULL, 'NaN', NULL), (4, NULL, NULL, '{infinity}');
		INSERT INTO kinds (id, day, free, days) VALUES (1, 'infinity', 'Infinity', '{-infinity}'), (2, '0044-03-15 BC', 'NaN', '{10000-01-01}')`, nil)
	for id := 1; id <= 4; id++ {
		if got := s.refused(t, "GetEdge", fmt.Sprintf(`{"id": %d}`, id)); got.Code != codes.DataLoss || got.Reason != dialect.ValueUnreadable {
			t.Errorf("row %d: %+v, want DATA_LOSS", id, got)
		}
	}
	s.want(t, "GetKind", `{"id": 1}`, `{"id": 1, "day": "infinity", "free": "Infinity", "days": ["-infinity"]}`)
	s.want(t, "GetKind", `{"id": 2}`, `{"id": 2, "day": "0044-03-15 BC", "free": "NaN", "days": ["10000-01-01"]}`)
}

// TestPostgresMoney holds that money is the number that the server's locale makes of it, whatever that is.
func TestPostgresMoney(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, "CREATE DOMAIN fee AS money; CREATE TABLE prices (id int PRIMARY KEY, price money, fee fee); INSERT INTO prices VALUES (1, 12.34, 0.5), (2, -9007199254740993.07, NULL)", allWritable)
	s.want(t, "ListPrices", `{"orderBy": "price"}`, `{"prices": [{"id": 2, "price": "-9007199254740993.07"}, {"id": 1, "price": "12.34", "fee": "0.50"}]}`)
	s.want(t, "CreatePrice", `{"id": 3, "price": "92233720368547758.07"}`, `{"id": 3, "price": "92233720368547758.07"}`)
	reply, err := s.call(t, "ListPrices", `{"orderBy": "price desc", "pageSize": 1, "fields": "id"}`)
	if err != nil {
		t.Fatal(err)
	}
	text, err := protojson.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	var page struct{ NextPageToken string }
	if err := json.Unmarshal(text, &page); err != nil {
		t.Fatal(err)
	}
	s.want(t, "ListPrices", `{"orderBy": "price desc", "pageSize": 2, "fields": "id", "pageToken": "`+page.NextPageToken+`"}`, `{"prices": [{"id": 1}, {"id": 2}]}`)
}

// TestPostgresRelations holds that all that can be selected from is offered, and columns that only the server writes are not written.
func TestPostgresRelations(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, `
		CREATE UNLOGGED TABLE fast (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED, made text DEFAULT 'now');
		CREATE TABLE parted (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
		CREATE TABLE parted_north PARTITION OF parted FOR VALUES IN ('north');
		CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE heirs (extra int) INHERITS (parents);
		CREATE MATERIALIZED VIEW summed AS SELECT 7 AS n;`, allWritable)
	s.want(t, "CreateFast", `{}`, `{"id": 1, "twice": 2, "made": "now"}`)
	s.want(t, "CreateFast", `{"id": 5}`, `{"id": 5, "twice": 10, "made": "now"}`)
	s.want(t, "CreateParted", `{"id": 1, "region": "north"}`, `{"id": 1, "region": "north"}`)
	s.want(t, "GetParted", `{"id": 1, "region": "north"}`, `{"id": 1, "region": "north"}`)
	s.want(t, "ListSummed", `{}`, `{"summed": [{"n": 7}]}`)
	for _, method := range s.backend.Services()[0].Methods {
		if strings.Contains(string(method.Name), "North") || method.Name == "CreateSummed" {
			t.Errorf("there is a method %s", method.Name)
		}
	}
}
