// Command postern is the gateway. Run `postern --help`.
//
// To build a gateway with an adapter of your own, copy this directory, add the adapter to the list in main, and build: everything
// else, the commands included, works from that list. An adapter is described in package adapters.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // back ends name their time zones, and not every machine knows them

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/batch"
	"github.com/postern-gateway/postern/adapters/database"
	"github.com/postern-gateway/postern/adapters/memory"
	"github.com/postern-gateway/postern/adapters/soap"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	known := []adapters.Adapter{batch.Adapter{}, database.Adapter{}, memory.Adapter{}, soap.Adapter{}}
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, known)
	stop()
	os.Exit(code)
}
