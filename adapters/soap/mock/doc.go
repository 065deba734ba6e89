// Package mock stands in for a SOAP service: it serves the endpoint that a WSDL describes, for partners who build against the service before they may
// call it, and for tests.
//
//	mock.go      Server: the WSDL's ports and operations
//	serve.go     HTTP: which document or operation is asked for
//	envelope.go  envelopes and faults, and what is wrong with a request
//	reply.go     replies that are given by the user
//	sample.go    replies that are made up from the schema: elements
//	value.go     and their values
//
// # Design
//
// A request is held against the schema strictly, as a validating server does it, by the adapter's own codec: what the codec reads, it writes again as the
// schema has it, and both must hold the same elements in the same order. So a client that passes here sends what such a server accepts. Requests in SOAP
// encoding are only read, since that encoding leaves their form open.
//
// Made-up replies are written from the schema itself and not by the codec, so that a mistake there does not hide in both ends of a test. A reply is
// the same for the same request. It holds optional elements too, up to a bound, takes the first branch of a choice, ends recursion as early as the schema
// lets it, and gives back what was asked for: a text of the request whose name and type fit stands in the reply. What XML Schema demands across values
// (unique, key), and IDREF, is not looked at.
//
// WS-Security headers are not looked at: the mock needs no credentials.
package mock
