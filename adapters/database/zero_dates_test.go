package database_test

import (
	"fmt"
	"slices"
	"testing"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const zeroDates = `SET sql_mode = '';
CREATE TABLE visits (id int PRIMARY KEY, d date NOT NULL, dn date NULL, at datetime NULL, ts timestamp NULL, KEY (d), KEY (dn), KEY (at));
INSERT INTO visits VALUES
	(1, '2020-05-17', NULL, '2020-05-17 10:00:00', '2020-05-17 10:00:00'), (2, '0000-00-00', '2020-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00'),
	(3, '2020-05-00', '2020-05-17', '2020-05-00 11:00:00', NULL), (4, '2019-12-31', '0000-00-00', '2019-12-31 23:59:59', '2019-12-31 23:59:59'),
	(5, '2020-00-17', '2020-05-00', NULL, '2021-01-01 00:00:00'), (6, '0000-05-17', '2021-01-01', '0000-05-17 01:00:00', '0000-00-00 00:00:00'),
	(7, '2020-05-17', NULL, '2020-00-00 00:00:00', NULL), (8, '0001-01-01', '0001-01-01', '0001-01-01 00:00:00', '1970-01-02 00:00:00');
CREATE TABLE days (d date, n int, PRIMARY KEY (d, n));
INSERT INTO days VALUES ('2020-05-17', 1), ('0000-00-00', 1), ('2020-00-00', 1), ('0000-00-00', 2), ('2020-05-17', 2), ('2019-01-01', 1);`

// TestZeroDates holds that dates which are none, and are answered as absent, are absent to filters, orders and pages too.
func TestZeroDates(t *testing.T) {
	t.Parallel()
	s := engines()[2].open(t, zeroDates, nil)
	for _, test := range []struct {
		filter, order string
		want          []int
	}{
		{"", "", []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{"d = null", "", []int{2, 3, 5, 6}},
		{"d != null", "", []int{1, 4, 7, 8}},
		{"NOT d = null", "", []int{1, 4, 7, 8}},
		{"d:*", "", []int{1, 4, 7, 8}},
		{"NOT d:*", "", []int{2, 3, 5, 6}},
		{"dn = null", "", []int{1, 2, 4, 5, 7}},
		{"dn != null", "", []int{3, 6, 8}},
		{"at = null", "", []int{2, 3, 5, 6, 7}},
		{"at != null", "", []int{1, 4, 8}},
		{"ts = null", "", []int{2, 3, 6, 7}},
		{"ts != null", "", []int{1, 4, 5, 8}},
		{`d < "2020-05-17"`, "", []int{4, 8}},
		{`NOT d < "2020-05-17"`, "", []int{1, 7}},
		{`d > "2019-01-01"`, "", []int{1, 4, 7}},
		{`NOT d > "2019-12-31"`, "", []int{4, 8}},
		{`d != "2020-05-17"`, "", []int{4, 8}},
		{`NOT (d = "2020-05-17" OR id = 8)`, "", []int{4}},
		{`NOT (d = "2020-05-17" AND id < 7)`, "", []int{4, 7, 8}},
		{`NOT (d = "2020-05-17" AND id < 2)`, "", []int{3, 4, 5, 6, 7, 8, 2}},
		{`d = "2020-05-17" OR d = null`, "", []int{1, 2, 3, 5, 6, 7}},
		{`at < "2020-01-01T00:00:00Z"`, "", []int{4, 8}},
		{`NOT at > "2020-01-01T00:00:00Z"`, "", []int{4, 8}},
		{`ts < "2020-01-01T00:00:00Z"`, "", []int{4, 8}},
		{`ts != "2021-01-01T00:00:00Z"`, "", []int{1, 4, 8}},
		{"", "d", []int{2, 3, 5, 6, 8, 4, 1, 7}},
		{"", "d desc", []int{1, 7, 4, 8, 2, 3, 5, 6}},
		{"", "d desc, id desc", []int{7, 1, 4, 8, 6, 5, 3, 2}},
		{"", "dn, id desc", []int{7, 5, 4, 2, 1, 8, 3, 6}},
		{"", "at", []int{2, 3, 5, 6, 7, 8, 4, 1}},
		{"", "ts desc, d", []int{5, 1, 4, 8, 2, 3, 6, 7}},
		{"", "ts, dn desc", []int{6, 3, 2, 7, 8, 4, 1, 5}},
		{`d != "2019-12-31"`, "d", []int{8, 1, 7}},
	} {
		for _, size := range []int{1, 3, 100} {
			var got []int
			for _, row := range s.list(t, "ListVisits", "visits", map[string]any{"filter": test.filter, "orderBy": test.order, "pageSize": size}) {
				got = append(got, int(row["id"].(float64)))
			}
			if test.order == "" {
				slices.Sort(test.want)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("filter %q, order %q, pages of %d: %v, want %v", test.filter, test.order, size, got, test.want)
			}
		}
	}
	for order, want := range map[string]string{
		"":          "[<nil> 1 <nil> 2 2019-01-01 1 <nil> 1 2020-05-17 1 2020-05-17 2]", // as the key has them, which tells them apart
		"d desc, n": "[2020-05-17 1 2020-05-17 2 2019-01-01 1 <nil> 1 <nil> 1 <nil> 2]",
	} {
		for _, size := range []int{1, 2, 100} {
			var got []any
			for _, row := range s.list(t, "ListDays", "days", map[string]any{"orderBy": order, "pageSize": size}) {
				got = append(got, row["d"], row["n"])
			}
			if fmt.Sprint(got) != want {
				t.Errorf("order %q, pages of %d: %v, want %s", order, size, got, want)
			}
		}
	}
	s.want(t, "ListVisits", `{"filter": "d = null AND id < 4", "includeTotalSize": true, "fields": "id"}`, `{"visits": [{"id": 2}, {"id": 3}], "totalSize": "2"}`)
}

// TestUnreadableZeroDates holds that dates are compared as they are where none of them is answered as absent.
func TestUnreadableZeroDates(t *testing.T) {
	t.Parallel()
	s := engines()[2].open(t, zeroDates, func(settings *configv1.DatabaseBackend) { settings.ZeroDates = "unreadable" })
	var got []any
	for _, row := range s.list(t, "ListVisits", "visits", map[string]any{"orderBy": "d", "fields": "id", "filter": `d < "2020-05-17"`, "pageSize": 2}) {
		got = append(got, row["id"])
	}
	if want := "[2 6 8 4 5 3]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}
