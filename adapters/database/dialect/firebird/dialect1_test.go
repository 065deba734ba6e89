package firebird

import (
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/adapters/database/dialect"
)

// TestDialect1 reads a database of SQL dialect 1, where DATE has a time of day and long numbers are doubles.
func TestDialect1(t *testing.T) {
	t.Parallel()
	running, err := server()
	if err != nil {
		t.Fatal(err)
	}
	name := running.Database(t, "")
	address, err := url.Parse(running.DSN(name, ""))
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(address.Host)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := address.User.Password()
	old := strings.TrimSuffix(address.Path, ".fdb") + "_1.fdb"
	if err := running.Execute(name, "SET SQL DIALECT 1;\nCREATE DATABASE '"+host+"/"+port+":"+old+"' USER 'SYSDBA' PASSWORD '"+password+`' DEFAULT CHARACTER SET UTF8;
		CREATE TABLE old (id INTEGER NOT NULL PRIMARY KEY, born DATE, amount NUMERIC(15,2));
		INSERT INTO old VALUES (1, '31-JAN-2026 10:00', 1234567890.10);`); err != nil {
		t.Fatal(err)
	}
	address.Path = old
	on := open(t, "", func(o *dialect.Options) { o.Address, o.Location = address.String(), time.UTC })
	of := table(t, on, "OLD")
	if diff := cmp.Diff([][]string{{"1", "2026-01-31T10:00:00Z", "1234567890.10"}}, collect(t, on, selecting(of, ""))); diff != "" {
		t.Error(diff)
	}
	if amount := of.Column("AMOUNT"); amount.Kind != dialect.Decimal || amount.Native != "NUMERIC(15,2)" {
		t.Errorf("%+v", amount)
	}
}
