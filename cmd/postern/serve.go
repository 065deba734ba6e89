package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

// flushTimeout bounds the sending of the last spans and metrics.
const flushTimeout = 5 * time.Second

// listenFlags override the listeners of gateway.yaml.
type listenFlags struct {
	REST  string `name:"rest" placeholder:"ADDRESS" help:"Address for REST, over that of gateway.yaml. Port 0 takes a free one."`
	GRPC  string `name:"grpc" placeholder:"ADDRESS" help:"Address for gRPC."`
	Admin string `name:"admin" placeholder:"ADDRESS" help:"Address for health, metrics and the admin API."`
}

// serveCommand is `postern serve`.
type serveCommand struct {
	Estate string `arg:"" help:"Directory of the estate." type:"existingdir"`
	listenFlags
	Verbose bool `help:"Log more."`
}

// Help shows an example.
func (serveCommand) Help() string {
	return "Example:\n\n  postern serve ./estate --rest 127.0.0.1:8080"
}

// Run implements the command.
func (c *serveCommand) Run(s *session) error {
	recording, stop, err := s.startTelemetry(c.Verbose)
	if err != nil {
		return err
	}
	defer stop()
	return s.serve(gateway.Options{
		Estate: c.Estate, Adapters: s.adapters, Telemetry: recording, REST: c.REST, GRPC: c.GRPC, Admin: c.Admin,
	}, func(_ *gateway.Gateway, server *gateway.Server) error {
		s.printAddresses(server)
		return nil
	})
}

// serve runs a gateway until the session ends. started is called once it listens, before it serves.
func (s *session) serve(options gateway.Options, started func(*gateway.Gateway, *gateway.Server) error) (err error) {
	g, err := gateway.Open(s.ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	defer paceCollection()()
	server, err := g.Listen(s.ctx)
	if err != nil {
		return err
	}
	if err := started(g, server); err != nil {
		server.Close()
		return err
	}
	return server.Serve(s.ctx)
}

func (s *session) printAddresses(server *gateway.Server) {
	fmt.Fprintf(s.stdout, "REST   http://%s\ngRPC   %s\nadmin  http://%s\n", server.REST(), server.GRPC(), server.Admin())
}

// startTelemetry sets up what the process records with; logs go to stderr. stop sends what is left.
func (s *session) startTelemetry(verbose bool) (recording *telemetry.Telemetry, stop func(), err error) {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	recording, err = telemetry.Start(s.ctx, telemetry.Options{ServiceVersion: version(), Logs: s.stderr, Level: level})
	if err != nil {
		return nil, nil, err
	}
	telemetry.RouteGRPCLogs(recording.Logger)
	return recording, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), flushTimeout)
		defer cancel()
		if err := recording.Shutdown(ctx); err != nil {
			fmt.Fprintln(s.stderr, "sending the last telemetry:", err)
		}
	}, nil
}

// quietTelemetry records nothing: for commands whose output is for people.
func (s *session) quietTelemetry() (recording *telemetry.Telemetry, stop func(), err error) {
	recording, err = telemetry.Start(s.ctx, telemetry.Options{ServiceVersion: version(), Logs: s.stderr, Level: slog.LevelError})
	if err != nil {
		return nil, nil, err
	}
	return recording, func() { _ = recording.Shutdown(context.WithoutCancel(s.ctx)) }, nil
}

// version is the module's version, as the Go tool recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
