package gateway

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpchealth "google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/gateway/condition"
	"github.com/postern-gateway/postern/gateway/fault"
	"github.com/postern-gateway/postern/gateway/idempotency"
	"github.com/postern-gateway/postern/gateway/registry"
)

const (
	// keepaliveTime is after how long a silent connection is asked whether it is still there, and keepaliveTimeout how long it may take to answer.
	keepaliveTime    = time.Minute
	keepaliveTimeout = 20 * time.Second
	// maxStreams is how many calls one connection may have under way.
	maxStreams = 1000
)

// newGRPCServer makes the gRPC server over whatever generation is in force at each call. grpc-go takes no service once it serves, so all our
// services are unknown to it: they come through its UnknownServiceHandler, and are described by a reflection service of the generation.
func (g *Gateway) newGRPCServer() *grpc.Server {
	server := grpc.NewServer(
		grpc.UnknownServiceHandler(g.serveGRPC),
		grpc.MaxRecvMsgSize(int(g.current.Load().estate.Gateway.GetLimits().GetMaxRequestBytes())), //nolint:gosec // at most 1 GiB by its rule
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.StatsHandler(otelgrpc.NewServerHandler(
			otelgrpc.WithTracerProvider(g.telemetry.TracerProvider),
			otelgrpc.WithMeterProvider(g.telemetry.MeterProvider),
			otelgrpc.WithPropagators(g.telemetry.Propagator),
		)),
	)
	healthpb.RegisterHealthServer(server, g.health)
	options := reflection.ServerOptions{Services: &inForce{g, server}, DescriptorResolver: &inForce{g, server}, ExtensionResolver: &inForce{g, server}}
	reflectionv1.RegisterServerReflectionServer(server, reflection.NewServerV1(options))
	reflectionv1alpha.RegisterServerReflectionServer(server, reflection.NewServer(options)) // older clients ask for it
	return server
}

// serveGRPC answers one call of a method of the registry.
func (g *Gateway) serveGRPC(_ any, stream grpc.ServerStream) error {
	inForce := g.enter()
	defer inForce.leave()
	started := time.Now()
	public := fault.Public(g.answerGRPC(inForce, stream))
	name, _ := grpc.MethodFromServerStream(stream)
	g.telemetry.Logger.LogAttrs(stream.Context(), slog.LevelInfo, "request",
		slog.String("method", name),
		slog.String("code", adapters.CodeName(public.Code())),
		slog.Float64("duration_ms", float64(time.Since(started).Microseconds())/microsecondsPerMillisecond),
	)
	return public.Err()
}

func (g *Gateway) answerGRPC(inForce *generation, stream grpc.ServerStream) error {
	name, _ := grpc.MethodFromServerStream(stream)
	method, ok := inForce.registry.Method(name)
	if !ok {
		return &adapters.Error{Code: codes.Unimplemented, Reason: "METHOD_NOT_FOUND", Message: "There is no such method."}
	}
	request := method.Input.New().Interface()
	if err := receive(stream, request); err != nil {
		return err
	}
	said := &adapters.Reply{}
	ctx := adapters.WithCaller(adapters.WithReply(stream.Context(), said), adapters.Caller{Header: headerOf(stream.Context())})
	ctx, err := inForce.underConditions(ctx, method.Descriptor)
	if err != nil {
		return err
	}
	if ctx, err = withKey(ctx, method.Descriptor); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, inForce.maxTimeout())
	defer cancel()
	if method.Stream != nil {
		return g.sendStream(ctx, stream, method, request)
	}
	reply, err := method.Unary(ctx, request)
	if err != nil {
		return err
	}
	if err := stream.SetHeader(replyMetadata(said)); err != nil {
		return err
	}
	return g.send(ctx, stream, reply)
}

// underConditions returns the context of a call with the conditions that its metadata holds. A read is made under none.
func (n *generation) underConditions(ctx context.Context, method protoreflect.MethodDescriptor) (context.Context, error) {
	conditions, there, err := condition.Read(headerOf(ctx), n.conditional[method.FullName()])
	switch {
	case err != nil && registry.OnlyReads(method):
		return ctx, nil
	case err != nil:
		return nil, err
	case there:
		return adapters.WithConditions(ctx, conditions), nil
	default:
		return ctx, nil
	}
}

// withKey returns the context of a call with the idempotency key that its metadata holds, if its method takes one.
func withKey(ctx context.Context, method protoreflect.MethodDescriptor) (context.Context, error) {
	values := headerOf(ctx)(idempotency.Header)
	if len(values) == 0 || !idempotency.Applies(method) {
		return ctx, nil
	}
	key, err := idempotency.ParseKey(values)
	if err != nil {
		return nil, err
	}
	return idempotency.WithKey(ctx, key), nil
}

// receive reads the request. protobuf panics on some bytes that are no message of the type, where messages are dynamic (map entries with a key of another type).
func receive(stream grpc.ServerStream, request proto.Message) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &adapters.Error{Code: codes.InvalidArgument, Reason: "MALFORMED_REQUEST", Message: "The request is no message of the method's type.", Cause: panicked(value)}
		}
	}()
	return stream.RecvMsg(request) // after an error grpc-go has answered already: the request is too large, no message of the type, or not all there
}

// headerOf returns how an adapter asks for what the caller sent in metadata, which has its names in lower case.
func headerOf(ctx context.Context) func(name string) []string {
	return func(name string) []string { return metadata.ValueFromIncomingContext(ctx, name) }
}

// send sends one reply. A message of an adapter's own type is only written here, behind the chain: so a panic ends here too, and what went wrong is logged.
func (g *Gateway) send(ctx context.Context, stream grpc.ServerStream, reply proto.Message) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicked(value)
		}
		if status.Code(err) == codes.Internal { // and not a caller who has left
			g.telemetry.Logger.WarnContext(ctx, "sending a reply", "error", err)
		}
	}()
	return stream.SendMsg(reply)
}

// sendStream hands on the replies of a streaming method. They are sent aside of the handler, because grpc-go waits for a caller who does not read for as
// long as the call is not over: the handler must end with its context, and then the call is over.
func (g *Gateway) sendStream(ctx context.Context, stream grpc.ServerStream, method *registry.Method, request proto.Message) error {
	replies, sent := make(chan proto.Message), make(chan error, 1)
	go func() { sent <- g.sendAll(ctx, stream, replies) }()
	err := method.Stream(ctx, request, func(reply proto.Message) error {
		select {
		case replies <- reply:
			return nil
		case err := <-sent:
			sent <- err // for the end
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(replies)
	select {
	case failed := <-sent:
		return cmp.Or(err, failed)
	case <-ctx.Done():
		return cmp.Or(err, context.Cause(ctx))
	}
}

// sendAll sends what comes until it is closed, or something cannot be sent.
func (g *Gateway) sendAll(ctx context.Context, stream grpc.ServerStream, replies <-chan proto.Message) error {
	for reply := range replies {
		if err := g.send(ctx, stream, reply); err != nil {
			return err
		}
	}
	return nil
}

// replyMetadata says what an answer says beside its message, under the names that REST callers see as headers.
func replyMetadata(said *adapters.Reply) metadata.MD {
	header := metadata.MD{}
	if said.Mock {
		header.Set("postern-mock", "true")
	}
	if said.Replayed {
		header.Set("idempotency-replayed", "true")
	}
	if said.ETag != "" {
		header.Set("etag", `"`+said.ETag+`"`)
	}
	if !said.AsOf.IsZero() {
		header.Set("last-modified", said.AsOf.UTC().Format(http.TimeFormat))
	}
	return header
}

// inForce describes the services in force to the reflection service: those of the registry, and the server's own.
type inForce struct {
	gateway *Gateway
	server  *grpc.Server
}

// GetServiceInfo implements reflection.ServiceInfoProvider. Reflection uses the names only.
func (f *inForce) GetServiceInfo() map[string]grpc.ServiceInfo {
	services := f.server.GetServiceInfo()
	for _, declaration := range f.gateway.Registry().Services() {
		services[string(declaration.Service.FullName())] = grpc.ServiceInfo{}
	}
	return services
}

// FindFileByPath implements protodesc.Resolver.
func (f *inForce) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	return f.gateway.Registry().FindFileByPath(path)
}

// FindDescriptorByName implements protodesc.Resolver.
func (f *inForce) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	return f.gateway.Registry().FindDescriptorByName(name)
}

// FindExtensionByName implements reflection.ExtensionResolver.
func (f *inForce) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	return f.gateway.Registry().FindExtensionByName(name)
}

// FindExtensionByNumber implements reflection.ExtensionResolver.
func (f *inForce) FindExtensionByNumber(message protoreflect.FullName, number protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	return f.gateway.Registry().FindExtensionByNumber(message, number)
}

// RangeExtensionsByMessage implements reflection.ExtensionResolver.
func (f *inForce) RangeExtensionsByMessage(message protoreflect.FullName, yield func(protoreflect.ExtensionType) bool) {
	f.gateway.Registry().RangeExtensionsByMessage(message, yield)
}

// health is the gRPC health service: the server as a whole, and each service by whether its back end is open.
type health struct {
	*grpchealth.Server
	names   map[string]bool // of the services in force; guarded by Gateway.change
	stopped chan struct{}
	stop    func()
}

func newHealth() *health {
	h := &health{Server: grpchealth.NewServer(), stopped: make(chan struct{})}
	h.stop = sync.OnceFunc(func() {
		h.Shutdown()
		close(h.stopped)
	})
	return h
}

// Watch implements healthpb.HealthServer. It ends when the gateway stops: who watches would hold up the end of all calls otherwise.
func (h *health) Watch(request *healthpb.HealthCheckRequest, stream healthpb.Health_WatchServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	go func() {
		select {
		case <-h.stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	return h.Server.Watch(request, &watch{stream, ctx})
}

// watch is a stream that ends with its own context.
type watch struct {
	healthpb.Health_WatchServer
	ctx context.Context //nolint:containedctx // grpc.ServerStream returns it from Context
}

// Context implements grpc.ServerStream.
func (w *watch) Context() context.Context { return w.ctx }

func (h *health) update(inForce *generation) {
	isOpen := make(map[string]bool)
	for _, b := range inForce.backEnds {
		isOpen[b.declared.Name] = b.current() != nil
	}
	names := make(map[string]bool)
	for _, declaration := range inForce.registry.Services() {
		serving := healthpb.HealthCheckResponse_SERVING
		if !declaration.IsContract() && !isOpen[declaration.Owner] {
			serving = healthpb.HealthCheckResponse_NOT_SERVING
		}
		name := string(declaration.Service.FullName())
		names[name] = true
		h.SetServingStatus(name, serving)
	}
	for name := range h.names {
		if !names[name] {
			h.SetServingStatus(name, healthpb.HealthCheckResponse_SERVICE_UNKNOWN)
		}
	}
	h.names = names
}

// stopGRPC lets calls under way finish until ctx ends, and then cuts them off.
func stopGRPC(ctx context.Context, server *grpc.Server) error {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		server.GracefulStop()
	}()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		server.Stop()
		<-stopped
		return errors.New("gRPC calls under way were cut off")
	}
}
