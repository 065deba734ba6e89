package database_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	"github.com/postern-gateway/postern/adapters/database"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/firebirdtest"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// startFirebird starts a server for one test, which stops it.
func startFirebird(t *testing.T) *firebirdtest.Server {
	t.Helper()
	running, err := firebirdtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	return running
}

func firebirdSettings(t testing.TB, dsn string) *configv1.DatabaseBackend {
	t.Helper()
	return &configv1.DatabaseBackend{Kind: "database", Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, dsn)}}
}

func TestConformanceFirebird(t *testing.T) {
	running := startFirebird(t)
	name := running.Database(t, firebirdHousing(t))
	adaptertest.Run(t, adaptertest.Subject{
		Adapter: database.Adapter{},
		Config:  func(*testing.T) adapters.Config { return firebirdSettings(t, running.DSN(name, "")) },
		Read:    adaptertest.Call{Method: "GetRentLine", Request: `{"tenancyId": 1, "lineNo": 2}`, Reply: `{"tenancyId": 1, "lineNo": 2, "amount": "-0.05"}`},
		Missing: adaptertest.Call{Method: "GetRentLine", Request: `{"tenancyId": 1, "lineNo": 9}`},
		Secrets: []string{"127.0.0.1", "SYSDBA", "RENT_LINES", "SELECT", "postern_test", ".fdb"},
		Network: &adaptertest.Network{
			Address: func(*testing.T) string { return running.Address() },
			Via: func(t *testing.T, address string) adapters.Config {
				return firebirdSettings(t, running.DSN(name, address))
			},
		},
	})
}

// TestFirebird goes through what Firebird has its own way with: names in capitals, four digits of a second, NUMERIC of 18 digits. All else is in the tests of all engines.
func TestFirebird(t *testing.T) {
	t.Parallel()
	running := startFirebird(t)
	open := func(t *testing.T) *subject {
		t.Helper()
		settings := firebirdSettings(t, running.DSN(running.Database(t, firebirdHousing(t)), ""))
		allWritable(settings)
		dir := t.TempDir()
		return &subject{backend: mustOpen(t, settings, dir), dir: dir}
	}
	t.Run("list", func(t *testing.T) {
		s := open(t)
		for _, test := range []struct {
			filter, order string
			want          string
		}{
			{"", "", "1 2 3 4"},
			{"", "weeklyRent desc, tenancyId desc", "4 2 1 3"},
			{"", "note", "1 2 4 3"},
			{"", "note desc", "3 4 2 1"},
			{"", "furnished, viewed desc", "3 1 2 4"},
			{`address : "Lane"`, "", "1 2"},
			{`address : "lane"`, "", ""},
			{`weeklyRent >= "92.50" AND started > "2000-01-01"`, "", "1 2"},
			{`note = "a_b" OR furnished = false`, "", "1 4"},
			{`signed > "2020-02-20T00:00:00.122Z"`, "", "3"},
			{`citizenId = "C000002"`, "", "2"},
		} {
			var got []string
			for _, row := range s.list(t, "ListTenancies", "tenancies", map[string]any{"pageSize": 1, "filter": test.filter, "orderBy": test.order}) {
				got = append(got, fmt.Sprint(row["tenancyId"]))
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("filter %s, order %q: %v, want %s", test.filter, test.order, got, test.want)
			}
		}
		if rows := s.list(t, "ListLog", "log", map[string]any{"pageSize": 1}); len(rows) != 4 {
			t.Errorf("a table without a key: %v", rows)
		}
	})
	t.Run("write", func(t *testing.T) {
		s := open(t)
		s.want(t, "CreateTenancy", `{"tenancyId": 10, "citizenId": "C000010", "address": "O'Brien's \"Yard\"; --", "bedrooms": 0, "weeklyRent": "1234.5", "started": "2026-02-28",
				"furnished": false, "signed": "2026-02-27T23:59:59.1234Z"}`,
			`{"tenancyId": 10, "citizenId": "C000010", "address": "O'Brien's \"Yard\"; --", "bedrooms": 0, "tenure": "secure", "weeklyRent": "1234.50", "started": "2026-02-28",
				"furnished": false, "signed": "2026-02-27T23:59:59.123400Z"}`)
		s.want(t, "CreateRepairOrder", `{"tenancyId": 10, "select": "gate", "cost": "0.1234", "hours": 0.1, "photo": "AAEC/w=="}`,
			`{"orderNo": "3", "tenancyId": 10, "select": "gate", "status": "reported", "cost": "0.1234", "hours": 0.1, "photo": "AAEC/w==", "label": "repair of 10"}`)
		s.want(t, "CreateLog", `{}`, `{}`)
		s.want(t, "UpdateRentLine", `{"tenancyId": 2, "lineNo": 2, "rentLine": {"amount": "-1.10"}}`, `{"tenancyId": 2, "lineNo": 2, "amount": "-1.10"}`)
		_, said, err := s.callWithReply(t, "GetRentLine", `{"tenancyId": 1, "lineNo": 2}`)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.under(t, adapters.Conditions{IfMatch: []string{"00"}}, "DeleteRentLine", `{"tenancyId": 1, "lineNo": 2}`); refusalOf(t, err).Reason != adapters.ReasonChanged {
			t.Errorf("under another tag: %v", err)
		}
		if _, err := s.under(t, adapters.Conditions{IfMatch: []string{said.ETag}}, "DeleteRentLine", `{"tenancyId": 1, "lineNo": 2}`); err != nil {
			t.Errorf("under its tag: %v", err)
		}
	})
	t.Run("refusals", func(t *testing.T) {
		s := open(t)
		violation := func(field, description string) []adapters.Violation {
			return []adapters.Violation{{Field: field, Description: description}}
		}
		tenancy := func(more string) string {
			return `{"tenancyId": 20, "address": "a", "weeklyRent": "1", "started": "2020-01-01"` + more + `}`
		}
		for _, test := range []struct {
			name    string
			method  protoreflect.Name
			request string
			want    refusal
		}{
			{"unique", "CreateTenancy", tenancy(`, "citizenId": "C000001", "bedrooms": 1`), refusal{codes.AlreadyExists, dialect.UniqueViolation, violation("citizenId", "there is a record with this value already")}},
			{"reference", "CreateRepairOrder", `{"tenancyId": 999}`, refusal{codes.InvalidArgument, dialect.ForeignKeyViolation, violation("tenancyId", "there is no record that it refers to")}},
			{"referred to", "DeleteTenancy", `{"tenancyId": 1}`, refusal{Code: codes.FailedPrecondition, Reason: adapters.ReasonInUse}},
			{"missing", "CreateTenancy", tenancy(`, "bedrooms": 1`), refusal{codes.InvalidArgument, dialect.NotNullViolation, violation("citizenId", "a value is required")}},
			{"check", "CreateTenancy", tenancy(`, "citizenId": "C8", "bedrooms": 21`), refusal{codes.InvalidArgument, dialect.CheckViolation, violation("bedrooms", "the value breaks a rule of the data")}},
			{"domain", "CreateRepairOrder", `{"tenancyId": 1, "status": "lost"}`, refusal{codes.InvalidArgument, dialect.CheckViolation, violation("status", "the value breaks a rule of the data")}},
			{"no row to change", "UpdateRentLine", `{"tenancyId": 1, "lineNo": 99, "rentLine": {"amount": "1"}}`, refusal{Code: codes.NotFound, Reason: "RENT_LINE_NOT_FOUND"}},
			{"no row to remove", "DeleteRentLine", `{"tenancyId": 1, "lineNo": 99}`, refusal{Code: codes.NotFound, Reason: "RENT_LINE_NOT_FOUND"}},
		} {
			if diff := cmp.Diff(test.want, s.refused(t, test.method, test.request)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
	})
}

// TestFirebirdRestart holds that a server which was started again is found again, by a pool full of dead connections.
func TestFirebirdRestart(t *testing.T) {
	t.Parallel()
	running := startFirebird(t)
	settings := firebirdSettings(t, running.DSN(running.Database(t, firebirdHousing(t)), ""))
	dir := t.TempDir()
	s := &subject{backend: mustOpen(t, settings, dir), dir: dir}
	const request, reply = `{"tenancyId": 1, "lineNo": 2}`, `{"tenancyId": 1, "lineNo": 2, "amount": "-0.05"}`
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() { s.want(t, "GetRentLine", request, reply) })
	}
	callers.Wait()
	if err := running.Restart(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.want(t, "GetRentLine", request, reply)
	if !slices.Contains(methodNames(s.backend), "GetRentLine") {
		t.Error("the methods have changed")
	}
}
