package rest

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ReadRequest makes a request message of JSON as a route does whose body is the whole request, for callers that come by another way than HTTP. The
// error is one of package adapters: InvalidArgument, with every mistake of the body by field path.
func ReadRequest(input protoreflect.MessageType, body []byte, resolver Resolver) (proto.Message, error) {
	return (&endpoint{input: input, codec: newCodec(resolver)}).bind(body, nil, "")
}
