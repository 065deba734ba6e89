package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"

	adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"
)

// A State is what the admin listener tells of the gateway. Its methods may be called concurrently.
type State interface {
	// Backends returns every back end as it is now, in order of name.
	Backends() []*adminv1.Backend
	// Operate calls do with what answers for the files of a back end, which stays open meanwhile. Where there is none, it returns an [adapters.Error]: NotFound
	// for a back end that is not in the estate, Unavailable for one that is not open, Unimplemented for one without files.
	Operate(ctx context.Context, backend string, do func(context.Context, adminv1.BatchServiceServer) error) error
	// Ready reports whether the gateway takes calls: an estate is in force, and it is not shutting down.
	Ready() bool
}

// Options say what is served.
type Options struct {
	State State
	// Metrics serves /metrics.
	Metrics http.Handler
	// Handlers are further handlers, by the pattern of http.ServeMux.
	Handlers map[string]http.Handler
}

// NewHandler returns the handler of the admin listener. The context bounds the registration only.
func NewHandler(ctx context.Context, options Options) (http.Handler, error) {
	api := runtime.NewServeMux()
	if err := adminv1.RegisterAdminServiceHandlerServer(ctx, api, &service{state: options.State}); err != nil {
		return nil, fmt.Errorf("registering the admin API: %w", err)
	}
	if err := adminv1.RegisterBatchServiceHandlerServer(ctx, api, &batchService{state: options.State}); err != nil {
		return nil, fmt.Errorf("registering the admin API of batch files: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, readiness{Status: "live"}) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { writeReadiness(w, options.State) })
	mux.Handle("GET /metrics", options.Metrics)
	mux.Handle("/admin/", http.NewCrossOriginProtection().Handler(api))
	for pattern, handler := range options.Handlers {
		mux.Handle(pattern, handler)
	}
	return mux, nil
}

// service implements the admin API.
type service struct {
	adminv1.UnimplementedAdminServiceServer
	state State
}

// ListBackends implements [adminv1.AdminServiceServer].
func (s *service) ListBackends(context.Context, *adminv1.ListBackendsRequest) (*adminv1.ListBackendsResponse, error) {
	return &adminv1.ListBackendsResponse{Backends: s.state.Backends()}, nil
}

// readiness is the answer of /livez and /readyz.
type readiness struct {
	// Status is live; or ready, degraded (ready, with back ends missing or failing) or stopping.
	Status string `json:"status"`
	// Missing are the back ends that could not be reached yet, and Failing those that were ill when last checked or that their breaker
	// keeps from being called.
	Missing []string `json:"missing,omitempty"`
	Failing []string `json:"failing,omitempty"`
}

func writeReadiness(w http.ResponseWriter, state State) {
	answer := readiness{Status: "ready"}
	for _, backend := range state.Backends() {
		switch {
		case backend.GetState() == adminv1.BackendState_BACKEND_STATE_UNAVAILABLE:
			answer.Missing = append(answer.Missing, backend.GetName())
		case backend.GetState() == adminv1.BackendState_BACKEND_STATE_FAILING,
			backend.GetBreaker().GetState() == adminv1.BreakerState_BREAKER_STATE_OPEN:
			answer.Failing = append(answer.Failing, backend.GetName())
		default:
			continue
		}
		answer.Status = "degraded"
	}
	if !state.Ready() {
		answer.Status = "stopping"
		write(w, http.StatusServiceUnavailable, answer)
		return
	}
	write(w, http.StatusOK, answer)
}

func write(w http.ResponseWriter, status int, answer readiness) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a prober that is gone needs no answer
}
