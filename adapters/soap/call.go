package soap

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/xmltoken"
)

// call answers one call of an operation.
func (b *backend) call(ctx context.Context, operation *mappedOperation, request proto.Message) (proto.Message, error) {
	body, err := operation.input.Encode(request)
	if err != nil {
		return nil, err
	}
	envelope := writeEnvelope(operation.version, b.transport.credentials.header(time.Now()), body)
	reply, err := b.transport.send(ctx, operation, envelope)
	if err != nil {
		return nil, err
	}
	return b.read(ctx, operation, reply)
}

// read turns what came over HTTP into a message or an error.
func (b *backend) read(ctx context.Context, operation *mappedOperation, reply *reply) (proto.Message, error) {
	success := reply.status >= 200 && reply.status < 300
	if operation.output == nil && success && !holdsFault(reply) {
		return &emptypb.Empty{}, nil
	}
	text, err := xmltoken.ToUTF8(reply.body, reply.charset)
	if err != nil {
		if !success {
			return nil, statusError(reply)
		}
		return nil, unreadableReply(err)
	}
	tokens := xmltoken.NewReader(text, xmltoken.Options{})
	fault, err := openBody(tokens)
	switch {
	case fault != nil:
		return nil, faultError(fault, b.faults, operation.operation.Faults, reply.header)
	case !success:
		return nil, statusError(reply)
	case err != nil:
		return nil, unreadableReply(err)
	}
	message, report, err := operation.output.Decode(tokens, codec.ReadOptions{Context: ctx})
	if err != nil {
		return nil, unreadableReply(err)
	}
	if report.Unexpected > 0 {
		b.logger.LogAttrs(ctx, slog.LevelDebug, "the reply holds elements that the WSDL does not know",
			slog.String("operation", operation.operation.Name), slog.Int("elements", report.Unexpected))
	}
	return message, nil
}

// holdsFault reports whether a reply holds a fault, whatever its status.
func holdsFault(reply *reply) bool {
	text, err := xmltoken.ToUTF8(reply.body, reply.charset)
	if err != nil {
		return false
	}
	fault, err := openBody(xmltoken.NewReader(text, xmltoken.Options{}))
	return err == nil && fault != nil
}

// handler is the method's answer for the gateway.
func (b *backend) handler(operation *mappedOperation) adapters.UnaryHandler {
	if !isAddress(operation.endpoint) {
		return func(context.Context, proto.Message) (proto.Message, error) { return nil, errNoEndpoint() }
	}
	return func(ctx context.Context, request proto.Message) (proto.Message, error) {
		return b.call(ctx, operation, request)
	}
}
