package postgrestest

import (
	"context"
	"os"
	"testing"
)

// TestPrivateServer starts a server from the installed binaries, and stops it. Where a server at the standard address makes binaries
// unnecessary, and there are none, there is nothing more to show than that it is taken.
func TestPrivateServer(t *testing.T) {
	t.Parallel()
	binaries, ok := installed()
	if !ok {
		started, err := Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := started.Stop(); err != nil {
			t.Error(err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	server, err := startPrivate(ctx, binaries)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("database", func(t *testing.T) {
		if name := server.Database(t, "CREATE TABLE t (a int)"); name == "" {
			t.Error("the database has no name")
		}
		if database, name := server.Schema(t, "CREATE TABLE t (a int)"); server.run(database, "SELECT a FROM "+name+".t") != nil {
			t.Error("the schema has no table")
		}
	})
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
	if err := server.ping(ctx); err == nil {
		t.Error("the server still answers")
	}
	if left, err := os.ReadDir(server.dir); err == nil {
		t.Errorf("the server left %v", left)
	}
}
