package database_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const postgresRoutines = `
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN pounds AS numeric(8,2) CHECK (VALUE >= 0);
CREATE TABLE homes (id integer PRIMARY KEY, "Post Code" text, rent pounds, built timestamptz, dropped int);
ALTER TABLE homes DROP COLUMN dropped;
INSERT INTO homes VALUES (1, 'RV1', 92.50, '2020-02-29 12:00:00+01'), (2, NULL, 110, NULL);

CREATE FUNCTION note(integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''one '' || $1';
CREATE FUNCTION note(id integer, words text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT id || words';
CREATE FUNCTION note(words text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT words';
CREATE FUNCTION homes_from(rent pounds) RETURNS SETOF homes LANGUAGE sql STABLE AS 'SELECT * FROM homes h WHERE h.rent >= homes_from.rent ORDER BY id';
CREATE FUNCTION a_home(wanted integer) RETURNS homes LANGUAGE sql STABLE AS 'SELECT * FROM homes WHERE id = wanted';
CREATE FUNCTION counted(upto bigint) RETURNS SETOF bigint LANGUAGE sql IMMUTABLE AS 'SELECT generate_series(1, upto)';
CREATE FUNCTION split(IN value pounds, OUT whole integer, OUT pence numeric) LANGUAGE sql IMMUTABLE AS 'SELECT floor(value)::integer, value - floor(value)';
CREATE FUNCTION pairs(OUT a integer, OUT b double precision) RETURNS SETOF record LANGUAGE sql IMMUTABLE AS 'VALUES (1, 0.5::float8), (2, NULL)';
CREATE FUNCTION defaulted(a integer, b integer DEFAULT 20, c integer DEFAULT 300) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a + b + c';
CREATE FUNCTION defaulted_by_place(integer, integer DEFAULT 20, integer DEFAULT 300) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2 + $3';
CREATE FUNCTION feeling(now mood, at timestamptz) RETURNS mood LANGUAGE sql STABLE AS 'SELECT CASE WHEN at > ''2000-01-01'' THEN ''sad''::mood ELSE now END';
CREATE FUNCTION summed(list integer[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT sum(u) FROM unnest(list) u';
CREATE FUNCTION classic(refcursor, wanted integer) RETURNS refcursor LANGUAGE plpgsql AS $$ BEGIN OPEN $1 FOR SELECT id, rent, built FROM homes WHERE id = wanted; RETURN $1; END $$;
CREATE PROCEDURE opened(INOUT counted bigint, OUT one refcursor, INOUT two refcursor DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
	OPEN one FOR SELECT id FROM homes ORDER BY id;
	OPEN two FOR SELECT rent FROM homes ORDER BY id DESC;
	counted := counted + 1;
END $$;
CREATE FUNCTION who() RETURNS text LANGUAGE sql STABLE AS 'SELECT current_setting(''app.person'', true)';
CREATE FUNCTION broken(text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
CREATE FUNCTION any_number(VARIADIC numbers integer[]) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION any_type(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION any_record() RETURNS record LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE AGGREGATE many(integer) (SFUNC = int4pl, STYPE = integer);
`

// TestPostgresRoutines goes through what PostgreSQL's routines can look like.
func TestPostgresRoutines(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, postgresRoutines, func(settings *configv1.DatabaseBackend) {
		settings.Session = &configv1.DatabaseSession{Claims: map[string]string{"app.person": "sub"}}
		settings.Routines = []*configv1.DatabaseRoutine{
			{Name: "classic", Results: []*configv1.DatabaseResult{{Name: "home", Columns: []string{"id int32", "rent decimal", "built timestamp"}}}},
			{Name: "opened", Results: []*configv1.DatabaseResult{{Columns: []string{"id text"}}, {Columns: []string{"rent decimal(8,2)"}}}},
			{Name: "*", Writes: proto.Bool(false)},
		}
	})
	for _, test := range [][3]string{
		{"NoteInteger", `{"1": 7}`, `{"result": "one 7"}`},
		{"NoteIntegerText", `{"id": 7, "words": "x"}`, `{"result": "7x"}`},
		{"NoteText", `{"words": "'; --"}`, `{"result": "'; --"}`},
		{"NoteText", `{}`, `{}`},
		{"HomesFrom", `{"rent": "92.5"}`, `{"rows": [{"id": 1, "Post Code": "RV1", "rent": "92.50", "built": "2020-02-29T11:00:00Z"}, {"id": 2, "rent": "110.00"}]}`},
		{"HomesFrom", `{"rent": "1000"}`, `{}`},
		{"AHome", `{"wanted": 2}`, `{"rows": [{"id": 2, "rent": "110.00"}]}`},
		{"Counted", `{"upto": "3"}`, `{"rows": [{"result": "1"}, {"result": "2"}, {"result": "3"}]}`},
		{"Split", `{"value": "12.30"}`, `{"whole": 12, "pence": "0.30"}`},
		{"Pairs", `{}`, `{"rows": [{"a": 1, "b": 0.5}, {"a": 2}]}`},
		{"Defaulted", `{"a": 1}`, `{"result": 321}`},
		{"Defaulted", `{"a": 1, "c": 5}`, `{"result": 26}`},
		{"Defaulted", `{"a": 1, "b": 0, "c": 0}`, `{"result": 1}`},
		{"DefaultedByPlace", `{"1": 1, "2": 2}`, `{"result": 303}`},
		{"Feeling", `{"now": "glad", "at": "1999-12-31T23:59:59Z"}`, `{"result": "glad"}`},
		{"Classic", `{"wanted": 1}`, `{"home": [{"id": 1, "rent": "92.50", "built": "2020-02-29T11:00:00Z"}]}`},
		{"Opened", `{"counted": "41"}`, `{"rows": [{"id": "1"}, {"id": "2"}], "rows2": [{"rent": "110.00"}, {"rent": "92.50"}], "counted": "42"}`},
	} {
		request := strings.NewReplacer(`"1":`, `"field1":`, `"2":`, `"field2":`).Replace(test[1])
		s.want(t, protoreflect.Name(test[0]), request, strings.ReplaceAll(test[2], "Post Code", "postCode"))
	}
	if got := s.refused(t, "DefaultedByPlace", `{"field1": 1, "field3": 2}`); got.Code != codes.InvalidArgument || len(got.Violations) != 1 || got.Violations[0].Field != "field2" {
		t.Errorf("a parameter without a name, left out before one that is given: %+v", got)
	}
	if diff := cmp.Diff(refusal{Code: codes.InvalidArgument, Reason: dialect.ValueRejected}, s.refused(t, "Broken", `{"field1": "x"}`)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(refusal{Code: codes.InvalidArgument, Reason: dialect.CheckViolation}, s.refused(t, "Split", `{"value": "-1"}`)); diff != "" {
		t.Error(diff)
	}
	ctx := adapters.WithCaller(t.Context(), adapters.Caller{Claims: map[string]string{"sub": "ada"}})
	reply, _, err := s.callIn(ctx, t, "Who", `{}`)
	if err != nil || reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("result")).String() != "ada" {
		t.Errorf("the caller's claim: %v %v", reply, err)
	}
	wantNotes := []string{
		"the routine any_number(VARIADIC numbers integer[]) cannot be offered: it takes any number of values (VARIADIC)",
		"the routine any_record() cannot be offered: the columns of the records that it returns are known at a call only",
		"the routine any_type(anyelement) cannot be offered: the type anyelement of its parameters is known at a call only",
	}
	notes := s.backend.(adapters.Noter).Notes() //nolint:forcetypeassert // it is one
	if diff := cmp.Diff(wantNotes, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if names := methodNames(s.backend); slices.Contains(names, "OnChange") || slices.Contains(names, "Many") {
		t.Errorf("triggers and aggregates are no methods: %v", names)
	}
}
