package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A refused request is one that nothing should come of.
type refusedRequest struct {
	method, path, body string
	status             int
	// field is where the mistake is told to be; empty for a refusal as a whole.
	field string
}

// attack is a text that would do harm, were it to become part of a statement.
const attack = `x'; DROP TABLE "order_details"; --`

func refusedRequests() []refusedRequest {
	query := func(name, value string) string { return "orders?" + name + "=" + url.QueryEscape(value) }
	list := func(name, value string) refusedRequest {
		return refusedRequest{http.MethodGet, query(name, value), "", 400, name}
	}
	write := func(method, path, body, field string) refusedRequest {
		return refusedRequest{method, path, body, 400, field}
	}
	return []refusedRequest{
		list("filter", "nothing = 1"), list("filter", "freight > cheap"), list("filter", "orderId = 1.5"), list("filter", "orderId = 9223372036854775808"), list("filter", `shipped = "2026-02-30"`),
		list("filter", `ordered > "yesterday"`), list("filter", "freight >"), list("filter", attack), list("filter", `1=1; DELETE FROM "orders"`), list("filter", "freight = 1) OR (1 = 1"),
		list("filter", "orders.freight = 1"), list("filter", `"order_id" = 1`), list("filter", "abs(freight) = 1"), list("filter", strings.Repeat("(", 3000)), list("filter", strings.Repeat("a", 5000)),
		list("orderBy", "nothing"), list("orderBy", attack), list("orderBy", "freight sideways"), list("orderBy", "freight, freight"), list("orderBy", "1"), list("orderBy", "(SELECT 1)"),
		list("orderBy", "customer.city"), list("fields", "nothing"), list("fields", attack), list("fields", "orderId,,freight"), list("expand", "nothing"), list("expand", attack), list("expand", "customer.orders"),
		list("pageSize", "-1"), list("pageSize", "many"), list("pageSize", "99999999999"), list("pageToken", "nonsense"), list("pageToken", attack), list("nothing", "1"),
		{http.MethodGet, "orders/none", "", 400, "orderId"}, {http.MethodGet, "orders/1.5", "", 400, "orderId"}, {http.MethodGet, "orders/9223372036854775808", "", 400, "orderId"},
		{http.MethodGet, "orders/7", "", 404, ""}, {http.MethodGet, "customers/" + url.PathEscape(attack), "", 400, "customerCode"},
		{http.MethodGet, "customers/" + url.PathEscape(`' OR 1=1--`), "", 404, ""}, {http.MethodGet, "orderDetails/7/7", "", 404, ""}, {http.MethodGet, "nothing", "", 404, ""},
		{http.MethodDelete, "customers/" + url.PathEscape(`' OR 1=1--`), "", 404, ""}, {http.MethodPatch, "customers/" + url.PathEscape(`' OR 1=1--`), `{"city": "x"}`, 404, ""},
		write(http.MethodPost, "products", `{"productId": 900, "sku": "x", "productName": "x", "unitPrice": "1.00", "nothing": 1}`, "nothing"),
		write(http.MethodPost, "products", `{"productId": 900, "sku": "x", "productName": "x", "unitPrice": "1.005"}`, "unitPrice"),
		write(http.MethodPost, "products", `{"productId": 900, "sku": "x", "productName": "x", "unitPrice": "dear"}`, "unitPrice"),
		write(http.MethodPost, "products", `{"productId": 900, "sku": "`+strings.Repeat("x", 21)+`", "productName": "x", "unitPrice": "1.00"}`, "sku"),
		write(http.MethodPost, "products", `{"productId": 900, "sku": "x", "productName": "x", "unitPrice": "1.00", "unitsInStock": 32768}`, "unitsInStock"),
		write(http.MethodPost, "products", `{"productId": 2147483648, "sku": "x", "productName": "x", "unitPrice": "1.00"}`, "productId"),
		write(http.MethodPost, "products", `{"productId": 900, "sku": "x", "unitPrice": "1.00"}`, "productName"),
		write(http.MethodPost, "products", `{"productId": 900,`, ""), write(http.MethodPost, "products", `[]`, ""), write(http.MethodPost, "products", ``, "*"),
		{http.MethodPost, "products", `{"productId": 1, "sku": "y", "productName": "x", "unitPrice": "1.00"}`, 409, ""},
		{http.MethodPost, "products", `{"productId": 900, "sku": "SKU-003", "productName": "x", "unitPrice": "1.00"}`, 409, ""},
		write(http.MethodPatch, "products/1", `{}`, "*"), write(http.MethodPatch, "products/1?updateMask=nothing", `{"sku": "x"}`, "updateMask"), write(http.MethodPatch, "products/1", `{"nothing": 1}`, "nothing"),
		write(http.MethodPatch, "products/1?updateMask=productName", `{}`, "productName"), write(http.MethodPatch, "employees/2", `{"born": "2026-02-30"}`, ""),
	}
}

// holdRefusals sends what is not to be taken: each is refused where the mistake is, tells nothing of the database, and changes nothing.
func holdRefusals(t *testing.T, s *sample) {
	if s.schema.Name != "northwind" {
		return
	}
	before := s.everything(t)
	for _, request := range refusedRequests() {
		about := fmt.Sprintf("%s %.120s %.200s", request.method, request.path, request.body)
		got := send(t, request.method, s.base+request.path, request.body)
		if got.status != request.status {
			t.Errorf("%s is answered %d: %s", about, got.status, got.body)
			continue
		}
		if request.status == 400 && request.field != "" && !violates(got, request.field) {
			t.Errorf("%s does not say where the mistake is: %s", about, got.body)
		}
		for _, secret := range []string{"SELECT ", "INSERT ", "SQLSTATE", "syntax", "127.0.0.1:", "postern_test", "order_details\\\" "} {
			if strings.Contains(strings.ReplaceAll(got.body, attack, ""), secret) {
				t.Errorf("%s tells %q: %s", about, secret, got.body)
			}
		}
	}
	s.holdTokens(t)
	for name, rows := range before {
		sameSet(t, name+", after all that", rows, s.truth(t, s.schema.Table(name), ""))
	}
}

// violates reports whether an answer names the field; * stands for any.
func violates(got answer, field string) bool {
	violations, _ := got.at("violations").([]any)
	for _, violation := range violations {
		object, _ := violation.(map[string]any)
		named, _ := object["field"].(string)
		if field == "*" || named == field || strings.HasSuffix(named, "."+field) {
			return true
		}
	}
	return field == "*" && got.at("detail") != nil || len(violations) == 0 && strings.Contains(fmt.Sprint(got.at("detail")), field)
}

func (s *sample) everything(t *testing.T) map[string][]map[string]any {
	t.Helper()
	all := make(map[string][]map[string]any)
	for _, table := range s.schema.Tables {
		all[table.Name] = s.truth(t, table, "")
	}
	return all
}

// holdTokens alters a page token everywhere, and uses it for another query.
func (s *sample) holdTokens(t *testing.T) {
	t.Helper()
	token, _ := get(t, s.base+"orders?pageSize=3&orderBy=freight").at("nextPageToken").(string)
	if token == "" {
		t.Fatal("there is no second page")
	}
	wantRefused := func(query string) {
		got := get(t, s.base+query)
		if got.status != 400 || got.at("code") != "INVALID_PAGE_TOKEN" || !violates(got, "pageToken") {
			t.Errorf("%s is answered %d: %s", query, got.status, got.body)
		}
	}
	for i := range token {
		altered := []byte(token)
		if altered[i]++; !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", rune(altered[i])) {
			altered[i] = 'A'
		}
		wantRefused("orders?pageSize=3&orderBy=freight&pageToken=" + url.QueryEscape(string(altered)))
	}
	for _, query := range []string{"orders?orderBy=ordered", "orders?orderBy=freight%20desc", "orders?orderBy=freight&filter=freight%3E1", "employees?orderBy=born", "customers/C0001/orders?orderBy=freight"} {
		wantRefused(query + "&pageToken=" + url.QueryEscape(token))
	}
	if got := get(t, s.base+"orders?pageSize=1000000&orderBy=freight"); got.status != 200 {
		t.Errorf("a page that is too large is answered %d: %s", got.status, got.body)
	}
}
