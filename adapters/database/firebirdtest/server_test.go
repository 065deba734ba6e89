package firebirdtest

import (
	"net"
	"os"
	"testing"
)

// TestServer starts a server, has a database made, and stops it.
func TestServer(t *testing.T) {
	t.Parallel()
	server, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("database", func(t *testing.T) {
		name := server.Database(t, `CREATE TABLE t (a VARCHAR(10) CHARACTER SET WIN1252);`)
		if err := server.Execute(name, "INSERT INTO t VALUES ('caf\u00e9');"); err != nil {
			t.Error(err)
		}
		if err := server.Execute(name, "INSERT INTO t VALUES ('\u0141');"); err == nil {
			t.Error("a statement that fails is no error")
		}
		if err := server.Restart(t.Context()); err != nil {
			t.Error(err)
		}
		if err := server.Execute(name, "SELECT a FROM t;"); err != nil {
			t.Error(err)
		}
	})
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", server.Address()); err == nil {
		t.Error("the server still answers")
		_ = conn.Close()
	}
	if left, err := os.ReadDir(server.dir); err == nil {
		t.Errorf("the server left %v", left)
	}
}
