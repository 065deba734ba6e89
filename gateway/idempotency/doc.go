// Package idempotency sees to it that a write which its caller repeats with the same Idempotency-Key is made once
// (draft-ietf-httpapi-idempotency-key-header-07). It knows methods and messages, and nothing of REST.
//
//	key.go     the key of a call: its syntax, its way in the context, the methods that take one
//	keeper.go  Keeper: one call, from the decision whether it is made to what is kept of it
//	record.go  what is kept of a key in the store, and the decision
//	sweep.go   the end of what is kept
//
// # What callers can rely on
//
// A key belongs to whom it came from (the subject that the gateway vouches for, if it knows one) and to one request: the method, its message and its conditions. Of all calls with
// that key one is made. The others are answered by [Keeper.Do] without any call:
//
//	the call has ended well             its reply, as it was, marked as replayed
//	the call is under way               ABORTED, IDEMPOTENCY_KEY_IN_USE: to be tried again
//	the request is another              INVALID_ARGUMENT, IDEMPOTENCY_KEY_REUSED
//	nobody knows how the call ended     FAILED_PRECONDITION, IDEMPOTENCY_OUTCOME_UNKNOWN: look at what is there, and take a new key to write
//	its reply could not be kept         FAILED_PRECONDITION, IDEMPOTENCY_REPLY_NOT_KEPT: it was made, though
//
// All of this holds until the key expires. Over REST the answers are 200 or 201, 409, 422, 409 and 409.
//
// # Design
//
// A key is noted as running, durably, before the call is made; the decision who makes it is one transaction of the store, so it holds among all gateways that share one. A process that dies
// in the middle leaves the note behind: nothing is sent again, and once the time that the call could take is over its outcome is unknown. That time needs
// neither a lease nor a list of processes, and an error in it could not make a write happen twice: only the answer would be another one.
//
// A failure that certainly wrote nothing ([fault.WithoutEffect]) frees the key, and is not kept: its caller mends the request or waits, and the same key then makes the write, which is
// what it is for. Any other failure (time ran out, the connection broke, the answer could not be read, a part was done) may have written, so it
// leaves the key with an unknown outcome; the failure itself is not replayed, because it does not say how the write ended.
//
// Whoever the gateway cannot vouch for is known by the credentials that they sent, which are held against those of the first call: so nobody is shown a reply that a back end might
// not have given them. They are not part of the key itself, because a caller whose token was renewed in between would then write twice.
// So it is with the claims and headers that a back end reads of its callers, such as a tenant's name that a policy of rows is told ([adapters.CallerReader]): whoever repeats a key with
// others is refused.
//
// Replies are kept as protobuf, beside their entity tag and age, so that the same code makes the answer of a replay as of the first call, over REST and over gRPC.
package idempotency
