package mariadb

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestInspect reads tables, views, keys and checks, of two databases.
func TestInspect(t *testing.T) {
	t.Parallel()
	server, err := running()
	if err != nil {
		t.Fatal(err)
	}
	other := server.Database(t, "CREATE TABLE `far` (a int, b int, PRIMARY KEY (b, a)) COMMENT 'Elsewhere.'")
	name := server.Database(t, "CREATE TABLE `near by` (id int PRIMARY KEY, a int, b int, `ch``eck` int CHECK (`ch``eck` > 0), code varchar(9) NOT NULL, note text, doc json,"+
		" CONSTRAINT few CHECK (a in (1,2) and code <> 'x'), CONSTRAINT odd CHECK (note <> 'a\\\\b'), UNIQUE KEY one_each (code), UNIQUE KEY part (note(5)),"+
		" CONSTRAINT away FOREIGN KEY (b, a) REFERENCES "+other+".far (b, a));"+
		" CREATE VIEW seen AS SELECT id FROM `near by`; CREATE VIEW broken AS SELECT id FROM `near by`; CREATE TABLE gone (a int); CREATE OR REPLACE VIEW broken AS SELECT a FROM gone; DROP TABLE gone;"+
		" CREATE SEQUENCE numbers")
	options := optionsOf(server.URL(name, ""))
	options.Schemas = []string{name, other}
	opened, err := Engine{}.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	schema, err := opened.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for _, table := range schema.Tables {
		tables = append(tables, table.Name+" "+table.Comment+" "+strings.Join(table.Key, ","))
	}
	if diff := cmp.Diff([]string{"near by  id", "seen  ", "far Elsewhere. b,a"}, tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	near := schema.Tables[0]
	wantConstraints := []dialect.Constraint{
		{Name: "one_each", Columns: []string{"code"}, Unique: true},
		{Name: "part", Columns: []string{"note"}, Unique: true},
		{Name: "PRIMARY", Columns: []string{"id"}, Unique: true},
		{Name: "ch`eck", Columns: []string{"ch`eck"}, Check: "`ch``eck` > 0"},
		{Name: "doc", Columns: []string{"doc"}, Check: "json_valid(`doc`)"},
		{Name: "few", Columns: []string{"a", "code"}, Check: "`a` in (1,2) and `code` <> 'x'"},
		{Name: "odd", Columns: []string{"note"}}, // of which no rule is made
	}
	if diff := cmp.Diff(wantConstraints, near.Constraints); diff != "" {
		t.Errorf("constraints (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]dialect.ForeignKey{{Name: "away", Columns: []string{"b", "a"}, Schema: other, Table: "far", References: []string{"b", "a"}}}, near.ForeignKeys); diff != "" {
		t.Errorf("foreign keys (-want +got):\n%s", diff)
	}
	if got := near.Column("doc"); got.Kind != dialect.JSON || got.Native != "json" {
		t.Errorf("the document is %+v", got)
	}
	if len(schema.Skipped) != 2 || !strings.Contains(schema.Skipped[0], "numbers is a sequence") || !strings.Contains(schema.Skipped[1], "broken") {
		t.Errorf("skipped %q", schema.Skipped)
	}
}

// TestChecksOfMySQL reads checks as MySQL's catalogue spells them.
func TestChecksOfMySQL(t *testing.T) {
	t.Parallel()
	table := &dialect.Table{Columns: []*dialect.Column{{Name: "a"}, {Name: "b"}}}
	for clause, want := range map[string]dialect.Constraint{
		`(` + "`a`" + ` in (_utf8mb4\'_x\',_utf8mb4\'it\'\'s\'))`: {Name: "k", Columns: []string{"a"}, Check: "(`a` in ('_x','it''s'))"},
		"((`a` > 0) and (`b` <= 20))":                             {Name: "k", Columns: []string{"a", "b"}, Check: "((`a` > 0) and (`b` <= 20))"},
		`(` + "`a`" + ` <> _latin1\'a\\b\')`:                      {Name: "k", Columns: []string{"a"}},
	} {
		if diff := cmp.Diff(want, constraintOf(table, "k", clause)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", clause, diff)
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]server{
		"10.11.6-MariaDB-1:10.11.6+maria~deb12": {mariaDB: true, version: 101106},
		"5.5.5-10.3.39-MariaDB":                 {mariaDB: true, version: 50505},
		"8.0.36":                                {version: 80036},
		"5.7.44-log":                            {version: 50744},
		"":                                      {},
	} {
		if got := parseVersion(text); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
	if (server{version: 50744}).checks() || !(server{version: 80036}).checks() || !(server{mariaDB: true}).checks() {
		t.Error("it is not told who has check constraints")
	}
}
