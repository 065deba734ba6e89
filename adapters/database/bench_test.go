package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
)

// BenchmarkGet reads a row by its key through the adapter, and through database/sql alone.
func BenchmarkGet(b *testing.B) {
	forEachBenchmark(b, func(b *testing.B, s *subject, placeholder, _ string) {
		b.Run("adapter", func(b *testing.B) { benchmarkMethod(b, s, "GetTenancy", `{"tenancyId": 200}`) })
		b.Run("bare", func(b *testing.B) {
			benchmarkBare(b, s, "SELECT "+tenancyColumns+" FROM tenancies WHERE tenancy_id = "+placeholder, 200)
		})
	})
}

// BenchmarkList reads a page of 50 rows through the adapter, and through database/sql alone.
func BenchmarkList(b *testing.B) {
	forEachBenchmark(b, func(b *testing.B, s *subject, placeholder, firstRows string) {
		b.Run("adapter", func(b *testing.B) { benchmarkMethod(b, s, "ListTenancies", `{"filter": "bedrooms > 0"}`) })
		b.Run("bare", func(b *testing.B) {
			benchmarkBare(b, s, "SELECT "+tenancyColumns+" FROM tenancies WHERE bedrooms > "+placeholder+" ORDER BY tenancy_id "+firstRows, 0)
		})
	})
}

func forEachBenchmark(b *testing.B, run func(b *testing.B, s *subject, placeholder, firstRows string)) {
	b.Helper()
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) {
			placeholder := map[string]string{"postgres": "$1", "sqlite": "?1", "mariadb": "?", "firebird": "?"}[e.name]
			firstRows := "LIMIT 51"
			if e.name == "firebird" {
				firstRows = "FETCH FIRST 51 ROWS ONLY"
			}
			run(b, e.open(b, read(b, e.name+".sql")+fill(1, 1000), nil), placeholder, firstRows)
		})
	}
}

func benchmarkMethod(b *testing.B, s *subject, name protoreflect.Name, request string) {
	b.Helper()
	in := newRequest(b, s, name)
	if err := protojson.Unmarshal([]byte(request), in); err != nil {
		b.Fatal(err)
	}
	handler := handlerOf(b, s, name)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := handler(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}

func handlerOf(b testing.TB, s *subject, name protoreflect.Name) adapters.UnaryHandler {
	b.Helper()
	for _, method := range s.backend.Services()[0].Methods {
		if method.Name == name {
			return method.Unary
		}
	}
	b.Fatalf("there is no method %s", name)
	return func(context.Context, proto.Message) (proto.Message, error) { return nil, fmt.Errorf("no %s", name) }
}

func benchmarkBare(b *testing.B, s *subject, query string, argument int) {
	b.Helper()
	statement, err := s.sql.PrepareContext(b.Context(), query)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = statement.Close() }()
	var (
		id, bedrooms                      int64
		citizen, address, tenure, rent    string
		postCode, note                    sql.NullString
		started, furnished, signed, views any
	)
	b.ReportAllocs()
	for b.Loop() {
		rows, err := statement.QueryContext(b.Context(), argument)
		if err != nil {
			b.Fatal(err)
		}
		for rows.Next() {
			if err := rows.Scan(&id, &citizen, &address, &postCode, &bedrooms, &tenure, &rent, &started, &furnished, &signed, &views, &note); err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
