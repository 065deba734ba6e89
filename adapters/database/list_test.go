package database_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
)

// list reads all pages, and returns each row as JSON values by field.
func (s *subject) list(t testing.TB, method protoreflect.Name, field string, request map[string]any) []map[string]any {
	t.Helper()
	var rows []map[string]any
	for pages := 0; ; pages++ {
		if pages > 1000 {
			t.Fatal("the pages do not end")
		}
		asked, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := s.call(t, method, string(asked))
		if err != nil {
			t.Fatalf("%s %s: %v", method, asked, err)
		}
		text, err := protojson.Marshal(reply)
		if err != nil {
			t.Fatal(err)
		}
		var page map[string]json.RawMessage
		if err := json.Unmarshal(text, &page); err != nil {
			t.Fatal(err)
		}
		var some []map[string]any
		if page[field] != nil {
			if err := json.Unmarshal(page[field], &some); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, some...)
		if page["nextPageToken"] == nil {
			return rows
		}
		request["pageToken"] = page["nextPageToken"]
	}
}

// truth reads the same rows by database/sql.
func (s *subject) truth(t testing.TB, query string) [][]any {
	t.Helper()
	rows, err := s.sql.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]any
	for rows.Next() {
		values := make([]any, len(columns))
		targets := make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		for i := range values {
			values[i] = plain(t, columns[i].DatabaseTypeName(), values[i])
		}
		all = append(all, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// plain is a value as it is meant, where MariaDB's driver leaves it as the bytes that came.
func plain(t testing.TB, typeName string, value any) any {
	t.Helper()
	raw, ok := value.([]byte)
	if !ok {
		return value
	}
	switch typeName {
	case "CHAR", "VARCHAR", "TEXT", "LONGTEXT", "ENUM", "DECIMAL", "DATE":
		return string(raw)
	case "DATETIME", "TIMESTAMP":
		moment, err := time.Parse(time.DateTime, string(raw))
		if err != nil {
			t.Fatal(err)
		}
		return moment
	default:
		return value
	}
}

// same compares a JSON value with one of SQL.
func same(got, want any) bool {
	switch w := want.(type) {
	case nil:
		return got == nil
	case bool:
		return got == w
	case time.Time:
		text := fmt.Sprint(got)
		if len(text) == len(time.DateOnly) {
			return text == w.Format(time.DateOnly)
		}
		parsed, err := time.Parse(time.RFC3339Nano, text)
		return err == nil && parsed.Equal(w)
	case []byte:
		return got == base64.StdEncoding.EncodeToString(w)
	case string:
		a, aOK := new(big.Rat).SetString(fmt.Sprint(got))
		b, bOK := new(big.Rat).SetString(w)
		return fmt.Sprint(got) == w || aOK && bOK && a.Cmp(b) == 0
	default: // a number
		a, aOK := new(big.Rat).SetString(fmt.Sprint(got))
		b, bOK := new(big.Rat).SetString(fmt.Sprint(w))
		if flag, isBool := got.(bool); isBool { // SQLite's booleans are numbers
			return fmt.Sprint(w) == map[bool]string{true: "1", false: "0"}[flag]
		}
		return aOK && bOK && a.Cmp(b) == 0
	}
}

func wantRows(t testing.TB, about string, fields []string, got []map[string]any, want [][]any) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d", about, len(got), len(want))
	}
	for i, row := range want {
		for n, field := range fields {
			if !same(got[i][field], row[n]) {
				t.Errorf("%s: row %d, field %s: %v, want %v", about, i, field, got[i][field], row[n])
			}
		}
	}
}

// fill makes many tenancies, with NULLs and with values that repeat.
func fill(seed uint64, n int) string {
	random := rand.New(rand.NewPCG(seed, 0))
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	var b strings.Builder
	b.WriteString("INSERT INTO tenancies (tenancy_id, citizen_id, address, post_code, bedrooms, tenure, weekly_rent, started, furnished, signed, viewed, note) VALUES\n")
	for i := range n {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "(%d, 'C1%05d', '%d %s', %s, %d, '%s', %d.%02d, '%04d-%02d-%02d', %s, %s, %s, %s)",
			i+100, i, random.IntN(50), pick("Wharf Lane", "Mill Street", "Ørsted Way"), pick("NULL", "'RV1 1AA'", "'rv1 1aa'", "'RV2 2BB'", "''"), random.IntN(6),
			pick("secure", "introductory", "licence"), 50+random.IntN(5), random.IntN(100), 1990+random.IntN(30), 1+random.IntN(12), 1+random.IntN(28),
			pick("NULL", "TRUE", "FALSE"), pick("NULL", "'2020-01-01 10:00:00+00:00'", "'2021-07-01 10:00:00.5+00:00'"),
			pick("NULL", "'2019-05-05 05:05:05'", "'1999-05-05 05:05:05.125'"), pick("NULL", "'x'", "'%'", "'_'", "'it''s'"))
	}
	return b.String() + ";"
}

const tenancyColumns = "tenancy_id, citizen_id, address, post_code, bedrooms, tenure, weekly_rent, started, furnished, signed, viewed, note"

var tenancyFields = []string{"tenancyId", "citizenId", "address", "postCode", "bedrooms", "tenure", "weeklyRent", "started", "furnished", "signed", "viewed", "note"}

// TestListAgainstTruth holds whole lists in many orders and page sizes against the same query in SQL.
func TestListAgainstTruth(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		settings := read(t, e.name+".sql") + fill(1, 120)
		s := e.open(t, settings, nil)
		for _, test := range []struct{ orderBy, sql string }{
			{"", "tenancy_id"},
			{"tenancy_id desc", "tenancy_id DESC"},
			{"postCode", "post_code, tenancy_id"},
			{"postCode desc", "post_code DESC, tenancy_id"},
			{"tenure desc, weekly_rent", "tenure DESC, weekly_rent, tenancy_id"},
			{"furnished, viewed desc, bedrooms", "furnished, viewed DESC, bedrooms, tenancy_id"},
			{"signed desc, started desc", "signed DESC, started DESC, tenancy_id"},
			{"address, citizenId desc", "address, citizen_id DESC, tenancy_id"},
			{"weekly_rent, bedrooms, tenure", "weekly_rent, bedrooms, tenure, tenancy_id"},
		} {
			want := s.truth(t, "SELECT "+tenancyColumns+" FROM tenancies ORDER BY "+test.sql)
			for _, size := range []int{7, 60, 5000} {
				got := s.list(t, "ListTenancies", "tenancies", map[string]any{"orderBy": test.orderBy, "pageSize": size})
				wantRows(t, fmt.Sprintf("order %q, pages of %d", test.orderBy, size), tenancyFields, got, want)
			}
		}
	})
}

func TestFilterAgainstTruth(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, read(t, e.name+".sql")+fill(2, 150), nil)
		moment := map[string]string{"postgres": "signed > '2020-06-01 00:00:00+00'", "sqlite": "signed > '2020-06-01'", "mariadb": "signed > '2020-06-01'", "firebird": "signed > '2020-06-01'"}[e.name]
		contains := map[string]string{"postgres": "strpos(address, 'Lane') > 0", "sqlite": "instr(address, 'Lane') > 0", "mariadb": "instr(address, 'Lane') > 0", "firebird": "position('Lane' IN address) > 0"}[e.name]
		for _, test := range []struct{ filter, sql string }{
			{`tenancyId = 101`, "tenancy_id = 101"},
			{`bedrooms >= 3 AND tenure = "secure"`, "bedrooms >= 3 AND tenure = 'secure'"},
			{`bedrooms >= 3 tenure = secure`, "bedrooms >= 3 AND tenure = 'secure'"},
			{`bedrooms = 1 OR bedrooms = 2 AND furnished = true`, "(bedrooms = 1 OR bedrooms = 2) AND furnished"},
			{`NOT (bedrooms = 1 OR furnished)`, "NOT (bedrooms = 1 OR furnished)"},
			{`-furnished`, "NOT furnished"},
			{`weekly_rent > 52.10`, "weekly_rent > 52.10"},
			{`weeklyRent = "51.05"`, "weekly_rent = 51.05"},
			{`weeklyRent = 51`, "weekly_rent = 51"},
			{`started < "2001-02-03"`, "started < '2001-02-03'"},
			{`post_code = null`, "post_code IS NULL"},
			{`post_code != null`, "post_code IS NOT NULL"},
			{`postCode:*`, "post_code IS NOT NULL"},
			{`postCode = "RV1 1AA"`, "post_code = 'RV1 1AA'"},
			{`postCode != "RV1 1AA"`, "post_code <> 'RV1 1AA'"},
			{`postCode = ""`, "post_code = ''"},
			{`address:"Lane"`, contains},
			{`note = "%"`, "note = '%'"},
			{`note = "it's"`, "note = 'it''s'"},
			{`signed > "2020-06-01T00:00:00Z"`, moment},
			{`signed > timestamp("2020-06-01T00:00:00Z")`, moment},
			{`viewed = "1999-05-05T05:05:05.125Z"`, "viewed = '1999-05-05 05:05:05.125'"},
			{`viewed = "1999-05-05T07:05:05.125+02:00"`, "viewed = '1999-05-05 05:05:05.125'"},
			{`tenancyId = -1`, "1 = 0"},
			{`note = "'; DROP TABLE tenancies; --"`, "1 = 0"},
		} {
			want := s.truth(t, "SELECT "+tenancyColumns+" FROM tenancies WHERE "+test.sql+" ORDER BY tenancy_id")
			got := s.list(t, "ListTenancies", "tenancies", map[string]any{"filter": test.filter, "pageSize": 40})
			wantRows(t, test.filter, tenancyFields, got, want)
		}
	})
}

// TestListWithoutKey pages tables by the engine's own row id, and views by offset.
func TestListWithoutKey(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, nil)
		got := s.list(t, "ListLog", "log", map[string]any{"pageSize": 1})
		want := [][]any{{"first"}, {"second"}, {"second"}, {nil}}
		if e.name == "mariadb" { // which has no row ids, and sorts by all columns
			want = [][]any{{nil}, {"first"}, {"second"}, {"second"}}
		}
		wantRows(t, "log", []string{"entry"}, got, want)
		got = s.list(t, "ListLog", "log", map[string]any{"pageSize": 1, "orderBy": "entry desc", "filter": "entry:*"})
		wantRows(t, "log in order", []string{"entry"}, got, [][]any{{"second"}, {"second"}, {"first"}})
		got = s.list(t, "ListDear", "dear", map[string]any{"pageSize": 1})
		wantRows(t, "dear", []string{"tenancyId", "weeklyRent"}, got, s.truth(t, "SELECT tenancy_id, weekly_rent FROM dear ORDER BY tenancy_id"))
		got = s.list(t, "ListRentLines", "rentLines", map[string]any{"pageSize": 2, "orderBy": "lineNo desc"})
		wantRows(t, "rent lines", []string{"tenancyId", "lineNo", "amount"}, got, s.truth(t, "SELECT tenancy_id, line_no, amount FROM rent_lines ORDER BY line_no DESC, tenancy_id"))
	})
}

// TestListWhileRowsChange reads pages while rows before and behind the page come and go: none is told twice, none that stays is missed.
func TestListWhileRowsChange(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, read(t, e.name+".sql")+fill(3, 40), nil)
		seen := make(map[string]int)
		token := ""
		for page := 0; ; page++ {
			reply, err := s.call(t, "ListTenancies", fmt.Sprintf(`{"pageSize": 5, "orderBy": "tenure, tenancy_id desc", "pageToken": %q}`, token))
			if err != nil {
				t.Fatal(err)
			}
			message := reply.ProtoReflect()
			fields := message.Descriptor().Fields()
			rows := message.Get(fields.ByName("tenancies")).List()
			for i := range rows.Len() {
				row := rows.Get(i).Message()
				seen[row.Get(row.Descriptor().Fields().ByName("tenancy_id")).String()]++
			}
			token = message.Get(fields.ByName("next_page_token")).String()
			if token == "" {
				break
			}
			s.exec(t, fmt.Sprintf("INSERT INTO tenancies (tenancy_id, citizen_id, address, bedrooms, tenure, weekly_rent, started) VALUES (%d, 'X%d', 'a', 1, 'introductory', 1, '2000-01-01')", 1000+page, page))
			s.exec(t, fmt.Sprintf("DELETE FROM tenancies WHERE tenancy_id = %d", 100+page))
		}
		for id, times := range seen {
			if times != 1 {
				t.Errorf("tenancy %s was told %d times", id, times)
			}
		}
		for _, row := range s.truth(t, "SELECT tenancy_id FROM tenancies WHERE tenancy_id < 1000") {
			if seen[fmt.Sprint(row[0])] != 1 {
				t.Errorf("tenancy %v was missed", row[0])
			}
		}
	})
}

func (s *subject) exec(t testing.TB, statement string) sql.Result {
	t.Helper()
	result, err := s.sql.ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return result
}

func TestListRefusals(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.openHousing(t, nil)
		token := func(request string) string {
			reply, err := s.call(t, "ListTenancies", request)
			if err != nil {
				t.Fatal(err)
			}
			return reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("next_page_token")).String()
		}
		good := token(`{"pageSize": 1}`)
		altered := []byte(good)
		altered[len(altered)-3] ^= 1
		for _, test := range []struct{ request, field string }{
			{`{"pageSize": -1}`, "pageSize"},
			{`{"filter": "nothing = 1"}`, "filter"},
			{`{"filter": "tenancyId = one"}`, "filter"},
			{`{"filter": "tenancyId = 99999999999999999999"}`, "filter"},
			{`{"filter": "bedrooms = 40000"}`, "filter"},
			{`{"filter": "bedrooms = 1.5"}`, "filter"},
			{`{"filter": "weeklyRent > cheap"}`, "filter"},
			{`{"filter": "furnished > true"}`, "filter"},
			{`{"filter": "furnished = 1"}`, "filter"},
			{`{"filter": "started > \"yesterday\""}`, "filter"},
			{`{"filter": "started > \"2026-02-30\""}`, "filter"},
			{`{"filter": "viewed > \"2026-01-31\""}`, "filter"},
			{`{"filter": "address"}`, "filter"},
			{`{"filter": "\"loose text\""}`, "filter"},
			{`{"filter": "lower(address) = \"a\""}`, "filter"},
			{`{"filter": "address = "}`, "filter"},
			{`{"filter": "tenancy.id = 1"}`, "filter"},
			{`{"filter": "note < null"}`, "filter"},
			{`{"filter": "1 = tenancyId"}`, "filter"},
			{`{"orderBy": "nothing"}`, "orderBy"},
			{`{"orderBy": "address; DROP TABLE tenancies"}`, "orderBy"},
			{`{"orderBy": "address sideways"}`, "orderBy"},
			{`{"orderBy": "address, address desc"}`, "orderBy"},
			{`{"pageToken": "nonsense"}`, "pageToken"},
			{`{"pageToken": "` + string(altered) + `"}`, "pageToken"},
			{`{"pageToken": "` + good + `", "filter": "bedrooms > 0"}`, "pageToken"},
			{`{"pageToken": "` + good + `", "orderBy": "address"}`, "pageToken"},
		} {
			got := s.refused(t, "ListTenancies", test.request)
			if got.Code != codes.InvalidArgument || len(got.Violations) != 1 || got.Violations[0].Field != test.field {
				t.Errorf("%s: %+v, want INVALID_ARGUMENT of %s", test.request, got, test.field)
			}
			if (got.Reason == "INVALID_PAGE_TOKEN") != (test.field == "pageToken") {
				t.Errorf("%s: reason %q", test.request, got.Reason)
			}
		}
		if got := s.refused(t, "ListRentLines", `{"pageToken": "`+good+`"}`); !slices.ContainsFunc(got.Violations, func(v adapters.Violation) bool { return v.Field == "pageToken" }) {
			t.Errorf("a token of another table: %+v", got)
		}
		for _, request := range []string{`{"orderBy": "details"}`, `{"filter": "details = \"{}\""}`, `{"filter": "photo = \"x\""}`, `{"filter": "place = \"(1,2)\""}`} {
			if e.name == "firebird" && !strings.Contains(request, "photo") { // to which these are texts
				continue
			}
			if got := s.refused(t, "ListRepairOrders", request); got.Code != codes.InvalidArgument || len(got.Violations) != 1 {
				t.Errorf("%s: %+v", request, got)
			}
		}
	})
}

// TestPagesOfNullKeys holds that rows are not left out where a primary key may be NULL, as in SQLite, and so does not tell them apart.
func TestPagesOfNullKeys(t *testing.T) {
	t.Parallel()
	s := engines()[1].open(t, `CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT); INSERT INTO notes VALUES (NULL, 'a'), (NULL, 'b'), (NULL, 'c'), ('k', 'd')`, nil)
	got := s.list(t, "ListNotes", "notes", map[string]any{"pageSize": 1})
	wantRows(t, "pages", []string{"text"}, got, [][]any{{"a"}, {"b"}, {"c"}, {"d"}})
}
