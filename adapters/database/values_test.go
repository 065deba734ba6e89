package database_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// TestPostgresValues reads the edges of PostgreSQL's types.
func TestPostgresValues(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, `
		CREATE DOMAIN money_amount AS numeric(12,4) CHECK (VALUE >= 0);
		CREATE DOMAIN fee AS money_amount NOT NULL;
		CREATE TABLE edges (
			id bigint PRIMARY KEY, small smallint, whole numeric(9,0), wide numeric(18,0), exact numeric(40,20), free numeric, fee fee,
			single real, double double precision, padded char(5), empty bytea, day date, clock time, zoned timetz, span interval,
			tags text[], range int4range, doc json, flag boolean, bits bit(4), net inet, cost money, "name with "" quote" text);
		INSERT INTO edges VALUES
			(9223372036854775807, -32768, -999999999, 999999999999999999, 12345678901234567890.12345678901234567890, 1e-30, 0.5,
				1.5, 1e308, 'ab', '', '0044-03-15 BC', '23:59:59.999999', '12:00:00+05:30', '1 year 2 months 3 days 04:05:06.7',
				'{"a b",NULL,"c\"d"}', '[1,5)', '{"a":  1}', true, '1010', '10.0.0.0/8', '12.34', 'q'),
			(-9223372036854775808, 32767, 0, 0, 0, 'NaN', 1, 'Infinity', '-Infinity', '', '\x00ff', '2000-02-29', '00:00', '00:00Z', '0',
				'{}', 'empty', 'null', false, '0000', '::1', '0', '')`, nil)
	s.want(t, "GetEdge", `{"id": "9223372036854775807"}`, `{"id": "9223372036854775807", "small": -32768, "whole": -999999999, "wide": "999999999999999999",
		"exact": "12345678901234567890.12345678901234567890", "free": "0.000000000000000000000000000001", "fee": "0.5000", "single": 1.5, "double": 1e308, "padded": "ab   ",
		"empty": "", "day": "0044-03-15 BC", "clock": "23:59:59.999999", "zoned": "12:00:00+05:30", "span": "P1Y2M3DT4H5M6.7S", "tags": ["a b", null, "c\"d"],
		"range": "[1,5)", "doc": "{\"a\":  1}", "flag": true, "bits": "1010", "net": "10.0.0.0/8", "cost": "12.34", "nameWithQuote": "q"}`)
	s.want(t, "GetEdge", `{"id": "-9223372036854775808"}`, `{"id": "-9223372036854775808", "small": 32767, "whole": 0, "wide": "0", "exact": "0.00000000000000000000", "free": "NaN",
		"fee": "1.0000", "single": "Infinity", "double": "-Infinity", "padded": "     ", "empty": "AP8=", "day": "2000-02-29", "clock": "00:00:00", "zoned": "00:00:00+00", "span": "PT0S",
		"tags": [], "range": "empty", "doc": "null", "flag": false, "bits": "0000", "net": "::1", "cost": "0.00", "nameWithQuote": ""}`)
}

// TestSQLiteValues reads what SQLite lets into columns of other types.
func TestSQLiteValues(t *testing.T) {
	t.Parallel()
	s := engines()[1].open(t, `
		CREATE TABLE edges (id INTEGER PRIMARY KEY, whole INTEGER, amount DECIMAL(10,2), day DATE, at DATETIME, flag BOOLEAN, name TEXT, raw BLOB, half REAL, any);
		INSERT INTO edges VALUES
			(1, 9223372036854775807, 12, '2026-01-31', '2026-01-31T10:00:00+02:00', 1, 'x', x'', 3, 5),
			(2, 'abc', 12.3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
			(3, 1, '12,3', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
			(4, 1, 0.125, '20260131', 'soon', NULL, NULL, NULL, NULL, NULL),
			(5, 1, 1e3, NULL, 1767261600, 0, CAST(x'ff41' AS TEXT), x'00ff', NULL, 'five'),
			(6, 1, 1e3, NULL, 2461041.5, 0, '', x'00ff', NULL, 5.5),
			(7, 2.5, 1, NULL, NULL, 2, NULL, NULL, NULL, NULL)`, func(settings *configv1.DatabaseBackend) {
		settings.TimeZone = "America/New_York"
		withQueries(t, "-- name: Moments :many\nSELECT id, at, day FROM edges WHERE id = 1 OR id = 8")(settings)
	})
	s.want(t, "GetEdge", `{"id": "1"}`, `{"id": "1", "whole": "9223372036854775807", "amount": "12.00", "day": "2026-01-31", "at": "2026-01-31T08:00:00Z", "flag": true, "name": "x", "raw": "", "half": 3, "any": "5"}`)
	s.want(t, "GetEdge", `{"id": "6"}`, `{"id": "6", "whole": "1", "amount": "1000.00", "at": "2026-01-01T00:00:00Z", "flag": false, "name": "", "raw": "AP8=", "any": "5.5"}`)
	for id, field := range map[string]string{"2": "whole", "3": "amount", "4": "at", "5": "name", "7": "whole"} {
		_, err := s.call(t, "GetEdge", `{"id": "`+id+`"}`)
		if got := refusalOf(t, err); got.Code != codes.DataLoss || got.Reason != dialect.ValueUnreadable || !strings.Contains(err.Error(), field) {
			t.Errorf("row %s: %+v (%v), want DATA_LOSS of %s", id, got, err, field)
		}
	}
	s.exec(t, "INSERT INTO edges (id, at, day) VALUES (8, '2026-07-01 12:00:00', '2026-07-01')")
	s.want(t, "GetEdge", `{"id": "8"}`, `{"id": "8", "at": "2026-07-01T16:00:00Z", "day": "2026-07-01"}`)
	s.want(t, "Moments", `{}`, `{"rows": [{"id": "1", "at": "2026-01-31T08:00:00Z", "day": "2026-01-31"}, {"id": "8", "at": "2026-07-01T16:00:00Z", "day": "2026-07-01"}]}`)
}

// TestUnreadableRowIsNamed holds that one value which cannot be told is to be found by what is logged, and by nothing that is public.
func TestUnreadableRowIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		engine           engine
		statements, want string
	}{
		{engines()[0], `CREATE TABLE visits (house text, at timestamptz, line int, PRIMARY KEY (house, line)); INSERT INTO visits VALUES ('a', now(), 1), ('b "c"', 'infinity', 2)`,
			`table visits, house = "b \"c\"", line = 2: reading the column at of type timestamp with time zone`},
		{engines()[1], `CREATE TABLE visits (house TEXT, at DATETIME, line INTEGER, PRIMARY KEY (house, line)); INSERT INTO visits VALUES ('a', '2026-01-31', 1), ('b "c"', 'garbage', 2)`,
			`table visits, house = "b \"c\"", line = 2: reading the column at of type DATETIME: a string that is no such value is stored in it`},
	} {
		t.Run(test.engine.name, func(t *testing.T) {
			t.Parallel()
			s := test.engine.open(t, test.statements, nil)
			_, err := s.call(t, "ListVisits", `{}`)
			if diff := cmp.Diff(refusal{Code: codes.DataLoss, Reason: dialect.ValueUnreadable}, refusalOf(t, err)); diff != "" {
				t.Errorf("refusal differs (-want +got):\n%s", diff)
			}
			if public := status.Convert(err).Message(); !strings.Contains(public, "The field at of a record") {
				t.Errorf("the caller reads %q, which names no field", public)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the log says %v, want %s", err, test.want)
			}
			if public := status.Convert(err).Message(); strings.Contains(public, "visits") {
				t.Errorf("the table is public: %s", public)
			}
		})
	}
}

// TestSQLiteKeepsWhatItStores holds that a value which SQLite would change when it stores it is refused.
func TestSQLiteKeepsWhatItStores(t *testing.T) {
	t.Parallel()
	s := engines()[1].open(t, `CREATE TABLE sums (id INTEGER PRIMARY KEY, amount NUMERIC, half REAL)`, allWritable)
	s.want(t, "CreateSum", `{"id": 1, "amount": "9223372036854775807"}`, `{"id": 1, "amount": "9223372036854775807"}`)
	s.want(t, "CreateSum", `{"id": 2, "amount": "-1234567890123.45"}`, `{"id": 2, "amount": "-1234567890123.45"}`)
	s.want(t, "CreateSum", `{"id": 3, "amount": "0.100000000000000000"}`, `{"id": 3, "amount": "0.1"}`)
	for _, values := range []string{`"amount": "12345678901234567.89"`, `"amount": "9223372036854775808"`, `"half": "NaN"`} {
		got := s.refused(t, "CreateSum", `{"id": 4, `+values+`}`)
		if got.Code != codes.InvalidArgument || got.Reason != dialect.OutOfRange {
			t.Errorf("%s: %+v, want INVALID_ARGUMENT, %s", values, got, dialect.OutOfRange)
		}
	}
}

// TestTimeZone holds that a time without a zone is read, written and compared in the back end's.
func TestTimeZone(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, func(settings *configv1.DatabaseBackend) {
			allWritable(settings)
			settings.TimeZone = "Europe/London"
		})
		s.want(t, "UpdateTenancy", `{"tenancyId": 4, "tenancy": {"viewed": "2026-07-01T12:00:00Z"}, "updateMask": "viewed"}`, `{"tenancyId": 4, "citizenId": "C000004", "address": "4 Mill Street",
			"postCode": "RV2 2CC", "bedrooms": 0, "tenure": "secure", "weeklyRent": "110.00", "started": "1999-12-31", "furnished": true, "viewed": "2026-07-01T12:00:00Z", "note": "a_b"}`)
		wantRows(t, "stored", []string{"v"}, []map[string]any{{"v": "2026-07-01T13:00:00Z"}}, s.truth(t, "SELECT viewed FROM tenancies WHERE tenancy_id = 4"))
		got := s.list(t, "ListTenancies", "tenancies", map[string]any{"filter": `viewed = "2026-07-01T12:00:00Z"`})
		wantRows(t, "filtered", []string{"tenancyId"}, got, s.truth(t, "SELECT tenancy_id FROM tenancies WHERE tenancy_id = 4"))
	})
}

// TestInfinityIsNoTimestamp holds that a value which protobuf cannot tell is an error. Its public part names the field as callers know it, and neither the column nor the value.
func TestInfinityIsNoTimestamp(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, "CREATE TABLE terms (id int PRIMARY KEY, \"ENDS AT\" timestamptz); INSERT INTO terms VALUES (1, 'infinity')", nil)
	_, err := s.call(t, "GetTerm", `{"id": 1}`)
	if got := refusalOf(t, err); got.Code != codes.DataLoss || got.Reason != dialect.ValueUnreadable {
		t.Errorf("%+v", got)
	}
	var known *adapters.Error
	if known, _ = err.(*adapters.Error); known != nil { //nolint:errorlint // it is returned as it is
		public := known.GRPCStatus().Message()
		if !strings.Contains(public, " endsAt ") || strings.Contains(public, "ENDS AT") || strings.Contains(public, "infinity") {
			t.Errorf("the caller reads %q", public)
		}
	}
}

// TestKeyThatCannotBe holds that a key which its type does not allow is the caller's mistake.
func TestKeyThatCannotBe(t *testing.T) {
	t.Parallel()
	s := engines()[0].open(t, "CREATE TABLE cases (id uuid PRIMARY KEY)", nil)
	want := refusal{codes.InvalidArgument, dialect.ValueRejected, []adapters.Violation{{Field: "id", Description: "the value does not fit the field"}}}
	if diff := cmp.Diff(want, s.refused(t, "GetCase", `{"id": "17'--"}`)); diff != "" {
		t.Error(diff)
	}
	got := s.refused(t, "ListCases", `{"filter": "id = \"17\""}`)
	if got.Code != codes.InvalidArgument || len(got.Violations) != 1 || got.Violations[0].Field != "filter" {
		t.Errorf("%+v", got)
	}
}
