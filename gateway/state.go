package gateway

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/admin"
	"github.com/postern-gateway/postern/gateway/resilience"
	"github.com/postern-gateway/postern/gateway/telemetry"
	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

var _ admin.State = (*Gateway)(nil)

// Backends implements [admin.State].
func (g *Gateway) Backends() []*adminv1.Backend {
	backEnds := g.current.Load().backEnds
	states := make([]*adminv1.Backend, len(backEnds))
	for i, b := range backEnds {
		states[i] = b.state()
	}
	return states
}

// Ready implements [admin.State].
func (g *Gateway) Ready() bool {
	return !g.stopping.Load()
}

func (b *backEnd) state() *adminv1.Backend {
	status := b.guard.Status()
	state := &adminv1.Backend{
		Name:  b.declared.Name,
		Kind:  b.declared.Adapter.Kind(),
		State: adminv1.BackendState_BACKEND_STATE_AVAILABLE,
		Breaker: &adminv1.Breaker{
			State:     breakerStates[status.State],
			Calls:     status.Calls,
			Failures:  status.Failures,
			Slow:      status.Slow,
			ChangedAt: timestamppb.New(status.ChangedAt),
			Cause:     status.Cause,
		},
		InFlight: status.InFlight,
	}
	_, state.Batch = b.current().(adapters.Operated)
	if !status.RetryAt.IsZero() {
		state.Breaker.RetryAt = timestamppb.New(status.RetryAt)
	}
	if reason := b.reason(); reason != nil {
		state.State, state.Detail = adminv1.BackendState_BACKEND_STATE_UNAVAILABLE, reason.Error()
	} else if ill := b.illness(); ill != nil {
		state.State, state.Detail = adminv1.BackendState_BACKEND_STATE_FAILING, ill.Error()
	}
	services, _ := b.services()
	for _, service := range services {
		state.Services = append(state.Services, string(service.Descriptor.FullName()))
	}
	return state
}

var breakerStates = map[resilience.State]adminv1.BreakerState{
	resilience.Closed:   adminv1.BreakerState_BREAKER_STATE_CLOSED,
	resilience.HalfOpen: adminv1.BreakerState_BREAKER_STATE_HALF_OPEN,
	resilience.Open:     adminv1.BreakerState_BREAKER_STATE_OPEN,
}

// observe publishes the back ends' state as metrics, read whenever the metrics are.
func (g *Gateway) observe() error {
	meter := g.telemetry.MeterProvider.Meter(telemetry.Scope)
	up, err := meter.Int64ObservableGauge("postern.backend.up", metric.WithDescription("1 while the back end is there, and was well when last checked."))
	if err != nil {
		return fmt.Errorf("making the back ends' metrics: %w", err)
	}
	breaker, err := meter.Int64ObservableGauge("postern.backend.breaker.state", metric.WithDescription("0 closed, 1 half open, 2 open."))
	if err != nil {
		return fmt.Errorf("making the back ends' metrics: %w", err)
	}
	inFlight, err := meter.Int64ObservableGauge("postern.backend.calls.active", metric.WithUnit("{call}"), metric.WithDescription("Calls under way."))
	if err != nil {
		return fmt.Errorf("making the back ends' metrics: %w", err)
	}
	registration, err := meter.RegisterCallback(func(_ context.Context, observer metric.Observer) error {
		for _, b := range g.current.Load().backEnds {
			name := metric.WithAttributes(attribute.String("postern.backend", b.declared.Name))
			status := b.guard.Status()
			isUp := int64(0)
			if b.current() != nil && b.illness() == nil {
				isUp = 1
			}
			observer.ObserveInt64(up, isUp, name)
			observer.ObserveInt64(breaker, int64(status.State), name)
			observer.ObserveInt64(inFlight, int64(status.InFlight), name)
		}
		return nil
	}, up, breaker, inFlight)
	if err != nil {
		return fmt.Errorf("making the back ends' metrics: %w", err)
	}
	g.unobserve = registration.Unregister
	return nil
}
