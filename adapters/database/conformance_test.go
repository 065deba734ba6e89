package database_test

import (
	"testing"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/adaptertest"
	"github.com/postern-gateway/postern/adapters/database"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

func conforming(t *testing.T, e engine) adaptertest.Subject {
	t.Helper()
	settings, _, _ := e.create(t, read(t, e.name+".sql")+read(t, "rows.sql"))
	return adaptertest.Subject{
		Adapter: database.Adapter{},
		Config:  func(*testing.T) adapters.Config { return settings },
		Read:    adaptertest.Call{Method: "GetRentLine", Request: `{"tenancyId": 1, "lineNo": 2}`, Reply: `{"tenancyId": 1, "lineNo": 2, "amount": "-0.05"}`},
		Missing: adaptertest.Call{Method: "GetRentLine", Request: `{"tenancyId": 1, "lineNo": 9}`},
		Secrets: []string{"127.0.0.1", "postgres", "rent_lines", "SELECT", "postern_test", ".db"},
	}
}

// The conformance tests count goroutines, so nothing runs beside them.
func TestConformanceSQLite(t *testing.T) {
	subject := conforming(t, engines()[1])
	const noNetwork = "an SQLite database is a file in this machine; there is no network to fail"
	subject.Waivers = map[string]string{
		"a refused connection is UNAVAILABLE":              noNetwork,
		"a hanging legacy system does not hold the caller": noNetwork,
		"a connection cut in the reply is an error":        noNetwork,
	}
	adaptertest.Run(t, subject)
}

func TestConformancePostgres(t *testing.T) {
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	subject := conforming(t, engines()[0])
	name, schema := running.Schema(t, read(t, "postgres.sql")+read(t, "rows.sql"))
	subject.Network = &adaptertest.Network{
		Address: func(*testing.T) string { return running.Address() },
		Via: func(t *testing.T, address string) adapters.Config {
			return postgresSettings(t, running.DSN(name, address), schema)
		},
	}
	adaptertest.Run(t, subject)
}

func TestConformanceMariaDB(t *testing.T) {
	running, err := mariaServer()
	if err != nil {
		t.Fatal(err)
	}
	subject := conforming(t, engines()[2])
	name := running.Database(t, read(t, "mariadb.sql")+mariaWords.Replace(read(t, "rows.sql")))
	subject.Network = &adaptertest.Network{
		Address: func(*testing.T) string { return running.Address() },
		Via: func(t *testing.T, address string) adapters.Config {
			return &configv1.DatabaseBackend{Kind: "database", Address: &configv1.DatabaseBackend_Dsn{Dsn: secretFile(t, running.URL(name, address))}}
		},
	}
	adaptertest.Run(t, subject)
}
