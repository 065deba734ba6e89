package database_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/sampletest"
	"github.com/postern-gateway/postern/adapters/listing"
)

// things is a table with a column of each kind that can be compared.
func things() *sampletest.Schema {
	return &sampletest.Schema{Name: "things", Tables: []*sampletest.Table{{
		Name: "things", Key: []string{"id"},
		Columns: []sampletest.Column{
			{Name: "id", Kind: sampletest.Integer}, {Name: "small", Kind: sampletest.Small, Null: true}, {Name: "big_one", Kind: sampletest.Big, Null: true},
			{Name: "price", Kind: sampletest.Decimal, Length: 9, Scale: 2, Null: true}, {Name: "ratio", Kind: sampletest.Double, Null: true}, {Name: "flag", Kind: sampletest.Bool, Null: true},
			{Name: "name", Kind: sampletest.Varchar, Length: 40, Null: true}, {Name: "day", Kind: sampletest.Date, Null: true}, {Name: "at_time", Kind: sampletest.Timestamp, Null: true},
			{Name: "code", Kind: sampletest.Char, Length: 3, Null: true},
		},
		Rows: []sampletest.Row{
			{1, 1, 10, "1.00", 0.5, true, "Mill Lane", "2020-02-29", "2020-02-29 10:00:00", "abc"},
			{2, -1, math.MaxInt64, "-0.05", -0.5, false, "it's", "1999-12-31", "1999-12-31 23:59:59.999", "abd"},
			{3, nil, nil, nil, nil, nil, nil, nil, nil, nil},
			{4, 32767, math.MinInt64, "9999999.99", 1e6, nil, "", "0001-01-01", "0001-01-01 00:00:00", "zzz"},
			{5, 0, 0, "0.00", 0.0, true, "100%_x", "9999-12-31", "9999-12-31 23:59:59.5", "ABC"},
			{6, 1, 10, "1.01", 0.25, false, "mill lane", "2020-03-01", "2020-02-29 10:00:00.001", "it'"},
			{7, nil, 10, "1.00", nil, true, "Łódź 😀", nil, "2020-02-29 10:00:00", "100"},
			{8, 1, nil, nil, 0.5, nil, `a"b\c`, "2020-02-29", nil, nil},
		},
	}}}
}

// thingFields returns what callers may name. Each one's source is its place among the columns.
func thingFields() listing.Fields {
	fields := []listing.Field{
		listing.Integers(32), listing.Integers(16), listing.Integers(64), {Kind: listing.Decimal}, {Kind: listing.Float}, {Kind: listing.Bool}, {Kind: listing.Text},
		{Kind: listing.Date}, {Kind: listing.Timestamp}, {Kind: listing.Text},
	}
	byName := make(map[string]*listing.Field)
	for i, column := range things().Tables[0].Columns {
		fields[i].Name, fields[i].JSONName, fields[i].Source = column.Name, column.JSONName(), i
		byName[column.Name], byName[column.JSONName()] = &fields[i], &fields[i]
	}
	return func(name string) *listing.Field { return byName[name] }
}

// A truth is what a condition is of a row: it holds, or does not, or says nothing since a value is not there.
type truth int

const (
	no truth = iota
	unknown
	yes
)

func truthOf(holds bool) truth {
	if holds {
		return yes
	}
	return no
}

// judge says of a row what a filter is, without SQL.
func judge(e listing.Expression, row sampletest.Row) truth {
	switch e := e.(type) {
	case nil:
		return yes
	case listing.All:
		all := yes
		for _, part := range e {
			all = min(all, judge(part, row))
		}
		return all
	case listing.Any:
		most := no
		for _, part := range e {
			most = max(most, judge(part, row))
		}
		return most
	case listing.Not:
		return yes - judge(e.Expression, row)
	case listing.Presence:
		return truthOf((row[place(e.Field)] != nil) == e.Present)
	case listing.Contains:
		if value := row[place(e.Field)]; value != nil {
			return truthOf(strings.Contains(value.(string), e.Text)) //nolint:forcetypeassert // of text columns it is
		}
		return unknown
	case listing.Matches:
		if value := row[place(e.Field)]; value != nil {
			quoted := make([]string, len(e.Parts))
			for i, part := range e.Parts {
				quoted[i] = regexp.QuoteMeta(part)
			}
			return truthOf(regexp.MustCompile("(?s)^" + strings.Join(quoted, ".*") + "$").MatchString(value.(string))) //nolint:forcetypeassert // of text columns it is
		}
		return unknown
	case listing.Comparison:
		value := row[place(e.Field)]
		if value == nil {
			return unknown
		}
		return truthOf(e.Operator.Holds(compareValues(value, e.Value)))
	}
	return unknown
}

func place(field *listing.Field) int {
	index, _ := field.Source.(int)
	return index
}

// compareValues compares a value of a row with one of a filter, or of another row.
func compareValues(stored, other any) int {
	switch other := other.(type) {
	case bool:
		if stored == other {
			return 0
		} else if other {
			return -1
		}
		return 1
	case time.Time:
		at, _ := time.Parse(time.DateTime, fmt.Sprint(stored))
		return at.Compare(other)
	case float64:
		return cmp.Compare(stored.(float64), other) //nolint:forcetypeassert // of such columns it is
	}
	a, aOK := new(big.Rat).SetString(fmt.Sprint(stored))
	b, bOK := new(big.Rat).SetString(fmt.Sprint(other))
	if _, text := stored.(string); aOK && bOK && (!text || strings.Contains(fmt.Sprint(stored), ".")) {
		return a.Cmp(b)
	}
	return strings.Compare(fmt.Sprint(stored), fmt.Sprint(other))
}

// inOrder compares rows by an order, with NULL before all else or behind.
func inOrder(order []listing.Sorting, nullsFirst bool, a, b sampletest.Row) int {
	for _, by := range order {
		i := place(by.Field)
		var c int
		switch {
		case a[i] == nil && b[i] == nil:
		case a[i] == nil:
			c = 1
			if nullsFirst {
				c = -1
			}
		case b[i] == nil:
			c = -1
			if nullsFirst {
				c = 1
			}
		default:
			c = compareValues(a[i], b[i])
		}
		if by.Descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return compareValues(a[0], b[0])
}

// holdFilter reads what a filter lets through in pages, and wants the rows that judge lets through, in order; or a refusal by the request's fields.
func holdFilter(t *testing.T, s *subject, nullsFirst bool, filter, orderBy string) {
	t.Helper()
	fields := thingFields()
	expression, badFilter := listing.ParseFilter(filter, fields)
	order, badOrder := listing.ParseOrder(orderBy, fields)
	var want []sampletest.Row
	for _, row := range things().Tables[0].Rows {
		if badFilter == nil && judge(expression, row) == yes {
			want = append(want, row)
		}
	}
	slices.SortFunc(want, func(a, b sampletest.Row) int { return inOrder(order, nullsFirst, a, b) })
	got, err := s.thingIDs(t, filter, orderBy)
	if err != nil {
		refused := refusalOf(t, err)
		if refused.Code != codes.InvalidArgument || len(refused.Violations) != 1 || badOrder == nil && refused.Violations[0].Field != "filter" {
			t.Fatalf("filter %q, order %q: %+v: %v", filter, orderBy, refused, err)
		}
		unspeakable := refused.Reason == dialect.OutOfRange || refused.Reason == dialect.ValueRejected // of the engine
		if badFilter == nil && badOrder == nil && !unspeakable {
			t.Errorf("filter %q, order %q is refused: %v", filter, orderBy, err)
		}
		return
	}
	if badFilter != nil || badOrder != nil {
		t.Fatalf("filter %q, order %q is taken", filter, orderBy)
	}
	var ids []string
	for _, row := range want {
		ids = append(ids, fmt.Sprint(row[0]))
	}
	if !slices.Equal(ids, got) {
		t.Errorf("filter %q, order %q: %v, want %v", filter, orderBy, got, ids)
	}
}

// thingIDs are the ids of the rows in pages of three.
func (s *subject) thingIDs(t *testing.T, filter, orderBy string) ([]string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	service := s.backend.Services()[0]
	method := service.Descriptor.Methods().ByName("ListThings")
	at := slices.IndexFunc(service.Methods, func(m adapters.Method) bool { return m.Name == "ListThings" })
	var ids []string
	for token := ""; ; {
		in := dynamicpb.NewMessage(method.Input())
		set := func(name protoreflect.Name, value any) {
			in.Set(method.Input().Fields().ByName(name), protoreflect.ValueOf(value))
		}
		set("filter", filter)
		set("order_by", orderBy)
		set("page_token", token)
		set("page_size", int32(3))
		reply, err := service.Methods[at].Unary(ctx, in)
		if err != nil {
			return nil, err
		}
		page := thingPage(t, reply)
		for _, row := range page.Things {
			ids = append(ids, fmt.Sprint(row.ID))
		}
		if page.Next == "" {
			return ids, nil
		}
		token = page.Next
	}
}

type thingsPage struct {
	Things []struct {
		ID json.Number `json:"id"`
	} `json:"things"`
	Next string `json:"nextPageToken"`
}

func thingPage(t *testing.T, reply proto.Message) thingsPage {
	t.Helper()
	text, err := protojson.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	var page thingsPage
	if err := json.Unmarshal(text, &page); err != nil {
		t.Fatal(err)
	}
	return page
}

// filters are what the fuzzing starts from. Every engine is held to them.
var filters = []struct{ filter, orderBy string }{
	{"", ""}, {"id = 1", "id desc"}, {"small = 1 AND bigOne = 10", "small, price desc"}, {"NOT small = 1", "flag, name desc"}, {"NOT (small = 1 AND flag)", "ratio desc, day"},
	{"small = 1 OR flag = false AND NOT name:\"Lane\"", "day desc"}, {"price >= 1.00 -flag", "price desc"}, {"price = 1", "at_time desc, name"}, {"price > -0.0500000001", "bigOne"},
	{"price < 99999999999999999999999999.999", "bigOne desc, small"}, {"ratio > 0.3 OR ratio < -1e-3", "ratio"}, {"ratio = 1E6", ""}, {`name = "it's"`, ""}, {`name = "a\"b\\c"`, ""},
	{`name != ""`, "name"}, {`name = ""`, ""}, {`name:"%"`, ""}, {`name:"_"`, ""}, {`name:"\\"`, ""}, {`name > "M" AND name <= "it"`, "name desc"}, {`name:"😀"`, "name"},
	{`day = "2020-02-29"`, "day"}, {`day > "0001-01-01" AND day < "9999-12-31"`, "day desc, id"}, {`at_time >= "2020-02-29T10:00:00.0005Z"`, "at_time"},
	{`atTime = "2020-02-29T12:00:00.001+02:00"`, ""}, {`at_time > "9999-12-31T23:59:59.4Z"`, ""}, {"small != null AND NOT price = null", ""}, {"name:* OR day:*", "flag desc"},
	{"bigOne = 9223372036854775807", ""}, {"bigOne = -9223372036854775808", ""}, {"bigOne < 9223372036854775808", ""}, {"small = 40000", ""}, {"name = 'x' OR 1=1", ""},
	{`name = "'; DROP TABLE things; --"`, "name; DROP TABLE things"}, {`name = "\x00"`, ""}, {"name = \"\\u0000\"", ""}, {"things.id = 1", "things.id"}, {"id = id", "id, id"}, {"(((id = 1)))", "rowid"},
	{"NOT NOT flag", "flag desc, id desc"}, {"-(-flag)", ""}, {"id:1 id:*", ""}, {"flag = null OR NOT flag", "big_one desc, bigOne"}, {"id = 1 OR", ""}, {"= 1", ""}, {"id in (1)", ""}, {`day = "2020-02-30"`, ""},
	{`"loose"`, ""}, {"name", ""}, {"id = 1e0", ""}, {"ratio = NaN", ""}, {"ratio < \"Inf\"", ""}, {"price = 1e3", ""}, {"price = \"0x10\"", ""}, {"id = 01", ""}, {"small = \"1_0\"", ""},
	{`name = "Mill*"`, "id"}, {`name = "*lane"`, ""}, {`name != "*ane" AND NOT name = "1*"`, "name"}, {`name = "*"`, "id desc"}, {`name = "M*l*L*e"`, ""}, {`name = "100%_*"`, ""}, {`name = "1*%_x"`, ""},
	{`name = "1__%*"`, ""}, {`name = "a\"b\\*"`, ""}, {`name = "*\\c"`, ""}, {`name = "\*"`, ""}, {`name = "Mill\*"`, ""}, {`name = "Mill\x2a"`, ""}, {`name = 'it\'*'`, ""}, {"name = Mill*", ""}, {"name = **", "id"},
	{`name = "*😀"`, ""}, {`name = "*[*"`, ""}, {`name = "*?*"`, ""}, {`name = "*!*"`, ""}, {`name < "Mill*"`, "id"}, {`code = "ab*"`, "id"}, {`code != "*C"`, "id"}, {`day = "2020-*"`, ""}, {`id = "1*"`, ""}, {`name:"M*"`, ""},
	{"name = \"" + strings.Repeat("x", 50) + "*\"", ""}, {"name = \"*" + strings.Repeat("Ł%", 500) + "\"", ""}, {`name = "*\u0000"`, ""}, {`name = "it'*" OR code = "it'*"`, "id"},
	// Values of more digits than a column holds lie between two that it does hold.
	{"price = 1.001", ""}, {"NOT price = 1.001", ""}, {"price != 1.005", "price"}, {"price < 1.005", ""}, {"price <= 1.0049", ""}, {"price >= 1.005", ""}, {"price > 1.0049", ""}, {"price > -.051", ""},
	{"price >= -0.0500000000000000000000000000000000000001", ""}, {"price < -0.00000000000000000001", ""}, {"price = 1.000000000000000000000000000000000000000", ""}, {"price > 99999999999", ""},
	{"price > -99999999999999999999", ""}, {"price = 21474836.48", ""}, {"price < 92233720368547758.08", "price"}, {"small = -0.5", ""}, {"bigOne < 9223372036854775807.5", ""},
	{`at_time >= "2020-02-29T10:00:00.0000004Z"`, "id"}, {`at_time < "2020-02-29T10:00:00.0000004Z"`, "id"}, {`at_time = "2020-02-29T10:00:00.0000004Z"`, ""},
	{`at_time != "2020-02-29T10:00:00.00000049Z"`, "id"}, {`NOT at_time = "2020-02-29T10:00:00.0004Z"`, "id"}, {`at_time <= "2020-02-29T10:00:00.0009999Z"`, "id"},
	{`at_time > "2020-02-29T10:00:00.000999999Z"`, "id"}, {`at_time < "9999-12-31T23:59:59.999999999Z"`, "at_time"}, {`at_time >= "9999-12-31T23:59:59.999999999Z"`, ""},
	{`at_time >= "0001-01-01T00:00:00.000000001Z"`, "id"}, {`at_time = "1999-12-31T23:59:59.999Z"`, ""}, {`at_time < "2020-02-29T12:00:00.0004+02:00"`, "id"},
	{"name = \"" + strings.Repeat("x", 50) + "\"", ""}, {"name < \"" + strings.Repeat("n", 50) + "\"", "id"}, {"NOT name = \"" + strings.Repeat("Ł", 500) + "\"", "id"},
	{"name:\"" + strings.Repeat("x", 50) + "\"", ""}, {"name != \"" + strings.Repeat("😀", 900) + "\"", "id"}, {"name > \"" + strings.Repeat("a", 4000) + "\"", "id"},
	{`name:" "`, "id"}, {`name:""`, "id"}, {`code = "a"`, "id"}, {`code = "abcd"`, ""}, {`code != "abcdefgh"`, "code"}, {`code > "ab"`, "code"}, {`code:"bc"`, ""}, {`code < "abcd"`, "id"},
}

func TestFiltersAgainstJudge(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, things().Statements(sampletest.Engine(e.name)), nil)
		for _, test := range filters {
			holdFilter(t, s, e.name != "postgres", test.filter, test.orderBy)
		}
	})
}

// FuzzFilter drives filters and orders into SQLite: it never says that the statement is wrong, and lets those rows through that the filter lets through.
func FuzzFilter(f *testing.F) {
	for _, seed := range filters {
		f.Add(seed.filter, seed.orderBy)
	}
	s := engine{"sqlite", createSQLite}.open(f, things().Statements(sampletest.SQLite), nil)
	f.Fuzz(func(t *testing.T, filter, orderBy string) {
		if utf8.ValidString(filter) && utf8.ValidString(orderBy) { // else the gateway refuses it
			holdFilter(t, s, true, filter, orderBy)
		}
	})
}
