// Package transport sends SOAP envelopes over HTTP and reads what comes back: pooled connections, authentication, proxies, compression, failover, and the certainty whether a
// request was sent.
//
//	transport.go   Transport: from settings to connections; documents, and whether a service is there
//	settings.go    TLS, proxy and credentials, with all mistakes in them
//	request.go     Request, and what is made once for each operation; what the wire shows
//	send.go        Send, and when a request is sent again
//	attempt.go     one try at one address
//	exchange.go    one HTTP request and its response: span, measurement, and whether anything was written
//	connection.go  connections that count what is written; stale_unix.go and stale_other.go, whether the peer has closed one
//	address.go     where requests go, and which places rest
//	payload.go     request bodies, compressed
//	reply.go       Reply: bounded, unpacked, in memory that is used again
//	challenge.go   WWW-Authenticate, read
//	digest.go      HTTP digest authentication
//	ntlm.go        NTLM
//	errors.go      what a failure means
//
// # Design decisions
//
// A request is sent again only when it was certainly not sent. That is known, not guessed: every connection counts its writes, and a request that failed is called unsent if it got
// no connection, or if its connection can be sealed, which means that no write was begun and none will be. So a kept connection that the peer closes just when a request takes it costs
// nothing, and neither does a TLS handshake that fails. net/http repeats by itself only requests of which it wrote nothing; HTTP/2 is not spoken, because there it repeats others too.
// Before a kept connection carries another request the socket is looked at, since a peer that has closed it, or has answered 408 on it, is the commonest reason why a POST is lost.
//
// A challenge (401) means that the request was refused before it was looked at, so that sending it again with credentials is the protocol itself. Digest answers at once when it
// has a nonce. NTLM authenticates connections: each request has a pool of one connection for its time, the handshake begins with a request that has no body, and what is
// authenticated is kept, for it is the gateway that is authenticated, whoever calls.
//
// Redirects are not followed: the configuration says where requests may go. Credentials go with documents only to the places that it names, because a WSDL imports from anywhere.
//
// otelhttp is not used: it copies every request, and computes the same attributes for each. A call by a bare client of net/http makes 65 allocations (8.3 KB), by one with otelhttp 93 (13.9 KB),
// and by Send, with the same span and the measurement http.client.request.duration, 77 (7.3 KB). Times in the same run, bare client to otelhttp to Send: 1 to 1.6 to 1.4 on a quiet machine
// and 1 to 1.9 to 1.1 on a busy one; without telemetry Send takes 0.9. See the benchmarks. The address in a span has no query values, since old services have keys there.
//
// The memory of a reply is used again once its reader says so. The body of a request is not: net/http may go on reading it when the answer comes early. A reader that would not let
// it is none that net/http knows, and costs a second write to the connection.
package transport
