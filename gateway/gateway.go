package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/idempotency"
	"github.com/postern-gateway/postern/gateway/jobs"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/store"
	"github.com/postern-gateway/postern/gateway/telemetry"
	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

const (
	// storeFile is the store's file in the data directory.
	storeFile = "postern.db"
	// idempotencySpace is the part of the store that holds the keys of calls. No back end has such a name.
	idempotencySpace = "/idempotency"
	// drainPause is how often it is asked whether the calls of a former generation have ended.
	drainPause = 5 * time.Millisecond
)

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
	dataDir   string
	store     *store.Store
	jobs      *jobs.Jobs
	keeper    *idempotency.Keeper // of the calls that have a key
	health    *health
	stopping  atomic.Bool
	unobserve func() error

	lastRead fingerprint       // of the directory; once the gateway serves, only its watcher looks at it
	started  *configv1.Gateway // gateway.yaml as it was at the start
	current  atomic.Pointer[generation]
	change   sync.Mutex     // held while a generation is made and put in force
	former   []*generation  // were in force, and may have calls under way; guarded by change
	changing sync.WaitGroup // what runs while the gateway serves, and is waited for before it is closed
}

// Open reads the estate, opens its back ends concurrently, and puts it in force. Mistakes in the estate are a [diagnostic.List]. A back end
// whose legacy system cannot be reached is no error if it has a lock file: its methods are unavailable until [Gateway.Serve] reaches
// it. After an error nothing is left running.
func Open(ctx context.Context, options Options) (*Gateway, error) {
	if err := checkKinds(options.Adapters); err != nil {
		return nil, err
	}
	// Taken before the directory is read, so that no later change goes unseen.
	files := filesOf(options.Estate)
	read, err := estate.Read(ctx, options.Estate, options.Adapters)
	if err != nil {
		return nil, err
	}
	g := &Gateway{options: options, telemetry: options.Telemetry, health: newHealth(), lastRead: files.fingerprint(), started: read.Gateway}
	if err := g.start(ctx, read, files); err != nil {
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

func (g *Gateway) start(ctx context.Context, read *estate.Estate, files files) error {
	if err := g.openState(ctx, read); err != nil {
		return err
	}
	var backEnds []*backEnd
	for _, declared := range read.Backends {
		backEnds = append(backEnds, g.newBackEnd(read, declared, files))
	}
	// From here on Close finds the back ends, whatever becomes of them.
	g.current.Store(&generation{estate: read, backEnds: backEnds})
	if err := g.openBackEnds(ctx, backEnds); err != nil {
		return err
	}
	if err := g.observe(); err != nil {
		return err
	}
	g.change.Lock()
	defer g.change.Unlock()
	return g.rebuild()
}

// openState makes the data directory, and opens the store in it.
func (g *Gateway) openState(ctx context.Context, read *estate.Estate) (err error) {
	if g.dataDir, err = g.makeDataDir(read); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	if g.store, err = g.openStore(ctx, read); err != nil {
		return err
	}
	g.keeper = idempotency.New(g.store.Space(idempotencySpace), g.telemetry.Logger, time.Now)
	g.jobs = jobs.New(g.store, g.telemetry.Logger.With("component", "jobs"))
	return nil
}

// openStore opens the store that gateway.yaml names. To be described, an estate needs none that lasts.
func (g *Gateway) openStore(ctx context.Context, read *estate.Estate) (*store.Store, error) {
	address := read.Gateway.GetStore().GetPostgres()
	if address == nil || g.options.DescribeOnly {
		return store.Open(ctx, filepath.Join(g.dataDir, storeFile))
	}
	dsn, err := adapters.ReadSecret(address, "store.postgres", read.Dir)
	var mistake *adapters.ConfigError
	if errors.As(err, &mistake) {
		return nil, read.GatewaySource.FromConfigError(mistake)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the address of the store: %w", err)
	}
	return store.OpenPostgres(ctx, dsn)
}

func (g *Gateway) makeDataDir(read *estate.Estate) (string, error) {
	if g.options.DescribeOnly {
		return os.MkdirTemp("", "postern-describe-")
	}
	return read.DataDir(), os.MkdirAll(read.DataDir(), 0o700)
}

// openBackEnds opens all of them at once, and finds all that is wrong with any of them.
func (g *Gateway) openBackEnds(ctx context.Context, backEnds []*backEnd) error {
	found := make([]diagnostic.List, len(backEnds))
	var group sync.WaitGroup
	for i, b := range backEnds {
		if g.isWanted(b.declared) {
			group.Go(func() { found[i] = b.open(ctx) })
		}
	}
	group.Wait()
	var all diagnostic.List
	for i, b := range backEnds {
		all.Add(found[i]...)
		reason := b.reason()
		switch {
		case reason == nil || len(found[i]) > 0:
		case len(b.declared.Locked) == 0:
			all.Add(b.declared.Source.At("", "the back end cannot be described: it is not open (%v), and there is no %s", reason, filepath.Base(b.declared.LockPath)).
				Accepting("a lock file, written by `postern check --connect` while the legacy system can be reached"))
		case g.isWanted(b.declared):
			b.options.Logger.WarnContext(ctx, "back end cannot be reached, and stands from its lock file", "error", reason)
		}
	}
	return all.Err()
}

func (g *Gateway) isWanted(declared *estate.Backend) bool {
	return g.options.Open == nil || g.options.Open(declared)
}

// rebuild makes a generation of the estate in force, with its back ends as they are now, and puts it in force. After an error the one
// before stays. The caller holds change.
func (g *Gateway) rebuild() error {
	current := g.current.Load()
	next, err := g.build(current.estate, current.backEnds)
	if err != nil {
		return err
	}
	g.putInForce(next)
	return nil
}

// putInForce makes a generation the one that new calls enter. The caller holds change.
func (g *Gateway) putInForce(next *generation) {
	g.former = append(g.former, g.current.Swap(next))
	g.forgetEnded()
	g.health.update(next)
}

// forgetEnded drops the generations that nobody calls any more. No call enters them again, because they stay locked.
func (g *Gateway) forgetEnded() {
	g.former = slices.DeleteFunc(g.former, func(n *generation) bool { return n.use.TryLock() })
}

// drain waits until the last call of every former generation has ended, or ctx has: a caller who does not read its answer holds up nobody. The
// caller holds change.
func (g *Gateway) drain(ctx context.Context) {
	for g.forgetEnded(); len(g.former) > 0; g.forgetEnded() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(drainPause):
		}
	}
}

// enter returns the generation in force for one call, which ends with leave.
func (g *Gateway) enter() *generation {
	for {
		// It fails only for one that has ended, and then another is in force already.
		if current := g.current.Load(); current.use.TryRLock() {
			return current
		}
	}
}

func (n *generation) leave() { n.use.RUnlock() }

// Drain waits until the open back ends have dealt with the work that is waiting for them, such as batch files that have arrived.
func (g *Gateway) Drain(ctx context.Context) error {
	for _, b := range g.current.Load().backEnds {
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

// Registry returns the services in force.
func (g *Gateway) Registry() *registry.Registry { return g.current.Load().registry }

// Close closes all back ends and the store. Nothing may call the gateway any more.
func (g *Gateway) Close() error {
	var failures []error
	if g.unobserve != nil {
		failures = append(failures, g.unobserve())
	}
	if current := g.current.Load(); current != nil {
		for _, b := range current.backEnds {
			failures = append(failures, b.withdraw(errClosed))
		}
	}
	if g.store != nil {
		failures = append(failures, g.jobs.Close(context.Background()), g.store.Close()) // the back ends have waited for their own
	}
	if g.options.DescribeOnly && g.dataDir != "" {
		failures = append(failures, os.RemoveAll(g.dataDir))
	}
	return errors.Join(failures...)
}
