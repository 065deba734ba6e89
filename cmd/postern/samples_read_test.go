package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/adapters/database/sampletest"
)

// holdLoaded holds SQL against what was loaded, so that both are the truth.
func holdLoaded(t *testing.T, s *sample) {
	for _, table := range s.schema.Tables {
		var want []map[string]any
		for _, row := range table.Rows {
			object, err := table.JSON(s.engine, row)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, object)
		}
		if table.View == "" {
			sameSet(t, table.Name, want, s.truth(t, table, ""))
		}
	}
}

// sortable are the columns that SQL sorts by as they are.
func (s *sample) sortable(table *sampletest.Table) []sampletest.Column {
	return slices.DeleteFunc(slices.Clone(table.Columns), func(c sampletest.Column) bool {
		return !c.Kind.Comparable() || c.Kind == sampletest.Text && s.engine == sampletest.Firebird // whose order of long texts is that of their places
	})
}

// keyOrder is the end of an ORDER BY.
func keyOrder(table *sampletest.Table, first ...string) string {
	for _, name := range table.Key {
		first = append(first, sampletest.Quote(name))
	}
	return strings.Join(first, ", ")
}

// holdLists reads every table in many orders and sizes of pages.
func holdLists(t *testing.T, s *sample) {
	for _, table := range s.schema.Tables {
		if len(table.Key) == 0 {
			for _, query := range []url.Values{{"pageSize": {"7"}}, {}, {"pageSize": {"11"}, "orderBy": {table.Columns[0].JSONName() + " desc"}}} {
				sameSet(t, table.Name+" "+query.Encode(), s.truth(t, table, ""), s.list(t, table, table.PathName(), query))
			}
			continue
		}
		want := s.truth(t, table, "ORDER BY "+keyOrder(table))
		for _, size := range []string{"13", "5000"} {
			same(t, table.Name+" pages of "+size, want, s.list(t, table, table.PathName(), url.Values{"pageSize": {size}}))
		}
		columns := s.sortable(table)
		for i, column := range columns[:min(len(columns), 12)] {
			asked, meant, size := column.JSONName(), sampletest.Quote(column.Name), "17"
			if i%2 == 1 {
				asked, meant, size = asked+" desc", meant+" DESC", "40"
			}
			same(t, table.Name+" by "+asked, s.truth(t, table, "ORDER BY "+keyOrder(table, meant)), s.list(t, table, table.PathName(), url.Values{"pageSize": {size}, "orderBy": {asked}}))
		}
	}
}

// holdRows gets rows by their keys.
func holdRows(t *testing.T, s *sample) {
	for _, table := range s.schema.Tables {
		if len(table.Key) == 0 {
			continue
		}
		for i, want := range s.truth(t, table, "ORDER BY "+keyOrder(table)) {
			if i >= 60 && i%7 != 0 {
				continue
			}
			got := get(t, s.base+keyPath(table, want))
			if got.status != 200 {
				t.Fatalf("%s: %d: %s", keyPath(table, want), got.status, got.body)
			}
			if diff := difference(want, floats(t, table, decodeNumbers(t, got.body))); diff != "" {
				t.Errorf("%s (-SQL +REST):\n%s", keyPath(table, want), diff)
			}
		}
	}
}

// holdStreams reads every table in one answer.
func holdStreams(t *testing.T, s *sample) {
	for _, table := range s.schema.Tables {
		got := get(t, s.base+table.PathName()+":stream")
		if got.status != 200 {
			t.Fatalf("%s: %d: %s", table.Name, got.status, got.body)
		}
		var rows []map[string]any
		for line := range strings.Lines(got.body) {
			rows = append(rows, floats(t, table, decodeNumbers(t, line)["result"]))
		}
		sameSet(t, table.Name, s.truth(t, table, ""), rows)
	}
}

// references reports whether a row refers to the other by the key.
func references(child, parent *sampletest.Table, key *sampletest.ForeignKey, from, to map[string]any) bool {
	for i, name := range key.Columns {
		value := from[child.Column(name).JSONName()]
		if value == nil || value != to[parent.Column(parent.Key[i]).JSONName()] {
			return false
		}
	}
	return true
}

// holdRelated follows foreign keys to both ends, by expand and by the lists of their own.
func holdRelated(t *testing.T, s *sample) {
	for _, child := range s.schema.Tables {
		for i := range child.ForeignKeys {
			key := &child.ForeignKeys[i]
			parent := s.schema.Table(key.Table)
			children, parents := s.truth(t, child, "ORDER BY "+keyOrder(child)), s.truth(t, parent, "ORDER BY "+keyOrder(parent))
			holdParents(t, s, child, parent, key, children, parents)
			holdChildren(t, s, child, parent, key, children, parents)
		}
	}
}

func holdParents(t *testing.T, s *sample, child, parent *sampletest.Table, key *sampletest.ForeignKey, children, parents []map[string]any) {
	t.Helper()
	got := s.list(t, child, child.PathName(), url.Values{"expand": {key.Parent}, "pageSize": {"50"}})
	for n, row := range children {
		want := make(map[string]any)
		for name, value := range row {
			want[name] = value
		}
		for _, other := range parents {
			if references(child, parent, key, row, other) {
				want[key.Parent] = other
			}
		}
		if shown, ok := got[n][key.Parent]; ok {
			got[n][key.Parent] = floats(t, parent, shown)
		}
		if diff := difference(want, got[n]); diff != "" {
			t.Fatalf("%s with its %s (-SQL +REST):\n%s", child.Name, key.Parent, diff)
		}
	}
}

func holdChildren(t *testing.T, s *sample, child, parent *sampletest.Table, key *sampletest.ForeignKey, children, parents []map[string]any) {
	t.Helper()
	expanded := s.list(t, parent, parent.PathName(), url.Values{"expand": {key.Children}, "pageSize": {"50"}})
	for n, row := range parents {
		var want []map[string]any
		for _, other := range children {
			if references(child, parent, key, other, row) {
				want = append(want, other)
			}
		}
		about := fmt.Sprintf("%s of %s", key.Children, keyPath(parent, row))
		shown := decodePage(t, child, spelled(t, expanded[n][key.Children])).rows
		same(t, about+", expanded", want[:min(len(want), 100)], shown)
		if n < 12 {
			same(t, about, want, s.list(t, child, keyPath(parent, row)+"/"+key.Children, url.Values{"pageSize": {"4"}}))
		}
	}
}

// operators are those of filters, and of SQL.
var operators = map[string]string{"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

// holdFilters compares each column by each operator with values that stand in it, and with none.
func holdFilters(t *testing.T, s *sample) {
	for _, table := range s.schema.Tables {
		if table.View != "" {
			continue
		}
		for i := range table.Columns[:min(len(table.Columns), 12)] {
			column := &table.Columns[i]
			name, quoted := column.JSONName(), sampletest.Quote(column.Name)
			s.filter(t, table, name+" = null", quoted+" IS NULL")
			s.filter(t, table, name+":*", quoted+" IS NOT NULL")
			if column.Kind == sampletest.Bytes || column.Kind == sampletest.Bool {
				continue
			}
			for _, row := range []int{len(table.Rows) / 2, len(table.Rows) - 1} {
				if value := table.Rows[row][i]; value != nil {
					s.compare(t, table, column, value)
					s.contain(t, table, i, value)
				}
			}
		}
	}
}

func (s *sample) compare(t *testing.T, table *sampletest.Table, column *sampletest.Column, value any) {
	t.Helper()
	row, err := (&sampletest.Table{Columns: []sampletest.Column{*column}}).JSON(s.engine, sampletest.Row{value})
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(row[column.JSONName()])
	if f, ok := value.(float64); ok {
		text = strconv.FormatFloat(f, 'g', -1, 64)
	}
	asked := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
	quoted := sampletest.Quote(column.Name)
	for operator, meant := range operators {
		s.filter(t, table, column.JSONName()+" "+operator+" "+asked, quoted+" "+meant+" "+s.engine.Literal(column.Kind, value))
	}
	s.filter(t, table, fmt.Sprintf("NOT (%s = %s) OR %s = null", column.JSONName(), asked, column.JSONName()), quoted+" <> "+s.engine.Literal(column.Kind, value)+" OR "+quoted+" IS NULL")
}

// contain filters by a part of a value, which is looked for in the rows as they were loaded.
func (s *sample) contain(t *testing.T, table *sampletest.Table, at int, value any) {
	t.Helper()
	column := &table.Columns[at]
	if column.Kind != sampletest.Varchar && column.Kind != sampletest.Text {
		return
	}
	runes := []rune(fmt.Sprint(value))
	for _, part := range []string{string(runes[len(runes)/3:]), string(runes[:(len(runes)+1)/2]), "%", "_", strings.ToUpper(string(runes))} {
		if part == "*" {
			continue // which is another question
		}
		var want []map[string]any
		for _, row := range table.Rows {
			if text, ok := row[at].(string); !ok || !strings.Contains(text, part) {
				continue
			}
			object, err := table.JSON(s.engine, row)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, object)
		}
		asked := column.JSONName() + `:"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(part) + `"`
		sameSet(t, table.Name+" where "+asked, want, s.list(t, table, table.PathName(), url.Values{"filter": {asked}, "pageSize": {"1000"}}))
	}
}

// filter holds one filter against one condition, by the keys of the rows that they let through.
func (s *sample) filter(t *testing.T, table *sampletest.Table, asked, condition string) {
	t.Helper()
	query, told := url.Values{"filter": {asked}, "pageSize": {"1000"}}, table
	if len(table.Key) > 0 {
		keys := *table
		keys.Columns = nil
		var fields []string
		for _, name := range table.Key {
			keys.Columns = append(keys.Columns, *table.Column(name))
			fields = append(fields, table.Column(name).JSONName())
		}
		query.Set("fields", strings.Join(fields, ","))
		told = &keys
	}
	sameSet(t, table.Name+" where "+asked, s.truth(t, told, "WHERE "+condition), s.list(t, told, table.PathName(), query))
}

// exec changes rows behind the gateway's back.
func (s *sample) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := s.sql.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// without is the row with some fields only.
func without(row map[string]any, fields ...string) map[string]any {
	out := make(map[string]any)
	for name, value := range row {
		if !slices.Contains(fields, name) {
			out[name] = value
		}
	}
	return out
}

// body is a row as a caller sends it.
func body(t *testing.T, row map[string]any) string {
	t.Helper()
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
