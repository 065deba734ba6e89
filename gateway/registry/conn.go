package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/postern-gateway/postern/adapters"
)

// A Conn calls the methods of a registry in the same process. It implements grpc.ClientConnInterface, but passes messages as they are:
// nothing is serialised, unless caller and handler use different Go types for one message.
//
// A call sees the caller's context as it is: deadline, span, and the [adapters.Reply] that the caller put there to learn what an answer says
// beside its message.
type Conn struct {
	registry atomic.Pointer[Registry]
}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// Use makes the connection call the registry. Until then every call is Unavailable.
func (c *Conn) Use(registry *Registry) { c.registry.Store(registry) }

// Invoke calls a unary method by its full name. request is a proto.Message of the method's input. reply is either a *proto.Message, which is set to the
// very message that the handler returned, and which the caller must only read; or a proto.Message, into which it is
// copied. Call options are not used.
func (c *Conn) Invoke(ctx context.Context, fullName string, request, reply any, _ ...grpc.CallOption) error {
	method, message, err := c.prepare(fullName, request)
	if err != nil {
		return err
	}
	if method.Unary == nil {
		return adapters.Errorf(codes.Unimplemented, "", "%s streams its replies", fullName)
	}
	result, err := method.Unary(ctx, message)
	if err != nil {
		return err
	}
	return deliver(result, reply)
}

// Call invokes a unary method on a connection and returns the handler's own reply, where the connection is a [Conn].
func Call(ctx context.Context, conn grpc.ClientConnInterface, fullName string, request proto.Message) (proto.Message, error) {
	var reply proto.Message
	if err := conn.Invoke(ctx, fullName, request, &reply); err != nil {
		return nil, err
	}
	return reply, nil
}

// NewStream starts a call of a server-streaming method by its full name. The request is sent with SendMsg, then CloseSend; RecvMsg takes the same replies as Invoke and
// returns io.EOF after the last. The handler runs in a goroutine that ends when the stream has been read to its end or ctx ends: a caller
// that stops early must end ctx.
func (c *Conn) NewStream(ctx context.Context, _ *grpc.StreamDesc, fullName string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return &stream{ctx: ctx, conn: c, fullName: fullName, messages: make(chan proto.Message), done: make(chan struct{})}, nil
}

// prepare finds the method, and makes the request the type that its handler wants.
func (c *Conn) prepare(fullName string, request any) (*Method, proto.Message, error) {
	registry := c.registry.Load()
	if registry == nil {
		return nil, nil, &adapters.Error{Code: codes.Unavailable, Cause: errors.New("no estate is in force yet")}
	}
	method, ok := registry.Method(fullName)
	if !ok {
		return nil, nil, &adapters.Error{Code: codes.Unimplemented, Cause: fmt.Errorf("there is no method %s", fullName)}
	}
	message, ok := request.(proto.Message)
	if !ok {
		return nil, nil, &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("request of %s is a %T, not a proto.Message", fullName, request)}
	}
	reflected := message.ProtoReflect()
	if method.isDynamic && reflected.Descriptor() == method.Descriptor.Input() || reflected.Type() == method.Input {
		return method, message, nil
	}
	converted := method.Input.New().Interface()
	if err := convert(message, converted); err != nil {
		return nil, nil, &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("converting the request of %s: %w", fullName, err)}
	}
	return method, converted, nil
}

func deliver(result proto.Message, reply any) error {
	switch reply := reply.(type) {
	case *proto.Message:
		*reply = result
		return nil
	case proto.Message:
		if err := convert(result, reply); err != nil {
			return &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("copying a reply: %w", err)}
		}
		return nil
	default:
		return &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("a reply is a %T, not a proto.Message", reply)}
	}
}

// convert copies a message into an empty one of another Go type, or of the same.
func convert(from, to proto.Message) error {
	if from.ProtoReflect().Descriptor() == to.ProtoReflect().Descriptor() {
		proto.Merge(to, from)
		return nil
	}
	wire, err := proto.Marshal(from)
	if err != nil {
		return err
	}
	return proto.Unmarshal(wire, to)
}

// stream is the caller's side of a server-streaming call. SendMsg, CloseSend and RecvMsg are called by one goroutine, as in gRPC.
type stream struct {
	ctx      context.Context //nolint:containedctx // grpc.ClientStream returns it from Context
	conn     *Conn
	fullName string
	messages chan proto.Message
	done     chan struct{}
	err      error // of the handler; set before done is closed
}

func (s *stream) SendMsg(request any) error {
	method, message, err := s.conn.prepare(s.fullName, request)
	if err != nil {
		return err
	}
	if method.Stream == nil {
		return adapters.Errorf(codes.Unimplemented, "", "%s gives one reply", s.fullName)
	}
	go func() {
		defer close(s.done)
		s.err = method.Stream(s.ctx, message, s.offer)
	}()
	return nil
}

func (s *stream) offer(message proto.Message) error {
	select {
	case s.messages <- message:
		return nil
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
}

// RecvMsg waits for the handler, which returns soon after the context has ended.
func (s *stream) RecvMsg(reply any) error {
	select {
	case message := <-s.messages:
		return deliver(message, reply)
	case <-s.done:
		if s.err != nil {
			return s.err
		}
		return io.EOF
	}
}

func (s *stream) CloseSend() error             { return nil }
func (s *stream) Context() context.Context     { return s.ctx }
func (s *stream) Header() (metadata.MD, error) { return metadata.MD{}, nil }
func (s *stream) Trailer() metadata.MD         { return metadata.MD{} }

func isDynamic(t protoreflect.MessageType) bool {
	_, ok := t.Zero().Interface().(*dynamicpb.Message)
	return ok
}

// Stream calls a server-streaming method on a connection, and hands each reply on as it comes. It returns once the handler has. Where the connection is a
// [Conn], the handler runs in the caller's goroutine, and send is called by it: so no reply waits for another goroutine, and the handler for send.
func Stream(ctx context.Context, conn grpc.ClientConnInterface, fullName string, request proto.Message, send func(proto.Message) error) error {
	if direct, ok := conn.(*Conn); ok {
		method, message, err := direct.prepare(fullName, request)
		switch {
		case err != nil:
			return err
		case method.Stream == nil:
			return adapters.Errorf(codes.Unimplemented, "", "%s gives one reply", fullName)
		default:
			return method.Stream(ctx, message, send)
		}
	}
	receive, stop, err := StartStream(ctx, conn, fullName, request)
	if err != nil {
		return err
	}
	defer stop()
	for {
		reply, err := receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := send(reply); err != nil {
			return err
		}
	}
}

// StartStream calls a server-streaming method on a connection, for callers that take its replies one by one: receive returns the next, and io.EOF
// after the last. stop ends the call, wherever it is, and returns once the handler has; it must be called.
func StartStream(ctx context.Context, conn grpc.ClientConnInterface, fullName string, request proto.Message) (receive func() (proto.Message, error), stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, fullName)
	if err == nil {
		err = stream.SendMsg(request)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	if err != nil {
		cancel()
		return nil, nil, err
	}
	receive = func() (proto.Message, error) {
		var reply proto.Message
		err := stream.RecvMsg(&reply)
		if err == nil && reply == nil {
			err = &adapters.Error{Code: codes.Internal, Cause: fmt.Errorf("%s sent no message", fullName)}
		}
		return reply, err
	}
	stop = func() {
		cancel()
		for { // what the handler still sends, until it has noticed
			if err := stream.RecvMsg(new(proto.Message)); err != nil {
				return
			}
		}
	}
	return receive, stop, nil
}
