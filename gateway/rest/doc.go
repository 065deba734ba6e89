// Package rest publishes gRPC services as REST, over the runtime of grpc-gateway. It knows services by their descriptors only.
//
//	published.go  what is published, and the routes that follow from google.api.http rules or, without one, by default
//	template.go   path templates: parsing, order, equivalence
//	match.go      the router: which route a path is of, and the values of its variables
//	handler.go    the handler of one generation of the estate: prefix table, paths, verbs, pages
//	exchange.go   one request and its answer: request id, trace, caching and freshness headers
//	endpoint.go   one route: decode, call, answer
//	location.go   which routes create, and where that is read which they have made
//	stream.go     answers of many replies
//	bind.go       a request message from body, path and query
//	explain.go    what is wrong with a body, field by field
//	parameter.go  which fields path and query give
//	field.go      fields by path, and the nearest name to a wrong one
//	scalar.go     values of path and query
//	request.go    request messages of JSON that came by another way than HTTP
//	codec.go      JSON: proto3 mapping, and the buffers that it is written to
//	accept.go     media types
//	problem.go    errors as application/problem+json
//
// # What callers can rely on
//
// JSON is the proto3 JSON mapping with lowerCamelCase names. Lists, maps and scalars without presence are always there, even when they are empty; an
// optional field, a message or a choice that is not set is absent. A reply of google.protobuf.Empty is 204 with no body. A CreateThing by POST
// whose service has a GetThing of the same reply answers 201, with the address of what it made in Location ([createdAt]). A reply of
// google.longrunning.Operation that is not done is 202, with the operation's address in Location if the API has a route for it. A
// server stream is newline-delimited JSON: {"result": ...} in each line, and {"error": ...} in the last if it fails. A reply waits for others to be sent with, for 10 ms or
// until there are 32 KiB.
//
// Nothing that a caller sends is dropped in silence: an unknown JSON field or query parameter, a value of the wrong
// type, a field given twice or differently in path and body are refused with 400 and a violation each.
//
// # Design
//
// A handler is made for one generation of the estate and never changes; a reload makes a new one and swaps it. There
// is one router to an API version behind a map of prefixes. It tries routes in order of their [compareTemplates], most specific first, and equivalent
// ones are an error.
//
// The router stands for grpc-gateway's mux, which tries all routes of a verb one after the other and copies request and context on the way: a third of what a small GET
// cost. It finds the same, which a fuzz test holds. Of grpc-gateway's runtime the rest is used: statuses, parameters that are messages, field masks.
//
// The router matches the path as it was sent, escaped, with only the escapes of unreserved characters resolved (RFC 3986
// section 6.2.2): it would otherwise take a slash within a value for one between segments. Values are unescaped once, here. As google/api/http.proto
// says, a variable of several segments keeps %2F as it is.
//
// The call goes over a grpc.ClientConnInterface. Where that is a registry.Conn, request and reply are passed as they
// are: nothing is serialised between REST and a handler. Request headers are not copied into gRPC metadata, which nobody in the process
// reads; deadline, span, [adapters.Caller] and [adapters.Reply] travel in the context. Replies are written by package wirejson.
//
// A body that does not fit is decoded a second time to find all its mistakes with their paths, since protojson stops at the first and names no
// path. Only bad requests pay for that.
//
// HTTP status codes are grpc-gateway's table, save that DATA_LOSS is 502, and those of HTTP itself (404 for a path, 405, 406, 413, 415).
package rest
