package adapters

import adminv1 "github.com/postern-gateway/postern/proto/postern/admin/v1"

// An Operated is a [Backend] that reads files or sends some, and that operators look into and set right over the admin API.
//
// Operator returns what answers them; the result is the same at every call. Its methods run concurrently, beside handlers and beside the work in the background, and are
// called like handlers: after Open, never after Close has begun, with a context that they honour. A request's `backend` is this one: the gateway has seen to that. Embed
// [adminv1.UnimplementedBatchServiceServer], so that the service can grow.
//
// An error is best an [Error]. Operators see it with its cause, as they see logs. The answers are for operators alone: they may name files and say what is wrong in
// them, but hold bytes of records only where the request asks for them.
type Operated interface {
	Operator() adminv1.BatchServiceServer
}
