package sqltext_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/sqltext"
)

func TestParseCheck(t *testing.T) {
	t.Parallel()
	type bounds = []sqltext.Bound
	for _, test := range []struct {
		expression string
		want       bounds
	}{
		{`status IN ('a', 'it''s')`, bounds{{Column: "status", Values: []string{"a", "it's"}}}},
		{`((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))`, bounds{{Column: "status", Values: []string{"a", "b"}}}},
		{`(tenure = ANY (ARRAY['a'::text, 'b'::text]))`, bounds{{Column: "tenure", Values: []string{"a", "b"}}}},
		{`((n >= 0) AND (n <= 20))`, bounds{{Column: "n", Operator: ">=", Limit: "0"}, {Column: "n", Operator: "<=", Limit: "20"}}},
		{`n BETWEEN -1 AND 20 AND m > 3`, bounds{{Column: "n", Operator: ">=", Limit: "-1"}, {Column: "n", Operator: "<=", Limit: "20"}, {Column: "m", Operator: ">", Limit: "3"}}},
		{`(price > (0)::numeric)`, bounds{{Column: "price", Operator: ">", Limit: "0"}}},
		{`("odd ""name""" < 5.5)`, bounds{{Column: `odd "name"`, Operator: "<", Limit: "5.5"}}},
		{`[my col] < 5 /* five */ -- or so`, bounds{{Column: "my col", Operator: "<", Limit: "5"}}},
		{`n > 0 AND length(name) > 2`, bounds{{Column: "n", Operator: ">", Limit: "0"}}},
		// What says less than it seems to gives nothing.
		{`status IN ('a') OR n > 0`, nil},
		{`(status IN ('a')) OR (n > 0)`, nil},
		{`NOT (n > 0)`, nil},
		{`NOT n > 0`, nil},
		{`n NOT IN (1, 2)`, nil},
		{`status IN ('a', NULL)`, nil},
		{`status IN ('a', other)`, nil},
		{`n > m`, nil},
		{`n > 1 + 1`, nil},
		{`n + 1 > 1`, nil},
		{`lower(status) IN ('a')`, nil},
		{`((amount)::integer > 5)`, nil},
		{`((name)::character varying(3) = ANY (ARRAY['abc'::text]))`, nil},
		{`CASE WHEN n > 0 AND m > 5 THEN 1 ELSE 0 END`, nil},
		{`n > 0 IS TRUE`, nil},
		{`a COLLATE NOCASE IN ('x')`, nil},
		{`((`, nil},
		{`n IN (`, nil},
		{`n IN ()`, nil},
		{`n BETWEEN 1`, nil},
		{`x = ANY (ARRAY[`, nil},
		{``, nil},
	} {
		got := sqltext.ParseCheck(test.expression, sqltext.Options{Brackets: strings.HasPrefix(test.expression, "[")})
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.expression, diff)
		}
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	text := `SELECT 'it''s :a', E'\':b', "c:d", $x$ :e $x$, $1, a::text, :f /* :g /* :h */ :i */ -- :j` + "\n" + `FROM t WHERE x<=1.5e-3 AND y=:k_2;`
	var parameters, texts []string
	for _, token := range sqltext.Scan(text, sqltext.Options{}) {
		switch token.Kind {
		case sqltext.Parameter:
			parameters = append(parameters, token.Text)
		case sqltext.String:
			texts = append(texts, token.Value())
		}
	}
	if diff := cmp.Diff([]string{":f", ":k_2"}, parameters); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"it's :a", `E'\':b'`, "$x$ :e $x$"}, texts); diff != "" {
		t.Error(diff)
	}
}

// FuzzScan holds that the tokens together are the text, and that reading a check of any text ends.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{"", "'", `"`, "[", "$", "$$", "/*", "--", ":", "::", "a IN ('b')", "((((", "E'\\", "1e", "ü"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, brackets bool) {
		options := sqltext.Options{Brackets: brackets}
		var together strings.Builder
		for _, token := range sqltext.Scan(text, options) {
			if token.Offset != together.Len() || token.Text == "" {
				t.Fatalf("token %+v at %d", token, together.Len())
			}
			together.WriteString(token.Text)
			_ = token.Value()
		}
		if together.String() != text {
			t.Fatalf("tokens make %q", together.String())
		}
		sqltext.ParseCheck(text, options)
	})
}
