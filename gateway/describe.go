package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/diagnostic"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
	"github.com/postern-gateway/postern/gateway/rest"
)

// A Description is what an estate would serve.
type Description struct {
	// Backends are in order of name.
	Backends []DescribedBackend
	// Published are the API versions, contracts first.
	Published []rest.Published
	// Services are all services, published or not.
	Services []registry.Declaration
}

// A DescribedBackend is one back end, as its lock or its legacy system describes it.
type DescribedBackend struct {
	Name, Kind string
	// Declared is what the estate says of it.
	Declared *estate.Backend
	// Opened is the back end itself, closed by now, so that only what it says of itself can be asked for; nil if it stands from its lock file.
	Opened adapters.Backend
	// Services are its mirrored services.
	Services []protoreflect.ServiceDescriptor
	// Notes say what of the legacy system is not offered, and why.
	Notes []string
	// Drift says in words how the legacy system differs from the lock file. It is only known after connecting.
	Drift []string
}

// Describe does everything that serving does short of listening, and changes nothing but lock files. Mistakes are a [diagnostic.List].
//
// A back end with a lock file is taken from there. If connect is true, all back ends are opened instead, one that cannot be
// reached is a mistake, and the lock files are written where they are missing or differ.
func Describe(ctx context.Context, options Options, connect bool) (*Description, error) {
	options.DescribeOnly = true
	if !connect {
		options.Open = func(declared *estate.Backend) bool { return len(declared.Locked) == 0 }
	}
	g, err := Open(ctx, options)
	if err != nil {
		return nil, err
	}
	described, err := g.describe(connect)
	return described, errors.Join(err, g.Close())
}

func (g *Gateway) describe(connect bool) (*Description, error) {
	inForce := g.current.Load()
	description := &Description{Published: inForce.published, Services: inForce.registry.Services()}
	var found diagnostic.List
	for _, b := range inForce.backEnds {
		if reason := b.reason(); connect && reason != nil {
			found.Add(b.declared.Source.At("", "the legacy system cannot be reached: %v", reason))
			continue
		}
		described := b.describe()
		if connect {
			described.Drift = drift(b.declared, described.Services)
		}
		description.Backends = append(description.Backends, described)
	}
	for _, described := range description.Backends {
		if !connect || len(found) > 0 && len(described.Drift) > 0 {
			continue // a drift that nobody is told now must be found again
		}
		if err := writeLock(described.Declared, described); err != nil {
			return nil, err
		}
	}
	return description, found.Err()
}

// drift compares an open back end with its lock; nil if it has none.
func drift(declared *estate.Backend, current []protoreflect.ServiceDescriptor) []string {
	if len(declared.Locked) == 0 {
		return nil
	}
	var locked []protoreflect.ServiceDescriptor
	for _, file := range declared.Locked {
		for i := range file.Services().Len() {
			locked = append(locked, file.Services().Get(i))
		}
	}
	return estate.Drift(locked, current)
}

// Lock opens one back end of the estate to describe it, and writes its lock file, if it has none or has drifted from it. It is what an import does last.
func Lock(ctx context.Context, options Options, name string) (*DescribedBackend, error) {
	options.DescribeOnly = true
	read, err := estate.Read(ctx, options.Estate, options.Adapters)
	if err != nil {
		return nil, err
	}
	g := &Gateway{options: options, telemetry: options.Telemetry}
	described, err := g.lock(ctx, read, name)
	return described, errors.Join(err, g.Close())
}

func (g *Gateway) lock(ctx context.Context, read *estate.Estate, name string) (*DescribedBackend, error) {
	at := slices.IndexFunc(read.Backends, func(declared *estate.Backend) bool { return declared.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("the estate has no back end %s", name)
	}
	if err := g.openState(ctx, read); err != nil {
		return nil, err
	}
	declared := read.Backends[at]
	b := g.newBackEnd(read, declared, nil)
	g.current.Store(&generation{estate: read, backEnds: []*backEnd{b}})
	if mistakes := b.open(ctx); len(mistakes) > 0 {
		return nil, mistakes.Err()
	}
	if reason := b.reason(); reason != nil {
		return nil, reason
	}
	described := b.describe()
	described.Drift = drift(declared, described.Services)
	return &described, writeLock(declared, described)
}

// describe says what the back end offers, and what it leaves out.
func (b *backEnd) describe() DescribedBackend {
	described := DescribedBackend{Name: b.declared.Name, Kind: b.declared.Adapter.Kind(), Declared: b.declared, Opened: b.current()}
	offered, _ := b.services()
	for _, service := range offered {
		described.Services = append(described.Services, service.Descriptor)
	}
	if noter, ok := described.Opened.(adapters.Noter); ok {
		described.Notes = noter.Notes()
	}
	return described
}

// writeLock writes the lock file if it is missing, or says something else.
func writeLock(declared *estate.Backend, described DescribedBackend) error {
	if len(declared.Locked) > 0 && len(described.Drift) == 0 {
		return nil
	}
	var files []protoreflect.FileDescriptor
	seen := make(map[string]bool)
	for _, service := range described.Services {
		if file := service.ParentFile(); !seen[file.Path()] {
			seen[file.Path()] = true
			files = append(files, file)
		}
	}
	return estate.WriteLock(declared.LockPath, files)
}
