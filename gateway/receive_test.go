package gateway

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/postern-gateway/postern/adapters"
)

// rawStream is a stream whose caller sent these bytes.
type rawStream struct {
	grpc.ServerStream
	sent []byte
}

func (s rawStream) RecvMsg(message any) error {
	return proto.Unmarshal(s.sent, message.(proto.Message))
}

// protobuf panics on a map entry with a second key of another wire type.
func TestRequestsThatProtobufPanicsOn(t *testing.T) {
	t.Parallel()
	request := dynamicpb.NewMessage((&structpb.Struct{}).ProtoReflect().Descriptor())
	err := receive(rawStream{sent: []byte{0x0A, 5, 0x0A, 1, 'a', 0x08, 1}}, request)
	var refused *adapters.Error
	if !errors.As(err, &refused) || refused.Code != codes.InvalidArgument {
		t.Errorf("got %v", err)
	}
}

func TestHeadersOfGRPCCallers(t *testing.T) {
	t.Parallel()
	header := headerOf(metadata.NewIncomingContext(context.Background(), metadata.Pairs("x-tenant", "a", "x-tenant", "b")))
	if got := header("X-Tenant"); len(got) != 2 || got[1] != "b" || header("other") != nil {
		t.Errorf("got %v", got)
	}
}
