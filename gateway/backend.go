package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/jobs"
	"github.com/postern-gateway/postern/gateway/resilience"
)

// ReasonUnavailable is the reason of calls to a back end that could not be opened yet.
const ReasonUnavailable = "BACKEND_UNAVAILABLE"

const (
	// openTimeout bounds one attempt at opening a back end.
	openTimeout = 30 * time.Second
	// retryOpenAfter is what callers of a back end that is not open are told to wait.
	retryOpenAfter = 5 * time.Second
)

// backEnd is one back end of the estate in force: open, or waiting for its legacy system.
type backEnd struct {
	declared *estate.Backend
	options  adapters.Options
	jobs     *jobs.Space // nil if it is only described
	guard    *resilience.Guard
	print    fingerprint   // of its part of the directory
	trying   atomic.Bool   // whether keepOpening is at it
	retired  chan struct{} // closed once it is no longer in force
	opening  sync.Mutex    // held while its adapter opens it

	mu       sync.Mutex
	opened   adapters.Backend // nil while the legacy system cannot be reached
	withheld bool             // whether it is not to be served yet, though it may be open; see keepOpening
	failure  error            // why it is nil
	awaited  *arrival         // while it takes the place of another; see reload.go
	ill      error            // what the last check said; see monitor.go
}

// open opens the back end, unless it is open or retired. A legacy system that cannot be reached is remembered, and is no error; anything else
// that is wrong is returned as diagnostics.
func (b *backEnd) open(ctx context.Context) diagnostic.List {
	b.opening.Lock()
	defer b.opening.Unlock()
	if b.current() != nil || b.isRetired() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	go func() { // so that what takes its place need not wait
		select {
		case <-b.retired:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := os.MkdirAll(b.options.DataDir, 0o700); err != nil {
		return diagnostic.List{b.declared.Source.At("", "making the directory of its data: %v", err)}
	}
	var opened adapters.Backend
	err := recovered(func(ctx context.Context, _ *call) (err error) {
		opened, err = b.declared.Adapter.Open(ctx, b.declared.Config, b.options)
		return err
	})(ctx, nil)
	if err != nil {
		b.endJobs()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		b.opened, b.failure = opened, nil
		return nil
	case isUnreachable(err):
		b.failure = err
		return nil
	default:
		b.failure = err
		return locate(b.declared.Source, err)
	}
}

// endJobs ends the work of the back end, before what it works with is closed.
func (b *backEnd) endJobs() {
	if b.jobs != nil {
		b.jobs.Close()
	}
}

// retire closes a back end that is no longer in force, also one that is just being opened.
func (b *backEnd) retire() {
	close(b.retired)
	b.opening.Lock()
	defer b.opening.Unlock()
	if err := b.withdraw(errReplaced); err != nil {
		b.options.Logger.Warn("closing the back end", "error", err)
	}
}

func (b *backEnd) isRetired() bool {
	select {
	case <-b.retired:
		return true
	default:
		return false
	}
}

// isUnreachable reports whether the legacy system is at fault, and not what the user wrote.
func isUnreachable(err error) bool {
	var failed *adapters.Error
	return errors.As(err, &failed) && (failed.Code == codes.Unavailable || failed.Code == codes.DeadlineExceeded)
}

// locate gives an error of Open a place in backends/NAME.yaml.
func locate(source *estate.Source, err error) diagnostic.List {
	var mistakes *adapters.ConfigError
	if errors.As(err, &mistakes) {
		return source.FromConfigError(mistakes)
	}
	return diagnostic.List{source.At("", "opening it: %v", err)}
}

// current is the open back end, or nil.
func (b *backEnd) current() adapters.Backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opened
}

// reason says why the back end is not open; nil if it is.
func (b *backEnd) reason() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failure
}

// services returns the services of the open back end, or those of its lock, which answer that it is unavailable. isOpen says which. One that is
// on its way in has services that wait for it.
func (b *backEnd) services() (services []adapters.Service, isOpen bool) {
	b.mu.Lock()
	opened, withheld, awaited := b.opened, b.withheld, b.awaited
	b.mu.Unlock()
	switch {
	case opened != nil && !withheld:
		return opened.Services(), true
	case awaited != nil:
		return awaited.services(), false
	}
	for _, file := range b.declared.Locked {
		for i := range file.Services().Len() {
			services = append(services, standIn(file.Services().Get(i)))
		}
	}
	return services, false
}

// withdraw closes the back end for the reason given, if it is open.
func (b *backEnd) withdraw(reason error) error {
	b.mu.Lock()
	opened := b.opened
	if opened != nil {
		b.opened, b.failure = nil, reason
	}
	b.mu.Unlock()
	if opened == nil {
		return nil
	}
	b.endJobs()
	if err := opened.Close(); err != nil { // outside of the lock, because it may take its time
		return fmt.Errorf("closing back end %s: %w", b.declared.Name, err)
	}
	return nil
}

// withhold says whether the back end is kept from being served while it is open.
func (b *backEnd) withhold(withheld bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.withheld = withheld
}

var (
	errNotOpened = errors.New("it has not been opened yet")
	errClosed    = errors.New("the gateway is shutting down")
)

// standIn is a service whose every method is unavailable.
func standIn(service protoreflect.ServiceDescriptor) adapters.Service {
	unavailable := &adapters.Error{Code: codes.Unavailable, Reason: ReasonUnavailable, RetryAfter: retryOpenAfter, Unsent: true}
	standing := adapters.Service{Descriptor: service}
	for i := range service.Methods().Len() {
		method := adapters.Method{Name: service.Methods().Get(i).Name()}
		if service.Methods().Get(i).IsStreamingServer() {
			method.Stream = func(context.Context, proto.Message, func(proto.Message) error) error { return unavailable }
		} else {
			method.Unary = func(context.Context, proto.Message) (proto.Message, error) { return nil, unavailable }
		}
		standing.Methods = append(standing.Methods, method)
	}
	return standing
}

// newBackEnd makes the back end, without opening it. files are those of the directory from before it was read.
func (g *Gateway) newBackEnd(read *estate.Estate, declared *estate.Backend, files files) *backEnd {
	logger := g.telemetry.Logger.With("backend", declared.Name)
	settings := resilience.NewSettings(read.Resilience(declared))
	b := &backEnd{
		declared: declared,
		options: adapters.Options{
			Name:           declared.Name,
			Dir:            filepath.Dir(declared.LockPath),
			DataDir:        filepath.Join(g.dataDir, "backends", declared.Name),
			Store:          g.store.Space(declared.Name),
			DescribeOnly:   g.options.DescribeOnly,
			Logger:         logger,
			TracerProvider: g.telemetry.TracerProvider,
			MeterProvider:  g.telemetry.MeterProvider,
		},
		guard: resilience.NewGuard(declared.Name, settings, func(cause string, to resilience.State) {
			logger.Warn("breaker changed", "cause", cause, "state", to.String())
		}),
		print:   files.fingerprintOf(read, declared),
		retired: make(chan struct{}),
		failure: errNotOpened,
	}
	if !g.options.DescribeOnly {
		b.jobs = g.jobs.Space(declared.Name)
		b.options.Jobs = b.jobs
	}
	return b
}
