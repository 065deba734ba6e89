package sampletest

import "fmt"

// Legacy is a ledger that grew for thirty years: keys of four columns, and none; reserved words, blanks, letters beyond ASCII and names that are one when they are
// cleaned; a table of two hundred columns; foreign keys that lead in a circle.
func Legacy() *Schema {
	m := newMaker(4)
	return &Schema{Name: "legacy", Tables: []*Table{postings(m), words4(m), wide(m), keyless(m), department(m), manager(m), unkeyedView()}}
}

// postings has a key of four columns of as many kinds.
func postings(m *maker) *Table {
	table := &Table{
		Name: "GL Postings", Path: "glPostings", Key: []string{"COMPANY", "Fiscal Year", "doc-no", "línea"},
		Columns: []Column{
			{Name: "línea", Field: "linea", Kind: Small}, {Name: "COMPANY", Field: "company", Kind: Varchar, Length: 4}, {Name: "Fiscal Year", Field: "fiscalYear", Kind: Date},
			{Name: "doc-no", Field: "docNo", Kind: Big}, {Name: "amount", Kind: Decimal, Length: 15, Scale: 2, Null: true}, {Name: "TEXT", Field: "text", Kind: Varchar, Length: 60, Null: true},
		},
	}
	for _, company := range []string{"A", "a", "B'1", "Ñ"} {
		for year := 1998; year <= 2000; year++ {
			for document := range 4 {
				for line := range 3 {
					table.Rows = append(table.Rows, Row{line + 1, company, fmt.Sprintf("%d-04-06", year), -1 + document, m.maybe(m.amount(15, 2)), m.maybe(m.word(60))})
				}
			}
		}
	}
	return table
}

// words4 is named by a reserved word, and so are its columns. Others become one name when they are cleaned.
func words4(m *maker) *Table {
	table := &Table{
		Name: "select", Path: "select", Key: []string{"order"},
		Columns: []Column{
			{Name: "order", Kind: Integer}, {Name: "from", Kind: Varchar, Length: 30, Null: true}, {Name: "Group", Field: "group", Kind: Integer, Null: true},
			{Name: "Cust Id", Field: "custId", Kind: Integer, Null: true}, {Name: "cust.id", Field: "custId2", Kind: Integer, Null: true}, {Name: "CUST-ID", Field: "custId3", Kind: Integer, Null: true},
			{Name: "2nd value", Field: "field2ndValue", Kind: Varchar, Length: 30, Null: true}, {Name: "日本", Field: "field", Kind: Varchar, Length: 30, Null: true},
		},
	}
	for i := range 40 {
		table.Rows = append(table.Rows, Row{i - 20, m.maybe(m.word(30)), m.maybe(m.between(0, 5)), m.maybe(i), m.maybe(-i), m.maybe(2 * i), m.maybe(m.word(30)), m.maybe(m.word(30))})
	}
	return table
}

// wide has two hundred columns.
func wide(m *maker) *Table {
	table := &Table{Name: "WIDE", Path: "wide", Key: []string{"ID"}, Columns: []Column{{Name: "ID", Field: "id", Kind: Integer}}}
	for i := 1; i < 200; i++ {
		column := Column{Name: fmt.Sprintf("COL%03d", i), Field: fmt.Sprintf("col%03d", i), Null: true}
		switch i % 4 {
		case 0:
			column.Kind, column.Length = Varchar, 20
		case 1:
			column.Kind = Integer
		case 2:
			column.Kind, column.Length, column.Scale = Decimal, 9, 3
		case 3:
			column.Kind = Date
		}
		table.Columns = append(table.Columns, column)
	}
	for i := range 15 {
		row := Row{i + 1}
		for _, column := range table.Columns[1:] {
			row = append(row, m.maybe(map[Kind]func() any{
				Varchar: func() any { return m.word(20) }, Integer: func() any { return m.between(-1000, 1000) },
				Decimal: func() any { return m.amount(9, 3) }, Date: func() any { return m.day() },
			}[column.Kind]()))
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// keyless has neither a key nor rows that differ.
func keyless(m *maker) *Table {
	table := &Table{
		Name: "AUDIT$LOG", Path: "auditLog",
		Columns: []Column{
			{Name: "who", Kind: Char, Length: 8, Null: true}, {Name: "When", Field: "when", Kind: Timestamp, Null: true}, {Name: "what", Kind: Varchar, Length: 40, Null: true},
			{Name: "flag", Kind: Bool, Null: true},
		},
	}
	for range 30 {
		row := Row{m.maybe(m.pick("ada", "bob ", "")), m.maybe(m.moment()), m.maybe(m.word(40)), m.maybe(m.between(0, 1) == 1)}
		table.Rows = append(table.Rows, row, row)
	}
	return table
}

// department and manager refer to each other.
func department(m *maker) *Table {
	table := &Table{
		Name: "DEPARTMENT", Path: "department", Key: []string{"DEPT_NO"},
		Columns:     []Column{{Name: "DEPT_NO", Field: "deptNo", Kind: Integer}, {Name: "HEAD_ID", Field: "headId", Kind: Integer, Null: true}, {Name: "LABEL", Field: "label", Kind: Varchar, Length: 40, Null: true}},
		ForeignKeys: []ForeignKey{{Columns: []string{"HEAD_ID"}, Table: "MANAGER", Parent: "head", Children: "department"}},
	}
	for i := range 10 {
		table.Rows = append(table.Rows, Row{i + 1, m.maybe(m.between(1, 12)), m.maybe(m.word(40))})
	}
	return table
}

func manager(m *maker) *Table {
	table := &Table{
		Name: "MANAGER", Path: "manager", Key: []string{"MANAGER_ID"},
		Columns:     []Column{{Name: "MANAGER_ID", Field: "managerId", Kind: Integer}, {Name: "DEPT_NO", Field: "deptNo", Kind: Integer, Null: true}, {Name: "NAME", Field: "name", Kind: Varchar, Length: 40, Null: true}},
		ForeignKeys: []ForeignKey{{Columns: []string{"DEPT_NO"}, Table: "DEPARTMENT", Parent: "dept", Children: "manager"}},
	}
	for i := range 12 {
		table.Rows = append(table.Rows, Row{i + 1, m.maybe(m.between(1, 10)), m.maybe(m.word(40))})
	}
	return table
}

// unkeyedView has no key that an engine tells.
func unkeyedView() *Table {
	return &Table{
		Name: "Heads of", Path: "headsOf", View: `SELECT "LABEL", "NAME" FROM "DEPARTMENT" JOIN "MANAGER" ON "HEAD_ID" = "MANAGER_ID"`,
		Columns: []Column{{Name: "LABEL", Field: "label", Kind: Varchar, Length: 40, Null: true}, {Name: "NAME", Field: "name", Kind: Varchar, Length: 40, Null: true}},
	}
}
