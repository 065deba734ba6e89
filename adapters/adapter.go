package adapters

import (
	"context"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	configv1 "github.com/postern-gateway/postern/proto/postern/config/v1"
)

// An Adapter opens back ends of one kind. It holds no state of its own: one Adapter may open any
// number of back ends, from several goroutines at once.
type Adapter interface {
	// Kind names the adapter in the first key of backends/NAME.yaml. It is the name of the adapter's package.
	Kind() string

	// Config returns a new, empty configuration message, into which the whole of backends/NAME.yaml is
	// decoded strictly and validated by its protovalidate rules.
	Config() Config

	// Open reads what the legacy system says about itself and returns it as a back end.
	//
	// The context bounds opening only: what the back end keeps running afterwards must not depend on it.
	// config was made by Config and is valid by its own rules; the back end may keep it, but not change it.
	//
	// A mistake in the configuration is a [ConfigError]. An [Error] with code Unavailable or DeadlineExceeded says that the
	// legacy system cannot be reached just now: the gateway then serves the services of the lock
	// file as unavailable, and opens again later. After an error nothing is left running.
	Open(ctx context.Context, config Config, options Options) (Backend, error)
}

// A Config is an adapter's configuration message. The three getters are those that protoc-gen-go makes for
// fields of these names; the gateway reads them, and the adapter needs none of them.
type Config interface {
	proto.Message
	GetKind() string
	GetPublish() *configv1.Publish
	GetResilience() *configv1.Resilience
}

// Options is what the gateway lends to a back end for as long as it is open.
type Options struct {
	// Name is the back end's name in the estate: lower case letters, digits and hyphens. The protobuf
	// package of its services is [PackageName] of it.
	Name string
	// Dir is the directory of backends/NAME.yaml. Relative paths in the configuration start there.
	Dir string
	// DataDir is a directory of the back end's own for files that outlive the process. It exists.
	DataDir string
	// Store holds records that outlive the process, in a space of the back end's own.
	Store Store
	// Jobs is work that is done even if the process ends first. It is nil with DescribeOnly.
	Jobs Jobs
	// DescribeOnly is true if the back end is opened only to be described, by a check or an import: Services and Check are
	// called, and no handler. It then changes nothing anywhere, and starts no work in the background.
	DescribeOnly bool
	// Logger is where causes go that no caller may see. It carries the back end's name.
	Logger *slog.Logger
	// TracerProvider and MeterProvider are for spans and metrics of the adapter's own client library. The
	// call's own span is the gateway's, and is in the handler's context.
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider
}

// PackageName returns the protobuf package of the services of the back end of this name: council-tax becomes council_tax.v1.
// In CEL, the back end's messages are named under it.
func PackageName(backend string) string {
	return strings.ReplaceAll(backend, "-", "_") + ".v1"
}

// A Backend is one open legacy system.
type Backend interface {
	// Services returns the mirrored services. The result is the same at every call, and nobody changes it.
	Services() []Service

	// Close ends everything the back end started and waits for it: no goroutine, connection or file stays.
	// The gateway calls it once no handler is running any more. A second call does nothing and returns nil.
	Close() error
}

// A Checker is a [Backend] that can say whether the legacy system answers. Check is cheap, honours its context,
// has no effect on the legacy system, and may run beside handlers. The error is one that a handler could return.
type Checker interface {
	Check(ctx context.Context) error
}

// A Noter is a [Backend] that leaves something of the legacy system out. Notes says in sentences, for people who check an estate, what is not offered, why, and
// where it stands. The result is the same at every call.
type Noter interface {
	Notes() []string
}

// A Drainer is a [Backend] with background work that a caller of `postern serve` may wait for, such as a batch
// file to be read. Drain returns when what was there at the call has been dealt with.
type Drainer interface {
	Drain(ctx context.Context) error
}

// A Service is one mirrored service: what it looks like, and how each of its methods is answered.
type Service struct {
	// Descriptor describes the service. Its file belongs to this load of the back end: it is never
	// registered in protoregistry.GlobalFiles. Method options say what the gateway should know:
	// idempotency_level (a method with NO_SIDE_EFFECTS is read-only), deprecated, and google.api.http
	// with the default route relative to /{api}/{version}. A method without a route is POST
	// /{methodName}, and also GET where it is read-only and its request holds only scalars.
	Descriptor protoreflect.ServiceDescriptor
	// Methods holds exactly one entry for each method of Descriptor.
	Methods []Method
}

// A Method says how one method is answered. Exactly one of Unary and Stream is set, as its descriptor says.
type Method struct {
	// Name is the method's name in the service's descriptor.
	Name protoreflect.Name
	// Input makes the handler's request messages; nil means dynamicpb messages of the descriptor's input.
	// Set it to the generated type if the handler asserts one.
	Input protoreflect.MessageType
	// Unary answers a method with one reply.
	Unary UnaryHandler
	// Stream answers a server-streaming method.
	Stream StreamHandler
}

// A UnaryHandler answers one call with one reply.
//
// Handlers run concurrently. The request has passed the validation rules of its descriptor; the handler may read it until it
// returns, and must not change it. The reply belongs to the gateway from then on, which only reads it; it may be any proto.Message of
// the method's output type: dynamic, generated, or a view of wire bytes that stay untouched. The context
// carries the deadline, the span, and a [Reply] for what an answer says beside its message. A handler returns soon after
// its context ends. An error is best an [Error]; any other becomes code Internal.
type UnaryHandler func(ctx context.Context, request proto.Message) (proto.Message, error)

// A StreamHandler answers one call with any number of replies, in order, by send. It stops at send's first
// error, and returns it. What is said of [UnaryHandler] holds here too; a message belongs to the gateway once it is sent.
type StreamHandler func(ctx context.Context, request proto.Message, send func(proto.Message) error) error
