package sampletest

import "fmt"

// Northwind is a trader's database.
func Northwind() *Schema {
	m := newMaker(1)
	customers := &Table{
		Name: "customers", Key: []string{"customer_code"},
		Columns: []Column{
			{Name: "customer_code", Kind: Varchar, Length: 10}, {Name: "company_name", Kind: Varchar, Length: 60}, {Name: "city", Kind: Varchar, Length: 40, Null: true},
			{Name: "credit_limit", Kind: Decimal, Length: 14, Scale: 4, Null: true}, {Name: "vip", Kind: Bool, Null: true}, {Name: "notes", Kind: Text, Null: true},
		},
	}
	codes := []string{"a/b", "a b", "ÄÖÜ", "50%", "x?y", "#1", "q'q", "a+b", "a&b", "..x"}
	for i := range 60 {
		code := fmt.Sprintf("C%04d", i)
		if i < len(codes) {
			code = codes[i]
		}
		customers.Rows = append(customers.Rows, Row{code, m.word(60), m.maybe(m.word(40)), m.maybe(m.amount(14, 4)), m.maybe(m.between(0, 1) == 1), m.maybe(m.word(100))})
	}
	return &Schema{Name: "northwind", Tables: append([]*Table{customers, employees(m), products(m)}, orders(m, customers)...)}
}

func employees(m *maker) *Table {
	table := &Table{
		Name: "employees", Key: []string{"employee_id"},
		Columns: []Column{
			{Name: "employee_id", Kind: Integer}, {Name: "last_name", Kind: Varchar, Length: 40}, {Name: "born", Kind: Date, Null: true},
			{Name: "reports_to_id", Kind: Integer, Null: true}, {Name: "photo", Kind: Bytes, Null: true}, {Name: "bonus", Kind: Double, Null: true},
		},
		ForeignKeys: []ForeignKey{{Columns: []string{"reports_to_id"}, Table: "employees", Parent: "reportsTo", Children: "employeesByReportsTo"}},
	}
	for i := range 25 {
		row := Row{i + 1, m.word(40), m.maybe(m.day()), m.maybe(i/3 + 1), m.maybe(m.bytes(40)), m.maybe(float64(m.between(-1_000_000_000, 1_000_000_000)) / 64)}
		if i == 0 {
			row[3] = 1 // who reports to nobody but themselves
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func products(m *maker) *Table {
	table := &Table{
		Name: "products", Key: []string{"product_id"}, Uniques: [][]string{{"sku"}},
		Columns: []Column{
			{Name: "product_id", Kind: Integer}, {Name: "sku", Kind: Varchar, Length: 20}, {Name: "product_name", Kind: Varchar, Length: 60},
			{Name: "unit_price", Kind: Decimal, Length: 9, Scale: 2}, {Name: "units_in_stock", Kind: Small, Null: true}, {Name: "discontinued", Kind: Bool, Default: "FALSE"},
		},
	}
	for i := range 40 {
		table.Rows = append(table.Rows, Row{i + 1, fmt.Sprintf("SKU-%03d", i), m.word(60), m.amount(9, 2), m.maybe(m.between(-32768, 32767)), m.between(0, 1) == 1})
	}
	return table
}

func orders(m *maker, customers *Table) []*Table {
	orders := &Table{
		Name: "orders", Key: []string{"order_id"},
		Columns: []Column{
			{Name: "order_id", Kind: Big}, {Name: "customer_code", Kind: Varchar, Length: 10, Null: true}, {Name: "employee_id", Kind: Integer, Null: true},
			{Name: "ordered", Kind: Timestamp}, {Name: "shipped", Kind: Date, Null: true}, {Name: "freight", Kind: Decimal, Length: 15, Scale: 2, Null: true},
		},
		ForeignKeys: []ForeignKey{
			{Columns: []string{"customer_code"}, Table: "customers", Parent: "customer", Children: "orders"},
			{Columns: []string{"employee_id"}, Table: "employees", Parent: "employee", Children: "orders"},
		},
	}
	details := &Table{
		Name: "order_details", Key: []string{"order_id", "product_id"},
		Columns: []Column{
			{Name: "order_id", Kind: Big}, {Name: "product_id", Kind: Integer}, {Name: "quantity", Kind: Integer}, {Name: "discount", Kind: Double, Null: true},
			{Name: "line_text", Kind: Varchar, Length: 50, Null: true},
		},
		ForeignKeys: []ForeignKey{
			{Columns: []string{"order_id"}, Table: "orders", Parent: "order", Children: "orderDetails"},
			{Columns: []string{"product_id"}, Table: "products", Parent: "product", Children: "orderDetails"},
		},
	}
	const first = 9_007_199_254_740_990 // so that some of them are no float64
	for i := range 150 {
		customer, employee := customers.Rows[m.between(0, 30)][0], m.between(1, 20)
		orders.Rows = append(orders.Rows, Row{first + i, m.maybe(customer), m.maybe(employee), m.moment(), m.maybe(m.day()), m.maybe(m.amount(15, 2))})
		for product := m.between(1, 12); product <= 40; product += m.between(5, 20) {
			details.Rows = append(details.Rows, Row{first + i, product, m.between(-5, 1_000_000), m.maybe(float64(m.between(0, 100)) / 100), m.maybe(m.word(50))})
		}
	}
	return []*Table{orders, details}
}
