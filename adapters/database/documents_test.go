package database_test

import (
	"fmt"
	"strings"
	"testing"
)

// documents are what the rows of TestDocuments hold, from the id 1 on.
var documents = []string{
	`{"colour": "red", "size": 3, "sold": true, "tags": ["a", "b"], "maker": {"name": "Łódź & Co", "since": 1999}}`,
	`{"colour": "Red", "size": 12.5, "sold": false, "tags": [], "maker": {"name": "it's \u0022quoted\u0022", "since": "1999"}}`,
	`{"colour": null, "size": "3", "sold": "true", "tags": "a"}`,
	`{"size": 3.0, "tags": [1, 2.50, true, null, ["c"]], "maker": [{"name": "in a list"}]}`,
	`[{"colour": "red"}]`,
	`"red"`,
	`{"colour": ["red"], "size": -1e2, "sold": 1, "tags": {"a": "b"}, "odd name": {"x.y": 1, "z": "%_*"}}`,
	`null`,
	`{"colour": "reddish", "size": 123456789012345678901234.000000001, "sold": false, "tags": [true]}`,
}

// TestDocuments holds what filters find within JSON documents, which is the same on all engines.
func TestDocuments(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		for _, native := range map[string][]string{"postgres": {"jsonb", "json"}}[e.name] {
			holdDocuments(t, e, native)
		}
		if e.name != "postgres" {
			holdDocuments(t, e, "JSON")
		}
	})
}

func holdDocuments(t *testing.T, e engine, native string) {
	t.Helper()
	statements := "CREATE TABLE goods (id integer NOT NULL PRIMARY KEY, details " + native + ", name varchar(20));"
	for i, document := range documents {
		document = strings.ReplaceAll(document, "'", "''")
		if e.name == "mariadb" {
			document = strings.ReplaceAll(document, `\`, `\\`)
		}
		statements += fmt.Sprintf("INSERT INTO goods VALUES (%d, '%s', 'x');", i+1, document)
	}
	s := e.open(t, statements+"INSERT INTO goods (id) VALUES (10);", nil)
	for filter, want := range map[string]string{
		`details.colour = "red"`:                           "1",
		`details.colour = red`:                             "1",
		`details.colour != "red"`:                          "2 9",
		`NOT details.colour = "red"`:                       "2 9",
		`details.colour = "red*"`:                          "1 9",
		`details.colour != "red*"`:                         "2",
		`details.colour >= "red" AND id < 9`:               "1",
		`details.colour = "it's"`:                          "",
		`details.maker.name = "it's \"quoted\""`:           "2",
		`details.maker.name = "Łódź & Co"`:                 "1",
		`details.maker.name = "*Co"`:                       "1",
		`details."odd name".z = "%_\*"`:                    "7",
		`details."odd name".z = "%*"`:                      "7",
		`details.size = 3`:                                 "1 4",
		`details.size = 3.00`:                              "1 4",
		`details.size = "3"`:                               "3",
		`details.size > 3`:                                 "2 9",
		`details.size != 3`:                                "2 7 9",
		`NOT details.size > 3`:                             "1 4 7",
		`details.size < -.5`:                               "7",
		`details.size = -100`:                              "7",
		`details.size > 12.49 AND details.size < 12.6`:     "2",
		`details.sold = true`:                              "1",
		`details.sold`:                                     "1",
		`NOT details.sold`:                                 "2 9",
		`details.sold != true`:                             "2 9",
		`details.sold = "true"`:                            "3",
		`details.sold = 1`:                                 "7",
		`details.maker.since = 1999`:                       "1",
		`details.maker.since = "1999"`:                     "2",
		`details.colour = null`:                            "3 4 5 6 8 10",
		`details.colour:*`:                                 "1 2 7 9",
		`NOT details.colour:*`:                             "3 4 5 6 8 10",
		`details.maker != null`:                            "1 2 4",
		`details.maker.name != null`:                       "1 2",
		`details.tags:"a"`:                                 "1 3",
		`details.tags:b`:                                   "1",
		`NOT details.tags:"a"`:                             "2 4 5 6 7 8 9 10",
		`details.tags:2.5`:                                 "4",
		`details.tags:true`:                                "4 9",
		`details.tags:"true"`:                              "",
		`details.tags:"c"`:                                 map[string]string{"mariadb": "4"}[e.name], // which looks into lists within lists
		`details.tags.a = "b"`:                             "7",
		`details.colour = "red" OR details.size = -100`:    "1 7",
		`NOT (details.colour = "red" OR details.size = 3)`: "2 9",
		`details != null`:                                  "1 2 3 4 5 6 7 8 9",
		`details.x."'; DROP TABLE goods; --" = 1`:          "",
		`details.colour = "'; DROP TABLE goods; --"`:       "",
		`details."$.colour" = "red"`:                       "",
	} {
		var got []string
		for _, row := range s.list(t, "ListGoods", "goods", map[string]any{"filter": filter, "pageSize": 3, "fields": "id"}) {
			got = append(got, fmt.Sprint(row["id"]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s %s: %s, want %s", native, filter, strings.Join(got, " "), want)
		}
	}
	for filter, want := range map[string]string{
		`details = "red"`:           "only with null",
		`name.colour = "red"`:       "there is no field",
		`details.size = 1e3`:        "AIP-160",
		`details.size < null`:       "neither less nor greater",
		`details.sold < true`:       "neither less nor greater",
		`details."a\"b" = 1`:        "there is no field",
		`details.colour:null = "x"`: "AIP-160",
	} {
		refused := s.refused(t, "ListGoods", fmt.Sprintf(`{"filter": %q}`, filter))
		if len(refused.Violations) != 1 || !strings.Contains(refused.Violations[0].Description, want) {
			t.Errorf("%s: %+v, want %q", filter, refused, want)
		}
	}
	for _, order := range []string{"details", "details.colour"} {
		if refused := s.refused(t, "ListGoods", fmt.Sprintf(`{"orderBy": %q}`, order)); refused.Violations[0].Field != "orderBy" {
			t.Errorf("order %s: %+v", order, refused)
		}
	}
}

// TestUnreadableDocuments holds that a column which SQLite lets hold anything can be filtered.
func TestUnreadableDocuments(t *testing.T) {
	t.Parallel()
	s := engines()[1].open(t, `CREATE TABLE goods (id integer PRIMARY KEY, details JSON); INSERT INTO goods VALUES (1, '{"a": 1}'), (2, 'no {'), (3, NULL), (4, x'00ff'), (5, 17)`, nil)
	for filter, want := range map[string]string{`details.a = 1`: "[1]", `details.a = null`: "[2 3 4 5]", `details.a:1`: "[1]", `NOT details.a:1`: "[2 3 4 5]", `details.a = "x*"`: "[]"} {
		var got []any
		for _, row := range s.list(t, "ListGoods", "goods", map[string]any{"filter": filter, "fields": "id"}) {
			got = append(got, row["id"])
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", filter, got, want)
		}
	}
}
