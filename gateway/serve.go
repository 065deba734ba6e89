package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/postern-gateway/postern/gateway/admin"
)

const (
	// headerTimeout bounds the time a caller may take to send its request's header.
	headerTimeout = 10 * time.Second
	// transferTime bounds the time that a caller may take to send its request and to read its answer, over the time that the call itself may take.
	transferTime = 30 * time.Second
	// cutOffTime is how long calls that were cut off may take to notice.
	cutOffTime = 5 * time.Second
	// idleTimeout is how long an unused connection is kept.
	idleTimeout = 2 * time.Minute
	// firstReopen and lastReopen bound the pause between attempts at opening a back end.
	firstReopen = time.Second
	lastReopen  = 30 * time.Second
)

// A Server is a gateway with its listeners bound, so that its addresses are known before it serves.
type Server struct {
	gateway           *Gateway
	rest, grpc, admin net.Listener
}

// Listen binds the three listeners. A port that is in use is an error, and none stays bound.
func (g *Gateway) Listen(ctx context.Context) (*Server, error) {
	s := &Server{gateway: g}
	configured := g.current.Load().estate.Gateway.GetListeners()
	for _, listener := range []struct {
		name, address, override string
		bound                   *net.Listener
	}{
		{"REST", configured.GetRest(), g.options.REST, &s.rest},
		{"gRPC", configured.GetGrpc(), g.options.GRPC, &s.grpc},
		{"admin", configured.GetAdmin(), g.options.Admin, &s.admin},
	} {
		address := listener.address
		if listener.override != "" {
			address = listener.override
		}
		bound, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("listening for %s: %w", listener.name, err)
		}
		*listener.bound = bound
	}
	return s, nil
}

// REST returns the REST listener's address, host:port.
func (s *Server) REST() string { return s.rest.Addr().String() }

// GRPC returns the gRPC listener's address, host:port.
func (s *Server) GRPC() string { return s.grpc.Addr().String() }

// Admin returns the admin listener's address, host:port.
func (s *Server) Admin() string { return s.admin.Addr().String() }

// Close unbinds the listeners of a server that is not to be served. A served one has no need of it.
func (s *Server) Close() {
	for _, listener := range []net.Listener{s.rest, s.grpc, s.admin} {
		if listener != nil {
			_ = listener.Close() // it may be closed already
		}
	}
}

// Serve answers calls until ctx ends, and then stops gracefully: it takes no new calls, and waits for those under way, for as long as
// gateway.yaml's shutdown_grace. While it serves, it opens back ends that could not be reached. It returns nil after a graceful stop. The gateway is
// still to be closed.
func (s *Server) Serve(ctx context.Context) error {
	g := s.gateway
	adminHandler, err := admin.NewHandler(ctx, admin.Options{State: g, Metrics: g.telemetry.MetricsHandler, Handlers: g.options.AdminHandlers})
	if err != nil {
		s.Close()
		return err
	}
	observer, err := newHTTPObserver(g.telemetry)
	if err != nil {
		s.Close()
		return err
	}
	rest := newHTTPServer(observer.around(http.HandlerFunc(g.serveREST)))
	operations := newHTTPServer(adminHandler)
	grpcServer := g.newGRPCServer()

	group, failed := errgroup.WithContext(ctx)
	group.Go(func() error { return ignoreClosed(rest.Serve(s.rest)) })
	group.Go(func() error { return ignoreClosed(operations.Serve(s.admin)) })
	group.Go(func() error { return ignoreClosed(grpcServer.Serve(s.grpc)) })
	g.openMissing(failed)
	group.Go(func() error { g.watch(failed); return nil })
	group.Go(func() error { g.monitor(failed); return nil })
	group.Go(func() error { g.keeper.Run(failed); return nil })
	group.Go(func() error {
		<-failed.Done()
		return g.stop(rest, operations, grpcServer)
	})
	err = group.Wait()
	g.changing.Wait()
	g.awaitCalls()
	return err
}

// awaitCalls waits for the handlers of calls that were cut off, for a moment: nothing may close a back end under them.
func (g *Gateway) awaitCalls() {
	ctx, cancel := context.WithTimeout(context.Background(), cutOffTime)
	defer cancel()
	g.change.Lock()
	defer g.change.Unlock()
	g.drain(ctx)
	for current := g.current.Load(); ctx.Err() == nil; {
		if current.use.TryLock() {
			current.use.Unlock()
			return
		}
		<-time.After(drainPause)
	}
	g.telemetry.Logger.Warn("calls under way did not end when they were cut off")
}

func newHTTPServer(handler http.Handler) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, ConnContext: withConnection}
}

// serveREST answers with the generation in force when the request came. Who sends or reads too slowly is cut off.
func (g *Gateway) serveREST(w http.ResponseWriter, r *http.Request) {
	inForce := g.enter()
	defer inForce.leave()
	limitTransfer(w, r, inForce.maxExchange())
	inForce.rest.ServeHTTP(w, r)
}

// stop ends the servers once their calls have ended. The admin listener goes last, so that the shutdown can be watched.
func (g *Gateway) stop(rest, operations *http.Server, grpcServer *grpc.Server) error {
	g.stopping.Store(true)
	g.health.stop()
	ctx, cancel := context.WithTimeout(context.Background(), g.shutdownGrace())
	defer cancel()
	var group errgroup.Group
	group.Go(func() error { return stopHTTP(ctx, rest) })
	group.Go(func() error { return stopGRPC(ctx, grpcServer) })
	return errors.Join(group.Wait(), stopHTTP(ctx, operations))
}

// shutdownGrace is how long calls under way are waited for at the end.
func (g *Gateway) shutdownGrace() time.Duration {
	return g.current.Load().estate.Gateway.GetLimits().GetShutdownGrace().AsDuration()
}

// stopHTTP lets requests under way finish until ctx ends, and then cuts them off.
func stopHTTP(ctx context.Context, server *http.Server) error {
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(errors.New("HTTP requests under way were cut off"), server.Close())
	}
	return nil
}

// ignoreClosed takes away the error of a server that was stopped, even before it served.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// openMissing starts to open each back end that is not open.
func (g *Gateway) openMissing(ctx context.Context) {
	for _, b := range g.current.Load().backEnds {
		if b.current() == nil && !b.trying.Swap(true) {
			g.changing.Go(func() { g.keepOpening(ctx, b) })
		}
	}
}

// keepOpening tries to open a back end until it is open, and then puts it in force. Until it is known that the estate fits it, it is withheld, so that
// no other change is the one to fail.
func (g *Gateway) keepOpening(ctx context.Context, b *backEnd) {
	defer b.trying.Store(false)
	logger := b.options.Logger
	for pause := firstReopen; b.current() == nil; pause = min(2*pause, lastReopen) {
		select {
		case <-ctx.Done():
			return
		case <-b.retired:
			return
		case <-time.After(pause):
		}
		b.withhold(true)
		mistakes := b.open(ctx)
		switch {
		case ctx.Err() != nil || b.isRetired():
			return
		case len(mistakes) > 0:
			logger.ErrorContext(ctx, "opening the back end", "error", mistakes.Error())
		case b.current() == nil:
			logger.InfoContext(ctx, "back end still cannot be reached", "error", b.reason())
		default:
			g.admitLate(ctx, b)
		}
	}
}

// admitLate puts a back end in force that has been opened while the gateway serves, or closes it again if the estate does not fit it.
func (g *Gateway) admitLate(ctx context.Context, b *backEnd) {
	g.change.Lock()
	defer g.change.Unlock()
	if b.isRetired() {
		return
	}
	b.withhold(false)
	err := g.rebuild()
	if err == nil {
		b.options.Logger.InfoContext(ctx, "back end is open")
		return
	}
	b.options.Logger.ErrorContext(ctx, "the back end is not what its lock file says, and the estate does not fit it", "error", err)
	if err := b.withdraw(err); err != nil {
		b.options.Logger.WarnContext(ctx, "withdrawing the back end", "error", err)
	}
}
