package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/postern-gateway/postern/deploy/demo"
	"github.com/postern-gateway/postern/gateway"
)

// demoCommand is `postern demo`.
type demoCommand struct {
	listenFlags
	Data    string `help:"Directory for all data, kept. Default: a temporary one, removed at the end." placeholder:"DIR"`
	Verbose bool   `help:"Log more."`
}

// Help shows an example.
func (demoCommand) Help() string {
	return "Riverside Council: council tax (SOAP), housing (database) and benefits (mainframe files), and the gateway before them.\n\n" +
		"Example:\n\n  postern demo --rest 127.0.0.1:0 --data ./riverside"
}

// Run implements the command.
func (c *demoCommand) Run(s *session) (err error) {
	recording, stop, err := s.startTelemetry(c.Verbose)
	if err != nil {
		return err
	}
	defer stop()
	data := c.Data
	if data == "" {
		if data, err = os.MkdirTemp("", "postern-demo-"); err != nil {
			return fmt.Errorf("making a directory for the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	}
	legacy, err := demo.Start(s.ctx, demo.Options{DataDir: data, Logger: recording.Logger})
	if err != nil {
		return fmt.Errorf("starting the demo's legacy systems: %w", err)
	}
	defer func() { err = errors.Join(err, legacy.Close()) }()
	return s.serve(gateway.Options{
		Estate: legacy.EstateDir(), Adapters: s.adapters, Telemetry: recording, REST: c.REST, GRPC: c.GRPC, Admin: c.Admin,
		AdminHandlers: map[string]http.Handler{"/demo/counciltax": legacy.Handler()},
	}, func(g *gateway.Gateway, server *gateway.Server) error {
		if err := g.Drain(s.ctx); err != nil { // the first extract, so that the first call shows all there is
			recording.Logger.WarnContext(s.ctx, "not everything that had arrived could be read", "error", err)
		}
		s.printTour(server)
		return nil
	})
}

// printTour says where the demo is, and what to try.
func (s *session) printTour(server *gateway.Server) {
	fmt.Fprintln(s.stdout, "Riverside Council is up: council tax (SOAP), housing (database), benefits (mainframe files), and Postern before them.")
	fmt.Fprintln(s.stdout)
	s.printAddresses(server)
	fmt.Fprintf(s.stdout, `
Open http://%[1]s in a browser for the catalogue of its APIs, or try:

  curl -s http://%[1]s/citizen/v1/citizens/C000001
  curl -s 'http://%[1]s/citizen/v1/citizens?lastName=Okafor&pageSize=2'
  curl -s -X POST http://%[1]s/citizen/v1/citizens/C000001:changeAddress -H 'Content-Type: application/json' -d '{"address": {"lines": ["7 Mill Lane"], "postcode": "RV1 2AB"}}'
  curl -s -X POST http://%[2]s/demo/counciltax -H 'Content-Type: application/json' -d '{"mode": "failing"}'
  curl -s http://%[1]s/citizen/v1/citizens/C000001

The last one is answered without its council tax part. The raw systems are there too: /counciltax/v1/getAccount, /housing/v1/tenancies, /benefits/v1/claims.
Stop with Ctrl-C.
`, server.REST(), server.Admin())
}
