package soap

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/postern-gateway/postern/adapters"
	"github.com/postern-gateway/postern/adapters/soap/codec"
	"github.com/postern-gateway/postern/adapters/soap/transport"
)

// handler is the method's answer for the gateway.
func (b *backend) handler(o *mappedOperation) adapters.UnaryHandler {
	switch {
	case o.refusal != nil:
		return func(context.Context, proto.Message) (proto.Message, error) { return nil, o.refusal }
	case !isAddress(o.endpoint):
		return func(context.Context, proto.Message) (proto.Message, error) { return nil, errNoEndpoint() }
	}
	return func(ctx context.Context, message proto.Message) (proto.Message, error) {
		return b.call(ctx, o, message)
	}
}

// call answers one call: this is the request path.
func (b *backend) call(ctx context.Context, o *mappedOperation, message proto.Message) (proto.Message, error) {
	request, messageID, err := b.request(ctx, o, message)
	if err != nil {
		return nil, err
	}
	reply, err := b.transport.Send(ctx, *request)
	if err != nil {
		return nil, err
	}
	defer reply.Release()
	return b.read(ctx, o, reply, messageID)
}

// request makes of a message what is sent: the envelope with its header blocks, protected if that is demanded, and with MIME parts beside it.
func (b *backend) request(ctx context.Context, o *mappedOperation, message proto.Message) (*transport.Request, string, error) {
	body, err := o.input.EncodeWith(message, o.writing)
	if err != nil {
		return nil, "", err
	}
	messageID := ""
	if o.addressing != nil {
		if messageID, err = newMessageID(); err != nil {
			return nil, "", unsendable(err)
		}
	}
	envelope, err := b.writeEnvelope(ctx, o, body, messageID)
	if err != nil {
		return nil, "", err
	}
	attachments := body.Attachments()
	if b.security.Protects() {
		if envelope, attachments, err = b.protect(ctx, envelope, attachments); err != nil {
			return nil, "", unsendable(err)
		}
	}
	request := &transport.Request{
		Endpoint: o.endpoint, Version: string(o.version), Action: o.operation.Action, Body: envelope, Operation: o.operation.Name, Wire: wireOf(ctx),
	}
	if request.Wire != nil {
		request.Shown = b.masked(envelope)
	}
	if len(attachments) > 0 || o.writing.MTOM {
		return request, messageID, attach(request, o, attachments)
	}
	return request, messageID, nil
}

// read makes of what came over HTTP a message or an error.
func (b *backend) read(ctx context.Context, o *mappedOperation, reply *transport.Reply, messageID string) (proto.Message, error) {
	message, report, err := b.answer(ctx, o, reply, messageID)
	success := reply.Status >= 200 && reply.Status < 300
	var refused *fault
	switch {
	case errors.As(err, &refused):
		return nil, b.faultError(refused, o, reply.Header)
	case !success:
		return nil, statusError(reply, err)
	case o.output == nil:
		return &emptypb.Empty{}, nil // success is all that a one-way operation has to say
	case err != nil:
		return nil, unreadableReply(ctx, reply.ContentType, err)
	}
	b.logReport(ctx, o, report)
	return message, nil
}

// answer reads the message in a reply: out of its MIME parts, verified and decrypted, out of its envelope. A [fault] is an error.
func (b *backend) answer(ctx context.Context, o *mappedOperation, reply *transport.Reply, messageID string) (proto.Message, codec.ReadReport, error) {
	d, err := unpack(reply)
	if err != nil {
		return nil, codec.ReadReport{}, err
	}
	if b.security.Opens() {
		if d.text, err = b.security.Open(ctx, d.text, d.find(), time.Now()); err != nil {
			return nil, codec.ReadReport{}, err
		}
	}
	if o.addressing != nil && !answers(relatesTo(d.text), messageID) {
		return nil, codec.ReadReport{}, errOtherReply
	}
	return b.readEnvelope(ctx, o, d)
}

// logReport tells the log how a reply differs from what the WSDL says. Values that are left out are worth a warning: the caller does not get them.
func (b *backend) logReport(ctx context.Context, o *mappedOperation, report codec.ReadReport) {
	if report.Unexpected == 0 && report.LeftOut == 0 && report.Cycles == 0 {
		return
	}
	level := slog.LevelDebug
	if report.LeftOut > 0 {
		level = slog.LevelWarn
	}
	b.logger.LogAttrs(ctx, level, "the reply is not as the WSDL has it", slog.String("operation", o.operation.Name),
		slog.Int("unexpected_elements", report.Unexpected), slog.Int("left_out", report.LeftOut), slog.Int("cycles", report.Cycles),
		slog.Any("problems", errors.Join(report.Problems...)))
}

// unsendable is for a request that cannot be made, through no fault of its caller.
func unsendable(err error) error {
	var known *adapters.Error
	if errors.As(err, &known) {
		return err
	}
	return &adapters.Error{Code: codes.Internal, Unsent: true, Cause: err}
}
