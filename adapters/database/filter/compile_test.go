package filter_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/filter"
	"github.com/postern-gateway/postern/adapters/listing"
)

var syntax = &dialect.Syntax{
	Quote:       func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` },
	Placeholder: func(n int) string { return "$" + strconv.Itoa(n) },
	Output:      func(_ *dialect.Column, expression string) string { return expression },
	Compared:    func(_ *dialect.Column, expression string) string { return expression },
	Contains:    func(_ *dialect.Column, text, part string) string { return "contains(" + text + ", " + part + ")" },
	Documents: &dialect.Documents{
		Value: func(_ *dialect.Column, document string, path []string, kind dialect.Kind, parameter func(string) string) string {
			return "value(" + document + ", " + parameter(strings.Join(path, "/")) + ", " + parameter(strconv.Itoa(int(kind))) + ")"
		},
		Number: func(placeholder string) string { return "number(" + placeholder + ")" },
		Has: func(_ *dialect.Column, document string, path []string, kind dialect.Kind, text string, parameter func(string) string) string {
			return "has(" + document + ", " + parameter(strings.Join(path, "/")) + ", " + parameter(dialect.Literal(kind, text)) + ")"
		},
		Contains: func(column *dialect.Column, document, other string, parameter func(string) string) string {
			if column.Name != "col indexed" {
				return ""
			}
			return "contains(" + document + ", " + parameter(other) + ")"
		},
	},
}

func columns(field string) *listing.Field {
	if name, path, ok := strings.Cut(field, "."); ok && (name == "j" || name == "indexed") {
		return filter.Within(&dialect.Column{Name: "col " + name, Kind: dialect.JSON}, strings.Split(path, "."))
	}
	kinds := map[string]dialect.Kind{
		"n": dialect.Int32, "d": dialect.Decimal, "f": dialect.Double, "s": dialect.Text, "b": dialect.Bool, "day": dialect.Date,
		"at": dialect.Timestamp, "j": dialect.JSON, "raw": dialect.Bytes, "time": dialect.Time,
	}
	if element, ok := map[string]dialect.Kind{"tags": dialect.Text, "days": dialect.Date, "docs": dialect.JSON}[field]; ok {
		return filter.Field(field, field, &dialect.Column{Name: "col " + field, Kind: dialect.Array, Element: &dialect.Column{Kind: element}})
	}
	kind, ok := kinds[field]
	if !ok {
		return nil
	}
	return filter.Field(field, field, &dialect.Column{Name: "col " + field, Kind: kind})
}

func kindOf(kind dialect.Kind) string { return strconv.Itoa(int(kind)) }

// compile reads and compiles a filter.
func compile(builder *dialect.Builder, text string) (dialect.Fragment, error) {
	expression, err := listing.ParseFilter(text, columns)
	if err != nil || expression == nil {
		return "", err
	}
	return filter.Compile(builder, expression), nil
}

func TestCompile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		filter    string
		want      dialect.Fragment
		arguments []any
	}{
		{`n = 1`, `"col n" = $1`, []any{int64(1)}},
		{`n=-2147483648`, `"col n" = $1`, []any{int64(-2147483648)}},
		{`d > 0.1000000000000000000000000000000001`, `"col d" > $1`, []any{"0.1000000000000000000000000000000001"}},
		{`d > -12.50`, `"col d" > $1`, []any{"-12.50"}},
		{`s = "Łódź" AND d = 0.1000000000000000000000000000000001`, `("col s" = $1) AND ("col d" = $2)`, []any{"Łódź", "0.1000000000000000000000000000000001"}},
		{`  d > 12.50`, `"col d" > $1`, []any{"12.50"}},
		{`s = "a" OR s = 'b'`, `("col s" = $1) OR ("col s" = $2)`, []any{"a", "b"}},
		{`s = a AND NOT b`, `("col s" = $1) AND (NOT ("col b" = $2))`, []any{"a", true}},
		{`s = 007`, `"col s" = $1`, []any{"007"}},
		{`s:"%"`, `contains("col s", $1)`, []any{"%"}},
		{`s = "50%_!*"`, `"col s" LIKE $1 ESCAPE '!'`, []any{"50!%!_!!%"}},
		{`s != "*a*" AND s = "\*"`, `(NOT ("col s" LIKE $1 ESCAPE '!')) AND ("col s" = $2)`, []any{"%a%", "*"}},
		{`s > "a*"`, `"col s" > $1`, []any{"a*"}},
		{`NOT (s = "a" AND (b OR n = 1))`, `(NOT ("col s" = $1)) OR ((NOT ("col b" = $2)) AND (NOT ("col n" = $3)))`, []any{"a", true, int64(1)}},
		{`j.a.b = "x"`, `value("col j", $1, $2) = $3`, []any{"a/b", kindOf(dialect.Text), "x"}},
		{`NOT j.a > -.50`, `NOT (value("col j", $1, $2) > number($3))`, []any{"a", kindOf(dialect.Decimal), "-0.50"}},
		{`j.a OR j.a != false`, `(value("col j", $1, $2) = $3) OR (value("col j", $4, $5) <> $6)`, []any{"a", kindOf(dialect.Bool), "true", "a", kindOf(dialect.Bool), "false"}},
		{`j.a = null j.b = "*x"`, `(value("col j", $1, $2) IS NULL) AND (value("col j", $3, $4) LIKE $5 ESCAPE '!')`, []any{"a", kindOf(dialect.JSON), "b", kindOf(dialect.Text), "%x"}},
		{`j.a:"x" -j.a:7`, `(has("col j", $1, $2)) AND (NOT (has("col j", $3, $4)))`, []any{"a", `"x"`, "a", "7"}},
		{`indexed.a."b c" = "it's \"x\""`, `contains("col indexed", $1)`, []any{`{"a":{"b c":"it's \"x\""}}`}},
		{`NOT indexed.a = 007`, `NOT (value("col indexed", $1, $2) = number($3))`, []any{"a", kindOf(dialect.Decimal), "7"}},
		{`j:*`, `"col j" IS NOT NULL`, nil},
		{`raw = null`, `"col raw" IS NULL`, nil},
		{`f < 1500.5`, `"col f" < $1`, []any{1500.5}},
		{`tags:"a" AND NOT days:"2026-02-28"`, `(($1 = ANY ("col tags")) IS TRUE) AND (NOT (($2 = ANY ("col days")) IS TRUE))`, []any{"a", "2026-02-28"}},
		{`tags:* OR docs:*`, `("col tags" IS NOT NULL) OR ("col docs" IS NOT NULL)`, nil},
		{`day = "2026-02-28" b`, `("col day" = $1) AND ("col b" = $2)`, []any{"2026-02-28", true}},
	} {
		builder := dialect.NewBuilder(syntax)
		got, err := compile(builder, test.filter)
		if err != nil {
			t.Errorf("%s: %v", test.filter, err)
			continue
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.filter, got, test.want)
		}
		var arguments []any
		for _, argument := range builder.Arguments() {
			arguments = append(arguments, argument.Value)
		}
		if diff := cmp.Diff(test.arguments, arguments); diff != "" {
			t.Errorf("%s: arguments (-want +got):\n%s", test.filter, diff)
		}
	}
}

// TestDepth holds that a filter cannot be nested so deeply that an engine gives up.
func TestDepth(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("NOT (", 500) + "b" + strings.Repeat(")", 500), "b" + strings.Repeat(" OR b", 700)} {
		if _, err := compile(dialect.NewBuilder(syntax), text); err == nil {
			t.Errorf("%.20s... was taken", text)
		}
	}
}

// TestArraysAreLookedInto holds that nothing else can be asked of them.
func TestArraysAreLookedInto(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`tags = "a"`: "is a list", `tags > "a"`: "is a list", `days:"tomorrow"`: "is a date", `docs:"a"`: "cannot be compared", `docs = "a"`: "cannot be compared",
	} {
		if _, err := compile(dialect.NewBuilder(syntax), text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want that it %s", text, err, want)
		}
	}
}

// FuzzCompile holds that whatever a filter says, the condition has only fixed words, quoted columns and as many placeholders as
// there are arguments.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`n = 1`, `s = "'; DROP TABLE t; --"`, `s:"\" OR 1=1"`, `"col n" = 1`, `n = 1; DROP`, `NOT (b OR -b) s = "$1"`, `d > 1.5e400`, `a.b.c = 1`,
		`timestamp("x") = at`, `f(f(f(f(`, `((((((((`, `at > timestamp("2026-01-01T00:00:00Z")`, `n = 0x10`, `s = "\u0000"`, `s = '\''`, `-`, `d = .5`, `time > "10:00"`, `tags:"a"`, `tags:"'; --"`, `s = "a*b\*"`, `s != "*' ESCAPE"`,
		`j.a."' OR 1=1" = "'; --"`, `indexed.a.b = -1.5`, `j.a:true -j.b:*`, `indexed.x`, `j."$1" < "$2"`,
	} {
		f.Add(seed)
	}
	words := strings.NewReplacer(" AND ", "", " OR ", "", "NOT ", "", " IS NULL", "", " IS NOT NULL", "", " = ANY ", "", " IS TRUE", "", " = ", "", " <> ", "", " LIKE ", "", " ESCAPE '!'", "", " <= ", "", " >= ", "", " < ", "", " > ", "", "contains", "", "value", "", "has", "", "number", "", ", ", "", "(", "", ")", "")
	f.Fuzz(func(t *testing.T, text string) {
		builder := dialect.NewBuilder(syntax)
		condition, err := compile(builder, text)
		if err != nil {
			if condition != "" {
				t.Errorf("there is a condition beside the error %v", err)
			}
			return
		}
		rest := string(condition)
		for n := len(builder.Arguments()); n > 0; n-- {
			placeholder := "$" + strconv.Itoa(n)
			if strings.Count(rest, placeholder) != 1 {
				t.Fatalf("%s is not once in %s", placeholder, condition)
			}
			rest = strings.Replace(rest, placeholder, "", 1)
		}
		for _, name := range []string{"n", "d", "f", "s", "b", "day", "at", "j", "raw", "time", "tags", "days", "docs", "indexed"} {
			rest = strings.ReplaceAll(rest, `"col `+name+`"`, "")
		}
		if rest = words.Replace(rest); strings.TrimSpace(rest) != "" {
			t.Errorf("%q made the words %q in %s", text, rest, condition)
		}
	})
}
