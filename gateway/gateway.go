package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/store"
	"github.com/postern-gateway/postern/gateway/telemetry"
)

// storeFile is the store's file in the data directory.
const storeFile = "postern.db"

// Options say what a gateway is made of.
type Options struct {
	// Estate is the directory of the estate.
	Estate string
	// Adapters are the kinds of back ends that the estate may have. Two of one kind are an error.
	Adapters []adapters.Adapter
	// Telemetry is what the gateway records with. Whoever started it shuts it down, after the gateway is closed.
	Telemetry *telemetry.Telemetry
	// REST, GRPC and Admin are listening addresses over those of gateway.yaml; empty means that gateway.yaml's hold.
	REST, GRPC, Admin string
	// AdminHandlers are further handlers of the admin listener, by the pattern of http.ServeMux.
	AdminHandlers map[string]http.Handler
	// DescribeOnly opens back ends only to learn what they look like: nothing is served, and nothing is changed anywhere. Data goes to a
	// temporary directory.
	DescribeOnly bool
	// Open, if not nil, says which back ends are opened; the others stand from their lock files.
	Open func(*estate.Backend) bool
}

// A Gateway is an estate in force.
type Gateway struct {
	options   Options
	telemetry *telemetry.Telemetry
	estate    *estate.Estate
	dataDir   string
	store     *store.Store
	backEnds  []*backEnd
	conn      registry.Conn

	mu        sync.Mutex // held while a generation is made and put in force
	current   atomic.Pointer[generation]
	health    *health
	stopping  atomic.Bool
	unobserve func() error
}

// Open reads the estate, opens its back ends concurrently, and puts it in force. Mistakes in the estate are a [diagnostic.List]. A back end
// whose legacy system cannot be reached is no error if it has a lock file: its methods are unavailable until [Gateway.Serve] reaches
// it. After an error nothing is left running.
func Open(ctx context.Context, options Options) (*Gateway, error) {
	if err := checkKinds(options.Adapters); err != nil {
		return nil, err
	}
	read, err := estate.Read(ctx, options.Estate, options.Adapters)
	if err != nil {
		return nil, err
	}
	g := &Gateway{options: options, telemetry: options.Telemetry, estate: read, health: newHealth()}
	if err := g.start(ctx); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func checkKinds(known []adapters.Adapter) error {
	seen := make(map[string]bool)
	for _, adapter := range known {
		if seen[adapter.Kind()] {
			return fmt.Errorf("two adapters are of kind %s", adapter.Kind())
		}
		seen[adapter.Kind()] = true
	}
	return nil
}

func (g *Gateway) start(ctx context.Context) error {
	if err := g.openState(ctx); err != nil {
		return err
	}
	for _, declared := range g.estate.Backends {
		g.backEnds = append(g.backEnds, g.newBackEnd(declared))
	}
	if err := g.openBackEnds(ctx); err != nil {
		return err
	}
	if err := g.observe(); err != nil {
		return err
	}
	return g.rebuild()
}

// openState makes the data directory, and opens the store in it.
func (g *Gateway) openState(ctx context.Context) (err error) {
	if g.dataDir, err = g.makeDataDir(); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	g.store, err = store.Open(ctx, filepath.Join(g.dataDir, storeFile))
	return err
}

func (g *Gateway) makeDataDir() (string, error) {
	if g.options.DescribeOnly {
		return os.MkdirTemp("", "postern-describe-")
	}
	return g.estate.DataDir(), os.MkdirAll(g.estate.DataDir(), 0o700)
}

// openBackEnds opens all of them at once, and finds all that is wrong with any of them.
func (g *Gateway) openBackEnds(ctx context.Context) error {
	found := make([]diagnostic.List, len(g.backEnds))
	var group sync.WaitGroup
	for i, b := range g.backEnds {
		if !g.isWanted(b.declared) {
			continue
		}
		group.Go(func() { found[i] = b.open(ctx) })
	}
	group.Wait()
	var all diagnostic.List
	for i, b := range g.backEnds {
		all.Add(found[i]...)
		if reason := b.reason(); reason == nil || len(found[i]) > 0 {
			continue
		} else if len(b.declared.Locked) == 0 {
			all.Add(b.declared.Source.At("", "the back end cannot be described: it is not open (%v), and there is no %s", reason, filepath.Base(b.declared.LockPath)).
				Accepting("a lock file, written by `postern check --connect` while the legacy system can be reached"))
		} else if g.isWanted(b.declared) {
			b.options.Logger.WarnContext(ctx, "back end cannot be reached, and stands from its lock file", "error", reason)
		}
	}
	return all.Err()
}

func (g *Gateway) isWanted(declared *estate.Backend) bool {
	return g.options.Open == nil || g.options.Open(declared)
}

// rebuild makes a generation of the back ends as they are, and puts it in force. After an error the one before stays.
func (g *Gateway) rebuild() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	next, err := g.build()
	if err != nil {
		return err
	}
	g.conn.Use(next.registry)
	g.current.Store(next)
	g.health.update(g.backEnds, next.registry)
	return nil
}

// Drain waits until the open back ends have dealt with the work that is waiting for them, such as batch files that have arrived.
func (g *Gateway) Drain(ctx context.Context) error {
	for _, b := range g.backEnds {
		drainer, ok := b.current().(adapters.Drainer)
		if !ok {
			continue
		}
		if err := drainer.Drain(ctx); err != nil {
			return fmt.Errorf("waiting for back end %s: %w", b.declared.Name, err)
		}
	}
	return nil
}

// Conn returns a connection that calls the methods in force, in process.
func (g *Gateway) Conn() grpc.ClientConnInterface { return &g.conn }

// Registry returns the services in force.
func (g *Gateway) Registry() *registry.Registry { return g.current.Load().registry }

// Close closes all back ends and the store. Nothing may call the gateway any more.
func (g *Gateway) Close() error {
	var failures []error
	if g.unobserve != nil {
		failures = append(failures, g.unobserve())
	}
	for _, b := range g.backEnds {
		failures = append(failures, b.withdraw(errClosed))
	}
	if g.store != nil {
		failures = append(failures, g.store.Close())
	}
	if g.options.DescribeOnly && g.dataDir != "" {
		failures = append(failures, os.RemoveAll(g.dataDir))
	}
	return errors.Join(failures...)
}
