package database

import (
	"slices"
	"strings"

	"github.com/postern-gateway/postern/adapters/database/dialect"
	"github.com/postern-gateway/postern/adapters/database/dialect/firebird"
	"github.com/postern-gateway/postern/adapters/database/dialect/mariadb"
	"github.com/postern-gateway/postern/adapters/database/dialect/odbc"
	"github.com/postern-gateway/postern/adapters/database/dialect/oracle"
	"github.com/postern-gateway/postern/adapters/database/dialect/postgres"
	"github.com/postern-gateway/postern/adapters/database/dialect/sqlite"
	"github.com/postern-gateway/postern/adapters/database/dialect/sqlserver"
)

// engines are all there are.
func engines() []dialect.Engine {
	return []dialect.Engine{
		postgres.Engine{}, sqlite.Engine{}, mariadb.Engine{}, mariadb.MySQL{}, firebird.Engine{}, sqlserver.Engine{}, oracle.Engine{}, odbc.Engine{},
	}
}

// fileScheme is that of the engine whose databases are plain files, for an address given as `path`.
const fileScheme = sqlite.Scheme

// engineOf returns the engine that an address belongs to, or nil.
func engineOf(address string) dialect.Engine {
	scheme, _, _ := strings.Cut(address, ":")
	for _, engine := range engines() {
		if slices.Contains(engine.Schemes(), strings.ToLower(scheme)) {
			return engine
		}
	}
	return nil
}

// schemes lists what an address may start with.
func schemes() string {
	var names []string
	for _, engine := range engines() {
		names = append(names, engine.Schemes()[0]+":")
	}
	return strings.Join(names, ", ")
}
