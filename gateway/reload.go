package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/estate"
	"github.com/postern-gateway/postern/gateway/registry"
)

// An exchange is one change of the estate in force: which back ends stay as they are, which come in, and which go. A back end whose part of the
// directory has changed is one that goes and one that comes in.
type exchange struct {
	estate   *estate.Estate
	backEnds []*backEnd // all that are to be in force, in order of name
	arriving []*backEnd // those of them that are new
	leaving  []*backEnd
}

// reload reads the directory again and puts it in force, without refusing a call that comes meanwhile. If anything is wrong with
// it, nothing changes, and the error says what.
//
// A back end may hold what only one can hold (a queue, a port, files on their way), so of two of one name the old one is closed before the new one is opened. In
// between the new one's methods are there already, and calls wait. It goes in four steps:
//
//  1. What comes in is tried, and changes nothing: it is opened to be described, and the estate is compiled against it.
//  2. The new estate is put in force, with those back ends awaited. Calls that came before end on the old one.
//  3. When the last of them has ended, the back ends that leave are closed, and those that come in are opened.
//  4. They are put in force, and the calls that wait go on.
//
// files are those of the directory, taken before: what changes while it is read is then seen as a change after it.
func (g *Gateway) reload(ctx context.Context, files files) error {
	g.change.Lock()
	defer g.change.Unlock()
	read, err := estate.Read(ctx, g.options.Estate, g.options.Adapters)
	if err != nil {
		return err
	}
	before := g.current.Load()
	change := g.compare(before, read, files)
	if err := g.await(ctx, change); err != nil {
		return err
	}
	interim, err := g.build(read, change.backEnds)
	if err != nil {
		return err
	}
	g.putInForce(interim)

	if len(change.leaving) > 0 {
		g.finishCalls(ctx, before.maxExchange())
	}
	var group sync.WaitGroup
	for _, b := range change.leaving {
		group.Go(b.retire)
	}
	group.Wait()
	return g.admit(ctx, change)
}

// finishCalls waits for the calls under way, but not longer than one may take, or than the servers wait for it once ctx has ended.
func (g *Gateway) finishCalls(ctx context.Context, longest time.Duration) {
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-waiting.Done():
		case <-time.After(g.shutdownGrace() + cutOffTime):
			cancel()
		}
	})
	defer stop()
	g.drain(waiting)
}

var errReplaced = errors.New("the estate has changed, and it is no longer part of it")

// compare says how to get from the generation in force to the estate that was read.
func (g *Gateway) compare(before *generation, read *estate.Estate, files files) *exchange {
	change := &exchange{estate: read}
	known := make(map[string]*backEnd)
	for _, b := range before.backEnds {
		known[b.declared.Name] = b
	}
	for _, declared := range read.Backends {
		b := known[declared.Name]
		if b == nil || b.print != files.fingerprintOf(read, declared) {
			b = g.newBackEnd(read, declared, files)
			change.arriving = append(change.arriving, b)
		} else {
			delete(known, declared.Name)
		}
		change.backEnds = append(change.backEnds, b)
	}
	for _, b := range before.backEnds {
		if known[b.declared.Name] == b {
			change.leaving = append(change.leaving, b)
		}
	}
	return change
}

// await describes what comes in, and makes its services wait for it.
func (g *Gateway) await(ctx context.Context, change *exchange) error {
	if len(change.arriving) == 0 {
		return nil
	}
	trial := &Gateway{options: g.options, telemetry: g.telemetry, health: newHealth()}
	trial.options.DescribeOnly = true
	described, err := trial.try(ctx, change)
	if closing := trial.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	for i, b := range change.arriving {
		b.awaited = &arrival{described: described[i], done: make(chan struct{})}
	}
	return nil
}

// try opens what comes in to be described, and returns the services of each.
func (g *Gateway) try(ctx context.Context, change *exchange) ([][]protoreflect.ServiceDescriptor, error) {
	if err := g.openState(ctx, change.estate); err != nil {
		return nil, err
	}
	var tried []*backEnd
	for _, b := range change.arriving {
		tried = append(tried, g.newBackEnd(change.estate, b.declared, nil))
	}
	g.current.Store(&generation{estate: change.estate, backEnds: tried})
	if err := g.openBackEnds(ctx, tried); err != nil {
		return nil, err
	}
	described := make([][]protoreflect.ServiceDescriptor, len(tried))
	for i, b := range tried {
		described[i] = b.describe().Services
	}
	return described, nil
}

// admit opens what comes in, puts it in force, and lets the calls go on that have waited for it. What does not fit after all is closed again.
func (g *Gateway) admit(ctx context.Context, change *exchange) error {
	err := g.openBackEnds(ctx, change.arriving)
	var arrived []*arrival
	for _, b := range change.arriving {
		b.mu.Lock()
		arrived = append(arrived, b.awaited)
		b.awaited = nil
		b.mu.Unlock()
	}
	next, building := g.build(change.estate, change.backEnds)
	if building == nil {
		g.putInForce(next)
	}
	for _, a := range arrived {
		a.next, a.failed = next, building
		close(a.done)
	}
	if building != nil {
		for _, b := range change.arriving {
			err = errors.Join(err, b.withdraw(building))
		}
	}
	return errors.Join(building, err)
}

// arrival is a back end on its way in. Calls to it wait until it is there, and then go to the generation that it is in. That one is not left before
// the one of the calls that waited, because former generations end together.
type arrival struct {
	described []protoreflect.ServiceDescriptor
	done      chan struct{}
	next      *generation // that it is in; set before done is closed
	failed    error       // why it did not come in; the same
}

// services returns services that wait.
func (a *arrival) services() []adapters.Service {
	var waiting []adapters.Service
	for _, descriptor := range a.described {
		service := adapters.Service{Descriptor: descriptor}
		for i := range descriptor.Methods().Len() {
			service.Methods = append(service.Methods, a.method(descriptor.Methods().Get(i)))
		}
		waiting = append(waiting, service)
	}
	return waiting
}

func (a *arrival) method(descriptor protoreflect.MethodDescriptor) adapters.Method {
	name := registry.FullName(descriptor)
	if descriptor.IsStreamingServer() {
		return adapters.Method{Name: descriptor.Name(), Stream: func(ctx context.Context, request proto.Message, send func(proto.Message) error) error {
			if err := a.wait(ctx); err != nil {
				return err
			}
			return registry.Stream(ctx, a.next.conn, name, request, send)
		}}
	}
	return adapters.Method{Name: descriptor.Name(), Unary: func(ctx context.Context, request proto.Message) (proto.Message, error) {
		if err := a.wait(ctx); err != nil {
			return nil, err
		}
		return registry.Call(ctx, a.next.conn, name, request)
	}}
}

func (a *arrival) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return adapters.FromContext(ctx.Err())
	case <-a.done:
	}
	if a.failed != nil {
		return &adapters.Error{Code: codes.Unavailable, Reason: ReasonUnavailable, Unsent: true, Cause: fmt.Errorf("taking the back end's changes over: %w", a.failed)}
	}
	return nil
}
