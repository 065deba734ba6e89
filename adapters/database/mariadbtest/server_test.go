package mariadbtest

import (
	"context"
	"os"
	"testing"
)

// TestPrivateServer starts a server from the installed binaries, and stops it. Where a server at the standard address makes binaries
// unnecessary, and there are none, there is nothing more to show than that it is taken.
func TestPrivateServer(t *testing.T) {
	t.Parallel()
	programs, ok := installed()
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
	server, err := startPrivate(ctx, programs)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("database", func(t *testing.T) {
		name := server.Database(t, `CREATE TABLE "t" (a int); INSERT INTO t VALUES (1)`)
		if err := server.run(name, "SELECT a FROM "+name+".t"); err != nil {
			t.Error(err)
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
