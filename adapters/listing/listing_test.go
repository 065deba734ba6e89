package listing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/listing"
)

func fields(name string) *listing.Field {
	kinds := map[string]listing.Field{
		"n": listing.Integers(16), "u": listing.Unsigneds(64), "d": {Kind: listing.Decimal}, "f": {Kind: listing.Float}, "s": {Kind: listing.Text},
		"b": {Kind: listing.Bool}, "day": {Kind: listing.Date}, "at": {Kind: listing.Timestamp}, "id": {Kind: listing.Word}, "e": {Kind: listing.Word, Unordered: true}, "o": {},
		"list": {Kind: listing.Decimal, Repeated: true}, "texts": {Kind: listing.Text, Repeated: true},
	}
	field, ok := kinds[name]
	if !ok {
		return nil
	}
	field.Name, field.JSONName = name, name
	return &field
}

func compare(name string, operator listing.Operator, value any) listing.Expression {
	return listing.Comparison{Field: fields(name), Operator: operator, Value: value}
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]listing.Expression{
		"":                              nil,
		"  ":                            nil,
		"n = 32767":                     compare("n", listing.Equal, int64(32767)),
		`u>="18446744073709551615"`:     compare("u", listing.GreaterOrEqual, uint64(18446744073709551615)),
		"d > 0.100000000000000000001":   compare("d", listing.Greater, "0.100000000000000000001"),
		"f < 1500.5":                    compare("f", listing.Less, 1500.5),
		`s:"a"`:                         listing.Contains{Field: fields("s"), Text: "a"},
		"b:true":                        listing.Comparison{Field: fields("b"), Operator: listing.Equal, Value: true},
		`s = "a*"`:                      listing.Matches{Field: fields("s"), Parts: []string{"a", ""}},
		`s != '*\'b\*c\\*d'`:            listing.Not{Expression: listing.Matches{Field: fields("s"), Parts: []string{"", `'b*c\`, "d"}}},
		`s = a*`:                        listing.Matches{Field: fields("s"), Parts: []string{"a", ""}},
		`s = "a\*"`:                     compare("s", listing.Equal, "a*"),
		`s = "\u002a"`:                  compare("s", listing.Equal, "*"),
		`s >= "a*"`:                     compare("s", listing.GreaterOrEqual, "a*"),
		`id = "a*"`:                     compare("id", listing.Equal, "a*"),
		"s:*":                           listing.Presence{Field: fields("s"), Present: true},
		"o = null":                      listing.Presence{Field: fields("o")},
		`list:1.50`:                     listing.Has{Field: fields("list"), Value: "1.50"},
		`texts:"x"`:                     listing.Has{Field: fields("texts"), Value: "x"},
		`texts:*`:                       listing.Presence{Field: fields("texts"), Present: true},
		`id:"x"`:                        compare("id", listing.Equal, "x"),
		`e != "x"`:                      compare("e", listing.NotEqual, "x"),
		`b OR NOT b`:                    listing.Any{compare("b", listing.Equal, true), listing.Not{Expression: compare("b", listing.Equal, true)}},
		`day = "2026-02-28" n = -1`:     listing.All{compare("day", listing.Equal, "2026-02-28"), compare("n", listing.Equal, int64(-1))},
		`at < "2026-01-31T12:00:00.5z"`: compare("at", listing.Less, time.Date(2026, 1, 31, 12, 0, 0, 500_000_000, time.UTC)),
	} {
		got, err := listing.ParseFilter(text, fields)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for text, parts := range map[string][][]string{
		"":       {{"", ""}},
		"abab":   {{"ab", "ab"}, {"a", "b"}, {"", "b"}, {"abab", ""}, {"", "ba", ""}, {"a", "ba", "b"}, {"", "ab", "ab", ""}, {"", ""}},
		"Łódź *": {{"Ł", "*"}, {"", "ź ", ""}},
	} {
		for _, some := range parts {
			if !(listing.Matches{Parts: some}).Holds(text) {
				t.Errorf("%q is not %q", text, some)
			}
		}
	}
	for text, parts := range map[string][][]string{
		"":    {{"a", ""}, {"", "a"}, {"", "a", ""}},
		"aba": {{"aba", "a"}, {"ab", "ba"}, {"a", "a", "a"}, {"b", ""}, {"", "b"}, {"", "ab", "ba"}, {"", "c", ""}},
	} {
		for _, some := range parts {
			if (listing.Matches{Parts: some}).Holds(text) {
				t.Errorf("%q is %q", text, some)
			}
		}
	}
}

func TestRefusedFilters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"n = 32768":                     "whole number from -32768 to 32767",
		"u = -1":                        "whole number from 0 to 18446744073709551615",
		"n = 1.5":                       "whole number",
		"d = x":                         "decimal",
		`day = "2026-02-30"`:            "is a date",
		"b < true":                      "neither less nor greater",
		"e < x":                         "neither less nor greater",
		"o = 1":                         "only with null",
		"list = 1":                      "list:value",
		"list:x":                        "decimal",
		"s < null":                      "neither less nor greater",
		"m = 1":                         `there is no field "m"`,
		"n":                             "not a boolean",
		`"x"`:                           "compares fields",
		"n = ":                          "no filter as AIP-160 has it",
		"f(n)":                          "no function",
		strings.Repeat("b OR ", 900):    "at most 4096",
		"b" + strings.Repeat(" b", 600): "at most 500 conditions",
	} {
		if got, err := listing.ParseFilter(text, fields); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseOrder(t *testing.T) {
	t.Parallel()
	got, err := listing.ParseOrder(" n desc, s", fields)
	if want := []listing.Sorting{{Field: fields("n"), Descending: true}, {Field: fields("s")}}; err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v, %v", got, err)
	}
	for text, want := range map[string]string{"n desc desc": "a list of fields", "m": "no field", "o": "no order", "list": "no order", "e": "no order", strings.Repeat("n,", 600): "at most"} {
		if _, err := listing.ParseOrder(text, fields); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

func TestParseMask(t *testing.T) {
	t.Parallel()
	for _, all := range []string{"", "*", " "} {
		if got, err := listing.ParseMask(all, fields); err != nil || got != nil {
			t.Errorf("%q: %v, %v", all, got, err)
		}
	}
	one := map[string]*listing.Field{"n": fields("n"), "s": fields("s")}
	got, err := listing.ParseMask("s, n,s", func(name string) *listing.Field { return one[name] })
	if err != nil || !cmp.Equal([]*listing.Field{one["s"], one["n"]}, got) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := listing.ParseMask("n,,s", fields); err == nil {
		t.Error("an empty name was taken")
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for _, position := range []listing.Position{{Skip: 7}, {After: [][]byte{[]byte("a"), nil, {0xff}}}} {
		token, err := position.Encode("query")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := listing.ParseToken(token, "query"); err != nil || !cmp.Equal(position, got) {
			t.Errorf("%v, %v", got, err)
		}
		for _, bad := range []string{"", "x", token + "A", token[1:], strings.ToUpper(token)} {
			if got, err := listing.ParseToken(bad, "query"); err == nil {
				t.Errorf("%q was taken for %v", bad, got)
			}
		}
		if _, err := listing.ParseToken(token, "another"); err == nil {
			t.Error("it is good for another query")
		}
	}
}

func TestOperatorHolds(t *testing.T) {
	t.Parallel()
	for operator, want := range map[listing.Operator][3]bool{ // of less, equal and greater
		listing.Equal: {false, true, false}, listing.NotEqual: {true, false, true}, listing.Less: {true, false, false}, listing.LessOrEqual: {true, true, false},
		listing.Greater: {false, false, true}, listing.GreaterOrEqual: {false, true, true},
	} {
		if got := [3]bool{operator.Holds(-2), operator.Holds(0), operator.Holds(2)}; got != want {
			t.Errorf("operator %d: got %v, want %v", operator, got, want)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{"n = 1", `s:"\"" OR b`, "NOT (b)", "d > 1.5e400", "a.b.c = 1", `timestamp("x") = at`, "((((", "s = '\\''", "u = .5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		expression, err := listing.ParseFilter(text, fields)
		if err != nil && expression != nil {
			t.Errorf("there is an expression beside the error %v", err)
		}
	})
}
