package database_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// companies has foreign keys of every sort: plain, of two columns, to itself, two to the same table, and to a table that is not offered.
const companies = `
CREATE TABLE companies (company_id integer NOT NULL PRIMARY KEY, name varchar(20));
CREATE TABLE staff (
	company_id integer NOT NULL REFERENCES companies (company_id), staff_no integer NOT NULL, name varchar(20), manager_no integer,
	PRIMARY KEY (company_id, staff_no), FOREIGN KEY (company_id, manager_no) REFERENCES staff (company_id, staff_no)
);
CREATE TABLE hidden (id integer NOT NULL PRIMARY KEY);
CREATE TABLE orders (
	order_id integer NOT NULL PRIMARY KEY, company_id integer REFERENCES companies (company_id), billing_company_id integer REFERENCES companies (company_id),
	amount numeric(10,2), hidden_id integer REFERENCES hidden (id)
);
INSERT INTO companies VALUES (1, 'One'), (2, 'Two'), (3, 'Three');
INSERT INTO staff VALUES (1, 1, 'Ada', NULL), (1, 2, 'Bob', 1), (1, 3, 'Cy', 1), (2, 1, 'Dee', NULL);
INSERT INTO orders VALUES (10, 1, 2, 1.50, NULL), (11, 1, 1, 2, NULL), (12, 2, NULL, 3, NULL), (13, NULL, 1, 4, NULL);
`

func TestExpand(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, companies, func(settings *configv1.DatabaseBackend) { settings.Exclude = []string{"hidden"} })
		s.want(t, "ListOrders", `{"expand": "company, billing_company", "orderBy": "orderId"}`, `{"orders": [
			{"orderId": 10, "companyId": 1, "billingCompanyId": 2, "amount": "1.50", "company": {"companyId": 1, "name": "One"}, "billingCompany": {"companyId": 2, "name": "Two"}},
			{"orderId": 11, "companyId": 1, "billingCompanyId": 1, "amount": "2.00", "company": {"companyId": 1, "name": "One"}, "billingCompany": {"companyId": 1, "name": "One"}},
			{"orderId": 12, "companyId": 2, "amount": "3.00", "company": {"companyId": 2, "name": "Two"}},
			{"orderId": 13, "billingCompanyId": 1, "amount": "4.00", "billingCompany": {"companyId": 1, "name": "One"}}]}`)
		s.want(t, "GetCompany", `{"companyId": 1, "fields": "name", "expand": "orders,ordersByBillingCompany,staff"}`, `{"name": "One",
			"orders": {"orders": [{"orderId": 10, "companyId": 1, "billingCompanyId": 2, "amount": "1.50"}, {"orderId": 11, "companyId": 1, "billingCompanyId": 1, "amount": "2.00"}]},
			"ordersByBillingCompany": {"orders": [{"orderId": 11, "companyId": 1, "billingCompanyId": 1, "amount": "2.00"}, {"orderId": 13, "billingCompanyId": 1, "amount": "4.00"}]},
			"staff": {"staff": [{"companyId": 1, "staffNo": 1, "name": "Ada"}, {"companyId": 1, "staffNo": 2, "name": "Bob", "managerNo": 1}, {"companyId": 1, "staffNo": 3, "name": "Cy", "managerNo": 1}]}}`)
		s.want(t, "GetCompany", `{"companyId": 3, "expand": "orders"}`, `{"companyId": 3, "name": "Three", "orders": {}}`)
		s.want(t, "GetCompany", `{"companyId": 3}`, `{"companyId": 3, "name": "Three"}`)
		s.want(t, "ListStaff", `{"fields": "name", "expand": "staff,staffByCompanyIdManagerNo", "pageSize": 3}`, staffPage(t, s))
		for _, method := range []string{`ListOrders {"expand": "hidden"}`, `GetOrder {"orderId": 10, "expand": "companyId"}`, `ListOrders {"expand": "company,,"}`} {
			name, request, _ := strings.Cut(method, " ")
			if got := s.refused(t, protoreflect.Name(name), request); got.Code != codes.InvalidArgument || len(got.Violations) != 1 || got.Violations[0].Field != "expand" {
				t.Errorf("%s: %+v", method, got)
			}
		}
		if got := s.refused(t, "GetCompany", `{"companyId": 9, "expand": "orders"}`); got.Reason != "COMPANY_NOT_FOUND" {
			t.Errorf("expanding what is not there: %+v", got)
		}
	})
}

// staffPage is the first page of staff with those above and below them; only its token is not known beforehand.
func staffPage(t *testing.T, s *subject) string {
	t.Helper()
	reply, err := s.call(t, "ListStaff", `{"pageSize": 3}`)
	if err != nil {
		t.Fatal(err)
	}
	token := reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("next_page_token")).String()
	const ada, bob, cy = `{"companyId": 1, "staffNo": 1, "name": "Ada"}`, `{"companyId": 1, "staffNo": 2, "name": "Bob", "managerNo": 1}`, `{"companyId": 1, "staffNo": 3, "name": "Cy", "managerNo": 1}`
	return `{"staff": [{"name": "Ada", "staffByCompanyIdManagerNo": {"staff": [` + bob + `, ` + cy + `]}}, {"name": "Bob", "staff": ` + ada + `, "staffByCompanyIdManagerNo": {}}, {"name": "Cy", "staff": ` + ada + `, "staffByCompanyIdManagerNo": {}}], "nextPageToken": "` + token + `"}`
}

// TestExpandMany relates more rows than one statement asks for, and more than are told of one.
func TestExpandMany(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		var rows strings.Builder
		for i := range 700 {
			fmt.Fprintf(&rows, "INSERT INTO companies VALUES (%d, 'C%d'); INSERT INTO orders (order_id, company_id, billing_company_id) VALUES (%d, %d, 1);\n", 1000+i, i, 1000+i, 1000+i)
		}
		s := e.open(t, companies+rows.String(), nil)
		got := s.list(t, "ListOrders", "orders", map[string]any{"filter": "orderId >= 1000", "expand": "company", "fields": "orderId", "pageSize": 1000})
		if len(got) != 700 {
			t.Fatalf("%d rows", len(got))
		}
		for i, row := range got {
			company, _ := row["company"].(map[string]any)
			if fmt.Sprint(company["name"]) != fmt.Sprint("C", i) || row["companyId"] != nil {
				t.Fatalf("row %d: %v", i, row)
			}
		}
		reply, err := s.call(t, "GetCompany", `{"companyId": 1, "expand": "ordersByBillingCompany"}`)
		if err != nil {
			t.Fatal(err)
		}
		related := reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("orders_by_billing_company")).Message()
		if !related.Get(related.Descriptor().Fields().ByName("more")).Bool() {
			t.Error("it is not said that there are more")
		}
		orders := related.Get(related.Descriptor().Fields().ByName("orders")).List()
		last := orders.Get(orders.Len() - 1).Message()
		if id := last.Get(last.Descriptor().Fields().ByName("order_id")).Int(); orders.Len() != 100 || id != 1097 {
			t.Errorf("%d orders up to %d, want 100 up to 1097", orders.Len(), id)
		}
		all := s.list(t, "ListCompanyOrdersByBillingCompany", "orders", map[string]any{"companyId": 1, "pageSize": 150, "orderBy": "orderId desc", "filter": "orderId > 12"})
		want := s.truth(t, "SELECT order_id FROM orders WHERE billing_company_id = 1 AND order_id > 12 ORDER BY order_id DESC")
		wantRows(t, "sub-collection", []string{"orderId"}, all, want)
	})
}

func TestSubCollections(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, companies, nil)
		s.want(t, "ListCompanyOrders", `{"companyId": 1, "includeTotalSize": true, "fields": "amount", "expand": "billingCompany"}`,
			`{"orders": [{"amount": "1.50", "billingCompany": {"companyId": 2, "name": "Two"}}, {"amount": "2.00", "billingCompany": {"companyId": 1, "name": "One"}}], "totalSize": "2"}`)
		s.want(t, "ListCompanyOrders", `{"companyId": 3}`, `{}`)
		s.want(t, "ListStaffStaffByCompanyIdManagerNo", `{"companyId": 1, "staffNo": 1, "filter": "name = \"Cy\""}`, `{"staff": [{"companyId": 1, "staffNo": 3, "name": "Cy", "managerNo": 1}]}`)
		if got := s.refused(t, "ListCompanyOrders", `{"companyId": 9}`); got.Code != codes.NotFound || got.Reason != "COMPANY_NOT_FOUND" {
			t.Errorf("orders of no company: %+v", got)
		}
		reply, err := s.call(t, "ListCompanyOrders", `{"companyId": 1, "pageSize": 1}`)
		if err != nil {
			t.Fatal(err)
		}
		token := reply.ProtoReflect().Get(reply.ProtoReflect().Descriptor().Fields().ByName("next_page_token")).String()
		s.want(t, "ListCompanyOrders", `{"companyId": 1, "pageSize": 1, "pageToken": "`+token+`", "fields": "orderId"}`, `{"orders": [{"orderId": 11}]}`)
		if got := s.refused(t, "ListCompanyOrders", `{"companyId": 2, "pageToken": "`+token+`"}`); got.Reason != "INVALID_PAGE_TOKEN" {
			t.Errorf("a token of another company: %+v", got)
		}
	})
}

// TestRelatedRowsAreNotWritten holds that a body with related rows is refused, and not taken in part.
func TestRelatedRowsAreNotWritten(t *testing.T) {
	t.Parallel()
	forEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, companies, allWritable)
		got := s.refused(t, "UpdateCompany", `{"companyId": 1, "company": {"name": "New", "orders": {"orders": [{"orderId": 5}]}}}`)
		if got.Code != codes.InvalidArgument || len(got.Violations) != 1 || got.Violations[0].Field != "company.orders" {
			t.Errorf("%+v", got)
		}
		s.want(t, "GetCompany", `{"companyId": 1}`, `{"companyId": 1, "name": "One"}`)
	})
}
